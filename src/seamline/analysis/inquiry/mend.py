"""A case that can be looked at: what no measurement can be is left out, what is there twice is joined, and told."""

import numpy as np
from msgspec.structs import replace

from seamline.analysis.inquiry.case import Case, Floats, Watch

MOST = 1e50  # no measurement is larger; products of squares of what is would not be finite
_OFF = 3.0  # times that samples may lie closer or further than is said
_STEP_S = 60.0  # where nothing tells
_DENSE = 75  # of a hundred series have no more samples: sparse ones don't tell how often anybody looks


def mend(case: Case) -> Case:
    """The case with its defects mended, each with a note; the same case where it has none. O(samples)."""
    for part in (_finite, _joined, _begun, _paced, _paged):
        case = part(case)
    return case


def _finite(case: Case) -> Case:
    """Without infinities, and what is as good as infinite."""
    with np.errstate(invalid="ignore"):
        beyond = np.abs(case.values) > MOST
    if not beyond.any():
        return case
    n, n_series = np.count_nonzero(beyond), np.count_nonzero(beyond.any(axis=1))
    values = np.where(beyond, np.nan, case.values)
    return _noted(
        replace(case, values=values), f"{n} samples of {n_series} series are infinite, and left out"
    )


def _joined(case: Case) -> Case:
    """Each series once; of samples at one time the mean."""
    rows: dict[Watch, list[int]] = {}
    for row, watch in enumerate(case.watches):
        rows.setdefault(watch, []).append(row)
    n = len(case.watches) - len(rows)
    if not n:
        return case
    values = np.array([_mean(case.values[of]) for of in rows.values()])
    return _noted(
        replace(case, watches=tuple(rows), values=values), f"{n} series are there twice, and joined"
    )


def _mean(block: Floats) -> Floats:
    """Of what is there, per column."""
    n = np.isfinite(block).sum(axis=0)
    return np.where(n > 0, np.nansum(block, axis=0) / np.maximum(n, 1), np.nan)


def _begun(case: Case) -> Case:
    """Without the time before anything was sampled: it is not normal time. No defect, and no note."""
    there = np.isfinite(case.values).any(axis=0)
    first = int(there.argmax()) if there.any() else 0
    return replace(case, times=case.times[first:], values=case.values[:, first:]) if first else case


def _paced(case: Case) -> Case:
    """With a distance of samples that is true to within a few times."""
    found_s = _distance_s(case)
    said = np.isfinite(case.step_s) and case.step_s > 0
    if said and (found_s is None or found_s / _OFF <= case.step_s <= found_s * _OFF):
        return case
    step_s = found_s if found_s is not None else _STEP_S
    note = f"samples are said to be {case.step_s:g} s apart; taken as {step_s:g} s"
    return _noted(replace(case, step_s=step_s), note)


def _distance_s(case: Case) -> float | None:
    """How far the samples of a series lie apart while it lives; None where there are too few to tell."""
    there = np.isfinite(case.values)
    n = there.sum(axis=1)
    usual = float(np.percentile(n, _DENSE)) if len(n) else 0.0
    dense = there[n >= max(2.0, usual)]
    if not len(dense):
        return None
    first, last = dense.argmax(axis=1), dense.shape[1] - 1 - dense[:, ::-1].argmax(axis=1)
    return float(np.median((case.times[last] - case.times[first]) / (dense.sum(axis=1) - 1)))


def _paged(case: Case) -> Case:
    """With an alert that has a time, or none."""
    alert = case.alert
    if alert is None or np.isfinite(alert.at_ts):
        return case
    return _noted(replace(case, alert=None), "the alert has no time, and is left out")


def _noted(case: Case, note: str) -> Case:
    return replace(case, notes=(*case.notes, note))
