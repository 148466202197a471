"""How far harm reaches along calls: whom a fault at a service would explain, and who is well between it and the alert."""

import heapq
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.begins import fits
from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.harm import CLEAR, Harm, strength
from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import listing, percent

_UNREACHED = 2.0  # services watched and well that no way at all from the alert is worth
_UNWATCHED = 0.2
_WELL = 0.5  # of 1, from which a service is said to be well


def reached(view: View, harm: Harm) -> Mapping[str, Reading]:
    """What a fault at each service would explain, and what speaks against its having caused the alert.

    O(calls x services / 64), bits being looked at together.
    """
    slow, fails = strength(harm.slow.z), strength(harm.fails.z)
    either = np.maximum(slow, fails)
    return {
        "explains slowness": _explains(view, slow, fits(view, "latency"), "slow"),
        "explains failures": _explains(view, fails, fits(view, "failures"), "failing"),
        "explains harm": _explains(view, either, 1.0, "harmed"),
        "silence between": _silence(view, np.where(harm.watched, np.maximum(0.0, 1.0 - either), _UNWATCHED)),
    }


def _explains(view: View, harm: Floats, weight: float, how: str) -> Reading:
    """The part of all harm that lies on the ways up from each service to those who call it, itself included."""
    ups = _ups(harm, view.calls)
    part = view.nothing()
    for service, up in ups.items():
        part[service] = harm[_places(up)].sum() / harm.sum()
    clear = sum(1 << int(service) for service in np.flatnonzero(harm > strength(np.array([CLEAR]))))
    n = clear.bit_count()

    def say(service: int) -> str:
        k = (ups[service] & clear).bit_count()
        if k == 0:
            return f"explains {percent(float(part[service]))} of what makes services {how}"
        which = f"{k} of the {n} services that are" if k < n else f"all {n} services that are"
        return f"explains {which if n > 1 else 'the one service that is'} {how}"

    return reading(part * weight, say)


def _ups(harm: Floats, calls: Calls) -> dict[int, int]:
    """Each harmed service with those harmed ones who reach it by calls through harmed ones, a bit for each.

    O(calls x services / 64) for a round; one does but for cycles.
    """
    harmed = np.flatnonzero(harm > 0).tolist()
    found = {service: 1 << service for service in harmed}
    order = _callers_first(harmed, calls)
    grows = True
    while grows:
        grows = False
        for service in order:
            up = found[service]
            for caller in calls.into[service]:
                up |= found.get(caller, 0)
            grows |= up != found[service]
            found[service] = up
    return found


def _callers_first(services: Sequence[int], calls: Calls) -> list[int]:
    """These services, callers before whom they call wherever calls don't go in circles. O(services + calls)."""
    order: list[int] = []
    left = dict.fromkeys(services)
    while left:
        todo = [left.popitem()[0]]
        callers = [iter(calls.into[todo[0]])]
        while todo:
            caller = next((c for c in callers[-1] if c in left), None)
            if caller is None:
                order.append(todo.pop())
                callers.pop()
            else:
                del left[caller]
                todo.append(caller)
                callers.append(iter(calls.into[caller]))
    return order


def _places(bits: int) -> NDArray[np.intp]:
    """The numbers of the bits that are set, ascending."""
    packed = np.frombuffer(bits.to_bytes(bits.bit_length() // 8 + 1, "little"), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(packed, bitorder="little"))


class _Way(Struct, frozen=True):
    """A way of calls from the alert to a service: how many on it are well, and which one comes last before it."""

    n_well: float
    last: int


def _silence(view: View, well: Floats) -> Reading:
    """How many services between the alert and each other one are watched and well, negative: the least over all ways.

    `_UNREACHED` for what no call leads to. A case without calls, or without an alert, says nothing.
    """
    calls, alert = view.calls, view.case.alert
    start = calls.of(alert.entity) if alert is not None else -1
    if start < 0 or not any(calls.out):
        return Reading(view.nothing(), {})
    ways = _ways(calls, start, well)
    cost = np.full(len(calls.services), _UNREACHED)
    for service, way in ways.items():
        cost[service] = way.n_well
    called = calls.hops(start)
    whence = calls.services[start]

    def say(service: int) -> str:
        if service not in called:
            return f"no call leads to it from {whence}"
        if service not in ways:
            return f"more than one service on every way to it from {whence} is well"
        return _between(calls, ways, service, well)

    return reading(-cost, say)


def _ways(calls: Calls, start: int, well: Floats) -> dict[int, _Way]:
    """The way with the fewest that are well to each service that has a better one than none. O(calls log calls)."""
    found, todo = {start: _Way(0.0, start)}, [(0.0, start)]
    while todo:
        so_far, one = heapq.heappop(todo)
        if so_far > found[one].n_well:
            continue
        further = so_far + float(well[one])
        for callee in calls.out[one]:
            if further < (found[callee].n_well if callee in found else _UNREACHED):
                found[callee] = _Way(further, one)
                heapq.heappush(todo, (further, callee))
    return found


def _between(calls: Calls, ways: Mapping[int, _Way], service: int, well: Floats) -> str:
    """Who is well on the way to a service, from the alert on."""
    way = []
    one = service
    while ways[one].last != one:
        one = ways[one].last
        way.append(one)
    quiet = [calls.services[s] for s in reversed(way) if well[s] > _WELL]
    if quiet:
        return f"{listing(quiet)}, on the way to it, {'is' if len(quiet) == 1 else 'are'} well"
    unseen = [calls.services[s] for s in reversed(way) if well[s] > 0]
    return f"{listing(unseen)}, on the way to it, {'is' if len(unseen) == 1 else 'are'} harmed little, or not watched"
