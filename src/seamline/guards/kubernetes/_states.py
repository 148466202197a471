"""The objects of a repository before and after, set by set, and how rules speak of them."""

from collections.abc import Iterator, Sequence
from posixpath import dirname
from typing import Literal

from seamline.analysis.manifests import objects, sets
from seamline.analysis.manifests.objects import WORKLOADS, Manifest, of_document
from seamline.model.artefact import Document, Fact, Figure, Found, Place
from seamline.model.verdict import Finding


class State:
    """The objects that are deployed together at one time, by ref, and what was found beside them."""

    def __init__(self, found: Sequence[Found]) -> None:
        manifests = (one for f in found if isinstance(f, Document) and (one := of_document(f)))
        self.objects: dict[str, Manifest] = {one.ref: one for one in manifests}
        self.facts = [f for f in found if isinstance(f, Fact)]
        self._figures: dict[tuple[str, str], list[float]] = {}
        for f in found:
            if isinstance(f, Figure):
                self._figures.setdefault((f.entity, f.name), []).append(f.value)
        self._of_kind: dict[str, list[Manifest]] = {}
        for _, one in sorted(self.objects.items()):
            self._of_kind.setdefault(one.kind, []).append(one)
        self.workloads = self.of_kind(*sorted(WORKLOADS))
        self._pods = objects.pods_of(self.workloads)

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of these kinds, kind by kind in the order of their refs."""
        return [one for kind in kinds for one in self._of_kind.get(kind, ())]

    def behind(self, service: Manifest) -> list[Manifest]:
        """The workloads that a Service sends to."""
        return objects.behind(service, self._pods)

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """An object by its name; its key in the state is its ref."""
        return self.objects.get(objects.ref_of(kind, namespace, name))

    def figure(self, entity: str, name: str) -> float | None:
        """A figure of an entity; the largest where several files set it."""
        return max(self._figures.get((entity, name), ()), default=None)


Pair = tuple[Manifest | None, Manifest | None]
Sides = tuple[list[Found], list[Found]]
_COMPOSE = "compose "  # of sets that are a compose project


def states(before: Sequence[Found], after: Sequence[Found]) -> Iterator[tuple[State, State]]:
    """Each set that changes, as it was and as it will be. One that is there on one side only has an empty other side."""
    for was, now in sides(before, after):
        yield State(was), State(now)


def sides(before: Sequence[Found], after: Sequence[Found]) -> Iterator[Sides]:
    """What was found in each set that changes, with what it shares with others, by the sets' names.

    What a compose file says counts among the compose files of its folder only. What is no different on both
    sides is left out as a whole: nothing can have broken there.
    """
    roots = tuple(sorted({*_roots(before), *_roots(after)}, key=lambda root: (-len(root), root)))
    was, now = _split(before, roots), _split(after, roots)
    names = was.keys() | now.keys()
    changed = {name for name in names if was.get(name) != now.get(name)}
    apart = {name for name in names if name and not name.startswith(_COMPOSE)}
    for name in sorted(apart or names & {""}) + sorted(n for n in names if n.startswith(_COMPOSE)):
        members = sorted(other for other in names if _together(name, other))
        if changed.intersection(members):
            yield [f for n in members for f in was.get(n, ())], [f for n in members for f in now.get(n, ())]


def _together(one: str, other: str) -> bool:
    if one.startswith(_COMPOSE) or other.startswith(_COMPOSE):
        return one == other
    return sets.together(one, other)


def _split(found: Sequence[Found], roots: Sequence[str]) -> dict[str, list[Found]]:
    """Documents, facts and figures by set."""
    composed = {_path(f.place) for f in found if isinstance(f, Document) and f.format == "compose"}
    told = [(_path(f.place), f) for f in found if isinstance(f, Document | Fact | Figure)]
    out: dict[str, list[Found]] = sets.split(((path, f) for path, f in told if path not in composed), roots)
    for path, f in told:
        if path in composed:
            out.setdefault(f"{_COMPOSE}{dirname(path)}", []).append(f)
    return out


def _path(place: Place) -> str:
    return f"{place.repository}//{place.path}"


def _roots(found: Sequence[Found]) -> tuple[str, ...]:
    named = ((one.ref, _path(f.place)) for f in found if isinstance(f, Document) and (one := of_document(f)))
    return sets.roots(named)


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
