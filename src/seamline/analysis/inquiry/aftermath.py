"""A service before and after a change, for changes that no pod tells apart: configuration, scaling, or all pods at once.

Weaker than two versions side by side, because everything else happened in the same minutes too. What its callees got
worse by is not the service's own.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry import odds
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.kinds import kind_of
from seamline.analysis.inquiry.scene import Scene, Sign, counted, median_of
from seamline.analysis.inquiry.siblings import lasting
from seamline.analysis.inquiry.versions import WARMS_UP_S, Rollout

_DRIFT = 0.15  # log-ratio between any two stretches of time
_SPREAD = 1.0  # of how often a service fails, from one stretch to another
_BEFORE_S = 7200.0  # of time before a change that is looked at
_AT_LEAST = 3  # samples before


class Shift(Struct, frozen=True):
    """How a figure moved: its median before and after, in its own unit, and how far it strays by itself."""

    before: float
    after: float
    strays: float  # log-ratio

    @property
    def grown(self) -> float:
        """By how much it rose; 0 where it fell."""
        return max(0.0, self.after - self.before)


def signs(scene: Scene, rollout: Rollout) -> list[Sign]:
    """One comparison per metric of what the service answers. O(samples of it and of its callees)."""
    before, after = _stretches(scene, rollout)
    if before.sum() < _AT_LEAST or not after.any():
        return []
    found = []
    for metric, rows in _rows_of(scene, rollout.entity).items():
        kind = kind_of(metric)
        if kind.role == "failures":
            found += _failures(scene, rollout.entity, metric, rows, before, after)
        elif kind.role in ("latency", "resource", "other"):
            found += _level(scene, rollout.entity, metric, rows, before, after)
    return found


def _stretches(scene: Scene, rollout: Rollout) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Samples before the change, and since it began to be of harm."""
    times, began_ts = scene.case.times, rollout.began_ts
    after = times > max(began_ts, scene.span.harm_from_ts)
    warm = after & (times > max(rollout.births.values(), default=began_ts) + WARMS_UP_S)
    after = warm if warm.any() else after
    return (times <= began_ts) & (times > began_ts - _BEFORE_S), after


def _rows_of(scene: Scene, service: str) -> dict[str, list[int]]:
    """Rows of what a service and its pods answer, by metric."""
    members = [service, *sorted(pod for pod, whole in scene.pods.items() if whole == service)]
    found: dict[str, list[int]] = {}
    for member in members:
        for metric, _, row in scene.rows.get("answers", member):
            found.setdefault(metric, []).append(row)
    return dict(sorted(found.items()))


