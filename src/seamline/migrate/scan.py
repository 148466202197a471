"""What a plan would meet in the rows that are there: read-only, in slices, so that no snapshot is held for long."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seamline.migrate import catalogue, grouping, plan, twin
from seamline.migrate.catalogue import Server, Table
from seamline.migrate.compile import Read
from seamline.migrate.expression import said
from seamline.migrate.program import Refusal
from seamline.migrate.quoting import listed, quoted
from seamline.migrate.shape import ROW, Group, Shape

if TYPE_CHECKING:
    from psycopg import Connection

_SLICE = 2048  # pages: 16 MB
_SHOWN = 5
# A column that may be named in an UPDATE, of no trigger's own if there is one.
_WRITABLE = """
SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attidentity <> 'a' AND a.attgenerated = ''
ORDER BY EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = a.attrelid AND a.attnum = ANY (t.tgattr)), a.attnum LIMIT 1
"""


def group(connection: "Connection[Any]", server: Server, table: Table, group: Group) -> Iterator[Refusal]:
    """Rows that `up` fails for, that don't come back by `down`, or that would be NULL where none may be."""
    import psycopg

    n_lost, n_null = 0, 0
    for leaf in catalogue.leaves(connection, table.oid):
        for low in range(0, leaf.n_pages, _SLICE):
            where = twin.pages(low, min(low + _SLICE, leaf.n_pages), server.version)
            try:
                row = connection.execute(twin.round_trip(group, leaf.sql, where)).fetchone()
            except psycopg.DataError as error:
                rows = _failing(
                    connection, server, table, group, leaf.sql, low, min(low + _SLICE, leaf.n_pages)
                )
                yield Refusal(
                    f"{table.name}: {said(error)}{rows}", "mend the rows, or let up and down deal with them"
                )
                return
            n_lost += row[1] if row else 0
            n_null += row[2] if row else 0
    names = ", ".join(t.becomes for t in group.twins)
    if n_lost and not group.loses:
        yield Refusal(
            f"{table.name}: {n_lost} rows lose something on the way to {names} and back",
            "write up and down so that down(up(value)) is the value",
        )
    if n_null:
        yield Refusal(f"{table.name}: {n_null} rows would have NULL in {names}", "let up give them a value")


