"""What a finding comes to, once it is known who reads what it touches: whom it concerns, how far, and whether it stops.

A column that an application drops is read under other names: the tables that a load makes of it derive from its own.
Every name is asked. What a change breaks is told to who answers for the seam between what changes and what
breaks: one finding for each of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis.lineage.impact import Asked, Told, hops
from seamline.analysis.lineage.project import Project
from seamline.analysis.lineage.users import FAILS, users
from seamline.analysis.owners import APPLICATION
from seamline.analysis.ownership import Tree
from seamline.analysis.stackmap import StackMap
from seamline.analysis.survey.world import means_it_everywhere, relation
from seamline.model.errors import Fix
from seamline.model.refs import kind_of, name_of, whole_of
from seamline.model.schema_change import SchemaChange
from seamline.model.verdict import Finding

_DBT = ("model.", "snapshot.", "seed.", "source.")
_FAR = 99  # hops of what is reached by no known way


class World(Struct, frozen=True):
    """The map, the people, and the project of all that reads or makes tables."""

    stack: StackMap
    tree: Tree
    asked: Asked
    refs: Mapping[str, tuple[str, str]]  # node id -> (job, dataset), of `world.refs_by_id`
    others: bool  # whether anything but the changed repository was read
    at: datetime


class Reached(Struct):
    """What a touch reaches, over all the names it is read under."""

    breaks: dict[str, str]  # id -> why
    loses: dict[str, list[str]]
    unknown: dict[str, str]
    waits: set[str]  # builds, on what a broken one built last
    hop: dict[str, int]
    users: dict[str, int]  # ref -> hop
    because: dict[str, set[str]]  # ref of a user -> the nodes that it is touched through


def settle(finding: Finding, world: World) -> list[Finding]:
    """The finding under whom it concerns. Without touches it is one, under the entity's owner."""
    if not finding.touches or finding.outcome == "note":
        return [_owned(finding, world)]
    reached = reach(finding.entity, finding.touches, world)
    if reached is None:
        return [
            _owned(_nobody_knows(finding), world) if not world.others else _owned(_unread(finding), world)
        ]
    if not (reached.breaks or reached.loses or reached.unknown):
        return [_owned(_unread(finding), world)]
    return _by_person(finding, reached, world)


def _owned(finding: Finding, world: World) -> Finding:
    """Under who answers for the thing itself."""
    entity = finding.entity or "repo:"
    person = world.tree.accountable([world.stack.owner(world.stack.unit(entity))], world.at)
    return replace(finding, person=person.person)


def _unread(finding: Finding) -> Finding:
    return replace(
        finding,
        outcome="note",
        severity="low",
        touches=(),
        reason=f"{finding.reason}; nothing that was read here reads it",
    )


def _nobody_knows(finding: Finding) -> Finding:
    return replace(
        finding, outcome="unknown", severity="low",
        reason=f"{finding.reason}; who reads it is not known here",
        missing=(*finding.missing, "the repositories that read it: name them with --with, or --home"),
    )  # fmt: skip


def reach(entity: str, touches: Iterable[SchemaChange], world: World) -> Reached | None:
    """What follows from changes to an entity, under every name; None when no name is known to the project."""
    out = Reached({}, {}, {}, set(), {}, {}, {})
    any_known = False
    for touch in touches:
        for name in _names(entity, touch, world):
            try:
                told = world.asked.impact(replace(touch, relation=name))
            except Fix:  # no such relation here, or it never had the column
                continue
            any_known = True
            _add(out, told, world.asked.project)
            _add_users(out, told, touch, entity, world)
        any_known |= _add_alike(out, touch, entity, world)
    _go_stale(out, world)
    return out if any_known else None


def _names(entity: str, touch: SchemaChange, world: World) -> list[str]:
    """What to ask for: the nodes of the touched table and of what a load makes of it, else their names in SQL."""
    table = _table_of(entity)
    if kind_of(table) != "dataset":
        return [touch.relation]
    same = _spellings(table, world)
    landed = _landed(table, world)
    nodes = _tables(same | landed, world)
    known = {world.refs[id_][1] for id_ in nodes}
    undeclared = {ref for ref in (same | landed) - known if means_it_everywhere(ref)}
    own = [touch.relation] if touch.relation and not known & same else []
    return sorted({*nodes, *map(relation, undeclared), *own})


def _table_of(entity: str) -> str:
    return entity if kind_of(entity) == "dataset" else whole_of(entity) or ""


def _spellings(table: str, world: World) -> set[str]:
    canonical = world.stack.canonical(table)
    return {table, canonical, *world.stack.identity.spellings(canonical)}


def _landed(table: str, world: World) -> set[str]:
    """What loads make of a table, under every spelling."""
    same = _spellings(table, world)
    derived = {r.source for ref in same for r in world.stack.to(ref) if r.kind == "derives"}
    return {s for ref in derived if _is_landed(ref, world) for s in world.stack.identity.spellings(ref)}


