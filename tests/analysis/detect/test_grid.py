"""Samples on the grid: growth of counters and levels of gauges."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.detect.grid import Bundle, Grid, bundles, grid_until, increases, levels
from seamline.analysis.detect.window import stretches
from seamline.analysis.facts import Series

steps = st.lists(st.integers(0, 50), min_size=2, max_size=60)


def bundle(times: list[float], *rows: list[float]) -> Bundle:
    """Series of one target."""
    return Bundle(np.array(times), np.array(rows, dtype=float), ())


@given(steps, st.sets(st.integers(1, 58)), st.floats(0.0, 2.9))
def test_growth_is_kept_whole_through_restarts(grown: list[int], restarts: set[int], offset: float) -> None:
    """However often a counter begins anew, its cells add up to what it grew; a restart may hide nothing more
    than what came between it and the scrape before."""
    total, values = 100.0, []
    for i, step in enumerate(grown):
        total = (0.0 if i in restarts else total) + step
        values.append(total)
    rises = [
        step if i not in restarts or step < values[i - 1] else step - values[i - 1]
        for i, step in enumerate(grown)
        if i
    ]
    one = bundle([3.0 * i + offset for i in range(len(grown))], values)
    out, _ = increases(one, Grid(3.0, -2, 100), np.array([False]))
    assert out.sum() == sum(rises)


def test_a_gap_is_not_bridged() -> None:
    """Growth over more than five missing scrapes is not known, so it is not counted; after fewer it is."""
    out, looked = increases(bundle([3, 6, 9, 30, 33], [0, 1, 2, 90, 91]), Grid(3.0, 0, 12), np.array([False]))
    assert out.sum() == 3
    assert looked.sum() == 4
    out, _ = increases(bundle([3, 6, 9, 21, 24], [0, 1, 2, 90, 91]), Grid(3.0, 0, 12), np.array([False]))
    assert out.sum() == 91


def test_growth_belongs_to_the_cell_in_which_it_was_seen() -> None:
    """What grew between two scrapes is in the cell of the second: never before it happened."""
    out, _ = increases(bundle([3.1, 6.1, 9.1], [5, 5, 25]), Grid(3.0, 0, 5), np.array([False]))
    assert out.tolist() == [[0, 0, 0, 20, 0]]


def test_a_series_that_joins_grew_from_nothing() -> None:
    """A first sample counts in full where the series is told to have begun at 0."""
    out, _ = increases(bundle([3.1, 6.1], [5, 6], [7, 9]), Grid(3.0, 0, 4), np.array([True, False]))
    assert out.sum(axis=1).tolist() == [6, 2]


def test_levels_are_the_last_of_each_cell() -> None:
    """Of two samples in a cell the later one is its level; cells without one are unknown."""
    out = levels(bundle([1, 2, 8], [4, 5, 6]), Grid(3.0, 0, 4))
    np.testing.assert_array_equal(out, [[5, np.nan, 6, np.nan]])


def test_cells_stay_where_they_are() -> None:
    """A later look moves the window by whole cells."""
    early, late = grid_until(1000.5, 3.0), grid_until(1010.0, 3.0)
    times = np.array([900.0, 901.0, 999.9])
    assert (early.cells(times) - late.cells(times)).tolist() == [late.first - early.first] * 3


@given(st.floats(1.0, 1e9), st.sampled_from([1.0, 3.0, 15.0, 60.0]), st.floats(0.0, 1e9))
def test_the_last_cell_holds_the_present(as_of: float, step: float, since: float) -> None:
    """Whatever the start, the grid has at least one cell and its last one holds as_of."""
    grid = grid_until(as_of, step, since_ts=since)
    assert grid.n >= 1
    assert grid.cells(np.array([as_of]))[0] == grid.n - 1


def test_series_of_one_scrape_are_stacked() -> None:
    """Series with the same times are one bundle; NaN samples and what is dated later don't count."""

    def series(name: str, times: list[float], values: list[float]) -> Series:
        return Series(
            name,
            name,
            {},
            "e",
            np.array(times),
            np.array(values),
            np.ones(len(times), dtype=np.int64),
            np.inf,
        )

    all_series = [
        series("a", [3, 6, 9, 99], [1, 2, 3, 4]),
        series("b", [3, 6, 9], [1, 2, 3]),
        series("c", [3, 6, 9], [1, np.nan, 3]),
        series("d", [3, 6], [np.nan, np.nan]),
    ]
    found = bundles(stretches(all_series, 10.0), Grid(3.0, 0, 4))
    assert [[s.series for s in one.series] for one in found] == [["a", "b"], ["c"]]
