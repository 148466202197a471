"""Requests and limits: what the cluster refuses, what gets killed, what nobody bounds any more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seamline.analysis.manifests.objects import Manifest
from seamline.analysis.manifests.plain import rows, table, text
from seamline.analysis.manifests.quantity import bytes_in_words, quantity
from seamline.guards.kubernetes._states import State, called, pairs, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/limit-below-request", "kubernetes/memory-limit-lowered", "kubernetes/resources-removed")
WHOLE = True
OBSERVED = "memory_p99_bytes"  # a figure of the workload, per pod; whoever watches production gives it


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, refs and containers."""
    return [f for was, now in states(before, after) for f in _of(was, now)]


def _of(was: State, now: State) -> Iterator[Finding]:
    for a, b in pairs(was, now, *sorted({w.kind for w in now.workloads})):
        if b is None:
            continue
        had = {text(c, "name"): c for c in rows(a.template, "spec", "containers")} if a else {}
        containers = rows(b.template, "spec", "containers")
        for container in containers:
            old = had.get(text(container, "name"), {})
            yield from _refused(b, container, old)
            if old:
                observed = now.figure(b.ref, OBSERVED) if len(containers) == 1 else None
                yield from _lowered(b, container, old, observed)
                yield from _removed(b, container, old)


def _amount(container: Mapping[str, Any], kind: str, resource: str) -> float | None:
    return quantity(table(container, "resources", kind).get(resource))


def _refused(one: Manifest, container: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Finding]:
    for resource in ("cpu", "memory"):
        request, limit = (_amount(container, kind, resource) for kind in ("requests", "limits"))
        before = [_amount(old, kind, resource) for kind in ("requests", "limits")]
        if request is None or limit is None or limit >= request or before == [request, limit]:
            continue
        yield say(
            "limit-below-request", ("hold", "high", 0.98), one,
            f"container {text(container, 'name')} of {called(one)} requests {_shown(resource, request)} of {resource} and is limited "
            f"to {_shown(resource, limit)}: the cluster refuses it",
            "raise the limit, or lower the request",
        )  # fmt: skip


def _lowered(
    one: Manifest, container: Mapping[str, Any], old: Mapping[str, Any], observed: float | None
) -> Iterator[Finding]:
    before, limit = _amount(old, "limits", "memory"), _amount(container, "limits", "memory")
    if limit is None or (before is not None and limit >= before):
        return
    where = f"container {text(container, 'name')} of {called(one)}"
    was = "none" if before is None else bytes_in_words(before)
    reason = f"the memory limit of {where} goes from {was} to {bytes_in_words(limit)}"
    if observed is None:
        yield say(
            "memory-limit-lowered", ("unknown", "medium", 0.7), one, f"{reason}; what it uses is not known",
            "look up what it used at its busiest, and leave room above it",
            (f"memory that {one.ref} uses at its busiest ({OBSERVED})",),
        )  # fmt: skip
    elif limit < observed:
        yield say(
            "memory-limit-lowered", ("hold", "high", 0.95), one,
            f"{reason}, below the {bytes_in_words(observed)} that it uses at its busiest: it will be killed",
            f"keep it above {bytes_in_words(observed * 1.2)}, or lower what it uses first",
        )  # fmt: skip


def _removed(one: Manifest, container: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Finding]:
    had = {
        kind: set(table(old, "resources", kind)) - set(table(container, "resources", kind))
        for kind in ("requests", "limits")
    }
    gone = [
        f"{kind}.{resource}" for kind, names in had.items() for resource in sorted(names & {"cpu", "memory"})
    ]
    gone = [name for name in gone if name != "limits.cpu"]  # doing without is a choice that many make
    if gone:
        yield say(
            "resources-removed", ("note", "medium", 0.9), one,
            f"container {text(container, 'name')} of {called(one)} no longer says {', '.join(gone)}: "
            "it is placed without counting, and evicted first",
            "keep requests of CPU and memory, and a limit of memory",
        )  # fmt: skip


def _shown(resource: str, amount: float) -> str:
    return bytes_in_words(amount) if resource == "memory" else f"{amount:g} cores"
