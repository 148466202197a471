"""A service before and after a change: for changes that no pods tell apart, and for what shows at their callers only.

Weaker than two versions side by side, because everything else happened in the same minutes too. So what counts is
harm that comes and grows with the change, step by step, against harm that came at any other time; and what its
callees got worse by is not the service's own.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from seamline.analysis.inquiry import odds
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.kinds import Kind, kind_of
from seamline.analysis.inquiry.scene import Scene, Sign, counted, mean_of, median_of
from seamline.analysis.inquiry.versions import Cells, Rollout

_SPREAD = 0.7  # of how often a service fails, from sample to sample
_LEAST_NOISE = (
    0.08  # of a sample, as log-ratio: a service is never steadier from one quarter of an hour to another
)
_FLOOR = 0.05  # of the usual level
_AT_LEAST = 3  # samples before
_MOST_BEFORE, _MOST_AFTER = 20, 60  # samples before the first step and since that are looked at


def signs(scene: Scene, rollout: Rollout) -> list[Sign]:
    """One comparison per metric of what the service answers. O(samples of it and of its callees)."""
    looked = _Stretch(scene, rollout)
    if looked.too_short:
        return []
    return [sign for shown in scene.shown_by(rollout.entity) for sign in looked.of_service(shown)]


def signs_at_callers(scene: Scene, rollout: Rollout) -> list[Sign]:
    """Failures of its callers that none of their calls shows: answers that look well and are wrong."""
    looked = _Stretch(scene, rollout)
    if looked.too_short:
        return []
    found = [sign for caller in callers(scene, rollout.entity) for sign in looked.failures_of(caller)]
    return [Sign("callers", s.side, s.factor, s.size, s.text) for s in found]


def callees(scene: Scene, service: str) -> list[str]:
    """The services it calls, sorted."""
    return sorted({callee for caller, callee in scene.calls if caller == service} - {service})


def callers(scene: Scene, service: str) -> list[str]:
    """The services that call it, sorted."""
    return sorted({caller for caller, callee in scene.calls if callee == service} - {service})


class _Stretch:
    """The samples around a change, with its dose: the share of requests that its new pods, or its steps, serve."""

    def __init__(self, scene: Scene, rollout: Rollout) -> None:
        self._scene = scene
        times = scene.case.times
        first = int(times.searchsorted(rollout.began_ts, side="right"))
        self._looked = slice(max(0, first - _MOST_BEFORE), min(len(times), first + _MOST_AFTER))
        self._before: Cells = times <= rollout.began_ts
        self.too_short = bool(self._before.sum() < _AT_LEAST or first >= len(times))
        self._dose = dose(scene, rollout)

    def of_service(self, service: str) -> Iterator[Sign]:
        """All that is known of one service."""
        for metric, rows in self._rows_of(service).items():
            kind = kind_of(metric)
            if kind.role == "failures":
                yield from self._failures(service, metric, rows)
            elif kind.role in ("latency", "resource"):
                yield from self._level(service, kind, metric, rows)

    def failures_of(self, service: str) -> Iterator[Sign]:
        """What one service fails, but for what fails beneath it."""
        for metric, rows in self._rows_of(service).items():
            if kind_of(metric).role == "failures":
                yield from self._failures(service, metric, rows)

    def _rows_of(self, service: str) -> dict[str, list[int]]:
        """Rows of what a service and its pods answer, by metric."""
        found: dict[str, list[int]] = {}
        for member in self._scene.members(service):
            for metric, _, row in self._scene.rows.get("answers", member):
                found.setdefault(metric, []).append(row)
        return dict(sorted(found.items()))

    def _level(self, service: str, kind: Kind, metric: str, rows: Sequence[int]) -> Iterator[Sign]:
        level = mean_of(self._scene.case.values[list(rows)], 0)
        owed = np.zeros(len(level))
        if kind.role == "latency":
            for callee in callees(self._scene, service):
                calls = self._between(service, callee, metric)
                if calls:
                    theirs = mean_of(self._scene.case.values[calls], 0)
                    owed += np.nan_to_num(np.maximum(0.0, theirs - median_of(theirs[self._before])))
        usual = median_of(level[self._before])
        if not np.isfinite(usual):
            return
        least = self._scene.least_latency_s if kind.role == "latency" else 0.0
        floor = max(least, _FLOOR * abs(usual), 1e-9)
        own = np.maximum(level - np.minimum(owed, np.maximum(level - usual, 0.0)), 0.0)
        x = np.log(own + floor) - np.log(max(usual, 0.0) + floor)
        known = np.isfinite(x[self._looked])
        if not (known & (self._dose[self._looked] > 0)).any():
            return
        factor = odds.of_dosed_shift(
            x[self._looked][known], self._dose[self._looked][known], _noise(x[self._before])
        )
        late = x[(self._dose > 0) & (self._scene.case.times >= self._scene.span.harm_from_ts)]
        shift = float(np.nan_to_num(median_of(late)))
        text = f"{kind.noun} of its own is {np.exp(shift):.2g} times what it was before"
        yield Sign(kind.noun, "answers", factor, shift, text)

    def _failures(self, service: str, metric: str, rows: Sequence[int]) -> Iterator[Sign]:
        k, n = self._counts(rows)
        k0, n0 = float(k[self._before].sum()), float(n[self._before].sum())
        here = np.zeros(len(k), dtype=bool)
        here[self._looked] = n[self._looked] > 0
        if n0 <= 0 or not (here & (self._dose > 0)).any():
            return
        beneath = np.zeros(len(k))
        for callee in callees(self._scene, service):
            calls_k, calls_n = self._counts(self._between(service, callee, metric))
            usual = calls_k[self._before].sum() / max(1.0, calls_n[self._before].sum())
            beneath += np.maximum(0.0, calls_k - usual * calls_n)
        usual_k = n * (k0 + 0.5) / (n0 + 50.0)
        own = k - np.minimum(beneath, np.maximum(k - usual_k, 0.0))
        factor = odds.of_dosed_count(own[here], usual_k[here], n[here], self._dose[here], _SPREAD)
        after = here & ~self._before
        text = (
            f"{own[after].sum():.0f} of {n[after].sum():.0f} requests to {service} failed by itself, "
            f"{k0:.0f} of {n0:.0f} before"
        )
        yield Sign("failures", "answers", factor, float((own - usual_k)[after].sum() / n[after].sum()), text)

    def _between(self, service: str, callee: str, metric: str) -> list[int]:
        """Rows of a metric of the calls from one service to another, else of all calls to it."""
        found = [
            (caller, row)
            for member in self._scene.members(callee)
            for name, caller, row in self._scene.rows.get("answers", member)
            if _alike(name, metric)
        ]
        between = [row for caller, row in found if self._scene.pods.get(caller, caller) == service]
        return between or [row for caller, row in found if not caller]

    def _counts(self, rows: Sequence[int]) -> tuple[Floats, Floats]:
        """Failures and requests of some rows together, by sample."""
        case = self._scene.case
        k, n = np.zeros(len(case.times)), np.zeros(len(case.times))
        for row in rows:
            watch = case.watches[row]
            asked = self._scene.requests.get((watch.entity, watch.caller))
            requests = case.values[asked][None, :] if asked is not None else None
            n_here, k_here = counted(watch.metric, case.values[row][None, :], requests)
            k, n = k + np.nan_to_num(k_here[0]), n + n_here[0]
        return k, n


def _alike(name: str, metric: str) -> bool:
    """Whether two metrics say the same of two services, whoever measured them."""
    a, b = kind_of(name), kind_of(metric)
    return (a.role, a.good, a.quantile) == (b.role, b.good, b.quantile)


def _noise(x: Floats) -> float:
    """The standard deviation of a sample around what is usual, robust."""
    return float(np.hypot(_LEAST_NOISE, 1.48 * np.nan_to_num(median_of(np.abs(x)))))


def dose(scene: Scene, rollout: Rollout) -> Floats:
    """The share of its requests that new pods answer, by sample; else that of its pods; else all since it began."""
    times = scene.case.times
    planned = np.zeros(len(times))
    for step in rollout.steps:
        n = len(step.new) + len(step.old)
        planned[times > step.at_ts] = len(step.new) / n if n else 1.0
    new, old = (_answered(scene, pods) for pods in (frozenset(rollout.births), rollout.old))
    total = new + old
    measured: NDArray[np.bool_] = (total > 0) & bool(new.any())
    share: Floats = np.where(measured, new / np.maximum(total, 1e-9), planned)
    share[times <= rollout.began_ts] = 0.0
    return share


def _answered(scene: Scene, pods: frozenset[str]) -> Floats:
    total: Floats = np.zeros(len(scene.case.times))
    for pod in sorted(pods):
        for metric, _, row in scene.rows.get("answers", pod):
            if kind_of(metric).role == "requests":
                total += np.nan_to_num(scene.case.values[row])
    return total