def _add_alike(out: Reached, touch: SchemaChange, entity: str, world: World) -> bool:
    """An application's table that nothing joins may be read all the same, under a name like its own: nobody can say."""
    table = _table_of(entity)
    if not table.startswith(APPLICATION) or _landed(table, world):
        return False
    found = False
    project = world.asked.project
    for key in _alike(table, world):
        try:
            told = world.asked.impact(replace(touch, relation=key))
        except Fix:  # it never had the column
            continue
        found = True
        steps = hops(project, told.key)
        why = f"it reads {key}, which may be loaded from {relation(table)}: a [[template]] in seamline.toml says so"
        for id_ in {*told.impact.breaks, *told.impact.unknown, *(id_ for id_, _ in told.impact.loses)}:
            out.unknown.setdefault(id_, why)
            out.hop[id_] = min(out.hop.get(id_, _FAR), steps.get(id_, _FAR))
    return found


def _alike(table: str, world: World) -> list[str]:
    """Relations that nothing which was read makes, whose name ends in the table's, and that are of no other origin."""
    project, name = world.asked.project, relation(table).rpartition(".")[2].lower()
    out = []
    for key in project.readers:
        makers = project.makers.get(key, ())
        last = key.rpartition(".")[2].lower()
        if (last == name or last.endswith(f"_{name}")) and all(
            project.nodes[m].kind == "source" for m in makers
        ):
            datasets = [d for m in makers if (d := world.refs.get(m, ("", ""))[1])]
            if not any(_is_from_elsewhere(d, table, world) for d in datasets):
                out.append(key)
    return sorted(out)


def _is_from_elsewhere(dataset: str, table: str, world: World) -> bool:
    """Whether a load brings it from an application that is known, or that its name says, and that the table is none of."""
    stack = world.stack
    if any(r.kind == "derives" for r in stack.outward(stack.canonical(dataset))):
        return True
    own = {stack.unit(r.source) for r in stack.to(stack.canonical(table)) if r.kind == "writes"}
    loads = [r.source for r in stack.to(stack.canonical(dataset)) if r.kind == "writes"]
    origins = {stack.unit(r.target) for load in loads for r in stack.outward(load) if r.kind == "calls"}
    named = relation(dataset).rpartition(".")[2].lower()
    told = [o for o in origins if kind_of(o) == "service" or name_of(o).lower() in named]
    return bool(told) and not origins & own


def _tables(datasets: Collection[str], world: World) -> list[str]:
    """The nodes that are these datasets, under every spelling."""
    key_of = world.asked.project.key_of
    return [id_ for id_, (_, dataset) in world.refs.items() if dataset in datasets and key_of.get(id_)]


def _is_landed(ref: str, world: World) -> bool:
    """Whether a dataset is a plain copy: no statement that was read makes it."""
    makers = {dataset for job, dataset in world.refs.values() if job}
    return not any(spelled in makers for spelled in world.stack.identity.spellings(ref))


def _add(out: Reached, told: Told, project: Project) -> None:
    found, steps = told.impact, hops(project, told.key)
    out.breaks |= {id_: told.why.get(id_, "") for id_ in found.breaks}
    out.unknown |= {id_: told.why.get(id_, "") for id_ in found.unknown}
    for id_, column in found.loses:
        out.loses.setdefault(id_, []).append(column)
    out.waits |= {*found.blocked}
    for id_ in {*found.breaks, *found.unknown, *found.blocked, *(id_ for id_, _ in found.loses)}:
        out.hop[id_] = min(out.hop.get(id_, _FAR), steps.get(id_, _FAR))


def _add_users(out: Reached, told: Told, touch: SchemaChange, entity: str, world: World) -> None:
    """Who uses what is reached; who reads the table itself, and not in words that were read, may be broken by it."""
    project = world.asked.project
    tables = {*project.makers.get(told.key, ())}
    for one in users(project, told, touch.column):
        use = one.use
        if tables.isdisjoint(use.reads):
            last = max((out.hop.get(id_, 0) for id_ in use.reads), default=0) + 1
            out.users[use.id] = min(out.users.get(use.id, _FAR), last)
            out.because.setdefault(use.id, set()).update(use.reads)
        elif not _is_its_own(use.id, entity, world):
            out.hop[use.id] = 1
            if one.how == FAILS or touch.kind == "drop_table":
                out.breaks[use.id] = f"reads {told.key}"
            else:
                out.unknown[use.id] = f"it reads {told.key}; which columns is not known"


def _is_its_own(ref: str, entity: str, world: World) -> bool:
    """Whether a user is what writes the table: its code came with the change."""
    stack = world.stack
    writers = {r.source for r in stack.to(stack.canonical(whole_of(entity) or entity)) if r.kind == "writes"}
    return stack.unit(ref) == stack.unit(entity) or stack.canonical(ref) in map(stack.canonical, writers)


