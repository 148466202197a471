"""The seams of a map: where two owned units meet that differ in owner or domain, and who answers for each.

Relations between parts are lifted to the units they belong to. What a job does to derive one dataset from another is
evidence for the job's own seams. Replicas and a service that meet at a database have a seam of kind `capacity`,
though no relation joins them: what one decides, the other pays for.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from seamline.analysis.owners import OUTSIDE
from seamline.analysis.ownership import SeamKey, Tree
from seamline.analysis.stackmap import StackMap
from seamline.model.organisation import Organisation
from seamline.model.refs import kind_of
from seamline.model.stack import Accountable, Relation, Seam

CAPACITY = "capacity"

Border = tuple[str, str]  # the owners of both ends, sorted
Index = Mapping[Border, Sequence[Seam]]


def find(stack: StackMap, organisation: Organisation, at: datetime) -> list[Seam]:
    """Every seam, sorted by key, with its accountable person at a time. O(relations x depth of the tree)."""
    tree = Tree(organisation, stack.canonical)
    evidence: dict[SeamKey, list[Relation]] = {}
    lift = _Lift(stack)
    for relation in stack.relations:
        for key in lift(relation):
            evidence.setdefault(key, []).append(relation)
    for key, why in _capacity(stack):
        evidence.setdefault(key, []).extend(r for r in why if r not in evidence.get(key, ()))
    return [
        _seam(key, evidence[key], stack, tree, at) for key in sorted(evidence) if _apart(key, stack, tree, at)
    ]


def between(stack: StackMap, organisation: Organisation, key: SeamKey, at: datetime) -> Seam:
    """The seam of a key with its person, also where no relation of the map joins the two units.

    Two changes may meet between units that nothing joins: then it has no evidence of its own.
    """
    known = next((s for s in find(stack, organisation, at) if s.key() == key), None)
    return known or _seam(key, (), stack, Tree(organisation, stack.canonical), at)


def accountable_for(stack: StackMap, tree: Tree, units: Iterable[str], at: datetime) -> Accountable:
    """The lowest person at or above the owners of all these units (refs in any spelling)."""
    return tree.accountable([stack.owner(stack.unit(u)) for u in units], at)


def borders(seams: Iterable[Seam], stack: StackMap) -> dict[Border, list[Seam]]:
    """Seams grouped by the owners of their two ends, sorted by border, then by key."""
    out: dict[Border, list[Seam]] = {}
    for seam in sorted(seams, key=Seam.key):
        first, second = sorted((stack.owner(seam.source), stack.owner(seam.target)))
        out.setdefault((first, second), []).append(seam)
    return dict(sorted(out.items()))


def index(seams: Iterable[Seam]) -> dict[Border, list[Seam]]:
    """Seams by their two ends, sorted, for `seam_between`."""
    out: dict[Border, list[Seam]] = {}
    for seam in sorted(seams, key=Seam.key):
        first, second = sorted((seam.source, seam.target))
        out.setdefault((first, second), []).append(seam)
    return out


def seam_between(indexed: Index, a: str, b: str, kind: str = "") -> Seam | None:
    """The seam of a kind between two units, in either order; of any kind (the first by key) for "". O(1)."""
    first, second = sorted((a, b))
    return next((s for s in indexed.get((first, second), ()) if kind in ("", s.kind)), None)


class _Lift:
    """The seams a relation is evidence for: between its units, or of the jobs that carry it out."""

    __slots__ = ("_carriers", "_stack")

    def __init__(self, stack: StackMap) -> None:
        self._stack = stack
        self._carriers: dict[tuple[str, str], list[str]] = {}  # a wide table asks once, not once per column

    def __call__(self, relation: Relation) -> list[SeamKey]:
        source, target = self._stack.unit(relation.source), self._stack.unit(relation.target)
        if relation.kind != "derives":
            return [(source, target, relation.kind)]
        if (source, target) not in self._carriers:
            self._carriers[source, target] = carriers(source, target, self._stack)
        jobs = self._carriers[source, target]
        through = [key for job in jobs for key in ((job, target, "reads"), (job, source, "writes"))]
        return through or [(source, target, relation.kind)]


def carriers(derived: str, origin: str, stack: StackMap) -> list[str]:
    """Jobs that read a dataset and write the one derived from it, sorted."""
    readers = {r.source for r in stack.to(origin) if r.kind == "reads"}
    return sorted(readers & {r.source for r in stack.to(derived) if r.kind == "writes"})


def _capacity(stack: StackMap) -> list[tuple[SeamKey, list[Relation]]]:
    """Seams between what decides a service's replicas and the service, where it works on a database."""
    out = []
    for runs in stack.relations:
        if runs.kind != "runs_on" or kind_of(runs.target) != "deployment":
            continue
        meets = _works_on_database(runs.source, stack)
        if not meets:
            continue
        scaling = [r for r in stack.to(runs.target) if r.kind == "scales"]
        for sizer, why in [(r.source, [r]) for r in scaling] or [(runs.target, [])]:
            first, second = sorted((stack.unit(sizer), stack.unit(runs.source)))
            out.append(((first, second, CAPACITY), [*meets, runs, *why]))
    return out


def _works_on_database(service: str, stack: StackMap) -> list[Relation]:
    """Relations by which a service works on a database, or on a dataset that is kept in one."""
    out = []
    for r in stack.outward(service):
        if r.kind == "uses" and kind_of(r.target) == "database":
            out.append(r)
        if r.kind in ("reads", "writes"):
            kept = [
                k for k in stack.outward(r.target) if k.kind == "part_of" and kind_of(k.target) == "database"
            ]
            out += [r] if kept else []
    return out


def _apart(key: SeamKey, stack: StackMap, tree: Tree, at: datetime) -> bool:
    """Whether the two units differ in owner or domain; an owner who left counts as who takes their place."""
    a, b, _ = key
    one, other = tree.present(stack.owner(a), at), tree.present(stack.owner(b), at)
    return a != b and (one != other or stack.domain(a) != stack.domain(b))


def _seam(key: SeamKey, evidence: Sequence[Relation], stack: StackMap, tree: Tree, at: datetime) -> Seam:
    source, target, kind = key
    ends = (source, target)
    people = [stack.owner(e) for e in ends]
    person = tree.accountable(people, at, key)
    return Seam(
        source, target, kind,
        accountable=person.person,
        why=person.why,
        named=person.named,
        altitude=tree.altitude(people, at, key),
        outside_reach=any(_unkept(e, stack) for e in ends),
        evidence=tuple(evidence),
    )  # fmt: skip


def _unkept(unit: str, stack: StackMap) -> bool:
    """Whether somebody else runs it and nobody inside keeps it: who answers for both ends is above the root."""
    return kind_of(unit) in OUTSIDE and stack.entity(unit).owned_how == "defaulted"
