"""Who works on what, how many of it there may be, and what each takes: from the facts and figures of artefacts."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from seamline.guards.kubernetes._states import sides
from seamline.model.artefact import Fact, Figure, Found, Place

_RELATIONAL = ("postgres://", "mysql://")


class Amount(Struct, frozen=True):
    """A figure and where it was set; no place where it is what a tool assumes."""

    value: float
    place: Place | None = None


class Stack:
    """The facts and figures of one set."""

    def __init__(self, facts: Iterable[Fact], figures: Iterable[Figure]) -> None:
        facts = list(facts)
        self._same = {f.subject: f.object for f in facts if f.predicate == "same_as"}
        self._figures: dict[tuple[str, str], list[Figure]] = {}
        for figure in figures:
            self._figures.setdefault((self.one(figure.entity), figure.name), []).append(figure)
        self.users = self._joined(facts, "uses", "database:", backward=True)
        self.workloads = self._joined(facts, "runs_on", "")
        self.entities = self._joined(facts, "runs_on", "", backward=True)
        self.scalers = self._joined(facts, "scales", "", backward=True)
        self.scaled = self._joined(facts, "scales", "")
        self.facts = facts
        self.relational = {
            self.one(f.subject) for f in facts if f.predicate == "named" and f.object.startswith(_RELATIONAL)
        } | {entity for entity, name in self._figures if name == "max_connections"}

    def one(self, ref: str) -> str:
        """The one ref that stands for all that are the same."""
        for _ in range(10):  # a chain; a circle ends here, too
            if ref not in self._same:
                break
            ref = self._same[ref]
        return ref

    def _joined(
        self, facts: Iterable[Fact], predicate: str, kind: str, *, backward: bool = False
    ) -> dict[str, list[str]]:
        out: dict[str, set[str]] = {}
        for fact in facts:
            if fact.predicate == predicate and fact.object.startswith(kind):
                a, b = self.one(fact.subject), self.one(fact.object)
                out.setdefault(b if backward else a, set()).add(a if backward else b)
        return {ref: sorted(others) for ref, others in sorted(out.items())}

    def figure(self, entity: str, name: str) -> Amount | None:
        """A figure; the largest of several, the smallest of limits."""
        found = self._figures.get((self.one(entity), name), ())
        if not found:
            return None
        pick = min if name == "max_connections" else max
        chosen = pick(found, key=lambda f: (f.value, f.place))
        return Amount(chosen.value, chosen.place)

    def entities_with(self, name: str) -> list[str]:
        """Everything that has a figure of this name, sorted."""
        return sorted(entity for entity, figure in self._figures if figure == name)

    def most(self, service: str) -> Amount | None:
        """The most replicas that a service may have over all it runs on; None when that can't be told."""
        parts = [self._most(w) for w in (self.workloads.get(service) or [service])]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        return Amount(sum(p.value for p in known), next((p.place for p in known if p.place), None))

    def _most(self, workload: str) -> Amount | None:
        bounds = [
            b for scaler in self.scalers.get(workload, ()) if (b := self.figure(scaler, "max_replicas"))
        ]
        bounds += [b] if (b := self.figure(workload, "max_replicas")) else []
        if bounds:
            return max(bounds, key=lambda b: b.value)
        if workload.startswith("daemonset:"):
            return None  # as many as there are nodes
        return self.figure(workload, "replicas") or Amount(1.0)


def stacks(before: Sequence[Found], after: Sequence[Found]) -> Iterator[tuple[Stack, Stack]]:
    """Each set that changes, as it was and as it will be."""
    for was, now in sides(before, after):
        yield _stack(was), _stack(now)


def _stack(found: Sequence[Found]) -> Stack:
    return Stack((f for f in found if isinstance(f, Fact)), (f for f in found if isinstance(f, Figure)))
