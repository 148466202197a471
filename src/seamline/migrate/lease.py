"""One live conductor: a session's advisory lock, and an epoch that every transaction holds on to."""

import time
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate import journal
from seamline.migrate.session import whoami
from seamline.model.errors import Busy

if TYPE_CHECKING:
    from psycopg import Connection

STALE_S = 3.0  # without a sign of life for this long, a conductor is taken over
PATIENCE_S = 6.0
_CLASS = 0x5EA3
_POLL_S = 0.1

_HOLDER = """
SELECT epoch, who, pids, extract(epoch FROM clock_timestamp() - beat_at)::float8, started_at
FROM seam.conductor WHERE mig = %s ORDER BY epoch DESC LIMIT 1
"""
_WISH = """
UPDATE seam.conductor c SET wish = 'make way'
WHERE mig = %s AND epoch = (SELECT max(epoch) FROM seam.conductor o WHERE o.mig = c.mig)
"""
_TERMINATE = """
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
WHERE a.pid = ANY (%s) AND a.usename = current_user AND a.pid <> pg_backend_pid()
  AND a.application_name = %s AND a.backend_start <= %s
"""


class Lease(Struct, frozen=True):
    """The right to conduct. `taken_over`: who conducted before and had gone silent."""

    migration: str
    epoch: int
    taken_over: str = ""


def acquire(connection: "Connection[Any]", id_: str, *, for_other_work: bool = False) -> Lease:
    """Become the one conductor of a migration, within seconds.

    One that died has left nothing, one that went silent is ended by its own pids. One that lives is left alone: then
    this raises Busy, unless `for_other_work` (contract, revert), for which it is asked to make way.
    """
    if for_other_work:
        connection.execute(_WISH, (id_,))
    taken_over, until = "", time.monotonic() + PATIENCE_S
    while not _lock(connection, id_):
        holder = connection.execute(_HOLDER, (id_,)).fetchone()
        if holder and holder[3] > STALE_S:
            application = f"seamline migrate {id_}"[:63]
            connection.execute(_TERMINATE, (holder[2], application, holder[4]))
            taken_over = str(holder[1])
        elif time.monotonic() > until or (holder and not for_other_work and time.monotonic() > until - 1.5):
            who = f"{holder[1]}, last heard of {holder[3]:.1f} s ago" if holder else "another session"
            raise Busy(f"{id_} is conducted by {who}", hint="watch it: seamline migrate status " + id_)
        time.sleep(_POLL_S)
    return _register(connection, id_, taken_over)


def _lock(connection: "Connection[Any]", id_: str) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_CLASS, id_)).fetchone()
    return bool(row and row[0])


def _register(connection: "Connection[Any]", id_: str, taken_over: str) -> Lease:
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '5s'")  # a predecessor's last transaction may be ending
        row = connection.execute(
            "UPDATE seam.migration SET epoch = epoch + 1 WHERE id = %s RETURNING epoch", (id_,)
        ).fetchone()
        epoch = int(row[0]) if row else 0
        connection.execute(
            "INSERT INTO seam.conductor (mig, epoch, who, pids) VALUES (%s, %s, %s, ARRAY[pg_backend_pid()])",
            (id_, epoch, whoami()),
        )
        detail = {"epoch": epoch, "who": whoami()} | ({"from": taken_over} if taken_over else {})
        journal.tell(connection, id_, "conductor", detail)
    return Lease(id_, epoch, taken_over)


def release(connection: "Connection[Any]", id_: str) -> None:
    """Let the next one in without waiting for this session's end."""
    connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (_CLASS, id_))


def beat(connection: "Connection[Any]", lease: Lease) -> str | None:
    """A sign of life from a second session of the same conductor. What is wished for; None when it was taken over."""
    row = connection.execute(
        "UPDATE seam.conductor c SET beat_at = clock_timestamp(), "
        "pids = CASE WHEN pg_backend_pid() = ANY (pids) THEN pids ELSE pids || pg_backend_pid() END "
        "FROM seam.migration m WHERE m.id = c.mig AND c.mig = %s AND c.epoch = %s AND m.epoch = c.epoch RETURNING c.wish",
        (lease.migration, lease.epoch),
    ).fetchone()
    return None if row is None else str(row[0])
