"""The controller, the estimate and the limits: arithmetic, with no database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.migrate import guard, pace
from seamline.migrate.guard import Reading
from seamline.migrate.pace import Cost, Governor, Health, Pace
from seamline.model.errors import Fix

COST = Cost(0.0004, 0.0008, 0.00004, 0.00008)


def test_strain_halves_and_calm_adds_a_tenth() -> None:
    """Multiplicative decrease, additive increase, of bites and of speed."""
    assert Pace(100, 4.0).after(0.002, strain=2.0) == Pace(50, 8.0)
    assert Pace(100, 4.0).after(0.002, strain=1.0) == Pace(111, 3.6)
    assert Pace(100, 4.0).after(0.100, strain=1.0) == Pace(50, 3.6)


def test_one_outlier_is_answered_once() -> None:
    """It stays in the canary's picture for a second, and bites are many in one."""
    governor = Governor()
    for now in (0.0, 0.3, 0.6):
        governor.after(0.01, 2.0, now)
    assert governor.pace == Pace(2, 3.0)
    governor.after(0.01, 2.0, 1.1)
    assert governor.pace == Pace(1, 6.0)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 100)), max_size=60))
def test_a_pace_stays_within_its_bounds(bites: "list[tuple[float, float]]") -> None:
    """However long bites take and however the canary does."""
    now = Pace()
    for took_s, strain in bites:
        now = now.after(took_s, strain)
        assert 1 <= now.pages <= pace.MAX_PAGES
        assert pace.MIN_REST <= now.rest <= pace.MAX_REST


def test_a_fast_canary_is_no_strain_whatever_it_was_before() -> None:
    """Ten milliseconds are nobody's trouble; a hundred are, and four times the usual stop everything."""
    assert Health(canary_s=0.009, usual_s=0.001).strain == 1.0
    assert Health(canary_s=0.1, usual_s=0.05).strain == 2.0
    assert "5.0x slower" in Health(canary_s=0.25, usual_s=0.05).why_wait()
    assert "wrapping around" in Health(vacuuming=True).why_wait()


def test_the_estimate_grows_with_the_table_and_p90_is_above_p50() -> None:
    """Twice the pages, twice the time, beside what is fixed."""
    small, large = (pace.estimate(COST, n, 0) for n in (10_000, 20_000))
    assert small.p90_s > small.p50_s
    assert large.p50_s - 1 == pytest.approx(2 * (small.p50_s - 1))


def test_what_is_left_is_told_by_what_was_done() -> None:
    """Nothing is said before anything was done."""
    assert pace.left_s(0, 100, 1.0) is None
    assert pace.left_s(25, 100, 10.0) == 30.0


@pytest.mark.parametrize(
    ("said", "reading", "why"),
    [
        ("<= 5s", Reading(6.0), "replica_lag is 6 (<= 5s)"),
        ("<= 5s", Reading(4.0), ""),
        ("<= 5s", Reading(None), ""),
        (
            "<= 1.5x of last 15m",
            Reading(4.0, 2.0),
            "replica_lag is 2.0x of what is usual (<= 1.5x of last 15m)",
        ),
        ("<= 1.5x of last 15m", Reading(4.0, None), ""),
        ("<= 4GB", Reading(5 * 2**30), "replica_lag is 5.36871e+09 (<= 4GB)"),
    ],
)
def test_a_limit_is_broken_by_what_is_measured_alone(said: str, reading: Reading, why: str) -> None:
    """What nothing measures breaks nothing."""
    assert guard.broken(guard.limit("replica_lag", said), reading) == why


def test_a_limit_that_can_t_be_meant_is_refused() -> None:
    """With what could be."""
    with pytest.raises(Fix, match="is no limit"):
        guard.limit("p99", "fast")
