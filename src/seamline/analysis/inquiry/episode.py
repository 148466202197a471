"""When it happened: the stretch of samples around an alert in which most moved together.

The start of a fault is never given, and it may be over before the data end. Every stretch that could have led to the
alert is compared with the time just before it; the alerted series counts most.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.panel import LEAST, Panel

EARLIEST_STEPS = 12  # before the alert, or
EARLIEST_S = 900.0  # whichever is longer
LATEST_STEPS = 1.0  # after the alert: clocks and scrapes are not exact
_QUIET = 4.5  # spreads that any series strays now and then
_RECENT = 5.0  # steps before the alert at which a start counts 0.7 times
_CLIP = 8.0
_ALERTED = 6.0  # looks that the alerted series counts for
_BESIDE = 2.0  # other series of the alerted entity
_MOST_STARTS = 48


class Episode(Struct, frozen=True):
    """Samples [first, last) of the case's times."""

    first: int
    last: int
    weight: float  # how much moved, in spreads over what always strays


def episode(case: Case, p: Panel) -> Episode:
    """The likeliest stretch. Without an alert that lies in the window, the last samples are looked at."""
    n = len(p.times)
    at_ts = _alerted_at(case)
    starts, ends = _candidates(p.times, at_ts, case.step_s)
    rows, u, relevance = _standard(case, p, int(starts[0]))
    if not len(rows):
        return Episode(max(0, int(starts[-1])), n, 0.0)
    zero = np.zeros((len(rows), 1))
    known = np.isfinite(u)
    sums = np.hstack([zero, np.cumsum(np.where(known, u, 0.0), axis=1)])
    counts = np.hstack([zero, np.cumsum(known, axis=1)])
    best = Episode(int(starts[-1]), n, -1.0)
    for first in starts:
        for last in ends[ends > first]:
            back = max(0.0, (at_ts - float(p.times[first])) / case.step_s)
            weight = _together(sums, counts, int(first), int(last), relevance) / (1 + back / _RECENT) ** 0.5
            if weight > best.weight * (1 + 1e-9):
                best = Episode(int(first), int(last), weight)
    return best


def _alerted_at(case: Case) -> float:
    end = float(case.times[-1])
    if case.alert is None or not case.times[0] <= case.alert.at_ts <= end + case.step_s:
        return end
    return case.alert.at_ts


def _candidates(times: Floats, at_ts: float, step_s: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends to look at, ascending: every sample of a short window, a ladder of a long one."""
    n = len(times)
    reach_s = max(EARLIEST_S, EARLIEST_STEPS * step_s)
    low = max(int(times.searchsorted(at_ts - reach_s)), min(LEAST, n - 1), n // 4)
    high = max(low + 1, int(times.searchsorted(at_ts + LATEST_STEPS * step_s, side="right")))
    starts = np.arange(low, min(high, n))
    if len(starts) > _MOST_STARTS:
        back = np.unique(np.round(np.geomspace(1, len(starts), _MOST_STARTS)).astype(int))
        starts = starts[-back][::-1]
    after = np.arange(int(times.searchsorted(at_ts - step_s, side="right")) + 1, n + 1)
    if len(after) > 6:
        after = after[np.unique(np.linspace(0, len(after) - 1, 6).astype(int))]
    return starts if len(starts) else np.array([max(0, n - 1)]), after if len(after) else np.array([n])


def _standard(case: Case, p: Panel, first: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Rows that say something, their samples in spreads of the time before `first`, and how much each counts."""
    before = p.values[:, :first]
    rows = np.flatnonzero(np.isfinite(before).sum(axis=1) >= min(LEAST, first))
    if not len(rows):
        return rows, np.empty((0, 0)), np.empty(0)
    low, usual, high = np.nanpercentile(before[rows], (25, 50, 75), axis=1)
    least = np.array([_least(p, row, m) for row, m in zip(rows, usual, strict=True)])
    core = np.maximum((high - low) / 1.35, least)
    tail = np.maximum(np.nanpercentile(np.abs(before[rows] - usual[:, None]), 90, axis=1) / 1.64, least)
    spread = np.where(tail > core, np.sqrt(core * tail), core)
    u = np.clip((p.values[rows] - usual[:, None]) / spread[:, None], -_CLIP, _CLIP)
    return rows, u, np.array([_relevance(case, p, int(row)) for row in rows])


def _least(p: Panel, row: int, usual: float) -> float:
    kind = p.kinds[row]
    if kind.scale == "ratio":
        return 0.05
    if kind.scale == "share":
        n = p.counts[row]
        return max(0.002, 1.0 / n if n > 0 else 0.0)
    return max(0.02 * abs(usual), 1e-9)


def _relevance(case: Case, p: Panel, row: int) -> float:
    watch, kind = p.watches[row], p.kinds[row]
    if kind.whose == "host":
        return 0.0
    if case.alert is None or watch.entity != case.alert.entity or watch.caller:
        return 1.0
    if watch.metric == case.alert.metric:
        return _ALERTED
    return _BESIDE if kind.role in ("latency", "failures") else 1.0


def _together(sums: Floats, counts: Floats, first: int, last: int, relevance: Floats) -> float:
    """How far everything moved in [first, last) against the time just before, in spreads, what strays taken off."""
    width = last - first
    back = max(0, first - max(3, 2 * width))
    n_in, n_back = counts[:, last] - counts[:, first], counts[:, first] - counts[:, back]
    sure = (n_in > 0) & (n_back > 0)
    if not sure.any():
        return 0.0
    within = (sums[sure, last] - sums[sure, first]) / n_in[sure]
    before = (sums[sure, first] - sums[sure, back]) / n_back[sure]
    looks = n_in[sure] * n_back[sure] / (n_in[sure] + n_back[sure])
    # a movement away from the usual, not a return to it
    away = np.where(np.abs(within) > np.abs(before), np.minimum(np.abs(within - before), np.abs(within)), 0.0)
    beyond = np.clip(away - _QUIET / np.sqrt(np.maximum(looks, 1.0)), 0.0, _CLIP) * np.sqrt(looks)
    return float((beyond * relevance[sure]).sum())
