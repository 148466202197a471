"""How many times likelier a measured difference is where something broke than where nothing did.

Each factor is a mixture over sizes of the effect, small and large alike. What nothing broke has heavy tails: new
pods warm up, nodes differ, minutes are few, and a normal distribution would be certain of the first of them.
"""

from math import exp, lgamma, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Floats

_FREEDOM = 4.0  # of Student's t
_EFFECTS = np.geomspace(0.1, 4.0, 16)  # log-ratios: 10 % to 55 times
_SHARES = np.geomspace(0.01, 0.95, 16)  # of requests that fail besides
_ODD = 0.1  # of harmless versions that fail more than their neighbours ...
_ODD_SHARES = _SHARES**-1.5 / (_SHARES**-1.5).sum()  # ... and mostly a little
_LITTLE = 0.002  # of requests that fail more without anybody's caring


def of_shift(shift: float, error: float, two_sided: bool = False) -> float:
    """The factor for a rise by `shift`, of which `error` is the standard error, both in log-ratios.

    `two_sided`: a fall of the same size says as much.

    >>> of_shift(1.0, 0.1) > 100, of_shift(0.0, 0.1) < 0.3, 0.5 < of_shift(0.5, 5.0) < 2
    (True, True, True)
    """
    effects = np.concatenate((_EFFECTS, -_EFFECTS)) if two_sided else _EFFECTS
    broken = float(_student((shift - effects) / error).mean())
    return broken / float(_student(np.array([shift / error]))[0])


def _student(z: Floats) -> Floats:
    scale = exp(lgamma((_FREEDOM + 1) / 2) - lgamma(_FREEDOM / 2)) / sqrt(_FREEDOM * pi)
    density: Floats = scale * (1 + z * z / _FREEDOM) ** (-(_FREEDOM + 1) / 2)
    return density


def of_count(k: float, expected: float, n: float, spread: float) -> float:
    """The factor for `k` failures of `n` where `expected` were usual, known but for a share `spread` of it.

    Counts may be fractions: of several sources, or of shares of requests.

    >>> of_count(30, 0.5, 100, 0.5) > 100, of_count(0, 0.5, 1000, 0.5) < 0.3, 0.5 < of_count(0, 0.1, 2, 0.5) < 1
    (True, True, True)
    """
    shape = 1.0 / (spread * spread)
    usual = max(expected, 1e-3) + _LITTLE * n
    base = _negative_binomial(k, np.array([usual]), shape)[0]
    more = _negative_binomial(k, usual + n * _SHARES, shape)
    most = max(base, float(more.max()))
    well = (1 - _ODD) * exp(base - most) + _ODD * float((_ODD_SHARES * np.exp(more - most)).sum())
    return float(np.exp(more - most).mean()) / well


def _negative_binomial(k: float, mean: NDArray[np.float64], shape: float) -> Floats:
    """Logarithms of the mass at k but for what k alone gives."""
    front = lgamma(k + shape) - lgamma(shape)
    mass: Floats = front + shape * np.log(shape / (shape + mean)) + k * np.log(mean / (shape + mean))
    return mass


def shown(factor: float, probability: float) -> float:
    """Nats for a cause that shows in this way with a probability, given the factor where it does.

    No trace of it costs at most what it would have shown with.

    >>> round(shown(0.0, 0.5), 2), round(shown(1.0, 0.5), 2)
    (-0.69, 0.0)
    """
    return log(1 - probability + probability * factor)
