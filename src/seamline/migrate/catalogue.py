"""One table as PostgreSQL's catalogue has it: what a plan is held against, and what two states are compared by."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate import catalogue_sql as sql
from seamline.migrate.quoting import dotted, quoted
from seamline.model.errors import Fix

if TYPE_CHECKING:
    from psycopg import Connection

OURS = "seam"  # the schema that holds what is ours; what depends on a table in there is no reader
_ROW, _UPDATE = 1, 16  # bits of pg_trigger.tgtype


class Server(Struct, frozen=True):
    """Who is asked, and what the role may do. `version`: 150018 is 15.18."""

    version: int
    is_replica: bool
    role: str
    database: str
    may_create: bool
    bypasses_rls: bool
    block_size: int


class Column(Struct, frozen=True):
    """A column. `more` is what else it says of itself: collation, storage, rights."""

    name: str
    number: int
    type: str
    not_null: bool
    default: str
    identity: str
    generated: str
    has_equality: bool
    type_schema: str
    sequence: str | None
    more: str
    comment: str


class Index(Struct, frozen=True):
    """An index. `uses` are all columns it speaks of; `keys` its parts as SQL, of which the first `n_keys` are keys."""

    name: str
    definition: str
    unique: bool
    primary: bool
    valid: bool
    is_identity: bool
    clustered: bool
    of_constraint: bool
    plain: bool  # neither expressions nor a condition
    n_bytes: int
    uses: tuple[str, ...]
    comment: str
    keys: tuple[str, ...]
    n_keys: int


class Constraint(Struct, frozen=True):
    """A constraint. `kind` as in pg_constraint: c, f, p, u, x. `other`: oid of the table that a foreign key leads to."""

    name: str
    kind: str
    definition: str
    validated: bool
    deferrable: bool
    columns: tuple[str, ...]
    comment: str
    other: int


class Referrer(Struct, frozen=True):
    """A foreign key of another table that leads here."""

    name: str
    table: str
    columns: tuple[str, ...]
    definition: str
    oid: int  # of that table


class Trigger(Struct, frozen=True):
    """A trigger of the user's. `columns`: those it is bound to by UPDATE OF; none: all."""

    name: str
    definition: str
    enabled: str
    bits: int
    columns: tuple[str, ...]

    @property
    def on_row_update(self) -> bool:
        """Whether it fires when a backfill touches a row."""
        return bool(self.bits & _ROW and self.bits & _UPDATE) and self.enabled in "OA"


class View(Struct, frozen=True):
    """A view or materialized view over the table, with the columns it reads."""

    schema: str
    name: str
    kind: str
    columns: tuple[str, ...]


class Leaf(Struct, frozen=True):
    """A heap that holds rows of a table: itself, or each of its partitions."""

    oid: int
    schema: str
    name: str
    n_pages: int

    @property
    def sql(self) -> str:
        """As SQL spells it."""
        return dotted(self.schema, self.name)


class Table(Struct, frozen=True):
    """A table with everything that is bound to it."""

    oid: int
    schema: str
    name: str
    kind: str
    persistence: str
    owner: str
    is_ours: bool  # whether the role may do what its owner may
    row_security: bool
    forced_security: bool
    replica_identity: str
    n_rows: int  # as last analysed; -1: never
    is_partition: bool
    tablespace: str
    has_rules: bool
    has_children: bool
    may_create: bool
    options: str
    comment: str
    acl: str
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    constraints: tuple[Constraint, ...]
    referrers: tuple[Referrer, ...]
    triggers: tuple[Trigger, ...]
    policies: tuple[tuple[str, str], ...]  # name, all of it as text
    statistics: tuple[tuple[str, str, tuple[str, ...]], ...]
    publications: tuple[str, ...]
    views: tuple[View, ...]
    row_type_users: tuple[str, ...]
    leaves: tuple[Leaf, ...]

    @property
    def sql(self) -> str:
        """As SQL spells it."""
        return dotted(self.schema, self.name)

    @property
    def n_pages(self) -> int:
        """Of all its heaps."""
        return sum(leaf.n_pages for leaf in self.leaves)

    def column(self, name: str) -> Column | None:
        """The column of this very name, else the only one that differs by case."""
        exact = [c for c in self.columns if c.name == name]
        folded = [c for c in self.columns if c.name.lower() == name.lower()]
        return exact[0] if exact else folded[0] if len(folded) == 1 else None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Its columns, () where there is none."""
        return next((c.columns for c in self.constraints if c.kind == "p"), ())


def server(connection: "Connection[Any]") -> Server:
    """Whom the connection leads to."""
    return Server(*_rows(connection, sql.SERVER)[0])


def find(connection: "Connection[Any]", name: str) -> int | None:
    """The oid of a relation, by its name as it is seen, or as `schema.name`; quotes may be left out."""
    schema, _, rest = name.rpartition(".")
    given = {"whole": name.strip('"'), "schema": schema.strip('"'), "name": rest.strip('"')}
    found = _rows(connection, sql.RESOLVE, given)
    return int(found[0][0]) if found else None


def table(connection: "Connection[Any]", oid: int) -> Table:
    """Everything about one table, in the connection's own transaction. Raises Fix when it is gone."""
    given = {"oid": oid}
    found = _rows(connection, sql.TABLE, given)
    if not found:
        raise Fix("a table of the plan is gone", hint="somebody dropped it; plan again")
    return Table(
        *(
            *found[0],
            tuple(Column(*r) for r in _rows(connection, sql.COLUMNS, given)),
            tuple(Index(*_tuples(r, 10, 12)) for r in _rows(connection, sql.INDEXES, given)),
            tuple(Constraint(*_tuples(r, 5)) for r in _rows(connection, sql.CONSTRAINTS, given)),
            tuple(Referrer(*_tuples(r, 2)) for r in _rows(connection, sql.REFERRERS, given)),
            tuple(Trigger(*_tuples(r, 4)) for r in _rows(connection, sql.TRIGGERS, given)),
            tuple((r[0], repr(r[1:])) for r in _rows(connection, sql.POLICIES, given)),
            tuple(_tuples(r, 2) for r in _rows(connection, sql.STATISTICS, given)),
            tuple(r[0] for r in _rows(connection, sql.PUBLICATIONS, given)),
            tuple(View(*_tuples(r, 3)) for r in _rows(connection, sql.VIEWS, given)),
            tuple(r[0] for r in _rows(connection, sql.ROW_TYPE_USERS, given)),
            leaves(connection, oid),
        )
    )


