"""Network policies that cut somebody who calls today."""

from collections.abc import Iterator, Sequence

from seamline.analysis.manifests.objects import Manifest
from seamline.guards.kubernetes._states import State, called, say, states
from seamline.guards.kubernetes._traffic import allowed, governing, resolves_names
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/caller-cut", "kubernetes/names-cut")
WHOLE = True
_CALLS = frozenset({"calls", "uses", "publishes", "consumes"})


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets and callers."""
    return [f for was, now in states(before, after) for look in (_cut, _names) for f in look(was, now)]


def _cut(was: State, now: State) -> Iterator[Finding]:
    before = set(_connections(was))
    for source, target in _connections(now):
        if (source, target) not in before:
            continue
        a, b = was.objects[source], was.objects[target]
        c, d = now.objects[source], now.objects[target]
        if allowed(was, a, b) and not allowed(now, c, d):
            policies = [*governing(now, c, "Egress"), *governing(now, d, "Ingress")]
            names = ", ".join(sorted({called(p) for p in policies}))
            yield say(
                "caller-cut", ("hold", "high", 0.85), c,
                f"{called(c)} calls {called(d)}, and {names} no longer lets it",
                f"allow pods labelled {_labels(c)} at both ends, and look at dropped connections for a day before it counts",
            )  # fmt: skip


def _connections(state: State) -> list[tuple[str, str]]:
    """(workload, workload) of every call that manifests show, sorted."""
    runs: dict[str, list[str]] = {}
    for fact in state.facts:
        if fact.predicate == "runs_on" and fact.object in state.objects:
            runs.setdefault(fact.subject, []).append(fact.object)
    found = {
        (source, target)
        for fact in state.facts
        if fact.predicate in _CALLS
        for source in runs.get(fact.subject, [fact.subject] if fact.subject in state.objects else [])
        for target in runs.get(fact.object, ())
        if source != target
    }
    return sorted(found)


def _names(was: State, now: State) -> Iterator[Finding]:
    for one in now.workloads:
        before = was.objects.get(one.ref)
        if before is not None and resolves_names(was, before) and not resolves_names(now, one):
            names = ", ".join(called(p) for p in governing(now, one, "Egress"))
            yield say(
                "names-cut", ("hold", "high", 0.85), one,
                f"{names} lets {called(one)} out, but not to port 53: it can no longer resolve any name",
                "allow UDP and TCP port 53 to kube-system in the same policy",
            )  # fmt: skip


def _labels(one: Manifest) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted(one.pod_labels.items())) or "nothing"
