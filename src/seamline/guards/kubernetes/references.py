"""ConfigMaps, Secrets, claims, accounts, keys and variables that something still needs."""

import re
from collections.abc import Iterator, Sequence

from seamline.analysis.manifests.objects import Manifest, Need, keys_of, needs
from seamline.analysis.manifests.plain import rows, table, text, words
from seamline.guards.kubernetes._states import State, called, changed, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = (
    "kubernetes/reference-removed", "kubernetes/key-removed", "kubernetes/key-missing", "kubernetes/variable-removed",
    "kubernetes/service-account-changed",
)  # fmt: skip
WHOLE = True
_KINDS = ("ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount")
_REFERENCE = re.compile(r"(?<!\$)\$\(([\w.-]{1,200})\)")
_KEEP = "release the pods without it first, then remove it"


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, then of refs."""
    looks = (_removed, _keys, _variables, _accounts)
    return [f for was, now in states(before, after) for look in looks for f in look(was, now)]


def _needed(one: Manifest, state: State) -> list[tuple[Manifest, Need]]:
    """Who needs an object, and what of it."""
    return [
        (workload, need)
        for workload in state.workloads
        if workload.namespace == one.namespace
        for need in needs(workload)
        if (need.kind, need.name) == (one.kind, one.name)
    ]


def _removed(was: State, now: State) -> Iterator[Finding]:
    for a in was.of_kind(*_KINDS):
        if a.ref not in now.objects and (needed := _needed(a, now)):
            workload, need = needed[0]
            more = f" and {len(needed) - 1} more places" if len(needed) > 1 else ""
            yield say(
                "reference-removed", ("hold", "high", 0.9), workload,
                f"{called(a)} is gone, and {called(workload)} needs it for {need.where}{more}: its new pods don't start",
                _KEEP,
            )  # fmt: skip


def _keys(was: State, now: State) -> Iterator[Finding]:
    """Keys that are gone and needed, and keys that are newly needed and not there."""
    for one in now.of_kind("ConfigMap", "Secret"):
        before, keys = was.objects.get(one.ref), keys_of(one)
        for workload, need in _needed(one, now):
            if not need.key or need.key in keys or (not keys and one.kind == "Secret"):
                continue  # an empty Secret is filled by somebody else
            if before is not None and need.key in keys_of(before):
                yield _key_gone("key-removed", "is gone", one, workload, need)
            elif need not in _needs_before(workload, was):
                yield _key_gone("key-missing", "is not there", one, workload, need)


def _needs_before(workload: Manifest, was: State) -> list[Need]:
    before = was.objects.get(workload.ref)
    return needs(before) if before else []


def _key_gone(guard: str, how: str, one: Manifest, workload: Manifest, need: Need) -> Finding:
    return say(
        guard, ("hold", "high", 0.95), workload,
        f"key {need.key!r} of {called(one)} {how}, and {called(workload)} needs it for {need.where}: its new pods don't start",
        "add the new key beside the old one, release the pods that read it, then remove the old key",
    )  # fmt: skip


def _variables(was: State, now: State) -> Iterator[Finding]:
    """Variables that are gone from a container that still puts them into others, or into its command."""
    for a, b in changed(was, now, *sorted({w.kind for w in now.workloads})):
        had = {text(c, "name"): _names(c) for c in rows(a.template, "spec", "containers")}
        for container in rows(b.template, "spec", "containers"):
            if rows(container, "envFrom"):
                continue  # it may come from there
            gone = had.get(text(container, "name"), set()) - _names(container)
            for name in sorted(gone & _referred(container)):
                yield say(
                    "variable-removed", ("hold", "medium", 0.9), b,
                    f"container {text(container, 'name')} of {called(b)} loses variable {name}, and still uses $({name})",
                    f"remove what uses $({name}) in the same change",
                )  # fmt: skip


def _names(container: object) -> set[str]:
    return {text(row, "name") for row in rows(container, "env")}


def _referred(container: object) -> set[str]:
    said = [text(row, "value") for row in rows(container, "env")]
    said += words(container, "command") + words(container, "args")
    return {name for value in said for name in _REFERENCE.findall(value)}


def _accounts(was: State, now: State) -> Iterator[Finding]:
    for a, b in changed(was, now, *sorted({w.kind for w in now.workloads})):
        old, new = (_account(one) for one in (a, b))
        if old != new:
            yield say(
                "service-account-changed", ("note", "medium", 0.9), b,
                f"{called(b)} runs as {new} instead of {old}: what {old} was allowed, in the cluster and in the cloud, is not {new}'s",
                f"grant {new} what it needs first (roles, workload identity, pull secrets), then switch",
            )  # fmt: skip


def _account(one: Manifest) -> str:
    spec = table(one.template, "spec")
    return text(spec, "serviceAccountName") or text(spec, "serviceAccount") or "default"
