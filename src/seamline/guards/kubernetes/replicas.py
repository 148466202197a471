"""How many pods there are, and how many may be taken away at once."""

from collections.abc import Iterator, Sequence
from math import ceil

from seamline.analysis.manifests.objects import Manifest, selects
from seamline.analysis.manifests.plain import number, part, text
from seamline.guards.kubernetes._states import State, called, changed, pairs, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = (
    "kubernetes/replicas-lowered", "kubernetes/replicas-zero", "kubernetes/eviction-blocked",
    "kubernetes/disruption-budget-removed",
)  # fmt: skip
WHOLE = True
_SIZED = ("Deployment", "StatefulSet", "ReplicaSet", "Rollout")


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, then of refs."""
    looks = (_sizes, _budgets, _budgets_removed)
    return [f for was, now in states(before, after) for look in looks for f in look(was, now)]


def autoscaled(one: Manifest, state: State) -> list[Manifest]:
    """The autoscalers that decide a workload's size."""
    return [
        scaler
        for scaler in state.of_kind("HorizontalPodAutoscaler", "ScaledObject")
        if scaler.namespace == one.namespace
        and text(scaler.content, "spec", "scaleTargetRef", "name") == one.name
        and (text(scaler.content, "spec", "scaleTargetRef", "kind") or "Deployment") == one.kind
    ]


def _sizes(was: State, now: State) -> Iterator[Finding]:
    for a, b in changed(was, now, *_SIZED):
        before, after = (number(one.content, "spec", "replicas") for one in (a, b))
        if before == after or (autoscaled(b, now) and after is None):
            continue
        old, new = 1.0 if before is None else before, 1.0 if after is None else after
        said = "" if after is not None else ", as no number is given any more"
        if new == 0 and old > 0:
            yield say(
                "replicas-zero", ("hold", "high", 0.9), b, f"{called(b)} goes from {old:g} replicas to none",
                "move its callers and drain its queues first; when it is meant to go, remove it and its Service together",
            )  # fmt: skip
        elif new < old:
            one = new <= 1 < old
            yield say(
                "replicas-lowered", ("note", "medium" if one or new * 2 <= old else "low", 0.9), b,
                f"{called(b)} goes from {old:g} replicas to {new:g}{said}" + (": each restart is an outage" if one else ""),
                "compare with its busiest hour first; lower it in steps",
            )  # fmt: skip


def _budgets(was: State, now: State) -> Iterator[Finding]:
    for budget in now.of_kind("PodDisruptionBudget"):
        before = was.objects.get(budget.ref)
        for workload in _guarded(budget, now):
            why = _blocked(budget, workload, now)
            old = was.objects.get(workload.ref)
            if why and not (before is not None and old is not None and _blocked(before, old, was)):
                yield say(
                    "eviction-blocked", ("hold", "medium", 0.9), workload,
                    f"{called(budget)} {why}, so no pod of {called(workload)} may ever be evicted: nodes can't be drained, upgrades stop",
                    "allow one to be away: maxUnavailable: 1, or minAvailable below the number of replicas",
                )  # fmt: skip


def _guarded(budget: Manifest, state: State) -> list[Manifest]:
    selector = part(budget.content, "spec", "selector")
    return [
        w
        for w in state.of_kind(*_SIZED)
        if w.namespace == budget.namespace and selects(selector, w.pod_labels)
    ]


def _blocked(budget: Manifest, workload: Manifest, state: State) -> str:
    """Why a budget allows no eviction, "" when it allows one."""
    least = number(workload.content, "spec", "replicas")
    scalers = autoscaled(workload, state)
    bounds = [number(s.content, "spec", f) for s in scalers for f in ("minReplicas", "minReplicaCount")]
    known = [bound for bound in bounds if bound is not None]
    replicas = min(known) if known else 1.0 if scalers or least is None else least
    if replicas == 0:
        return ""
    if (away := part(budget.content, "spec", "maxUnavailable")) is not None:
        share = _share(away, replicas)
        return f"has maxUnavailable {away}" if share is not None and share < 1 else ""
    stay = part(budget.content, "spec", "minAvailable")
    share = _share(stay, replicas)
    if share is None or share < replicas:
        return ""
    return f"asks for {stay} of {replicas:g} replicas to stay"


def _share(said: object, replicas: float) -> float | None:
    """A number of pods, or a percentage of them; the cluster rounds up."""
    if isinstance(said, str) and said.endswith("%") and said[:-1].isdecimal():
        return float(ceil(replicas * int(said[:-1]) / 100))
    return number({"said": said}, "said")


def _budgets_removed(was: State, now: State) -> Iterator[Finding]:
    for a, b in pairs(was, now, "PodDisruptionBudget"):
        if a is None or b is not None:
            continue
        for workload in _guarded(a, now):
            yield say(
                "disruption-budget-removed", ("note", "low", 0.9), workload,
                f"{called(a)} is gone: all pods of {called(workload)} may be evicted at once",
                "keep one with maxUnavailable: 1",
            )  # fmt: skip
