"""The autoscaler's arithmetic."""

import pytest

from lab.clinic.hpa import Bounds, Stabiliser, desired

BOUNDS = Bounds(n_min=2, n_max=8, target=2.5, stabilisation_s=40.0)


@pytest.mark.parametrize(
    ("n_current", "per_replica", "expected"),
    [
        (2, 2.5, 2),  # on target
        (2, 2.74, 2),  # within the tolerance of 10 %
        (2, 2.76, 3),  # just outside it
        (2, 9.5, 8),  # one decision may go all the way
        (2, 50.0, 8),  # never above the maximum
        (8, 0.1, 2),  # never below the minimum
        (3, 1.3, 2),
    ],
)
def test_follows_the_formula(n_current: int, per_replica: float, expected: int) -> None:
    """`ceil(current * metric / target)`, with 10 % tolerance, within the bounds."""
    assert desired(n_current, per_replica, BOUNDS) == expected


def test_goes_up_at_once() -> None:
    """A higher wish counts immediately, however much higher."""
    assert Stabiliser(BOUNDS).settle(0.0, 2, 8) == 8


def test_goes_down_after_the_window() -> None:
    """A lower wish counts only when no higher one was made within the window."""
    stabiliser = Stabiliser(BOUNDS)
    stabiliser.settle(0.0, 2, 8)
    assert [stabiliser.settle(float(now_s), 8, 2) for now_s in (15, 30, 45)] == [8, 8, 2]


def test_goes_down_only_to_the_highest_wish_in_the_window() -> None:
    """Of several lower wishes the highest one is followed."""
    stabiliser = Stabiliser(BOUNDS)
    stabiliser.settle(0.0, 8, 5)
    assert stabiliser.settle(15.0, 8, 2) == 5
