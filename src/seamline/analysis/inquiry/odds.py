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
_OTHER = 0.6  # of services around a fault that fail for a reason that is not their change
_TOLD_TWICE = 0.1  # of a sample is news: what lasts is seen in sample after sample
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


def of_dosed_count(k: Floats, usual: Floats, n: Floats, dose: Floats, spread: float) -> float:
    """The factor for failures that come and grow with a dose (0 to 1 per sample), against those of another reason.

    Another reason begins at any sample and stays, so that failures since long after the dose, or before it, say
    nothing for it.
    """
    shape = 1.0 / (spread * spread)
    usual = np.maximum(usual, 1e-3) + _LITTLE * n
    more = _SHARES[:, None] * n
    return _of_dose(
        _sampled(k, usual[None], shape),
        _sampled(k, usual + more, shape),
        _sampled(k, usual + more * dose, shape),
    )


def of_dosed_shift(x: Floats, dose: Floats, noise: float) -> float:
    """The same for log-ratios to what was usual, of which `noise` is the standard deviation of a sample."""
    well = np.log(_student(x[None] / noise))
    ill = np.log(_student((x - _EFFECTS[:, None]) / noise))
    return _of_dose(well, ill, np.log(_student((x - _EFFECTS[:, None] * dose) / noise)))


def _of_dose(well: Floats, ill: Floats, dosed: Floats) -> float:
    """From logarithms per size and sample: nothing, an effect in full, the effect by dose."""
    well, ill, dosed = (_TOLD_TWICE * part for part in (well, ill, dosed))
    behind = np.cumsum(ill[:, ::-1], axis=1)[:, ::-1]  # ill from each sample on
    before = np.concatenate(([0.0], np.cumsum(well[0])[:-1]))
    any_time = before + behind
    nothing, by_dose = well.sum(), dosed.sum(axis=1)
    most = max(nothing, float(any_time.max()), float(by_dose.max()))
    other = (1 - _OTHER) * exp(nothing - most) + _OTHER * float(np.exp(any_time - most).mean())
    return float(np.exp(by_dose - most).mean()) / other


def _sampled(k: Floats, mean: Floats, shape: float) -> Floats:
    """Logarithms of negative binomial masses per sample, but for what k alone gives."""
    mass: Floats = shape * np.log(shape / (shape + mean)) + k * np.log(mean / (shape + mean))
    return mass


def shown(factor: float, probability: float) -> float:
    """Nats for a cause that shows in this way with a probability, given the factor where it does.

    No trace of it costs at most what it would have shown with.

    >>> round(shown(0.0, 0.5), 2), round(shown(1.0, 0.5), 2)
    (-0.69, 0.0)
    """
    return log(1 - probability + probability * factor)
