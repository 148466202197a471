"""Windows without a fault, cut out of the normal part of cases that have a long one.

An early stretch of normal time is followed at once by a few later samples of it, half of them where the alerted series
strayed furthest by itself: the alert that a threshold would have raised for nothing.
"""

import msgspec
import numpy as np

from seamline.analysis.inquiry.case import Alert, Case
from seamline.analysis.inquiry.kinds import kind_of

LEAST = 200  # normal samples, below which nothing is cut
_SUSPECT = 6  # samples that follow the normal ones
_FURTHEST = 4  # of the samples that strayed most one is picked


def calm(case: Case, n: int, seed: int) -> list[Case]:
    """Up to `n` faultless cases; none out of one without an alert, or with too little normal time before it."""
    if case.alert is None:
        return []
    normal = int(case.times.searchsorted(case.alert.at_ts)) - _SUSPECT // 2
    if normal < LEAST:
        return []
    random = np.random.default_rng([seed, *case.id.encode()])
    return [_window(case, normal, random, strayed=bool(k % 2), k=k) for k in range(n)]


def _window(case: Case, normal: int, random: np.random.Generator, strayed: bool, k: int) -> Case:
    assert case.alert is not None
    past = int(random.integers(LEAST // 2, int(normal * 0.8)))
    later = np.arange(past + 2, normal - _SUSPECT // 2)
    at = int(random.choice(later))
    if strayed:
        at = int(random.choice(later[np.argsort(-_strayed(case, normal)[later])[:_FURTHEST]]))
    samples = np.concatenate([np.arange(past), np.arange(at - 2, at - 2 + _SUSPECT)])
    times = case.times[0] + np.arange(len(samples)) * case.step_s
    alert = Alert(case.alert.entity, case.alert.metric, float(times[past + 2] + 0.3 * case.step_s))
    return msgspec.structs.replace(
        case, id=f"{case.id}~{k}", alert=alert, times=times, values=case.values[:, samples],
        to_ts=float(times[-1]), lines=None, spans=None, steps=(),
    )  # fmt: skip


def _strayed(case: Case, normal: int) -> np.typing.NDArray[np.float64]:
    """How far the alerted series was on its harmful side, per sample; 0 where it is not among the series."""
    assert case.alert is not None
    for row, watch in enumerate(case.watches):
        if (watch.entity, watch.metric, watch.caller) == (case.alert.entity, case.alert.metric, ""):
            off = case.values[row, :normal] - np.nanmedian(case.values[row, :normal])
            kind = kind_of(watch.metric)
            harm = -off if kind.good else off if kind.role in ("latency", "failures") else np.abs(off)
            return np.nan_to_num(harm, nan=-np.inf)
    return np.zeros(normal)
