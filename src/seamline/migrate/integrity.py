"""Whether what the steps made is still there: others may change a table, too."""

from typing import TYPE_CHECKING, Any

from seamline.migrate.quoting import dotted
from seamline.migrate.shape import Shape

if TYPE_CHECKING:
    from psycopg import Connection

_ASKED = """
SELECT n.nspname, c.relname,
       (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = ANY (%(names)s)),
       EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = %(trigger)s AND t.tgenabled IN ('O', 'A')),
       to_regclass(%(face)s) IS NOT NULL
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %(oid)s
"""


def harm(connection: "Connection[Any]", shape: Shape) -> tuple[str, bool]:
    """What somebody took away after the expand, "" when nothing; and whether it is the trigger alone."""
    names = [t.name for t in shape.twins] + [o.name for o in shape.olds] + list(shape.hidden)
    given = {"names": names, "trigger": shape.trigger, "face": shape.face, "oid": shape.oid}
    row = connection.execute(_ASKED, given).fetchone()
    if row is None:
        return f"table {shape.name} was dropped", False
    if dotted(row[0], row[1]) != shape.sql:
        return f"table {shape.sql} was renamed to {dotted(row[0], row[1])}", False
    if row[2] != len(set(names)):
        return f"a column of {shape.sql} was dropped or renamed: {', '.join(names)} should be there", False
    if not row[4]:
        return f"{shape.face} is gone", False
    if shape.synced and not row[3]:
        return f"trigger {shape.trigger} on {shape.sql} is gone or switched off", True
    return "", False
