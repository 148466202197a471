"""Which pods each change brought: a rollout step by step, a scaling at once; nothing for the rest.

Platforms announce that a release began, and seldom which pods are of it. A pod tells by the version or the commit that
it runs; where it keeps that to itself, by when it was first seen.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from seamline.analysis.candidates import group
from seamline.analysis.detect.window import Stretch
from seamline.analysis.inquiry.case import Step
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.refs import kind_of

_BEFORE_S = 30.0  # pods may be seen so much before their rollout is announced
_TOGETHER_S = 10.0  # pods that came within it came with one step
_SCALING_S = 180.0
_NOT_MADE = frozenset({"announced", "failed"})


class _Pod(Struct):
    """What is known of one pod. Times are of its first and last sample."""

    name: str
    born_ts: float
    last_ts: float
    marks: set[str]


def pod_of(labels: Mapping[str, str]) -> str:
    """The ref of the pod that a series is of, or was written by; empty where it names none."""
    name = labels.get("pod") or labels.get("k8s_pod_name") or ""
    return f"pod:{name}" if name else ""


def steps_of(
    changes: Sequence[Change],
    seen: Sequence[Stretch],
    whole_of: Mapping[str, str],
    stack: StackMap,
    from_ts: float,
    to_ts: float,
) -> tuple[Step, ...]:
    """The steps of all changes within a window, in order of time. What only was announced, or failed, is none."""
    pods = _pods(seen, whole_of)
    made = [
        (one.change, _whose(one.entity, stack))
        for one in group(changes, stack)
        if from_ts <= one.change.at.timestamp() <= to_ts and one.change.state not in _NOT_MADE
    ]
    released: set[str] = set()
    found: list[Step] = []
    for change, entity in sorted(
        made, key=lambda pair: pair[0].kind == "scale"
    ):  # a release's pods are no scaling's
        known, next_ts = pods.get(entity, []), _next_ts(change, entity, made)
        new = [
            pod
            for pod in known
            if pod.name not in released and pod.born_ts <= to_ts and _brought(change, pod, next_ts)
        ]
        released |= {pod.name for pod in new if change.kind == "deploy"}
        found += _steps(change, entity, new, known, to_ts)
    return tuple(sorted(found, key=lambda s: (s.at_ts, s.id)))


def _pods(seen: Sequence[Stretch], whole_of: Mapping[str, str]) -> dict[str, list[_Pod]]:
    known: dict[str, _Pod] = {}
    for one in seen:
        name, labels = pod_of(one.series.labels), one.series.labels
        if not name:
            continue
        born_ts = min(one.series.before_ts, one.first_ts)
        pod = known.setdefault(name, _Pod(name, born_ts, one.last_ts, set()))
        pod.born_ts, pod.last_ts = min(pod.born_ts, born_ts), max(pod.last_ts, one.last_ts)
        if one.series.metric.endswith("build_info"):
            pod.marks |= {labels.get("version", ""), labels.get("revision", "")} - {""}
    found: dict[str, list[_Pod]] = {}
    for name in sorted(known):
        found.setdefault(whole_of.get(name, ""), []).append(known[name])
    return found


def _whose(entity: str, stack: StackMap) -> str:
    """The service that runs on a deployment, or on what an autoscaler scales; else the entity itself."""
    if kind_of(entity) == "autoscaler":
        entity = next((r.target for r in stack.outward(entity) if r.kind == "scales"), entity)
    if kind_of(entity) in ("deployment", "autoscaler"):
        return next((r.source for r in stack.to(entity) if r.kind == "runs_on"), entity)
    return entity


def _next_ts(change: Change, entity: str, made: Sequence[tuple[Change, str]]) -> float:
    """When the next release of the same service began: pods born later are its."""
    later = [
        c.at.timestamp() for c, whose in made if c.kind == "deploy" and c.at > change.at and whose == entity
    ]
    return min(later, default=float("inf"))


def _steps(
    change: Change, entity: str, new: Sequence[_Pod], pods: Sequence[_Pod], to_ts: float
) -> list[Step]:
    at_ts = change.at.timestamp()
    old = [pod for pod in pods if pod not in new and pod.born_ts < at_ts and pod.last_ts >= at_ts - _BEFORE_S]
    if not new:
        return [Step(change.id, change.kind, entity, at_ts)]
    starts = [at_ts]
    for pod in sorted(new, key=lambda p: p.born_ts):
        if pod.born_ts > max(starts[-1], min(p.born_ts for p in new)) + _TOGETHER_S:
            starts.append(pod.born_ts)
    out = []
    for n, start_ts in enumerate(starts, 1):
        until_ts = starts[n] if n < len(starts) else to_ts
        here = tuple(sorted(p.name for p in new if p.born_ts < until_ts and p.last_ts >= start_ts))
        still = tuple(sorted(p.name for p in old if p.last_ts >= until_ts))
        gone = tuple(sorted(p.name for p in old if start_ts <= p.last_ts < until_ts))
        id_ = f"{change.id}#{n}" if len(starts) > 1 else change.id
        out.append(Step(id_, change.kind, entity, start_ts, here, still, gone))
    return out


def _brought(change: Change, pod: _Pod, next_ts: float) -> bool:
    at_ts = change.at.timestamp()
    if change.kind == "scale":
        return at_ts <= pod.born_ts <= at_ts + _SCALING_S
    if change.kind != "deploy" or not at_ts - _BEFORE_S <= pod.born_ts < next_ts - _BEFORE_S:
        return False
    named = {change.version, change.revision} - {""}
    return not named or not pod.marks or bool(named & pod.marks)