def leaves(connection: "Connection[Any]", oid: int) -> tuple[Leaf, ...]:
    """The heaps of a table, as long as they are now."""
    return tuple(Leaf(*r) for r in _rows(connection, sql.LEAVES, {"oid": oid}))


def routines_with(connection: "Connection[Any]", table: str) -> tuple[tuple[str, str], ...]:
    """Functions whose body holds the table's name: (name, body). A look at the text, so it may be a namesake."""
    return tuple((r[0], r[1]) for r in _rows(connection, sql.ROUTINES, {"name": table}))


def _tuples(row: Sequence[Any], *places: int) -> tuple[Any, ...]:
    """A row with its arrays as tuples."""
    return tuple(tuple(v) if n in places else v for n, v in enumerate(row))


def _rows(
    connection: "Connection[Any]", statement: str, given: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    return connection.execute(statement, given).fetchall()


# -- two states of one table ------------------------------------------------------
Facts = Mapping[tuple[str, str], str]  # (kind, name) -> all that is said of it


def facts(table: Table, faces: Mapping[str, str] | None = None) -> dict[tuple[str, str], str]:
    """The table as facts that two states can be compared by: no oid, no order, nothing that is ours.

    `faces`: tables that a view stands in for, by the name they have meanwhile; they are told by their own.
    """
    found = dict(_facts(table))
    if not faces:
        return found
    return {key: _own(said, faces) if key[0] == "constraint" else said for key, said in found.items()}


def _own(said: str, faces: Mapping[str, str]) -> str:
    for base, name in faces.items():
        for spelled, own in ((quoted(base), quoted(name)), (base, name)):
            said = re.sub(rf'(?<![\w$"]){re.escape(spelled)}(?![\w$"])', own.replace("\\", r"\\"), said)
    return said


def _facts(t: Table) -> Iterator[tuple[tuple[str, str], str]]:
    said = (
        t.kind, t.persistence, t.owner, t.row_security, t.forced_security, t.replica_identity,
        t.tablespace, t.options, t.comment, t.acl,
    )  # fmt: skip
    yield ("table", ""), repr(said)
    for c in t.columns:
        null = "NOT NULL" if c.not_null else "NULL"
        parts = (c.type, null, c.default, c.identity, c.generated, c.sequence, c.more, c.comment)
        yield ("column", c.name), repr(parts)
    for i in t.indexes:
        yield ("index", i.name), repr((i.definition, i.valid, i.is_identity, i.clustered, i.comment))
    for k in t.constraints:
        yield ("constraint", k.name), repr((k.definition, k.validated, k.comment))
    for g in t.triggers:
        if not g.name.startswith("zz_seam_"):
            yield ("trigger", g.name), repr((g.definition, g.enabled))
    yield from (((("policy", name)), text) for name, text in t.policies)
    yield from (((("statistics", name)), text) for name, text, _ in t.statistics)
    yield from (((("publication", name)), "") for name in t.publications)


def unexpected(before: Facts, after: Facts, intended: Iterable[tuple[str, str]]) -> list[str]:
    """What differs between two states beside what is meant to; empty when all is as it should be."""
    meant = set(intended)
    found = []
    for key in sorted(before.keys() | after.keys()):
        if key not in meant and before.get(key) != after.get(key):
            kind, name = key
            found.append(f"{kind} {name}: {before.get(key, 'absent')} became {after.get(key, 'absent')}")
    return found
