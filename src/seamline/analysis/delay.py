"""Delay laws: how long a fault takes from where it starts to where it shows.

A law is a fast lognormal part and a flat tail. The tail is mandatory: public failures fired 27 days and a
year after the change that caused them.
"""

from datetime import timedelta
from math import erfc, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TAIL_S = timedelta(days=30).total_seconds()
_erfc = np.frompyfunc(erfc, 1, 1)


class Law(Struct, frozen=True):
    """Lognormal with this median and log-spread; `tail` of the mass lies flat over 30 days.

    With `instead`, a seventh of the mass follows that law.
    """

    median_s: float
    sigma: float
    tail: float = 0.0
    instead: "Law | None" = None

    def cdf(self, delay_s: Floats) -> Floats:
        """P(delay <= x) for each x; 0 for x <= 0. O(n)."""
        x = np.maximum(delay_s, 1e-9)
        fast = _normal_cdf(np.log(x / self.median_s) / self.sigma)
        flat = np.clip(x / TAIL_S, 0.0, 1.0)
        mass = (1.0 - self.tail) * fast + self.tail * flat
        if self.instead is not None:
            mass = (6 * mass + self.instead.cdf(delay_s)) / 7
        return np.asarray(np.where(delay_s <= 0, 0.0, mass), dtype=np.float64)

    def between(self, low_s: Floats, high_s: Floats) -> Floats:
        """P(low < delay <= high)."""
        return np.asarray(np.maximum(self.cdf(high_s) - self.cdf(low_s), 0.0), dtype=np.float64)


def _normal_cdf(x: Floats) -> Floats:
    """P(Z <= x) of the standard normal: the C library's erfc, exact in the tails. O(n)."""
    return np.asarray(0.5 * _erfc(-x / sqrt(2)), dtype=np.float64)


# How long after it a change of a kind begins to do harm, at the entity it changed. Starting values of the
# engine's page; only confirmed causes may move them.
ONSET: dict[str, Law] = {
    "deploy": Law(30.0, 1.6, 0.2),
    "config": Law(20.0, 1.5, 0.15),
    "scale": Law(15.0, 1.2, 0.05),
    "schema": Law(10.0, 1.5, 0.15),
    "model": Law(20.0, 1.2, 0.15),
    "flag": Law(15.0, 1.3, 0.15),
    "data": Law(60.0, 1.8, 0.2),
    "manual": Law(30.0, 1.6, 0.15),
}
# A version bites once it runs; it is seen at the first scrape after that, so its harm may be older than the sight.
_SEEN_S, _SEEN_SIGMA = 1.0, 0.5


def onset(kind: str, live_s: float | None) -> Law:
    """How long after its announcement a change does harm; `live_s`: when what it brings was first seen running."""
    usual = ONSET.get(kind, ONSET["manual"])
    if live_s is None:
        return usual
    return Law(live_s + _SEEN_S, _SEEN_SIGMA, usual.tail, usual)


# A collision bites when the later of the two has taken hold: new workers boot and open their connections.
JOINT = Law(12.0, 0.9, 0.02)
