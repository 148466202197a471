"""What new pods owe to those whom they ask: a balancer may send them to worse pods than their siblings.

A callee is judged by what pods other than the new ones see of it, so that what new pods do to their own calls stays
theirs. Only where nobody else asks it, what they see counts against it: the deeper one is the likelier.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.kinds import kind_of
from seamline.analysis.inquiry.scene import Scene, counted, mean_of, median_of
from seamline.analysis.inquiry.versions import Cells

_ENOUGH = 20.0  # requests that tell how a callee does


class Owed(Struct, frozen=True):
    """Per request answered by new pods, beyond what old ones get from their callees in the same minutes."""

    failing: float = 0.0
    seconds: float = 0.0


class _Callee(Struct, frozen=True):
    failing: float
    seconds: float


def owed(scene: Scene, new: Sequence[str], old: Sequence[str], cells: Cells) -> Owed:
    """What the mix of callees' pods makes of the difference; nothing where calls are not counted pod by pod.

    Only which pods are asked counts: how often they are is the version's own doing, so it is taken from the old ones.
    """
    mine, theirs = _asked(scene, new, cells), _asked(scene, old, cells)
    answered = _answered(scene, old, cells)
    if answered < _ENOUGH:
        return Owed()
    failing = seconds = 0.0
    for service in sorted(set(mine) & set(theirs)):
        known = {
            pod: _callee(scene, pod, frozenset(new), cells)
            for pod in sorted({*mine[service], *theirs[service]})
        }
        per_request = sum(theirs[service].values()) / answered
        here, there = _mixed(mine[service], known), _mixed(theirs[service], known)
        failing += per_request * (here.failing - there.failing)
        seconds += per_request * (here.seconds - there.seconds)
    return Owed(max(0.0, failing), max(0.0, seconds))


def _asked(scene: Scene, pods: Sequence[str], cells: Cells) -> dict[str, dict[str, float]]:
    """Requests that pods sent together: by service, to each of its pods."""
    found: dict[str, dict[str, float]] = {}
    for pod in pods:
        for metric, other, row in scene.rows.get("asks", pod):
            if kind_of(metric).role == "requests":
                of_service = found.setdefault(scene.pods.get(other, other), {})
                of_service[other] = of_service.get(other, 0.0) + float(
                    np.nansum(scene.case.values[row][cells])
                )
    return {service: of_pod for service, of_pod in found.items() if sum(of_pod.values()) > 0}


def _answered(scene: Scene, pods: Sequence[str], cells: Cells) -> float:
    return sum(
        float(np.nansum(scene.case.values[row][cells]))
        for pod in pods
        for metric, _, row in scene.rows.get("answers", pod)
        if kind_of(metric).role == "requests"
    )


def _mixed(asked: Mapping[str, float], known: Mapping[str, _Callee]) -> _Callee:
    total = sum(asked.values())
    return _Callee(
        sum(n * known[pod].failing for pod, n in asked.items()) / total,
        sum(n * known[pod].seconds for pod, n in asked.items()) / total,
    )


def _callee(scene: Scene, callee: str, new: frozenset[str], cells: Cells) -> _Callee:
    """How a callee does in the eyes of others, else of the new pods."""
    rows = scene.rows.get("answers", callee)
    others = [(metric, caller, row) for metric, caller, row in rows if caller and caller not in new]
    if sum(_requests(scene, callee, caller, cells) for caller in {c for _, c, _ in others}) >= _ENOUGH:
        return _seen_by(scene, callee, others, cells)
    return _seen_by(scene, callee, rows, cells)


def _requests(scene: Scene, callee: str, caller: str, cells: Cells) -> float:
    row = scene.requests.get((callee, caller))
    return float(np.nansum(scene.case.values[row][cells])) if row is not None else 0.0


def _seen_by(scene: Scene, callee: str, rows: Sequence[tuple[str, str, int]], cells: Cells) -> _Callee:
    k = n = 0.0
    seconds = []
    for metric, caller, row in rows:
        kind = kind_of(metric)
        if kind.role == "failures":
            asked = scene.requests.get((callee, caller))
            requests = scene.case.values[asked][None, :] if asked is not None else None
            n_here, k_here = counted(metric, scene.case.values[row][None, :], requests)
            k, n = k + float(np.nansum(k_here[0][cells])), n + float(n_here[0][cells].sum())
        elif kind.role == "latency":
            seconds.append(median_of(scene.case.values[row][cells]))
    latency = float(mean_of(np.array(seconds), 0)) if seconds else 0.0
    return _Callee(k / n if n > 0 else 0.0, latency if np.isfinite(latency) else 0.0)
