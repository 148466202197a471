"""The replica arithmetic of a Kubernetes HorizontalPodAutoscaler."""

import math
from collections import deque
from dataclasses import dataclass

TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """`min`..`max` replicas, the target per replica, and how long a lower wish must last before it counts."""

    n_min: int
    n_max: int
    target: float
    stabilisation_s: float


def desired(n_current: int, per_replica: float, bounds: Bounds) -> int:
    """`ceil(current * metric / target)` within the bounds; within 10 % of the target nothing changes.

    >>> desired(2, 9.5, Bounds(2, 8, 2.5, 45))
    8
    >>> desired(8, 2.4, Bounds(2, 8, 2.5, 45))
    8
    """
    ratio = per_replica / bounds.target
    wish = n_current if abs(ratio - 1.0) <= TOLERANCE else math.ceil(n_current * ratio)
    return max(bounds.n_min, min(bounds.n_max, wish))


class Stabiliser:
    """Scaling down follows the highest wish of the last `stabilisation_s`; scaling up is at once, at any size."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._wishes: deque[tuple[float, int]] = deque()

    def settle(self, now_s: float, n_current: int, wish: int) -> int:
        """The number of replicas to have now."""
        self._wishes.append((now_s, wish))
        while self._wishes[0][0] < now_s - self._bounds.stabilisation_s:
            self._wishes.popleft()
        if wish >= n_current:
            return wish
        return min(n_current, max(wished for _, wished in self._wishes))
