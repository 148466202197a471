"""Samples on a common grid of time: one cell per scrape.

Cell i of a grid holds what was sampled in ((first + i) * step, (first + i + 1) * step], in absolute
time, so a later `as_of` moves the window, never the cells. An increase belongs to the cell in which it was
seen, not to the cells it may have happened in: smearing it would date an effect before its cause.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.detect.window import Stretch
from seamline.analysis.facts import Floats, Series

Cells = NDArray[np.int64]

MOST_CELLS = 1440  # 72 minutes of 3 s scrapes, 6 hours of 15 s, a day of 60 s
LEAST_CELLS = 240
MOST_SAMPLES = 5_000_000  # over all series of one panel: about a second
GAP = 5.0  # scrape intervals without a sample after which nothing is said of the time between


class Grid(Struct, frozen=True):
    """`n` cells of `step_s` seconds from absolute cell number `first` on."""

    step_s: float
    first: int
    n: int

    def cells(self, times: Floats) -> Cells:
        """The cell of each time; outside [0, n) when the grid does not reach there."""
        return (np.ceil(times / self.step_s) - 1 - self.first).astype(np.int64)


class Bundle(Struct, frozen=True):
    """Series that were sampled at the very same times: one target's scrape. `values` is series x times."""

    times: Floats
    values: Floats
    series: tuple[Series, ...]
    delta: bool = False  # values count since the ones before them


def grid_until(as_of_ts: float, step_s: float, n_cells: int = MOST_CELLS, since_ts: float = -np.inf) -> Grid:
    """The last `n_cells` cells up to the one that holds `as_of_ts`, fewer when nothing is older than `since_ts`."""
    last = int(np.ceil(as_of_ts / step_s)) - 1
    first = last - n_cells + 1
    if since_ts > first * step_s:
        first = min(last, int(np.ceil(since_ts / step_s)) - 1)
    return Grid(step_s, first, last - first + 1)


def affordable_cells(n_series: int) -> int:
    """How far back so many series are looked at."""
    return min(MOST_CELLS, max(LEAST_CELLS, MOST_SAMPLES // max(1, n_series)))


def bundles(stretches: Sequence[Stretch], grid: Grid) -> list[Bundle]:
    """Samples on the grid, stacked where their times are the same. O(samples).

    NaN and infinite samples are left out; a series with none left is in no bundle.
    """
    after_ts = grid.first * grid.step_s
    grouped: dict[tuple[bool, bytes], list[tuple[Series, Floats, Floats]]] = {}
    for one in stretches:
        start = int(one.times.searchsorted(after_ts, side="right"))
        times, values = one.times[start:], one.values[start:]
        known = np.isfinite(values)
        if not known.all():
            times, values = times[known], values[known]
        if len(times):
            grouped.setdefault((one.series.delta, times.tobytes()), []).append((one.series, times, values))
    return [
        Bundle(
            members[0][1],
            np.stack([values for _, _, values in members]),
            tuple(s for s, _, _ in members),
            delta,
        )
        for (delta, _), members in grouped.items()
    ]


def increases(bundle: Bundle, grid: Grid, from_zero: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Growth of counters per cell (series x n), and which cells were looked at (n).

    A fall is a restart: the counter began again at 0. Growth over a gap is not known and not counted.
    `from_zero` marks series whose first sample grew from 0 within the step before it. Deltas are growth.
    """
    if bundle.delta:
        grown, from_zero = bundle.values, np.ones(len(bundle.values), dtype=bool)
    else:
        rise = np.diff(bundle.values, axis=1)
        rise = np.where(rise < 0, bundle.values[:, 1:], rise)
        rise[:, np.diff(bundle.times) > GAP * grid.step_s] = 0.0
        first = np.where(from_zero, bundle.values[:, 0], 0.0)[:, None]
        grown = np.concatenate((first, rise), axis=1)
    cells = grid.cells(bundle.times)
    inside = (cells >= 0) & (cells < grid.n)
    looked = np.zeros(grid.n, dtype=bool)
    looked[cells[inside][0 if from_zero.any() else 1 :]] = True
    out = np.zeros((len(grown), grid.n))
    if inside.any():
        kept = cells[inside]
        starts = np.flatnonzero(np.diff(kept, prepend=-1))
        out[:, kept[starts]] = np.add.reduceat(grown[:, inside], starts, axis=1)
    return out, looked


def levels(bundle: Bundle, grid: Grid) -> Floats:
    """The last sample of gauges per cell (series x n), NaN where there was none."""
    cells = grid.cells(bundle.times)
    inside = (cells >= 0) & (cells < grid.n)
    out = np.full((len(bundle.values), grid.n), np.nan)
    if inside.any():
        kept = cells[inside]
        ends = np.flatnonzero(np.diff(kept, append=grid.n))
        out[:, kept[ends]] = bundle.values[:, inside][:, ends]
    return out
