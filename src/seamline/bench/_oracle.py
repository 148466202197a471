"""DuckDB as a second opinion on lineage: empty tables, one column fewer, every statement below bound again.

It knows nothing of how Seamline reads SQL: a column is needed when DuckDB refuses the statement without it. Which
statements are below is seen from the words in them. Statements in another dialect are translated by sqlglot first,
the one thing that both sides share.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from seamline.analysis.lineage.node import Node
from seamline.model.errors import Fix

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Columns = tuple[tuple[str, str], ...]  # name and DuckDB's type, in order
_WORDS = re.compile(r"[\w$]+")
_UNTYPED = "VARCHAR"
_OTHER_TONGUES = ("trino", "databricks", "snowflake", "bigquery", "postgres")


class Opinion(Struct, frozen=True):
    """What DuckDB says of one change. `unsure`: ids of nodes of which it can't say anything."""

    breaks: frozenset[str]
    loses: frozenset[tuple[str, str]]  # id, column in lower case
    unsure: frozenset[str]


class Oracle:
    """A project as empty tables. `columns` by id; `unbuilt` says why a node is not among them."""

    def __init__(self, nodes: Sequence[Node], types: Mapping[str, Mapping[str, str]]) -> None:
        """`nodes`: parents first. `types`: of columns by id, as the warehouse spells them.

        Raises Fix when DuckDB is not installed.
        """
        self._nodes = [node for node in nodes if node.kind != "ephemeral" and node.relation]
        self._db = _duckdb()
        self._at = {node.id: _address(node) for node in self._nodes}
        self.columns: dict[str, Columns] = {}
        self.sql: dict[str, str] = {}
        self.unbuilt: dict[str, str] = {}
        self._make_room()
        for node in self._nodes:
            self._build(node, types.get(node.id, {}))
        self._mentions = {node.id: _mentioned(self.sql.get(node.id, node.sql)) for node in self._nodes}

    def without(self, node_id: str, column: str) -> Opinion:
        """What happens below when a relation is without a column. The tables are as before afterwards."""
        self._fill(node_id, tuple(c for c in self.columns[node_id] if c[0] != column))
        moved, unsure = {node_id}, set[str]()
        breaks, loses = set[str](), set[tuple[str, str]]()
        for node in self._after(node_id):
            if self._reads(node, unsure):
                unsure.add(node.id)
            elif self._reads(node, moved):
                now = self._again(node)
                if isinstance(now, str):
                    (breaks if node.id in self.sql else unsure).add(node.id)
                elif gone := _names(self.columns[node.id]) - _names(now):
                    loses |= {(node.id, name) for name in gone}
                    moved.add(node.id)
                    self._fill(node.id, now)
        for changed in moved:
            self._fill(changed, self.columns[changed])
        return Opinion(frozenset(breaks), frozenset(loses), frozenset(unsure | self.unbuilt.keys()))

    def _after(self, node_id: str) -> Iterator[Node]:
        ids = [node.id for node in self._nodes]
        yield from (node for node in self._nodes[ids.index(node_id) + 1 :] if node.builds())

    def _reads(self, node: Node, any_of: Iterable[str]) -> bool:
        mentioned = self._mentions[node.id]
        return any(_mentioned(self._at[one][-1]) <= mentioned for one in any_of if one != node.id)

    def _again(self, node: Node) -> Columns | str:
        """The columns of a node's statement as the tables are now, or why it can't be bound."""
        if node.id not in self.sql:
            return self.unbuilt[node.id]
        found = self._bound(self.sql[node.id])
        return found if isinstance(found, str) else (*found, *((name, _UNTYPED) for name in node.adds))

    def _make_room(self) -> None:
        for catalog in sorted({at[0].lower() for at in self._at.values()} - {"memory"}):
            self._db.execute(f"attach ':memory:' as {_quoted(catalog)}")
        for catalog, schema in sorted({(at[0].lower(), at[1].lower()) for at in self._at.values()}):
            self._db.execute(f"create schema if not exists {_quoted(catalog)}.{_quoted(schema)}")

    def _build(self, node: Node, types: Mapping[str, str]) -> None:
        declared = tuple((name, self._type(types.get(name, ""), node.dialect)) for name in node.columns)
        if declared:  # what reads itself, or can't be built, stands as the catalog has it
            self._fill(node.id, declared)
        if not node.builds():
            if not declared:
                self.unbuilt[node.id] = "nobody says which columns it has"
            return
        why = node.why or "there is no SQL of it"
        for sql in _spoken(node):
            found = self._bound(sql)
            if not isinstance(found, str):
                self.sql[node.id] = sql
                self._fill(node.id, (*found, *((name, _UNTYPED) for name in node.adds)))
                return
            why = found
        self.unbuilt[node.id] = why

    def _fill(self, node_id: str, columns: Columns) -> None:
        """Make a node's table anew; what is not yet among `columns` is remembered there."""
        self.columns.setdefault(node_id, columns)
        described = ", ".join(f"{_quoted(name)} {type_}" for name, type_ in columns) or '"-" INTEGER'
        table = ".".join(map(_quoted, self._at[node_id]))
        self._db.execute(f"create or replace table {table} ({described})")

    def _bound(self, sql: str) -> Columns | str:
        from duckdb import Error

        try:
            rows = self._db.execute(f"describe select * from (\n{sql}\n)").fetchall()
        except Error as error:
            return str(error).partition("\n")[0]
        return tuple((str(row[0]), str(row[1])) for row in rows)

    def _type(self, spelled: str, dialect: str) -> str:
        """DuckDB's type for one of a dialect; text for what has none."""
        from sqlglot import exp
        from sqlglot.errors import SqlglotError

        try:
            type_ = exp.DataType.build(spelled, dialect=dialect or None).sql("duckdb") if spelled else ""
        except (SqlglotError, ValueError):
            return _UNTYPED
        return (
            type_ if type_ and not isinstance(self._bound(f"select cast(null as {type_})"), str) else _UNTYPED
        )


def _duckdb() -> "DuckDBPyConnection":
    try:
        from duckdb import connect
    except ImportError as error:
        raise Fix(
            "DuckDB is not installed, and it is what this is held against", hint="pip install duckdb"
        ) from error
    db = connect(":memory:", config={"threads": 1})
    db.execute("pragma disable_optimizer")  # only names are asked for
    db.execute("set old_implicit_casting = true")  # types are often guessed: text passes for what is wanted
    return db


def _spoken(node: Node) -> Iterator[str]:
    """A node's statement as DuckDB may understand it, the likeliest first."""
    from sqlglot import ErrorLevel, transpile
    from sqlglot.errors import SqlglotError

    text = node.sql.strip().rstrip(";").strip()
    if not text:
        return
    if node.dialect in ("", "duckdb"):
        yield text
    for dialect in _OTHER_TONGUES if node.dialect in ("", "duckdb") else (node.dialect,):
        try:
            said = transpile(text, read=dialect, write="duckdb", unsupported_level=ErrorLevel.IGNORE)
        except (SqlglotError, RecursionError):
            continue
        if len(said) == 1:
            yield said[0]


def _address(node: Node) -> tuple[str, str, str]:
    """Catalog, schema and name of a node's relation, with DuckDB's own where it says none."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        table = exp.to_table(node.relation, dialect=node.dialect or None)
    except SqlglotError:
        return "memory", "main", node.relation
    return table.catalog or "memory", table.db or "main", table.name


def _mentioned(sql: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(sql.lower()))


def _names(columns: Columns) -> set[str]:
    return {name.lower() for name, _ in columns}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