def shift_of(values: Floats, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Shift | None:
    """How one series moved between two stretches; None where either has no sample."""
    was, now = median_of(values[before]), median_of(values[after])
    if not (np.isfinite(was) and np.isfinite(now)):
        return None
    floor = max(0.05 * abs(was), 1e-9)
    logs = np.log(np.maximum(values[before], 0.0) + floor)
    logs = logs[np.isfinite(logs)]
    length = max(1, min(int(after.sum()), len(logs) // 3))
    blocks = [float(np.median(logs[at : at + length])) for at in range(0, len(logs) - length + 1, length)]
    strays = (
        1.48 * float(np.median(np.abs(np.array(blocks) - np.median(blocks)))) if len(blocks) > 2 else _DRIFT
    )
    return Shift(was, now, strays)


def _level(
    scene: Scene, service: str, metric: str, rows: Sequence[int],
    before: NDArray[np.bool_], after: NDArray[np.bool_],
) -> list[Sign]:  # fmt: skip
    shifts = [s for row in rows if (s := shift_of(scene.case.values[row], before, after)) is not None]
    if not shifts:
        return []
    kind = kind_of(metric)
    own = 1.0
    if kind.role == "latency":
        grown = float(np.mean([s.grown for s in shifts]))
        beneath = _beneath(scene, service, metric, before, after)
        own = max(0.0, 1.0 - beneath / grown) if grown > 0 else 1.0
    least = scene.least_latency_s if kind.role == "latency" else 0.0
    ratios = [_ratio(s, own, least) for s in shifts]
    error = float(np.hypot(_DRIFT, np.mean([s.strays for s in shifts])))
    shift = float(np.mean(ratios))
    noun = kind.noun if kind.role != "other" else "other"
    factor = odds.of_shift(shift, error, two_sided=kind.role == "other")
    text = f"{kind.noun} is {np.exp(shift):.2g} times what it was before" + _not_own(own)
    return [Sign(noun, "answers", factor, shift, text)]


def _ratio(s: Shift, own: float, least: float) -> float:
    """The log-ratio of after to before, of a rise its own part only."""
    floor = max(least, 0.05 * abs(s.before), 1e-9)
    after = s.before + own * (s.after - s.before) if s.after > s.before else s.after
    return float(np.log((max(after, 0.0) + floor) / (max(s.before, 0.0) + floor)))


def _not_own(own: float) -> str:
    return "" if own > 0.95 else f"; {100 * (1 - own):.0f} % of the rise is its callees'"


def _beneath(
    scene: Scene, service: str, metric: str, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> float:
    """By how much the calls it makes grew together, in the metric's unit per request of its own."""
    total = 0.0
    for callee in callees(scene, service):
        rows = _calls_between(scene, service, callee, metric)
        grown = [
            s.grown for row in rows if (s := shift_of(scene.case.values[row], before, after)) is not None
        ]
        total += float(np.mean(grown)) if grown else 0.0
    return total


def callees(scene: Scene, service: str) -> list[str]:
    """The services it calls, sorted."""
    case, pods = scene.case, scene.pods
    linked = {link.target for link in case.links if link.kind == "calls" and link.source == service}
    seen = {
        pods.get(w.entity, w.entity)
        for w in case.watches
        if w.caller and pods.get(w.caller, w.caller) == service
    }
    return sorted((linked | seen) - {service})


def _calls_between(scene: Scene, service: str, callee: str, metric: str) -> list[int]:
    """Rows of a metric of the calls from one service to another, else of all calls to it."""
    pods = scene.pods
    members = [callee, *sorted(pod for pod, whole in pods.items() if whole == callee)]
    found = [
        (caller, row)
        for member in members
        for name, caller, row in scene.rows.get("answers", member)
        if kind_of(name) == kind_of(metric) or name == metric
    ]
    between = [row for caller, row in found if pods.get(caller, caller) == service]
    return between or [row for caller, row in found if not caller]


def _failures(
    scene: Scene, service: str, metric: str, rows: Sequence[int],
    before: NDArray[np.bool_], after: NDArray[np.bool_],
) -> list[Sign]:  # fmt: skip
    k, n = _counts(scene, metric, rows)
    k0, n0 = float(k[before].sum()), float(n[before].sum())
    if n[after].sum() <= 0 or n0 <= 0:
        return []
    beneath = np.zeros(len(k))
    for callee in callees(scene, service):
        calls_k, calls_n = _counts(scene, metric, _calls_between(scene, service, callee, metric))
        usual = calls_k[before].sum() / max(1.0, calls_n[before].sum())
        beneath += np.maximum(0.0, calls_k - usual * calls_n)
    usual_k = n * (k0 + 0.5) / (n0 + 50.0)
    beneath = np.minimum(beneath, np.maximum(k - usual_k, 0.0))
    spread = float(np.hypot(_SPREAD, 1 / np.sqrt(k0 + 1)))
    factor = lasting(k[after], (usual_k + beneath)[after], n[after], spread)
    total, owed = float(k[after].sum()), float(beneath[after].sum())
    text = f"{total:.0f} of {n[after].sum():.0f} requests failed, {k0:.0f} of {n0:.0f} before"
    if owed > 0.05 * total:
        text += f"; {owed:.0f} failed beneath it"
    size = max(0.0, total - owed - float(usual_k[after].sum())) / float(n[after].sum())
    return [Sign("failures", "answers", factor, size, text)]


def _counts(scene: Scene, metric: str, rows: Sequence[int]) -> tuple[Floats, Floats]:
    """Failures and requests of some rows together, by sample."""
    k, n = np.zeros(len(scene.case.times)), np.zeros(len(scene.case.times))
    for row in rows:
        watch = scene.case.watches[row]
        asked = scene.requests.get((watch.entity, watch.caller))
        requests = scene.case.values[asked][None, :] if asked is not None else None
        n_here, k_here = counted(metric, scene.case.values[row][None, :], requests)
        k, n = k + np.nan_to_num(k_here[0]), n + n_here[0]
    return k, n