def _go_stale(out: Reached, world: World) -> None:
    """Below a statement that fills a table and is not run any more, all is as it was."""
    project = world.asked.project
    waiting = [*out.breaks, *out.waits]
    while waiting:
        at = waiting.pop()
        node = project.nodes.get(at)
        dataset = world.refs.get(at, ("", ""))[1]
        if node is None or node.kind != "query" or not dataset:
            continue
        filled = _tables({dataset}, world)
        below = {
            id_: out.hop[at] + n for one in filled for id_, n in hops(project, project.key_of[one]).items()
        }
        for id_, hop in below.items():
            if project.nodes[id_].builds() and id_ not in out.waits and id_ not in out.breaks:
                out.waits.add(id_)
                out.hop[id_] = min(out.hop.get(id_, _FAR), hop)
                waiting.append(id_)
        for use in project.uses:
            if not {*filled, *below}.isdisjoint(use.reads):
                out.users.setdefault(use.id, max(below.get(i, out.hop[at]) for i in use.reads) + 1)
                out.because.setdefault(use.id, set()).update((at, *use.reads))


def _by_person(finding: Finding, reached: Reached, world: World) -> list[Finding]:
    """One finding for each who answers for a seam that is crossed; who has most to mend comes first."""
    groups: dict[tuple[str, tuple[str, str, str]], list[str]] = defaultdict(list)
    seams: dict[str, tuple[str, str, str]] = {}
    for id_ in sorted(reached.hop, key=lambda i: (reached.hop[i], i)):
        person, ends = seam(finding.entity, id_, world)
        groups[person, seams.setdefault(person, ends)].append(id_)
    return [_told(finding, reached, ids, person, ends, world) for (person, ends), ids in groups.items()]


def seam(entity: str, id_: str, world: World) -> tuple[str, tuple[str, str, str]]:
    """Who answers between what changes and a node, and the seam: the reader, what is read."""
    stack = world.stack
    job, dataset = world.refs.get(id_, ("", ""))
    reader = stack.unit(job or dataset or id_)
    source = stack.unit(entity) if entity else reader
    ends = (reader, source, "reads")
    return world.tree.accountable([stack.owner(reader), stack.owner(source)], world.at, ends).person, ends


def _told(
    finding: Finding, reached: Reached, ids: Sequence[str], person: str, ends: tuple[str, str, str], world: World
) -> Finding:  # fmt: skip
    breaks = [i for i in ids if i in reached.breaks]
    loses = [i for i in ids if i in reached.loses and i not in reached.breaks]
    unknown = [i for i in ids if i in reached.unknown and i not in reached.breaks]
    waits = [i for i in ids if i in reached.waits and i not in {*breaks, *loses, *unknown}]
    said = [
        f"breaks {_some(breaks)}" if breaks else "", _losses(loses, reached), _unsure(unknown),
        f"leaves {_some(waits)} with old data" if waits else "",
    ]  # fmt: skip
    outcome = "hold" if breaks or loses else "unknown" if unknown else "note"
    return replace(
        finding, outcome=outcome, seam=ends if ends[0] != ends[1] else None, person=person,
        severity=finding.severity if breaks else "medium" if loses or unknown else "low",
        confidence=finding.confidence if breaks or loses else 0.5,
        reason=f"{finding.reason}: {', '.join(s for s in said if s)}",
        evidence=(*finding.evidence, *(f"{i}: {reached.breaks[i]}" for i in breaks[:8] if reached.breaks[i])),
        missing=(*finding.missing, *(f"{i}: {reached.unknown[i]}" for i in unknown[:8])),
        downstream=_downstream(ids, reached, world),
    )  # fmt: skip


def _downstream(ids: Sequence[str], reached: Reached, world: World) -> tuple[tuple[str, ...], ...]:
    """By hop: nodes, then what uses them, then the desks that hear of it."""
    using = _using(ids, reached)
    found: dict[int, list[str]] = defaultdict(list)
    for id_ in ids:
        found[reached.hop[id_]].append(id_)
    for ref in using:
        found[reached.users[ref]].append(ref)
    if desks := heard((*ids, *using), world):
        found[max(found) + 1] += desks
    return tuple(tuple(found[hop]) for hop in sorted(found))


def heard(ids: Iterable[str], world: World) -> list[str]:
    """The desks that answer for any of these nodes or users, sorted."""
    refs = {ref for id_ in ids for ref in _refs(id_, world)}
    return sorted({r.source for ref in refs for r in world.stack.to(ref) if r.kind == "answers_for"})


def _using(ids: Sequence[str], reached: Reached) -> list[str]:
    """What uses these nodes, of all that is reached."""
    own = {*ids}
    return sorted(ref for ref, because in reached.because.items() if not own.isdisjoint(because))


def _refs(id_: str, world: World) -> list[str]:
    return [ref for ref in (id_, *world.refs.get(id_, ())) if ref]


def _some(ids: Sequence[str]) -> str:
    """The first few by name, and how many more."""
    names = [i.split(".", 2)[-1] if i.startswith(_DBT) else i.rpartition("/")[2] for i in ids[:3]]
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return f"{', '.join(names)}{more}"


def _losses(ids: Sequence[str], reached: Reached) -> str:
    if not ids:
        return ""
    columns = sorted({c for i in ids for c in reached.loses[i]})
    return f"takes {', '.join(columns[:3])} from {_some(ids)} without a sound"


def _unsure(ids: Sequence[str]) -> str:
    return f"nobody can say of {_some(ids)}" if ids else ""
