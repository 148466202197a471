"""Whether the old side stands still: counted by the old version's view, read again and again, never assumed."""

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate import face
from seamline.migrate.program import Program, Subject

if TYPE_CHECKING:
    from psycopg import Connection

_STILL = """
SELECT extract(epoch FROM clock_timestamp() - min(at))::float8, max(n) FROM seam.seen s
WHERE mig = %(m)s AND subject = %(s)s AND at > coalesce((SELECT max(at) FROM seam.seen o
  WHERE o.mig = s.mig AND o.subject = s.subject AND o.n <> (SELECT n FROM seam.seen l
    WHERE l.mig = s.mig AND l.subject = s.subject ORDER BY at DESC LIMIT 1)), '-infinity')
"""


class Reading(Struct, frozen=True):
    """How long the old version of a table has not been used. `n_uses`: statements counted since the expand."""

    table: str
    counted: bool  # False: clients use the table itself, and nobody can tell the versions apart
    still_s: float = 0.0
    n_uses: int = 0


def take(connection: "Connection[Any]", id_: str, program: Program) -> list[Reading]:
    """Read the counters, keep them, and say how long each has stood still."""
    return [_take(connection, id_, n, s) for n, s in enumerate(program.subjects) if _goes(s)]


def _goes(subject: Subject) -> bool:
    """Whether the contract takes anything away from the old version."""
    shape = subject.shape
    return bool(shape.olds or shape.hidden or shape.renamed or shape.to or shape.by_view)


def _take(connection: "Connection[Any]", id_: str, n: int, subject: Subject) -> Reading:
    shape = subject.shape
    if not shape.by_view:
        return Reading(shape.name, False)
    row = connection.execute(face.seen(shape)).fetchone()
    if row is None:
        return Reading(shape.name, True, float("inf"))  # the view is gone: the contract is through
    connection.execute("INSERT INTO seam.seen (mig, subject, n) VALUES (%s, %s, %s)", (id_, n, row[0]))
    found = connection.execute(_STILL, {"m": id_, "s": n}).fetchone()
    still, uses = found if found else (0.0, 0)
    return Reading(shape.name, True, float(still or 0.0), int(uses or 0))
