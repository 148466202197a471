"""What an autoscaler looks at, and how quickly it follows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from seamline.analysis.manifests.objects import Manifest
from seamline.analysis.manifests.plain import number, part, rows, table, text
from seamline.analysis.manifests.quantity import quantity
from seamline.guards.kubernetes._states import State, called, pairs, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = (
    "capacity/target-metric-changed", "capacity/target-value-changed", "capacity/stabilization-removed",
    "capacity/autoscaler-removed", "capacity/cpu-request-changed", "capacity/cpu-request-missing",
)  # fmt: skip
WHOLE = True
_SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
_WINDOWS = (("scaleDown", 300.0), ("scaleUp", 0.0))  # seconds that count where none are given
_MUCH = 1.5
_VALUES = ("averageUtilization", "averageValue", "value")


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, then of rules, then of refs."""
    looks = (_scalers, _requests)
    return [f for was, now in states(before, after) for look in looks for f in look(was, now)]


def _scalers(was: State, now: State) -> Iterator[Finding]:
    for a, b in pairs(was, now, *_SCALERS):
        if a is not None and b is None:
            yield from _removed(a, was, now)
        elif a is not None and b is not None:
            yield from _targets(a, b)
            yield from _stabilization(a, b)


def _removed(a: Manifest, was: State, now: State) -> Iterator[Finding]:
    workload = target(a, was)
    if workload is None or workload.ref not in now.objects or _scaled_by(workload, now):
        return
    most = number(a.content, "spec", "maxReplicas") or number(a.content, "spec", "maxReplicaCount")
    fixed = number(now.objects[workload.ref].content, "spec", "replicas")
    yield _finding(
        "autoscaler-removed", "hold", "medium", a,
        f"{called(a)} is gone: {called(workload)} went up to {'?' if most is None else f'{most:g}'} replicas and stays at "
        f"{1 if fixed is None else fixed:g}",
        "set replicas to what its busiest hour needs in the same change",
    )  # fmt: skip


def _scaled_by(workload: Manifest, state: State) -> list[Manifest]:
    return [
        s for s in state.of_kind(*_SCALERS) if (t := target(s, state)) is not None and t.ref == workload.ref
    ]


def target(scaler: Manifest, state: State) -> Manifest | None:
    """The workload that an autoscaler sizes."""
    to = part(scaler.content, "spec", "scaleTargetRef")
    return state.get(text(to, "kind") or "Deployment", scaler.namespace, text(to, "name"))


def _targets(a: Manifest, b: Manifest) -> Iterator[Finding]:
    old, new = metrics(a), metrics(b)
    if old.keys() != new.keys():
        yield _finding(
            "target-metric-changed", "hold", "medium", b,
            f"{called(b)} scales by {_names(new)} instead of {_names(old)}: it will ask for other numbers of replicas",
            "replay last week's load against the new target, or run it beside the old one, where the larger answer counts",
        )  # fmt: skip
        return
    for name in sorted(new):
        before, after = old[name], new[name]
        if before is None or after is None or before == after:
            continue
        ratio = max(before, after) / max(min(before, after), 1e-9)
        later = (
            "later, with less room for a burst" if after > before else "earlier, and asks for more replicas"
        )
        yield _finding(
            "target-value-changed", "hold" if ratio >= 2 else "note", "medium" if ratio >= _MUCH else "low", b,
            f"{called(b)} scales at {name} {after:g} instead of {before:g}: {later}",
            "move it in steps, and check the most replicas against what they use",
        )  # fmt: skip


def metrics(scaler: Manifest) -> Mapping[str, float | None]:
    """What an autoscaler looks at, and the value it aims for."""
    spec = part(scaler.content, "spec")
    found: dict[str, float | None] = {}
    if (plain := number(spec, "targetCPUUtilizationPercentage")) is not None:  # autoscaling/v1
        found["cpu averageUtilization"] = plain
    for row in rows(spec, "metrics"):
        inner = next(
            (
                table(row, k)
                for k in ("resource", "containerResource", "pods", "object", "external")
                if row.get(k)
            ),
            {},
        )
        goal = table(inner, "target")
        kind = next((v for v in _VALUES if goal.get(v) is not None), "")
        name = text(inner, "name") or text(inner, "metric", "name") or text(row, "type")
        if not kind and (old := number(inner, "targetAverageUtilization")) is not None:  # autoscaling/v2beta1
            found[f"{name} averageUtilization"] = old
            continue
        found[f"{name} {kind}".strip()] = quantity(goal.get(kind))
    for trigger in rows(spec, "triggers"):
        figures = {k: q for k, v in table(trigger, "metadata").items() if (q := quantity(v)) is not None}
        wanted = sorted(k for k in figures if k.lower().endswith(("threshold", "value", "length", "target")))
        name = f"{text(trigger, 'type')} {text(trigger, 'metadata', 'topic')}".strip()
        found[name] = figures[wanted[0]] if wanted else None
    return found


