"""Strong locks without a queue: 50 ms, then away, then again. And who stands in the way."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate.session import LOCK_WAIT_MS

if TYPE_CHECKING:
    from psycopg import Connection

_FIRST_S, _LONGEST_S = 0.05, 2.0

_HOLDERS = """
SELECT a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8, coalesce(left(a.query, 80), '')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = ANY (%s::regclass[]::oid[]) AND l.mode <> 'SIReadLock'
GROUP BY a.pid, a.usename, a.application_name, a.state, a.xact_start, a.query
ORDER BY a.xact_start LIMIT 5
"""


class Holder(Struct, frozen=True):
    """Who holds a table. `for_s`: how long its transaction has been open."""

    pid: int
    user: str
    application: str
    state: str
    for_s: float
    query: str

    @property
    def said(self) -> str:
        """For people."""
        who = self.application or self.user
        return f"pid {self.pid} ({who}, {self.state}, for {self.for_s:.1f} s): {self.query}"


def holders(connection: "Connection[Any]", relations: Sequence[str]) -> list[Holder]:
    """Who holds a lock on these tables (as SQL spells them), the oldest transaction first."""
    there = [r for r in relations if _exists(connection, r)]
    if not there:
        return []
    return [Holder(*row) for row in connection.execute(_HOLDERS, (list(there),)).fetchall()]


def _exists(connection: "Connection[Any]", relation: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (relation,)).fetchone()
    return bool(row and row[0])


def acquired(statements: Sequence[str], locks: Sequence[str]) -> str:
    """One text for a whole transaction, so that a lock is held for no round trip to us."""
    strong = [f"LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE" for t in locks]
    stamp = ["SELECT set_config('seam.locked_at', clock_timestamp()::text, true)"]
    return ";\n".join(["BEGIN", f"SET LOCAL lock_timeout = '{LOCK_WAIT_MS}ms'", *strong, *stamp, *statements])


HELD_MS = (
    "jsonb_build_object('held_ms', round(extract(epoch FROM clock_timestamp() "
    "- current_setting('seam.locked_at')::timestamptz)::numeric * 1000, 3))"
)


def patiently(
    work: Callable[[], None],
    on_refused: Callable[[int, float], None],
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Do it until no lock refuses it; the number of tries. `on_refused(tries, seconds so far)` may raise to end it."""
    from psycopg import errors

    tries, since, pause = 0, time.monotonic(), _FIRST_S
    while True:
        tries += 1
        try:
            work()
            return tries
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            on_refused(tries, time.monotonic() - since)
        sleep(pause * random.uniform(0.5, 1.0))
        pause = min(_LONGEST_S, pause * 2)
