"""Stalls: visits that took far longer than usual, and calls that waited far longer than the visit they made took.

A service short of processor time, waiting for a lock or collecting garbage stalls in some of its visits, between
its calls; a slow network, or a service too busy to pick its calls up, shows in the waits. Medians hardly move in
either: what counts is how many stall, against the service's own past and against all others now.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.novelty import log_likelihood, spared
from seamline.analysis.inquiry.visits import Visit

_TIMES = 3.0  # as long as usual, at least, and longer by:
_LONGER_S = {"own": 0.05, "wait": 0.02}  # a scheduler takes the processor away for tenths of a second
_SEEN = 3  # visits that tell what is usual
_ELSEWHERE = 8.0  # visits that the rest of the system counts for, beside the service's own past
_MOST = 30.0
_SPREAD = 0.4  # services differ in how they stall: shares known from n visits hold as if from so much of n
_BY_ITSELF = {
    "own": 1 / 20,
    "wait": 1 / 50,
}  # services that begin to stall without anything being wrong with them

What = Literal["own", "wait"]


class Stall(Struct, frozen=True):
    """How many visits of a service (or waits for calls to and from it) stalled, before and now."""

    entity: str
    what: What
    k_before: int
    n_before: int
    k_now: int
    n_now: int
    elsewhere: float  # share of those of other services that stall now

    @property
    def nats(self) -> float:
        """Log-odds of "something stalls it" against "services differ so", 0 where it stalls no more than expected."""
        mean = (self.k_before + _ELSEWHERE * self.elsewhere) / (self.n_before + _ELSEWHERE)
        if self.k_now <= mean * self.n_now:
            return 0.0
        weight = _SPREAD * min(self.n_before + _ELSEWHERE, _MOST)
        same = log_likelihood(self.k_now, self.n_now, mean * weight, (1.0 - mean) * weight)
        return spared(log_likelihood(self.k_now, self.n_now, 1.0, 1.0), same, _BY_ITSELF[self.what])


def stalls(visits: Sequence[Visit], sides: Sequence[int]) -> tuple[Stall, ...]:
    """Of each service that was visited before and now. `sides` is as in `novelty.breaks`."""
    return (*_counted("own", _own(visits, sides)), *_counted("wait", _waits(visits, sides)))


Took = tuple[str, tuple[str, ...], int, float]  # whose, doing what, side, seconds


def _own(visits: Sequence[Visit], sides: Sequence[int]) -> Iterable[Took]:
    for visit, side in zip(visits, sides, strict=True):
        yield visit.entity, (visit.operation,), side, visit.own_s


def _waits(visits: Sequence[Visit], sides: Sequence[int]) -> Iterable[Took]:
    """A call's wait counts for both its ends: at the one whose fault it is, all calls wait."""
    for visit, side in zip(visits, sides, strict=True):
        if visit.parent >= 0:
            caller = visits[visit.parent].entity
            for whose in (visit.entity, caller):
                yield whose, (visit.entity, visit.operation, caller), side, visit.gap_s


def _counted(what: What, took: Iterable[Took]) -> Iterable[Stall]:
    """Stalls of each service, over all that it does."""
    times: dict[tuple[str, tuple[str, ...]], tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for whose, doing, side, took_s in took:
        if side >= 0 and took_s == took_s:
            times[whose, doing][side].append(took_s)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (whose, _), (before, now) in times.items():
        if len(before) >= _SEEN and now:
            usual_s = float(np.median(before))
            long_s = max(_TIMES * usual_s, usual_s + _LONGER_S[what])
            more = (sum(t > long_s for t in before), len(before), sum(t > long_s for t in now), len(now))
            counts[whose] = [a + b for a, b in zip(counts[whose], more, strict=True)]
    k_all, n_all = (sum(count[column] for count in counts.values()) for column in (2, 3))
    for whose, (k_before, n_before, k_now, n_now) in counts.items():
        elsewhere = (k_all - k_now + 1) / (n_all - n_now + 2)
        yield Stall(whose, what, k_before, n_before, k_now, n_now, elsewhere)
