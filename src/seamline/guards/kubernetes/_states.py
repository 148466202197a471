"""The objects of a repository before and after, set by set, and how rules speak of them."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from seamline.analysis.manifests import objects, sets
from seamline.analysis.manifests.objects import WORKLOADS, Manifest, of_document
from seamline.model.artefact import Document, Fact, Figure, Found
from seamline.model.verdict import Finding


class State(Struct, frozen=True):
    """The objects that are deployed together at one time, by ref, and what was found beside them."""

    objects: dict[str, Manifest]
    facts: tuple[Fact, ...]
    figures: tuple[Figure, ...]

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of these kinds, in the order of their refs."""
        return [one for _, one in sorted(self.objects.items()) if one.kind in kinds]

    @property
    def workloads(self) -> list[Manifest]:
        return self.of_kind(*sorted(WORKLOADS))

    def behind(self, service: Manifest) -> list[Manifest]:
        """The workloads that a Service sends to."""
        return objects.behind(service, self.workloads)

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """An object by its name; its key in the state is its ref."""
        return self.objects.get(objects.ref_of(kind, namespace, name))

    def figure(self, entity: str, name: str) -> float | None:
        """A figure of an entity; the largest where several files set it."""
        return max((f.value for f in self.figures if f.entity == entity and f.name == name), default=None)


Pair = tuple[Manifest | None, Manifest | None]


def states(before: Sequence[Found], after: Sequence[Found]) -> Iterator[tuple[State, State]]:
    """Each set as it was and as it will be, by name. Sets that are there on one side only have an empty other side."""
    roots = tuple(sorted({*_roots(before), *_roots(after)}, key=lambda root: (-len(root), root)))
    was, now = _by_set(before, roots), _by_set(after, roots)
    for name in sorted(was.keys() | now.keys()):
        yield was.get(name, _EMPTY), now.get(name, _EMPTY)


_EMPTY = State({}, (), ())


def _manifests(found: Sequence[Found]) -> list[Manifest]:
    return [one for f in found if isinstance(f, Document) and (one := of_document(f))]


def _repositories(found: Sequence[Found]) -> list[tuple[str, Manifest]]:
    return [(f"{one.place.repository}//{one.place.path}", one) for one in _manifests(found)]


def _roots(found: Sequence[Found]) -> tuple[str, ...]:
    return sets.roots((one.ref, path) for path, one in _repositories(found))


def _by_set(found: Sequence[Found], roots: Sequence[str]) -> dict[str, State]:
    members: dict[str, dict[str, Manifest]] = {}
    for path, one in _repositories(found):
        members.setdefault(sets.set_of(path, roots), {})[one.ref] = one
    shared = members.pop("", {})
    facts = [f for f in found if isinstance(f, Fact)]
    figures = [f for f in found if isinstance(f, Figure)]
    return {
        name: State(
            {**shared, **members.get(name, {})},
            tuple(f for f in facts if _belongs(f, name, roots)),
            tuple(f for f in figures if _belongs(f, name, roots)),
        )
        for name in sorted(members) or [""]
    }


def _belongs(found: Fact | Figure, name: str, roots: Sequence[str]) -> bool:
    return sets.together(sets.set_of(f"{found.place.repository}//{found.place.path}", roots), name)


def pairs(was: State, now: State, *kinds: str) -> Iterator[Pair]:
    """Objects of these kinds side by side, by ref, those that differ; None for one that is not there."""
    for ref in sorted(was.objects.keys() | now.objects.keys()):
        a, b = was.objects.get(ref), now.objects.get(ref)
        one = a or b
        if one is not None and one.kind in kinds and (a is None or b is None or a.content != b.content):
            yield a, b


def changed(was: State, now: State, *kinds: str) -> Iterator[tuple[Manifest, Manifest]]:
    """Objects that are there on both sides and differ."""
    for a, b in pairs(was, now, *kinds):
        if a is not None and b is not None:
            yield a, b


def say(
    guard: str,
    weight: tuple[Literal["hold", "unknown", "note"], Literal["low", "medium", "high"], float],
    one: Manifest,
    reason: str,
    do: str,
    missing: tuple[str, ...] = (),
) -> Finding:
    """A finding about an object. `weight` is outcome, severity, confidence."""
    outcome, severity, confidence = weight
    entity = f"service:{one.name}" if one.kind == "Service" else one.ref
    return Finding(
        f"kubernetes/{guard}", outcome, severity, confidence, None, reason, do, missing, (str(one.place),),
        entity, one.place,
    )  # fmt: skip


def called(one: Manifest) -> str:
    """An object in words: `Deployment clinic/billing`."""
    return f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"
