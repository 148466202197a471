"""What goes on between services: who asks more or less of others than is asked of it, and time lost on the way."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.harm import CLEAR, MOST, Harm, own_part, strength
from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import percent, series

_GIVEN_UP = 5.0  # how fast calls that cease, or come on top, gain weight
_EDGE_GONE = 1.5  # what a call that ceased altogether weighs
_CALLERS_PART = 0.5  # of time lost on a call: the callee's network more likely than the caller's


def network(view: View) -> Mapping[str, Reading]:
    """Time lost between callers and callees: on the worst call of each service, and its part of all. O(rows)."""
    lost = {
        row: (float(strength(np.minimum(view.moved.z[row], MOST))), service, caller)
        for row, service, caller in view.rows("latency")
        if view.panel.kinds[row].noun == "gap"
    }
    worst, share, worst_row = view.nothing(), view.nothing(), dict[int, int]()
    for row, (strong, service, caller) in lost.items():
        for end, part in ((service, strong), (caller, _CALLERS_PART * strong)):
            share[end] += part
            if part > worst[end]:
                worst[end], worst_row[end] = part, row
    total = sum((strong for strong, *_ in lost.values()), 1.0)

    def of_all(service: int) -> str:
        losing = [ends for strong, *ends in lost.values() if strong > 0]
        own = sum(service in ends for ends in losing)
        return f"{own} of the {len(losing)} calls that lose time on the way begin or end here"

    return {
        "network": reading(worst, lambda service: series(view.panel, view.moved, worst_row[service])),
        "network share": reading(share / total, of_all),
    }


class _Asked(Struct, frozen=True):
    """How requests to each service rose, as a logarithm, and how sure that is, in spreads; 0 where nobody counts."""

    rose: Floats
    z: Floats


def calling(view: View, harmed: Harm) -> Mapping[str, Reading]:
    """Services that call others less, or more, than what they are asked for accounts for. O(rows + calls).

    One that ceased to call gave up before, less surely so where something that it calls fails: then it had no reason
    to go on. One that calls more repeats itself, or asks for what it need not.
    """
    asked, ceased = _asked(view), _ceased(view)
    less, more = view.nothing(), view.nothing()
    least, most = dict[int, int](), dict[int, int]()
    for service, callees in enumerate(view.calls.out):
        apart = {c: float(asked.rose[c] - asked.rose[service]) for c in callees if abs(asked.z[c]) > CLEAR}
        if apart:
            least[service], most[service] = (
                min(apart, key=apart.__getitem__),
                max(apart, key=apart.__getitem__),
            )
            less[service] = np.log1p(max(0.0, -apart[least[service]]) * _GIVEN_UP)
            more[service] = np.log1p(max(0.0, apart[most[service]]) * _GIVEN_UP)

    def says_less(service: int) -> str:
        if service in ceased and less[service] < _EDGE_GONE:
            return f"calls {ceased[service]} no more"
        return _apart(view, asked, service, least[service])

    weights = np.array([_EDGE_GONE if s in ceased else 0.0 for s in range(len(less))])
    return {
        "stopped calling": reading(
            np.maximum(less, weights) * own_part(view, harmed.fails.z > CLEAR), says_less
        ),
        "calls more": reading(more, lambda service: _apart(view, asked, service, most[service])),
    }


def _asked(view: View) -> _Asked:
    rose, z = view.nothing(), view.nothing()
    for row, service, caller in view.rows("requests"):
        if caller < 0 and abs(view.moved.z[row]) >= abs(z[service]):
            rose[service], z[service] = view.moved.excess[row], view.moved.z[row]
    return _Asked(rose, z)


def _ceased(view: View) -> dict[int, str]:
    """By caller the first callee by name of whose calls no more samples come."""
    found: dict[int, str] = {}
    for row in np.flatnonzero(view.moved.gone).tolist():
        caller, callee = view.caller[row], view.panel.watches[row].entity
        if caller >= 0:
            found[caller] = min(callee, found.get(caller, callee))
    return found


def _apart(view: View, asked: _Asked, service: int, callee: int) -> str:
    """How requests to a service and to one that it calls changed."""
    here, there = (_changed(float(asked.rose[s])) for s in (service, callee))
    return f"requests to {view.calls.services[callee]}, which it calls, {there}; those to itself {here}"


def _changed(rose: float) -> str:
    """A logarithm as a rise or fall.

    >>> _changed(0.6931472), _changed(-0.6931472), _changed(0.0)
    ('rose by 100 %', 'fell by 50 %', 'stayed')
    """
    if abs(rose) < 0.005:
        return "stayed"
    return f"{'rose' if rose > 0 else 'fell'} by {percent(abs(float(np.expm1(rose))))}"
