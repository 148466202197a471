"""The time axis: order is kept, long silences are cut, labels don't touch."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seamline.terminal import axis

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
SECONDS = st.lists(st.floats(0, 90 * 86400), min_size=1, max_size=40)
WIDTHS = st.integers(50, 200)


@given(SECONDS, WIDTHS)
def test_order_in_time_is_order_on_the_axis(seconds: list[float], width: int) -> None:
    """An earlier time is never drawn right of a later one, and none is off the axis."""
    times = sorted(NOON + timedelta(seconds=s) for s in seconds)
    drawn = axis.fit(times, width)
    columns = [drawn.column(at) for at in times]
    assert all(a <= b for a, b in pairwise(columns))
    assert all(0 <= c < width for c in columns)


@given(SECONDS, WIDTHS)
def test_labels_fit_the_axis(seconds: list[float], width: int) -> None:
    """The row of labels is no wider than the axis and says at least one time."""
    row = axis.labels(axis.fit([NOON + timedelta(seconds=s) for s in seconds], width), UTC)
    assert len(row) <= width
    assert ":" in row


def test_a_long_silence_is_cut() -> None:
    """A change three days before a five-minute failure leaves room for the five minutes."""
    burst = [NOON + timedelta(days=3, seconds=s) for s in range(0, 300, 30)]
    drawn = axis.fit([NOON, *burst], 70)
    assert len(drawn.cuts()) == axis.CUT_COLUMNS
    assert drawn.column(burst[-1]) - drawn.column(burst[0]) > 40


def test_a_steady_story_is_not_cut() -> None:
    """Ten things a minute apart need no cut."""
    assert axis.fit([NOON + timedelta(minutes=m) for m in range(10)], 70).cuts() == []
