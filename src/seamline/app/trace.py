"""What is made of a column, near and far, and what it is made of: asked of the graph that a home keeps, or of what was read.

The graph is an opinion on the log. It is kept in a file of its own; where that is lost, damaged, or behind what the log says by
now, it is drawn anew before anybody is answered.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from seamline.analysis.lineage.graph import ColumnGraph, Numbered
from seamline.analysis.lineage.names import key, shorter
from seamline.analysis.opinion import base_of
from seamline.analysis.survey.columns import Drawn
from seamline.analysis.survey.told import SOURCE
from seamline.analysis.survey.world import USERS
from seamline.app.chain import Chain, Opener, around
from seamline.app.home import Columns, Home
from seamline.app.ingest import read_delivery
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.errors import Fix, Retry, SeamlineError, Stop
from seamline.model.event import Event, MapFact
from seamline.model.refs import kind_of

Way = Literal["downstream", "upstream"]
EVENTS = "openlineage"  # the one source of events that speak of columns
_MAP_RECORDS = ("seamline/config/v1", "seamline/erased/v1")  # after these the map is another


class Question(Struct, frozen=True):
    """`of` is RELATION.COLUMN, or RELATION.* for any of its columns; a relation by any name that leaves no doubt."""

    way: Way
    of: str


class Part(Struct, frozen=True):
    """Columns of one table; none where no column of it is known."""

    table: str  # ref, else the name in SQL or the id of a statement
    columns: tuple[str, ...]


class Traced(Struct, frozen=True):
    """An answer; `error` where there is none."""

    way: Way
    asked: str
    table: str = ""
    column: str = ""  # "" for the table as a whole
    parts: tuple[Part, ...] = ()  # by table
    unknown: tuple[str, ...] = ()  # tables of which nobody can say
    users: tuple[str, ...] = ()  # refs of what reads any of these, and is no table
    error: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET


class Tracer:
    """A graph ready to be asked, and the names of its tables."""

    def __init__(self, numbers: Numbered, names: Mapping[str, tuple[str, ...]]) -> None:
        self.graph = ColumnGraph(*numbers)
        self._names = names

    def answer(self, question: Question) -> Traced:
        """What the graph knows. A question that can't be meant is an answer with an error."""
        try:
            return self._traced(question)
        except Fix as error:
            return Traced(question.way, question.of, error=str(error), hint=error.hint)

    def _traced(self, question: Question) -> Traced:
        relation, _, column = question.of.rpartition(".")
        table = self._table(relation)
        name = column.strip('"`[]')
        number = self.graph.number(table, "" if name == "*" else name)
        if number is None:
            known = self.graph.columns(table)
            said = f"it has {', '.join(known[:6])}{', ...' if len(known) > 6 else ''}"
            raise Fix(f"{relation} has no column {name} that is known", hint=said if known else "none is")
        down = question.way == "downstream"
        reached = (self.graph.downstream if down else self.graph.upstream)(number)
        perhaps = (self.graph.perhaps_downstream if down else self.graph.perhaps_upstream)(number, reached)
        parts: dict[str, list[str]] = {}
        for table_, column_ in map(self.graph.name, reached.tolist()):
            if column_ or table_ != table:
                parts.setdefault(table_, []).append(column_)
        if name == "*":
            parts.pop(table, None)  # it is not made of itself
        return Traced(
            question.way,
            question.of,
            *self.graph.name(number),
            tuple(Part(name, tuple(filter(None, columns))) for name, columns in parts.items()),
            tuple(name for name in perhaps if kind_of(name) not in USERS),
            tuple(name for name in perhaps if kind_of(name) in USERS),
        )

    def _table(self, relation: str) -> str:
        """The one table that a name means. Raises Fix when it is none, or could be several."""
        if self.graph.number(relation) is not None:
            return relation
        asked = key(relation)
        found = self._called(asked)
        if not found:
            hint = self._called(asked.rpartition(".")[2])
            near = f"there is {_some(hint)}" if hint else "database.schema.table, or application/table"
            raise Fix(f"{relation or 'no relation'}: no such relation is known", hint=near)
        if len(found) > 1:
            raise Fix(f"{relation}: several tables are called that", hint=f"write one of {_some(found)}")
        return found[0]

    def _called(self, asked: str) -> list[str]:
        """The tables of exactly this name, else of a longer one that ends in it, else of a shorter one that it ends in."""
        if asked in self._names:
            return [*self._names[asked]]
        longer = {t for name, some in self._names.items() if name.endswith(f".{asked}") for t in some}
        shorts = (self._names[name] for name in shorter(asked) if name in self._names)
        return sorted(longer) or [*next(shorts, ())]


