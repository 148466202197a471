"""What breaks along the whole chain if a table changes: loads, models, dashboards, desks, and whose each of them is.

A question names a table as SQL does, or as `application/table` where several applications have one of that name. It is
asked of all that was read, and of what a home knows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from seamline.analysis.facts import Facts
from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.names import key
from seamline.analysis.lineage.node import Declared
from seamline.analysis.opinion import Base, base_of
from seamline.analysis.owners import APPLICATION
from seamline.analysis.survey import consequence, recorded, world
from seamline.analysis.survey.columns import Drawn, drawn
from seamline.analysis.survey.consequence import Reached
from seamline.analysis.survey.told import Repository
from seamline.app import overlay, survey, views
from seamline.app.home import Home
from seamline.app.impact import Loss, change_of
from seamline.model.artefact import Found
from seamline.model.errors import Fix
from seamline.model.refs import dataset
from seamline.model.schema_change import SchemaChange

Opener = Callable[[Declared], Asked]  # reads a declared project's statements, so that it can be asked
KINDS = ("breaks", "unknown", "loses", "blocked", "users")


class Answers(Struct, frozen=True):
    """Who answers for a seam that a change crosses, and what is reached beyond it, by kind; ids sorted by hop."""

    person: str
    name: str
    reached: Mapping[str, tuple[str, ...]]


class Followed(Struct, frozen=True):
    """One question and what follows from it; `error` where it can't be answered."""

    line: int  # counts from 1
    asked: str  # as it came
    change: SchemaChange | None = None
    table: str = ""  # ref
    reached: Reached | None = None
    users: tuple[str, ...] = ()  # refs, the nearest first, and the desks that hear of it
    people: tuple[Answers, ...] = ()
    error: str = ""
    hint: str = ""


class FollowedForm(Struct, frozen=True):
    """An answer as JSON: that of a manifest, with who uses what is reached and who answers for it."""

    change: Raw
    breaks: Sequence[str]
    blocked: Sequence[str]
    loses: Sequence[Loss]
    unknown: Sequence[str]
    users: Sequence[str]
    people: Sequence[Answers]
    error: str | UnsetType = UNSET


class Chain:
    """All that was read, ready to be asked; read once for each application whose names are meant."""

    def __init__(self, repositories: Sequence[Repository], base: Base, at: datetime, opener: Opener) -> None:
        self._found: list[Found] = [one for r in repositories for one in r.found]
        self._base, self._at, self._opener = base, at, opener
        self._worlds: dict[str, consequence.World] = {}
        self._names = {p.id: p.name for p in base.organisation.people}

    def answers(self, lines: Iterable[str]) -> Iterator[Followed]:
        """One answer per line that is not blank. A bad line is an answer with an error; the rest is still answered."""
        for number, text in enumerate(lines, 1):
            if line := text.strip().removeprefix("\ufeff"):
                yield self._answer(number, line)

    def columns(self) -> Drawn:
        """The graph of all columns."""
        around = self._world("")
        return drawn(around.asked.project, around.refs, around.stack)

    def _answer(self, number: int, line: str) -> Followed:
        change = None
        try:
            change = change_of(line, "shop/orders")
            return self._followed(number, line, change)
        except Fix as error:
            return Followed(number, line, change, error=str(error), hint=error.hint)

    def _followed(self, number: int, line: str, change: SchemaChange) -> Followed:
        around, table, node = self._meant(change.relation)
        meant = SchemaChange(change.kind, node, change.column, change.to)
        around.asked.impact(meant)  # raises Fix for a question that can't be meant
        reached = consequence.reach(table, [meant], around)
        if reached is None:
            return Followed(number, line, change, table)
        touched = by_kind(reached)
        touched["users"] += consequence.heard((*reached.hop, *reached.users), around)
        people = tuple(self._people(table, touched, around))
        return Followed(number, line, change, table, reached, tuple(touched["users"]), people)

    def _meant(self, relation: str) -> tuple[consequence.World, str, str]:
        """The world in which a name is meant, the table's ref, and its node."""
        application, _, table = relation.rpartition("/")
        around = self._world(application)
        wanted = dataset(f"app://{application}", key(table)) if application else ""
        for id_, (_, ref) in around.refs.items():
            if wanted and ref.lower() == wanted.lower() and around.asked.project.key_of.get(id_):
                return around, ref, id_
        project = around.asked.project
        try:
            found = project.find(relation)
        except Fix as error:
            if whose := self._owners_of(key(relation)):
                raise Fix(f"{relation}: several applications have one", hint=whose) from error
            raise
        ids = sorted(id_ for id_ in project.makers.get(found, ()) if around.refs.get(id_, ("", ""))[1])
        if not ids:
            return around, "", found
        return around, around.refs[ids[0]][1], ids[0]

    def _owners_of(self, name: str) -> str:
        """How to say whose table is meant, where several applications have one of a name; "" where none has."""
        tables = {ref for _, ref in self._world("").refs.values() if ref.startswith(APPLICATION)}
        said = sorted(ref.removeprefix(APPLICATION) for ref in tables if ref.lower().endswith(f"/{name}"))
        return f"write {' or '.join(said[:3])}" if said else ""

    def _world(self, near: str) -> consequence.World:
        if near not in self._worlds:
            asked = self._opener(world.declared(self._found, near))
            refs = world.refs_by_id(self._found, near)
            stack, tree = self._base.stack, self._base.tree
            self._worlds[near] = consequence.World(stack, tree, asked, refs, others=True, at=self._at)
        return self._worlds[near]

    def _people(
        self, table: str, touched: Mapping[str, Sequence[str]], around: consequence.World
    ) -> Iterator[Answers]:
        """Each person once, who has most to mend first."""
        groups: dict[str, dict[str, list[str]]] = {}
        for kind, ids in touched.items():
            for id_ in ids:
                person = consequence.seam(table, id_, around)[0]
                groups.setdefault(person, {}).setdefault(kind, []).append(id_)
        order = sorted(groups, key=lambda p: ([-len(groups[p].get(kind, ())) for kind in KINDS], p))
        for person in order:
            ids_of = {kind: tuple(groups[person][kind]) for kind in KINDS if kind in groups[person]}
            yield Answers(person, self._names.get(person, person), ids_of)


