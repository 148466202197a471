"""The part of each series that counts: real samples up to `as_of`, not older than the history looked at."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.detect.eps import HISTORY
from seamline.analysis.facts import Floats, Series

_STEPS = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
_N_STEP = 64  # samples that tell the scrape interval


class Stretch(Struct, frozen=True):
    """Samples [low, high) of a series; the first and the last of them are numbers. Never empty."""

    series: Series
    low: int
    high: int
    step_s: float  # the scrape interval, on a ladder of usual ones
    since_ts: float  # since when it was watched: older samples may be gone

    @property
    def times(self) -> Floats:
        return self.series.times[self.low : self.high]

    @property
    def values(self) -> Floats:
        return self.series.values[self.low : self.high]

    @property
    def first_ts(self) -> float:
        return float(self.series.times[self.low])

    @property
    def last_ts(self) -> float:
        return float(self.series.times[self.high - 1])


def stretches(series: Sequence[Series], as_of_ts: float) -> list[Stretch]:
    """The series that were seen in the window, in their order. O(series x log samples)."""
    oldest_ts = as_of_ts - HISTORY.total_seconds()
    steps: dict[tuple[int, float, float], float] = {}
    found: list[Stretch] = []
    for one in series:
        times, values = one.times, one.values
        low = int(times.searchsorted(oldest_ts))
        high = int(times.searchsorted(as_of_ts, side="right"))
        while high > low and not np.isfinite(values[high - 1]):
            high -= 1
        while high > low and not np.isfinite(values[low]):
            low += 1
        if high == low:
            continue
        since = max(low, high - _N_STEP)
        mark = (high - since, float(times[since]), float(times[high - 1]))  # one target's series share it
        if mark not in steps:
            steps[mark] = step_of(times[since:high])
        since_ts = max(oldest_ts, min(one.before_ts, float(times[low])))
        found.append(Stretch(one, low, high, steps[mark], since_ts))
    return found


def step_of(times: Floats) -> float:
    """The scrape interval in seconds from the usual distance of samples.

    >>> step_of(np.array([0.0, 15.2, 29.9, 61.0]))
    15.0
    """
    if len(times) < 2:
        return _STEPS[0]
    usual = float(np.median(np.diff(times)))
    return next((step for step in _STEPS if step >= 0.8 * usual), _STEPS[-1])