def _names(found: Mapping[str, float | None]) -> str:
    return ", ".join(sorted(found)) or "nothing"


def _stabilization(a: Manifest, b: Manifest) -> Iterator[Finding]:
    for direction, default in _WINDOWS:
        old, new = (_window_s(one, direction, default) for one in (a, b))
        if new < old:
            yield _finding(
                "stabilization-removed", "note", "medium", b,
                f"{called(b)} waits {new:g} s instead of {old:g} s before it follows a {'drop' if direction == 'scaleDown' else 'rise'}: "
                "a load that swings makes replicas come and go",
                "keep the window longer than one swing of the load and one start of a pod",
            )  # fmt: skip


def _window_s(scaler: Manifest, direction: str, default: float) -> float:
    spec = part(scaler.content, "spec")
    behavior = part(spec, "behavior") or part(spec, "advanced", "horizontalPodAutoscalerConfig", "behavior")
    said = number(behavior, direction, "stabilizationWindowSeconds")
    return default if said is None else said


def _requests(was: State, now: State) -> Iterator[Finding]:
    """CPU requests under a target of utilisation: a percentage of the request is what triggers."""
    for scaler in now.of_kind(*_SCALERS):
        aimed = metrics(scaler).get("cpu averageUtilization")
        workload = target(scaler, now)
        before = was.objects.get(workload.ref) if workload else None
        if aimed is None or workload is None:
            continue
        old, new = (_cpu(one) if one else None for one in (before, workload))
        known = scaler.ref in was.objects and before is not None
        if new is None and (old is not None or not known):
            yield _finding(
                "cpu-request-missing", "hold", "high", workload,
                f"{called(scaler)} aims at {aimed:g} % of a CPU request that {called(workload)} does not make: it can't scale",
                "give every container a CPU request",
            )  # fmt: skip
        elif old is not None and new is not None and old != new:
            yield _moved(scaler, workload, aimed, old, new)


def _moved(scaler: Manifest, workload: Manifest, aimed: float, old: float, new: float) -> Finding:
    ratio = max(old, new) / max(min(old, new), 1e-9)
    later = "later" if new > old else "earlier"
    return _finding(
        "cpu-request-changed", "hold" if ratio >= 2 else "note", "medium" if ratio >= _MUCH else "low", workload,
        f"{called(workload)} requests {new:g} cores instead of {old:g}, and {called(scaler)} aims at {aimed:g} % of it: it scales at "
        f"{new * aimed / 100:.3g} cores instead of {old * aimed / 100:.3g}, {later}",
        f"to scale where it did, aim at {aimed * old / new:.0f} %" if new else "keep the request",
    )  # fmt: skip


def _cpu(one: Manifest) -> float | None:
    """Cores that a pod requests; None where a container requests none."""
    said = [quantity(table(c, "resources", "requests").get("cpu")) for c in one.containers]
    limits = [quantity(table(c, "resources", "limits").get("cpu")) for c in one.containers]
    amounts = [limit if request is None else request for request, limit in zip(said, limits, strict=True)]
    return None if not amounts or None in amounts else round(sum(a for a in amounts if a is not None), 9)


def _finding(
    guard: str, outcome: Literal["hold", "note"], severity: Literal["low", "medium", "high"], one: Manifest, reason: str, do: str
) -> Finding:  # fmt: skip
    return Finding(
        f"capacity/{guard}", outcome, severity, 0.9, None, reason, do, evidence=(str(one.place),), entity=one.ref,
        place=one.place,
    )  # fmt: skip