def by_kind(reached: Reached) -> dict[str, list[str]]:
    """What is reached, each thing once under the gravest that happens to it, the nearest first."""
    left: dict[str, Iterable[str]] = {
        "breaks": reached.breaks,
        "unknown": reached.unknown,
        "loses": reached.loses,
        "blocked": reached.waits,
    }
    out: dict[str, list[str]] = {}
    seen: set[str] = set()
    for kind, ids in left.items():
        out[kind] = sorted({*ids} - seen, key=lambda id_: (reached.hop.get(id_, 0), id_))
        seen |= {*ids}
    out["users"] = sorted(reached.users.keys() - seen, key=lambda ref: (reached.users[ref], ref))
    return out


def alone(
    home: Home, read: Sequence[Repository], opener: Opener, *, owner: str, org: Path | None = None
) -> Chain:
    """The chain of what was read; `home` is a new one in memory, and gets the map. `owner` answers for everything."""
    survey.survey(home, survey.Surveyed(tuple(read), 0, 0, 0.0), owner=owner, name="", org=org)
    return Chain(read, base_of(views.facts_of(home)), home.clock(), opener)


def known(home: Home, read: Sequence[Repository], opener: Opener) -> Chain:
    """The chain of all that a home knows, with what was just read in its place. Keeps nothing."""
    repositories, facts = around(home, read)
    return Chain(repositories, base_of(facts), home.clock(), opener)


def around(home: Home, read: Sequence[Repository]) -> tuple[list[Repository], Facts]:
    """All that a home knows of artefacts, and its facts, with what was just read in the place of what it knew."""
    facts = overlay.mapped(home, read)
    sent = recorded.sent(facts.map_facts.values())
    return [*read, *overlay.kept(home, {r.name for r in read}), sent], facts


def form(answer: Followed) -> bytes:
    """One line of JSON, without the line feed. `change` is the input as it came; a broken one is a text."""
    try:
        msgspec.json.decode(answer.asked)
        change = Raw(answer.asked.encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        change = Raw(msgspec.json.encode(answer.asked))
    reached = answer.reached or Reached({}, {}, {}, set(), {}, {}, {})
    lost = sorted((id_, column) for id_, columns in reached.loses.items() for column in {*columns})
    return msgspec.json.encode(
        FollowedForm(
            change=change,
            breaks=sorted(reached.breaks),
            blocked=sorted(reached.waits - reached.breaks.keys()),
            loses=[Loss(*one) for one in lost],
            unknown=sorted(reached.unknown.keys() - reached.breaks.keys()),
            users=answer.users,
            people=answer.people,
            error=answer.error or UNSET,
        )
    )
