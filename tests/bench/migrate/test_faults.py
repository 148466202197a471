"""The protocol passes a conductor that keeps its promises under kills, and finds each way of breaking one."""

import random
import sys
from pathlib import Path

import pytest

from seamline.bench.migrate import faults
from seamline.bench.migrate.faults import Disturbed, Protocol
from seamline.bench.migrate.operations import ALL
from seamline.bench.migrate.server import Server
from tests.bench.migrate.conftest import N_ROWS

TOY = (sys.executable, str(Path(__file__).with_name("toy.py")))


@pytest.fixture
def protocol(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Protocol:
    """Over the toy, which lives for about a second: it is struck sooner than a real one."""
    monkeypatch.setattr(faults, "SHORTEST_S", 0.3)
    monkeypatch.setattr(faults, "LONGEST_S", 0.9)
    monkeypatch.setattr(faults, "BOTH_S", 0.3)
    made = Protocol(postgres, N_ROWS, TOY)
    made.__dict__["baseline"] = {}
    return made


def struck(protocol: Protocol, end: str, kills: int = 3) -> Disturbed:
    return protocol.run(ALL["type-e1"], end, "kill -9", faults.kills(random.Random(3), [kills]))


@pytest.mark.parametrize("end", faults.ENDS)
def test_a_conductor_that_goes_on_after_kills_keeps_all_invariants(protocol: Protocol, end: str) -> None:
    """Killed up to three times, it comes to the end that was asked for, and nothing is wrong."""
    found = struck(protocol, end)
    # how long a lock is held on a machine that others keep busy is no claim of a test
    assert {name: what for name, what in found.broken.items() if name != "I5"} == {}
    assert (found.n_times > 0, found.n_repeated) == (True, 0)


@pytest.mark.parametrize(
    ("broken", "end", "invariant"),
    [
        ("notes before it works", "contract", "I3"),
        ("holds a lock", "contract", "I5"),
        ("leaves its trigger behind", "revert", "I4"),
    ],
)
def test_a_conductor_that_breaks_a_promise_is_found_out(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch, broken: str, end: str, invariant: str
) -> None:
    """The invariant that it breaks is named."""
    monkeypatch.setenv("TOY", broken)
    assert invariant in struck(protocol, end, kills=6).broken
