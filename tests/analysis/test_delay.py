"""Delay laws: distributions over positive delays, with a tail that never vanishes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.candidates import GUILT
from seamline.analysis.delay import JOINT, ONSET, TAIL_S, Law

laws = st.builds(Law, st.floats(0.5, 1e5), st.floats(0.1, 3), st.floats(0, 0.5))
delays = st.lists(st.floats(-1e4, 2 * TAIL_S), min_size=2, max_size=20)


@given(laws, delays)
def test_a_law_is_a_distribution(law: Law, given_: list[float]) -> None:
    """It grows from 0 to 1, and nothing comes before its cause."""
    x = np.sort(np.array(given_))
    mass = law.cdf(x)
    assert np.all(np.diff(mass) >= -1e-12)
    assert np.all((mass >= 0) & (mass <= 1))
    assert np.all(mass[x <= 0] == 0)


@given(laws, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_intervals_add_up(law: Law, a: float, b: float, c: float) -> None:
    """P of two neighbouring intervals is P of both, and no interval has less than nothing."""
    low, middle, high = (np.array([x]) for x in sorted((a, b, c)))
    parts = law.between(low, middle) + law.between(middle, high)
    assert parts == pytest.approx(law.between(low, high), abs=1e-12)
    assert law.between(high, low) >= 0


def test_half_comes_before_the_median() -> None:
    """Without a tail the median is where it says."""
    assert Law(30.0, 1.6).cdf(np.array([30.0])) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ONSET)
def test_a_change_may_bite_weeks_later(kind: str) -> None:
    """Every kind of change keeps a share for the day before the tail ends."""
    late = ONSET[kind].between(np.array([TAIL_S - 86_400]), np.array([TAIL_S]))
    assert late > 1e-3


def test_every_kind_of_change_has_a_law_and_a_prior() -> None:
    """No kind falls back to another's."""
    assert ONSET.keys() == GUILT.keys()


def test_a_meeting_bites_soon() -> None:
    """Nine of ten within two minutes."""
    assert JOINT.cdf(np.array([120.0])) > 0.9