def _failing(
    connection: "Connection[Any]", server: Server, table: Table, group: Group, leaf: str, low: int, high: int
) -> str:
    """Which row it is, by halves down to its page."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fails(connection, server, group, leaf, low, middle) else (middle, high)
    key = table.primary_key
    named = ", ".join(f"{ROW}.{quoted(c)}::text" for c in key) or f"{ROW}.ctid::text"
    where = twin.pages(low, high, server.version)
    rows = connection.execute(
        f"SELECT {ROW}.ctid::text, concat_ws(', ', {named}) FROM ONLY {leaf} AS {ROW} WHERE {where}"
    )
    for ctid, name in rows.fetchall():
        if _fails_at(connection, group, leaf, ctid):
            return f" (row {name})"
    return ""


def _fails(
    connection: "Connection[Any]", server: Server, group: Group, leaf: str, low: int, high: int
) -> bool:
    return _raises(connection, twin.round_trip(group, leaf, twin.pages(low, high, server.version)))


def _fails_at(connection: "Connection[Any]", group: Group, leaf: str, ctid: str) -> bool:
    return _raises(connection, twin.round_trip(group, leaf, f"{ROW}.ctid = '{ctid}'::tid"))


def _raises(connection: "Connection[Any]", statement: str) -> bool:
    import psycopg

    try:
        connection.execute(statement)
    except psycopg.DataError:
        return True
    return False


def operation(connection: "Connection[Any]", read: Read, op: plan.Operation) -> Iterator[Refusal]:
    """Rows that a constraint would refuse."""
    at = read.table.sql
    match op:
        case plan.SetNotNull() if not op.up:
            name = grouping.known(read.table, op.column).name
            yield from _some(connection, f"SELECT 1 FROM {at} WHERE {quoted(name)} IS NULL",
                             f"{read.table.name}.{name} is NULL in", "fill them, or say what stands there: up")  # fmt: skip
        case plan.AddCheck() if not _of_new(read, op.check):
            yield from _some(connection, f"SELECT 1 FROM {at} WHERE NOT ({op.check})",
                             f"check {op.name} does not hold for", "mend them first")  # fmt: skip
        case plan.AddUnique() if _there(read, op.columns):
            yield from _doubles(connection, read, op.name, op.columns)
        case plan.AddIndex() if op.unique and _there(read, op.columns):
            yield from _doubles(connection, read, op.name, op.columns)
        case plan.AddForeignKey() if _there(read, op.columns):
            yield from _orphans(connection, read, op)


def _there(read: Read, columns: tuple[str, ...]) -> bool:
    return all(read.table.column(c) for c in columns)


def _of_new(read: Read, condition: str) -> bool:
    new = grouping.new_columns(read.table, read.operations, by_view=read.by_view)
    return any(name in condition for name in new)


def _some(connection: "Connection[Any]", rows: str, what: str, mend: str) -> Iterator[Refusal]:
    found = connection.execute(f"SELECT count(*) FROM ({rows} LIMIT 1000) AS found").fetchone()
    n = found[0] if found else 0
    if n:
        yield Refusal(f"{what} {'at least ' if n == 1000 else ''}{n} rows", mend)


def _doubles(
    connection: "Connection[Any]", read: Read, name: str, columns: tuple[str, ...]
) -> Iterator[Refusal]:
    """Values that are there twice. They are listed; nothing is ever dropped."""
    keys = listed(columns)
    filled = " AND ".join(f"{quoted(c)} IS NOT NULL" for c in columns)
    rows = connection.execute(
        f"SELECT concat_ws(', ', {keys}), count(*) FROM {read.table.sql} WHERE {filled} "
        f"GROUP BY {keys} HAVING count(*) > 1 ORDER BY 2 DESC LIMIT {_SHOWN}"
    ).fetchall()
    if rows:
        shown = "; ".join(f"{value} ({n} times)" for value, n in rows)
        yield Refusal(f"{read.table.name}: {name} would not be unique: {shown}", "decide which of them stay")


def _orphans(connection: "Connection[Any]", read: Read, op: plan.AddForeignKey) -> Iterator[Refusal]:
    other = catalogue.table(connection, read.others[op.references]).sql
    there = op.ref_columns or _key_of(connection, op.references)
    joined = " AND ".join(f"o.{quoted(b)} = t.{quoted(a)}" for a, b in zip(op.columns, there, strict=False))
    filled = " AND ".join(f"t.{quoted(c)} IS NOT NULL" for c in op.columns)
    yield from _some(
        connection,
        f"SELECT 1 FROM {read.table.sql} t WHERE {filled} AND NOT EXISTS (SELECT 1 FROM {other} o WHERE {joined})",
        f"foreign key {op.name} leads nowhere from", "mend them first",
    )  # fmt: skip


def _key_of(connection: "Connection[Any]", name: str) -> tuple[str, ...]:
    oid = catalogue.find(connection, name)
    return catalogue.table(connection, oid).primary_key if oid is not None else ()


def try_out(
    connection: "Connection[Any]", server: Server, shape: Shape, leaf: str, low: int, high: int
) -> tuple[float, float] | None:
    """Seconds to touch some pages and to read them. The touch is rolled back; None when a client holds a row."""
    import psycopg

    where = twin.pages(low, high, server.version)
    touch = _touch(connection, shape, leaf, where)
    made = (
        " + ".join(f"hashtextextended(({t.up.over(ROW)})::text, 0)::numeric" for t in shape.twins if t.up)
        or "1"
    )
    try:
        began = time.perf_counter()
        with connection.transaction(force_rollback=True):
            if shape.silent:
                connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(touch)
        touched = time.perf_counter() - began
    except psycopg.OperationalError:
        return None
    began = time.perf_counter()
    connection.execute(f"SELECT count(*), max({made}) FROM ONLY {leaf} AS {ROW} WHERE {where}")
    return touched, time.perf_counter() - began


def _touch(connection: "Connection[Any]", shape: Shape, leaf: str, where: str) -> str:
    """What writes to some pages without changing a value; where no column may be written, it locks their rows."""
    row = connection.execute(_WRITABLE, (shape.oid,)).fetchone()
    if row is None:
        return f"SELECT count(*) FROM (SELECT 1 FROM ONLY {leaf} AS {ROW} WHERE {where} FOR NO KEY UPDATE) AS held"
    some = quoted(row[0])
    return f"UPDATE ONLY {leaf} AS {ROW} SET {some} = {ROW}.{some} WHERE {where}"