def _some(tables: Sequence[str]) -> str:
    """The first few as people write them."""
    said = ", ".join(table.partition("://")[2] or table.partition(":")[2] or table for table in tables[:3])
    return f"{said} and {len(tables) - 3} more" if len(tables) > 3 else said


def of_chain(chain: Chain) -> Tracer:
    """The graph of what was read, which is kept nowhere."""
    found = chain.columns()
    return Tracer(found.numbers, found.names)


def of_home(home: Home, opener: Opener) -> Tracer:
    """The graph that a home keeps; drawn anew, and kept if that can be, where it is behind the log.

    Raises Fix for a home that knows of no column what it is made of.
    """
    kept = home.columns
    if kept is not None and _stands(home, kept):
        with suppress(Retry, Stop):  # damaged or taken away just now: drawn anew
            return _knowing(home, *kept.read())
    found, heard, position = _drawn(home, opener)
    if kept is not None:
        with suppress(SeamlineError):  # a folder that can't be written: drawn anew each time
            kept.put(position, found.numbers, found.names, heard)
    return _knowing(home, found.numbers, found.names)


def _knowing(home: Home, numbers: Numbered, names: Mapping[str, tuple[str, ...]]) -> Tracer:
    if not len(numbers.sources) + len(numbers.unsure_sources):
        said = f"{home.path}: nothing in it says which column is made of which"
        raise Fix(said, hint=f"seamline init PATH... --home {home.path} reads what makes your tables")
    return Tracer(numbers, names)


def keep(home: Home, opener: Opener) -> None:
    """Have a home keep the graph of all that it knows by now. Raises Stop or Retry where it can't be written."""
    if home.columns is not None and not _stands(home, home.columns):
        found, heard, position = _drawn(home, opener)
        home.columns.put(position, found.numbers, found.names, heard)


def form(answer: Traced) -> bytes:
    """One line of JSON, without the line feed."""
    return msgspec.json.encode(answer)


def _drawn(home: Home, opener: Opener) -> tuple[Drawn, set[str], int]:
    """The graph of all that the log holds, the facts of events in it, and the position it holds them up to. O(log)."""
    position = home.log.position()
    repositories, facts = around(home, ())
    base, heard = base_of(facts), {*_heard(facts.map_facts.values())}
    del facts  # many: what is worked out next takes as much memory again
    return Chain(repositories, base, home.clock(), opener).columns(), heard, position


def _stands(home: Home, kept: Columns) -> bool:
    """Whether the log says nothing that the kept graph lacks. O(log since the graph)."""
    position, end = kept.position(), home.log.position()
    if not 0 < position <= end:
        return False
    with suppress(SeamlineError):
        if any(_says_more(home, d, kept) for d in home.log.read(position, end)):
            return False
        if end > position:
            with suppress(SeamlineError):  # it is looked through again, then
                kept.move(end)
        return True
    return False


def _says_more(home: Home, delivery: Delivery, kept: Columns) -> bool:
    if delivery.source == rec.SOURCE:
        return delivery.headers.get("x-seamline-kind") in _MAP_RECORDS
    if delivery.source == EVENTS:
        return not kept.has_heard([*_heard(read_delivery(home.sources, delivery).events)])
    return delivery.source == SOURCE


def _heard(events: Iterable[Event]) -> Iterable[str]:
    """The ids of what events say of jobs, tables and columns."""
    said = (e for e in events if isinstance(e, MapFact) and e.source == EVENTS)
    return (fact.id for fact in said if fact.predicate != "exists")
