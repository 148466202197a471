"""What the conductor holds: how long its transactions keep, or queue for, locks that clients would wait for.

Asked of the server over and over while something runs, so a span is known to within the time between two looks.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import psycopg
from msgspec import Struct

from seamline.bench.migrate.server import CONDUCTOR, SUPER, rows
from seamline.bench.migrate.table import Database

EVERY_S = 0.01
# Locks on the table and on whatever clients find under its name, of the modes that keep them from reading or writing.
TABLE = "SELECT 'public.enc'::regclass::oid::bigint"
LOOK = f"""
SELECT a.pid, a.xact_start, c.oid, l.mode, l.granted
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) JOIN pg_class AS c ON c.oid = l.relation
WHERE a.usename = '{CONDUCTOR}' AND (c.relname = 'enc' OR c.oid = %s)
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""

# Conductors of different epochs that are writing at this moment.
WRITERS = f"""
SELECT count(DISTINCT c.epoch) FROM seam.conductor AS c JOIN pg_stat_activity AS a ON a.pid = ANY (c.pids)
WHERE a.usename = '{CONDUCTOR}' AND a.datname = current_database() AND a.backend_xid IS NOT NULL
"""


class Held(Struct, frozen=True):
    """The longest spans seen, in seconds, how often it queued, and the most epochs that wrote at once."""

    held_s: float = 0.0
    queued_s: float = 0.0
    n_queued: int = 0
    n_epochs: int = 0


class Watch:
    """Looks from when the block is entered until it is left; a server that is away meanwhile is waited for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = rows(database.dsn(SUPER), TABLE)[0]
        self._spans: dict[tuple[object, ...], tuple[float, float]] = {}
        self._n_epochs = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def held(self) -> Held:
        """What was seen so far."""
        spans = dict(self._spans)
        held = [last - first for (*_, granted), (first, last) in spans.items() if granted]
        queued = [last - first for (*_, granted), (first, last) in spans.items() if not granted]
        return Held(max(held, default=0.0), max(queued, default=0.0), len(queued), self._n_epochs)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(
                    self._database.dsn(SUPER), autocommit=True, application_name="watch"
                ) as connection:
                    self._look(connection)
            except psycopg.OperationalError:
                self._over.wait(EVERY_S * 10)

    def _look(self, connection: psycopg.Connection) -> None:
        while not self._over.wait(EVERY_S):
            now = time.monotonic()
            for key in connection.execute(LOOK.encode(), self._table).fetchall():
                first, _ = self._spans.get(key, (now, now))
                self._spans[key] = (first, now)
            with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                found = connection.execute(WRITERS.encode()).fetchall()
                self._n_epochs = max(self._n_epochs, int(found[0][0]))


@contextmanager
def reader(database: Database, seconds: float) -> Iterator[None]:
    """A report that reads the table for so long, from before the block begins; its end is not waited for by the block."""
    with psycopg.connect(database.dsn(SUPER), application_name="report") as connection:
        connection.execute(
            b"SELECT count(*) FROM (SELECT FROM public.enc LIMIT 1) AS first_row"
        )  # has the lock from here on
        thread = threading.Thread(target=_read_on, args=(connection, seconds), name="reader")
        thread.start()
        try:
            yield
        finally:
            thread.join()


def _read_on(connection: psycopg.Connection, seconds: float) -> None:
    connection.execute(f"SELECT pg_sleep({seconds})".encode())
    connection.commit()
