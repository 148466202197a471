"""What one statement reads and writes, by the names that stand in it."""

import logging
from collections.abc import Iterator
from typing import Literal

import sqlglot
from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import SqlglotError

from seamline.analysis.ddl.words import Cursor
from seamline.artefacts.sql.script import Statement

# What sqlglot has no grammar for it says on stderr, where nobody has asked for it.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

Making = Literal["view", "load", "report"]
_VERBS = frozenset({"CREATE", "INSERT", "MERGE", "WITH", "SELECT", "UPDATE", "DELETE", "REPLACE"})


class Told(Struct, frozen=True):
    """A statement that reads. `unparsed`: only its target is known, by its first words."""

    making: Making
    target: str  # as written, parts joined by dots; "" for what only reads
    reads: tuple[str, ...]
    unparsed: bool = False


def told(statement: Statement, dialect: str) -> Told | None:
    """What a statement reads and writes; None for one that reads no table. Never raises."""
    if statement.starts() not in _VERBS or not _may_read(statement):
        return None
    for attempt in dict.fromkeys((dialect, "")):
        try:
            tree = sqlglot.parse_one(statement.text, dialect=attempt or None)
        except (SqlglotError, RecursionError, ValueError, KeyError, AttributeError, TypeError):
            continue  # the last three come out of dialects that meet what they don't expect
        if not isinstance(tree, exp.Command):
            return _of(tree)
    return _by_words(statement)


def _may_read(statement: Statement) -> bool:
    """Whether a word says that rows are read. For CREATE: of a table or view, not a routine."""
    uppers = [word.upper for word in statement.words]
    if uppers[0] == "CREATE" and not {"VIEW", "TABLE"} & set(uppers[:7]):
        return False
    return "FROM" in uppers or "USING" in uppers or "JOIN" in uppers


def _of(tree: exp.Expr) -> Told | None:
    names = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    target = _target(tree)
    reads = tuple(
        dict.fromkeys(name for t in _tables(tree, target) if (name := _name(t)).lower() not in names)
    )
    if not reads:
        return None
    is_view = isinstance(tree, exp.Create) and str(tree.args.get("kind") or "").upper() == "VIEW"
    making: Making = "view" if is_view else "load" if target is not None else "report"
    return Told(making, _name(target) if target is not None else "", reads)


def _target(tree: exp.Expr) -> exp.Table | None:
    """The table that is written."""
    if isinstance(tree, exp.Create | exp.Insert | exp.Merge | exp.Update | exp.Delete):
        found = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    else:
        into = tree.args.get("into")
        found = into.this if into is not None else None
    return found if isinstance(found, exp.Table) and _name(found) else None


def _tables(tree: exp.Expr, target: exp.Table | None) -> Iterator[exp.Table]:
    """The tables in the text but the one written; functions in FROM are none."""
    for table in tree.find_all(exp.Table):
        if table is not target and isinstance(table.this, exp.Identifier):
            yield table


def _name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts if part.name)


def _by_words(statement: Statement) -> Told | None:
    """What the first words of a statement that can't be parsed say it writes."""
    at = Cursor(statement.words)
    while at and not at.take_any("VIEW", "TABLE", "INTO"):
        at.next()
    at.skip_exists()
    target = at.name()
    is_view = "VIEW" in {word.upper for word in statement.words[:7]}
    return Told("view" if is_view else "load" if target else "report", target, (), unparsed=True)
