"""What can't be changed of what keeps data: StatefulSets and claims."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seamline.analysis.manifests.objects import Manifest
from seamline.analysis.manifests.plain import part, rows, text
from seamline.analysis.manifests.quantity import bytes_in_words, quantity
from seamline.guards.kubernetes._states import State, called, changed, pairs, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = (
    "kubernetes/stateful-set-immutable", "kubernetes/storage-shrunk", "kubernetes/storage-class-changed",
    "kubernetes/stateful-set-removed",
)  # fmt: skip
WHOLE = True
_SIZE = ("spec", "resources", "requests", "storage")
_RECREATE = (
    "delete the StatefulSet with --cascade=orphan and apply the new one, so that pods and data stay; or bring up a new one beside it "
    "and move the data"
)


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, then of refs."""
    looks = (_stateful_sets, _claims, _removed)
    return [f for was, now in states(before, after) for look in looks for f in look(was, now)]


def _stateful_sets(was: State, now: State) -> Iterator[Finding]:
    for a, b in changed(was, now, "StatefulSet"):
        fields = [f for f in ("serviceName", "podManagementPolicy") if _said(a, f) != _said(b, f)]
        old, new = _templates(a), _templates(b)
        if old != new:
            fields.append("volumeClaimTemplates")
        if fields:
            yield say(
                "stateful-set-immutable", ("hold", "high", 0.97), b,
                f"{called(b)} changes {', '.join(fields)}, which the cluster refuses: it can't change", _RECREATE,
            )  # fmt: skip
        for name in sorted(old.keys() & new.keys()):
            yield from _claim(b, f"claims {name} of {called(b)}", old[name], new[name])


def _said(one: Manifest, field: str) -> str:
    default = "OrderedReady" if field == "podManagementPolicy" else ""
    return text(one.content, "spec", field) or default


def _templates(one: Manifest) -> dict[str, Mapping[str, Any]]:
    found = rows(one.content, "spec", "volumeClaimTemplates")
    return {text(t, "metadata", "name"): {"spec": part(t, "spec")} for t in found}


def _claims(was: State, now: State) -> Iterator[Finding]:
    for a, b in changed(was, now, "PersistentVolumeClaim"):
        yield from _claim(b, called(b), a.content, b.content)


def _claim(one: Manifest, where: str, old: Any, new: Any) -> Iterator[Finding]:
    before, size = quantity(part(old, *_SIZE)), quantity(part(new, *_SIZE))
    if before is not None and size is not None and size < before:
        yield say(
            "storage-shrunk", ("hold", "high", 0.97), one,
            f"{where} shrinks from {bytes_in_words(before)} to {bytes_in_words(size)}, which the cluster refuses",
            "bring up a smaller volume beside it, copy the data, switch, then delete the old one",
        )  # fmt: skip
    classes = [text(c, "spec", "storageClassName") for c in (old, new)]
    if classes[0] != classes[1] and all(classes):
        yield say(
            "storage-class-changed", ("hold", "high", 0.97), one,
            f"{where} goes from storage class {classes[0]} to {classes[1]}, which the cluster refuses for what is there",
            "bring up a volume of the new class beside it, copy the data, switch, then delete the old one",
        )  # fmt: skip


def _removed(was: State, now: State) -> Iterator[Finding]:
    for a, b in pairs(was, now, "StatefulSet"):
        if a is not None and b is None:
            kept = (
                "its volumes stay, and nobody serves them"
                if _templates(a)
                else "what it keeps in its pods goes"
            )
            yield say(
                "stateful-set-removed", ("hold", "high", 0.8), a, f"{called(a)} is gone: {kept}",
                "move its data and its callers first, back it up, then remove it",
            )  # fmt: skip
