"""CREATE and DROP: tables with their columns and keys, views, indexes, enumerations."""

from collections.abc import Iterator, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from seamline.analysis.ddl.columns import constraint, defined, is_constraint
from seamline.analysis.ddl.steps import EnumMade, Key, Move, Origin, Step
from seamline.analysis.ddl.words import Cursor, Word, column_list, listed
from seamline.model.artefact import Column, Operation, OperationKind

_BEFORE_KIND = ("GLOBAL", "LOCAL", "UNLOGGED", "FOREIGN", "EXTERNAL", "RECURSIVE", "TRANSIENT", "COLUMN")


def created(at: Cursor, origin: Origin, text: str, dialect: str) -> Iterator[Move]:
    """The steps of a CREATE statement, the cursor behind its first word; none for what holds no data."""
    line = at.peek().line
    at.take("OR", "REPLACE") or at.take("OR", "ALTER")
    while at.take_any(*_BEFORE_KIND):
        pass
    if at.take_any("TEMP", "TEMPORARY"):
        return  # gone with the session
    if at.take("TABLE") or at.take("VIRTUAL", "TABLE"):
        yield _table(at, origin, text, dialect, line)
    elif at.take("VIEW") or at.take("MATERIALIZED", "VIEW"):
        at.skip_exists()
        yield Step(_view(at, origin, text, dialect, line))
    elif at.take("TYPE"):
        name = at.name()
        if at.take("AS", "ENUM"):
            yield EnumMade(name, tuple(word.text for word in at.group() if word.kind == "string"))
    else:
        yield from _index(at, origin, text, line)


def _table(at: Cursor, origin: Origin, text: str, dialect: str, line: int) -> Step:
    at.skip_exists()
    table = at.name()
    elements = listed(at.group()) if _holds_columns(at) else []
    keys: list[Key] = []
    columns: list[Column] = []
    like = ""
    for words in elements:
        if words[0].upper == "LIKE" and is_constraint(words):
            like = Cursor(words[1:]).name()
        elif is_constraint(words):
            keys.append(constraint(Cursor(words)))
        else:
            new = defined(Cursor(words))
            columns.append(new.column)
            keys.extend(new.keys)
    like = like or _inherited(at)
    open_ = not columns and not like
    if open_ or _selects(at):
        named = _selected(at, text, dialect)
        columns, open_ = columns or [Column(name) for name in named], not named
    operation = origin.operation(
        "create_table", table, line, columns=tuple(column.name for column in columns), detail=text
    )
    return Step(operation, tuple(_not_null(columns, keys)), tuple(keys), like, open_)


def _holds_columns(at: Cursor) -> bool:
    """Whether the parenthesis that is next holds definitions, not a query or `LIKE` alone."""
    return at.peek().text == "(" and at.peek(1).upper not in ("SELECT", "WITH")


def _inherited(at: Cursor) -> str:
    """The table that a new one takes its columns from: LIKE t, INHERITS (t), PARTITION OF t; "" when none."""
    if at.take("LIKE") or at.take("PARTITION", "OF"):
        return at.name()
    if at.take("INHERITS"):
        return Cursor(at.group()).name()
    return ""


def _selects(at: Cursor) -> bool:
    return (
        any(word.upper in ("SELECT", "WITH") for word in at.words[at.at : at.at + 3])
        and at.peek().upper == "AS"
    )


def _not_null(columns: Sequence[Column], keys: Sequence[Key]) -> Iterator[Column]:
    """The columns; those of the primary key may not be null, wherever it is said."""
    primary = {name for key in keys if key.kind == "primary_key" for name in key.columns}
    for column in columns:
        nullable = False if column.name in primary else column.nullable
        yield Column(column.name, column.type, nullable=nullable, has_default=column.has_default)


def _selected(at: Cursor, text: str, dialect: str) -> tuple[str, ...]:
    """The columns that the query of a CREATE ... AS gives; none where they are not told by its text."""
    ahead = at.words[at.at :]
    start = next((word.start for word in ahead if word.upper in ("SELECT", "WITH", "VALUES")), None)
    if start is None:
        return ()
    try:
        query = sqlglot.parse_one(text[len(text) - (at.words[-1].end + 1 - start) :], dialect=dialect or None)
    except (SqlglotError, RecursionError, ValueError):
        return ()
    return () if not isinstance(query, exp.Query) or query.is_star else tuple(query.named_selects)


def _view(at: Cursor, origin: Origin, text: str, dialect: str, line: int) -> Operation:
    view = at.name()
    columns = column_list(at.group()) or _selected(at, text, dialect)
    return origin.operation("create_view", view, line, columns=columns, detail=text)


def _index(at: Cursor, origin: Origin, text: str, line: int) -> Iterator[Step]:
    unique = False
    while word := at.take_any("UNIQUE", "FULLTEXT", "SPATIAL", "CLUSTERED", "NONCLUSTERED", "BITMAP"):
        unique = unique or word == "UNIQUE"
    if not at.take("INDEX"):
        return
    at.take("CONCURRENTLY")
    at.skip_exists()
    name = "" if at.peek().upper == "ON" else at.name()
    at.take("ON")
    at.take("ONLY")
    table = at.name()
    if at.take("USING"):
        at.name()
    columns = column_list(at.group())
    kind: OperationKind = "add_unique" if unique else "create_index"
    operation = origin.operation(
        kind, table, line, columns=columns, column=columns[0] if len(columns) == 1 else "", detail=text
    )  # fmt: skip
    yield Step(operation, keys=(Key("unique" if unique else "index", columns, name),))


def dropped(at: Cursor, origin: Origin, text: str) -> Iterator[Step]:
    """The steps of a DROP statement, the cursor behind its first word; none for what holds no data."""
    line = at.peek().line
    at.take_any("TEMPORARY", "FOREIGN", "EXTERNAL")
    at.take("MATERIALIZED")
    kind = at.next().upper
    at.take("CONCURRENTLY")
    at.skip_exists()
    if kind in ("TABLE", "VIEW"):
        for words in listed(at.rest()):
            name = Cursor(words).name()
            yield Step(
                origin.operation("drop_table" if kind == "TABLE" else "drop_view", name, line, detail=text)
            )
    elif kind == "INDEX":
        yield from _dropped_indexes(at, origin, text, line)
    elif kind in ("SCHEMA", "DATABASE", "OWNED"):
        yield Step(origin.operation("opaque", "", line, detail=text))


def _dropped_indexes(at: Cursor, origin: Origin, text: str, line: int) -> Iterator[Step]:
    names: list[str] = []
    table = ""
    for words in listed(at.rest()):
        one = Cursor(words)
        names.append(one.name())
        table = one.name() if one.take("ON") else table
    for name in names:
        yield Step(origin.operation("drop_index", table, line, detail=text), keys=(Key("index", name=name),))


def shown(words: Sequence[Word], sql: str) -> str:
    """The text of a statement as it was written."""
    return sql[words[0].start : words[-1].end + 1] if words else ""
