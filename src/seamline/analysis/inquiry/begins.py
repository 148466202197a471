"""Whose harm is its own: of what each service lost, and of what all lost, the part that began there."""

from collections.abc import Mapping

import numpy as np

from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.flow import BETWEEN, Origin, origin
from seamline.analysis.inquiry.harm import CLEAR, PLAIN, Harm, Loudest, stirred, strength
from seamline.analysis.inquiry.kinds import Role
from seamline.analysis.inquiry.losses import failed, requests_per_unit, waiting
from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import number, percent, series

_OF_OTHER_KIND = 0.4
_VERY_SLOW = 5.0  # spreads from which callers may give up


def slowness(view: View, harm: Harm) -> Mapping[str, Reading]:
    """How slow each service is, how much of that is its own, and of all waiting what began there. O(rows + calls)."""
    found = origin(waiting(view), view.calls, list(harm.slow_anyhow > CLEAR), _between(view), stirred(view))

    def begins(service: int) -> str:
        return f"{percent(float(found.share[service]))} of the waiting beyond the usual began here"

    return {
        **_own(view, "slow", "latency", harm.slow, found),
        "slowness begins": reading(_of_all(view, "latency", harm.slow, found), begins),
    }


def failures(view: View, harm: Harm) -> Mapping[str, Reading]:
    """The same of failed requests."""
    gave_up = _given_up(view.calls, harm)
    found = origin(failed(view), view.calls, list(harm.fails.z > CLEAR), gave_up, stirred(view))
    n_failed = found.total * requests_per_unit(view) * (view.last - view.first)

    def begins(service: int) -> str:
        share = float(found.share[service])
        if not np.isfinite(n_failed):
            return f"{percent(share)} of the failures began here"
        return f"of {number(round(n_failed))} failed requests {number(round(share * n_failed))} began here"

    return {
        **_own(view, "fails", "failures", harm.fails, found),
        "failures begin": reading(_of_all(view, "failures", harm.fails, found), begins),
    }


def fits(view: View, harm: Role) -> float:
    """What harm of a kind says of the alert: a service that is slow seldom makes requests fail, and so on."""
    return _OF_OTHER_KIND if view.role() in ("latency", "failures") and view.role() != harm else 1.0


def _own(view: View, name: str, role: Role, loudest: Loudest, found: Origin) -> Mapping[str, Reading]:
    """The harm of each service at all, and what of it is its own."""
    at_all = strength(loudest.z)
    own = at_all * found.own

    def say(service: int) -> str:
        part = percent(float(found.own[service]))
        whose = {"100 %": "all", "0 %": "none"}.get(part, part)
        return f"{series(view.panel, view.moved, int(loudest.row[service]))}, {whose} of it its own"

    return {
        name: reading(own, say),
        f"{name} as alerted": reading(own if view.role() == role else view.nothing(), say),
        f"{name} at all": reading(at_all, say),
    }


def _of_all(view: View, role: Role, loudest: Loudest, found: Origin) -> Floats:
    """Of all harm the part that began at each service; less where nowhere harm is beyond doubt."""
    sure = min(1.0, float(strength(loudest.z).max(initial=0.0)) / PLAIN)
    return found.share * sure * fits(view, role)


def _between(view: View) -> list[dict[int, float]]:
    """Callees of each service with whom it may have lost time on the way: nobody timed both ends of the calls."""
    timed = {
        (caller, service)
        for row, service, caller in view.rows("latency")
        if view.panel.kinds[row].noun == "gap"
    }
    return [
        {callee: BETWEEN / len(callees) for callee in callees if (service, callee) not in timed}
        for service, callees in enumerate(view.calls.out)
    ]


def _given_up(calls: Calls, harm: Harm) -> list[dict[int, float]]:
    """Slow callees of each service: it may fail because it would not wait for them any longer."""
    slow = harm.slow_anyhow > _VERY_SLOW
    return [{callee: 1.0 for callee in callees if slow[callee]} for callees in calls.out]
