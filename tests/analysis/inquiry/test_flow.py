"""Where harm begins, along calls."""

import numpy as np
import pytest

from seamline.analysis.inquiry.calls import Calls, calls
from seamline.analysis.inquiry.flow import BLIND, STIRRED, Flow, Origin, origin
from tests.analysis.inquiry.towns import town

NAN = float("nan")


def began(who: Calls, at: dict[str, float], along: dict[tuple[str, str], float] | None = None) -> Origin:
    """The origin of harm at these services, all others being unwatched, and no other reason for any."""
    harm = np.array([at.get(s, NAN) for s in who.services])
    flow = Flow(harm, {(who.number[a], who.number[b]): n for (a, b), n in (along or {}).items()})
    return origin(
        flow, who, [True] * len(who.services), [{} for _ in who.services], np.zeros(len(who.services))
    )


def shares(who: Calls, found: Origin) -> dict[str, float]:
    """By name."""
    return dict(zip(who.services, found.share.tolist(), strict=True))


CHAIN = calls(town("web > cart > stock"))


def test_what_a_callee_gave_is_the_callees() -> None:
    """All at the end of the chain."""
    found = began(CHAIN, {"web": 30, "cart": 30, "stock": 30})
    assert shares(CHAIN, found) == {"cart": 0, "stock": 1, "web": 0}
    assert found.total == 30


def test_what_is_left_over_began_here() -> None:
    """A service that adds to what it was given has its part."""
    assert shares(CHAIN, began(CHAIN, {"web": 40, "cart": 30, "stock": 10})) == {
        "cart": 0.5,
        "stock": 0.25,
        "web": 0.25,
    }


def test_a_call_that_was_measured_tells_what_it_gave() -> None:
    """A callee may be ill for others, and well for this one."""
    found = began(CHAIN, {"web": 30, "cart": 30, "stock": 0}, {("web", "cart"): 0})
    assert found.own[CHAIN.number["web"]] == 1


def test_an_unwatched_callee_has_its_share() -> None:
    """It may be the one, less likely than who was seen."""
    found = shares(CHAIN, began(CHAIN, {"web": 30, "cart": 30}))
    assert found["stock"] == pytest.approx(BLIND / (1 + BLIND))


def test_circles_end() -> None:
    """Two that call each other give each other what they have."""
    ring = calls(town("a > b > a"))
    assert shares(ring, began(ring, {"a": 10, "b": 10})) == {"a": 0, "b": 0}


def test_calls_between_pods_are_their_services() -> None:
    """A service that calls itself, from pod to pod, does not call."""
    who = calls(town("web = web-1 web-2\ncart = cart-1\nweb-1 > cart-1\nweb-1 > web-2"))
    assert [who.services[c] for c in who.out[who.number["web"]]] == ["cart"]
    assert who.hops(who.number["web"]) == {who.number["web"]: 0, who.number["cart"]: 1}


def test_an_unwatched_callee_that_stirs_is_likelier_than_who_was_seen() -> None:
    """Locks held there, or a pool that is full, are reason to look there first."""
    harm = Flow(np.array([30.0, NAN, 30.0]), {})
    found = origin(harm, CHAIN, [True] * 3, [{}, {}, {}], np.array([0.0, 1.0, 0.0]))
    assert shares(CHAIN, found)["stock"] == pytest.approx(STIRRED / (1 + STIRRED))
