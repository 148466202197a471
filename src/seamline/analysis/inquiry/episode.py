"""When it happened: the stretch of samples around an alert in which most moved together.

The start of a fault is never given, and it may be over before the data end. Every stretch that could have led to the
alert is compared with the time just before it; the alerted series counts most.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.panel import (
    CHUNK,
    LEAST,
    LEVEL_FLOOR,
    MIDDLE,
    OFTEN,
    RATIO_FLOOR,
    SHARE_FLOOR,
    TAIL,
    Panel,
)
from seamline.analysis.inquiry.quantiles import quantiles

EARLIEST_STEPS = 12  # before the alert, or
EARLIEST_S = 900.0  # whichever is longer
LATEST_STEPS = 1.0  # after the alert: clocks and scrapes are not exact
_QUIET = 4.5  # spreads that any series strays now and then
_RECENT = 5.0  # steps before the alert at which a start counts 0.7 times
_CLIP = 8.0
_ALERTED = 6.0  # looks that the alerted series counts for
_BESIDE = 2.0  # other series of the alerted entity
_MOST_STARTS, _MOST_ENDS = 48, 6
_LEAST_LEVEL = 1e-9  # of a level around zero
_LEAST_BACK = 3  # samples before a start that it is compared with, or twice as many as came after


class Episode(Struct, frozen=True):
    """Samples [first, last) of the case's times."""

    first: int
    last: int
    weight: float  # how much moved, in spreads over what always strays


def episode(case: Case, p: Panel) -> Episode:
    """The likeliest stretch. Without an alert that lies in the window, the last samples are looked at."""
    n = len(p.times)
    if n <= LEAST:
        return Episode(max(0, n - 1), n, 0.0)
    at_ts = _alerted_at(case)
    starts, ends = _candidates(p.times, at_ts, case.step_s)
    since = max(0, int(starts[0]) - max(_LEAST_BACK, 2 * (n - int(starts[0]))))  # nothing older is compared
    moves = _moves(case, p, int(starts[0]), since)
    best = Episode(int(starts[-1]), n, -1.0)
    for first in starts:
        for last in ends[ends > first]:
            back = max(0.0, (at_ts - float(p.times[first])) / case.step_s)
            weight = _together(moves, int(first) - since, int(last) - since) / (1 + back / _RECENT) ** 0.5
            if weight > best.weight * (1 + 1e-9):
                best = Episode(int(first), int(last), weight)
    return best


class _Moves(Struct, frozen=True):
    """Running sums of what rows moved, and of how many samples there were: rows x (samples + 1)."""

    sums: Floats
    counts: Floats
    relevance: Floats


def _alerted_at(case: Case) -> float:
    """When a person was paged; the last sample where nobody was within the window."""
    end = float(case.times[-1])
    if case.alert is None or not case.times[0] <= case.alert.at_ts <= end + case.step_s:
        return end
    return case.alert.at_ts


def _candidates(times: Floats, at_ts: float, step_s: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends to look at, ascending: every sample of a short window, a ladder of a long one.

    A quarter of the window at least stays normal. Ends lie behind the alert.
    """
    n = len(times)
    reach_s = max(EARLIEST_S, EARLIEST_STEPS * step_s)
    low = max(int(times.searchsorted(at_ts - reach_s)), min(LEAST, n - 1), n // 4)
    high = max(low + 1, int(times.searchsorted(at_ts + LATEST_STEPS * step_s, side="right")))
    starts = np.arange(low, min(high, n))
    if len(starts) > _MOST_STARTS:
        back = np.unique(np.round(np.geomspace(1, len(starts), _MOST_STARTS)).astype(int))
        starts = starts[-back][::-1]
    ends = np.arange(int(times.searchsorted(at_ts - step_s, side="right")) + 1, n + 1)
    if len(ends) > _MOST_ENDS:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, _MOST_ENDS).astype(int))]
    return starts if len(starts) else np.array([max(0, n - 1)]), ends if len(ends) else np.array([n])


def _moves(case: Case, p: Panel, first: int, since: int) -> _Moves:
    """Every row that says something, in spreads of the time before `first`, summed up from `since` on."""
    known = np.isfinite(p.values[:, :first]).sum(axis=1) >= min(LEAST, first)
    relevance = np.array([_relevance(case, p, row) for row in range(len(p.values))])
    rows = np.flatnonzero(known & (relevance > 0))
    sums = np.zeros((len(rows), p.values.shape[1] - since + 1))
    counts = np.zeros_like(sums)
    for at in range(0, len(rows), CHUNK):
        u = _in_spreads(p, rows[at : at + CHUNK], first)[:, since:]
        seen = np.isfinite(u)
        np.cumsum(np.where(seen, u, 0.0), axis=1, out=sums[at : at + CHUNK, 1:])
        np.cumsum(seen, axis=1, out=counts[at : at + CHUNK, 1:])
    return _Moves(sums, counts, relevance[rows])


def _in_spreads(p: Panel, rows: NDArray[np.int64], first: int) -> Floats:
    """Rows, all of their samples, in spreads of single samples before `first`."""
    values = p.values[rows]
    before = values[:, :first]
    low, usual, high = quantiles(before, (0.25, 0.5, 0.75))
    least = np.array([_least(p, row, m) for row, m in zip(rows, usual, strict=True)])
    core = np.maximum((high - low) / MIDDLE, least)
    tail = np.maximum(quantiles(np.abs(before - usual[:, None]), (OFTEN,))[0] / TAIL, least)
    spread = np.where(tail > core, np.sqrt(core * tail), core)
    off: Floats = (values - usual[:, None]) / spread[:, None]
    return np.clip(off, -_CLIP, _CLIP)


def _least(p: Panel, row: int, usual: float) -> float:
    """The least spread of a sample that is believed, as the panel's is of means."""
    kind = p.kinds[row]
    if kind.scale == "ratio":
        return RATIO_FLOOR
    if kind.scale == "share":
        n = p.counts[row]
        return max(SHARE_FLOOR, 1.0 / n if n > 0 else 0.0)
    return max(LEVEL_FLOOR * abs(usual), _LEAST_LEVEL)


def _relevance(case: Case, p: Panel, row: int) -> float:
    """How many looks a row counts for: what was alerted most, hosts none."""
    watch, kind = p.watches[row], p.kinds[row]
    if kind.whose == "host":
        return 0.0
    if case.alert is None or watch.entity != case.alert.entity or watch.caller:
        return 1.0
    if watch.metric == case.alert.metric:
        return _ALERTED
    return _BESIDE if kind.role in ("latency", "failures") else 1.0


def _together(moves: _Moves, first: int, last: int) -> float:
    """How far everything moved in [first, last) against the time just before, in spreads, what strays taken off."""
    width = last - first
    back = max(0, first - max(_LEAST_BACK, 2 * width))
    counts, sums = moves.counts, moves.sums
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
    return float((beyond * moves.relevance[sure]).sum())
