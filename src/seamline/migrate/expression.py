"""A plan's expressions as PostgreSQL understands them, asked in a transaction that is rolled back.

PostgreSQL parses, types and spells them out: with schemas, so that a client's search_path can't change their meaning
afterwards, and with a prefix for the row, so that one text serves the trigger, the backfill and the check.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seamline.migrate.catalogue import Table
from seamline.migrate.quoting import digest, quoted
from seamline.migrate.shape import ROW, Expression
from seamline.model.errors import Fix

if TYPE_CHECKING:
    from psycopg import Connection

Understand = Callable[[str, str, str], Expression]  # what is asked for, the SQL, its type ("": its own)

GENERIC = "new_value"  # the twin, where `<column>_new` would be too long a name
_END = " AS seam_value_\n   FROM "
_USED = """
SELECT DISTINCT a.attname::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_rewrite'::regclass AND r.ev_class = %s::regclass AND d.refobjid = %s::regclass
  AND d.refobjsubid > 0
"""
_IMPLICIT = """
SELECT EXISTS (SELECT 1 FROM pg_cast c WHERE c.castcontext = 'i'
  AND c.castsource = (SELECT atttypid FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s)
  AND c.casttarget = (SELECT atttypid FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'seam_value_'))
"""


@contextmanager
def understanding(
    connection: "Connection[Any]",
    table: Table,
    new: Mapping[str, str],
    *,
    volatile: Set[str] = frozenset(),
    stable: bool = True,
) -> Iterator[Understand]:
    """What understands expressions over a table's row with some new columns (name to type).

    Nothing of it remains. The function raises Fix for what PostgreSQL refuses, and for what depends on more than the
    row: a session's time zone, the clock, another table. `volatile` names the texts for which that is meant; not
    `stable`: it is meant for all of them.
    """
    from psycopg import Error

    probe = _probe(table)
    with connection.transaction(force_rollback=True):
        path = connection.execute("SHOW search_path").fetchone()
        connection.execute(f"CREATE TABLE {probe} (LIKE {table.sql})")
        try:
            for name, type_ in new.items():
                connection.execute(f"ALTER TABLE {probe} ADD COLUMN {quoted(name)} {type_}")
        except Error as error:
            raise Fix(
                f"{table.name}: a new column can't be made: {said(error)}", hint="check its type and name"
            ) from None

        def understand(what: str, sql: str, type_: str) -> Expression:
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(f"SET LOCAL search_path = {path[0] if path else 'public'}")
                    return _understood(connection, probe, sql, type_, stable=stable and sql not in volatile)
            except Error as error:
                raise Fix(f"{what}: {sql}: {said(error)}", hint=_mend(error)) from None

        yield understand


def differs_by_row(connection: "Connection[Any]", table: Table, type_: str, default: str) -> bool:
    """Whether PostgreSQL would have to work a default out for each row. To be asked inside `understanding`."""
    from psycopg import Error

    probe = _probe(table)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"ALTER TABLE {probe} ADD COLUMN seam_default_ {type_} DEFAULT {default}")
            row = connection.execute(
                "SELECT a.atthasmissing OR pg_get_expr(d.adbin, d.adrelid) LIKE 'NULL%%' FROM pg_attribute a "
                "JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
                "WHERE a.attrelid = %s::regclass AND a.attname = 'seam_default_'",
                (probe,),
            ).fetchone()
            return not (row and row[0])
    except Error as error:
        raise Fix(f"{table.name}: default {default}: {said(error)}", hint="an SQL expression") from None


def _probe(table: Table) -> str:
    return f"seam.probe_{digest(table.schema, table.name)}"


def _understood(
    connection: "Connection[Any]", probe: str, sql: str, type_: str, *, stable: bool
) -> Expression:
    whole = f"(({sql})::{type_})" if type_ else f"({sql})"
    if stable:
        kind = type_ or "boolean"
        connection.execute(
            f"ALTER TABLE {probe} ADD COLUMN seam_stored_ {kind} GENERATED ALWAYS AS {whole} STORED"
        )
    view = f"{probe}_view"
    connection.execute(
        f"CREATE VIEW {view} AS SELECT {whole} AS seam_value_ FROM {probe} AS {ROW} "
        "CROSS JOIN (VALUES (1)) AS seam_one_(one)"
    )
    used = tuple(r[0] for r in connection.execute(_USED, (view, probe)).fetchall() if r[0] != "seam_stored_")
    connection.execute("SET LOCAL search_path = pg_catalog")
    row = connection.execute("SELECT pg_get_viewdef(%s::regclass)", (view,)).fetchone()
    text = str(row[0] if row else "").strip().removeprefix("SELECT ").partition(_END)[0]
    return Expression(text, tuple(sorted(used)), _is_total(connection, probe, view, text, used))


def _is_total(connection: "Connection[Any]", probe: str, view: str, text: str, used: tuple[str, ...]) -> bool:
    """A column itself, or a cast that PostgreSQL does by itself: neither loses anything nor fails."""
    if len(used) != 1:
        return False
    column = f"{ROW}.{quoted(used[0])}", f"{ROW}.{used[0]}"
    if text in column:
        return True
    bare = any(text.startswith(f"({c})::") for c in column)
    row = connection.execute(_IMPLICIT, (probe, used[0], view)).fetchone()
    return bare and bool(row and row[0])


def said(error: Exception) -> str:
    """A database's error on one line, without where in the statement."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return " ".join(str(primary or error).split())[:300]


def _mend(error: Exception) -> str:
    if getattr(error, "sqlstate", "") == "42P17" or "not immutable" in str(error):
        return (
            "it may depend on the row alone: no clock, no time zone of a session, no other table; `stable: allow` "
            "where you know that it does, as for the text of an enum"
        )
    if "cannot use subquery" in str(error):
        return "a trigger can't keep another table in step; work it out from the row"
    return "it is SQL over the table's own columns"
