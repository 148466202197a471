"""The log and the views in one PostgreSQL database, for several machines that read and one that writes.

The appender holds a session's advisory lock and gives the positions itself, because sequences commit out of
order: a reader that has seen position n has seen everything before it. A connection that breaks is opened
anew by the next call; the appender takes its lock again or stops.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import psycopg
from psycopg import Connection

from seamline.model.delivery import Appended, Delivery, Received
from seamline.model.errors import Busy, Fix, Retry, Stop
from seamline.store.queries import load
from seamline.store.sequence import Row, assign, from_us, mark, to_us

SQL: dict[str, Any] = load("postgres.sql")  # psycopg types its statements as literals
SCHEMA_VERSION = 1
WRITER_LOCK = 0x5EA3114E  # the advisory lock of the appender, within this database
CHUNK = 500  # deliveries read per statement
CONNECT_S = 10
END = 2**62

_headers_out = msgspec.json.Encoder(order="sorted").encode
_headers_in = msgspec.json.Decoder(dict[str, str]).decode

T = TypeVar("T")
_Work = Callable[[Connection[Any]], T]


class _Session:
    """One connection, opened when first needed and again after it broke. For one caller at a time."""

    def __init__(self, dsn: str, prepare: Callable[[Connection[Any]], None] | None = None) -> None:
        self._dsn = dsn
        self._prepare = prepare
        self._mutex = threading.Lock()
        self._connection: Connection[Any] | None = None
        self._closed = False

    def run(self, work: _Work[T]) -> T:
        """`work` in one transaction. Raises Retry for what may go through later, else Stop."""
        with self._mutex, _translated():
            try:
                connection = self._open()
                with connection.transaction():
                    return work(connection)
            except psycopg.OperationalError:
                self._drop()
                raise

    def close(self) -> None:
        """Twice is harmless."""
        with self._mutex:
            self._closed = True
            self._drop()

    def _open(self) -> Connection[Any]:
        if self._closed:
            raise Stop("the store is closed")
        if self._connection is None:
            connection = _connected(self._dsn)
            try:
                if self._prepare is not None:
                    self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _translated() -> Iterator[None]:
    """PostgreSQL's errors as the package's own."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise Retry(f"PostgreSQL: {_one_line(error)}", hint="see that it runs and has room") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Fix(f"PostgreSQL: {_one_line(error)}", hint="GRANT CREATE ON DATABASE to this user") from error
    except psycopg.errors.UndefinedTable as error:
        raise Stop(
            "PostgreSQL: there is no log in this database yet", hint="ingest something first"
        ) from error
    except psycopg.Error as error:
        raise Stop(f"PostgreSQL: {_one_line(error)}", hint="check the connection string") from error


def _one_line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())[:300]


def _connected(dsn: str) -> Connection[Any]:
    connection = psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_S, application_name="seamline")
    # whatever the server's default is: what was acknowledged is on disk
    connection.execute("SET synchronous_commit = on")
    connection.execute("SET client_encoding = 'UTF8'")
    return connection


def _create(connection: Connection[Any]) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER_LOCK + 1,))  # one creates, others wait
        connection.execute(SQL["schema"])
        (version,) = connection.execute(SQL["version"]).fetchone() or (0,)
    if version > SCHEMA_VERSION:
        raise Stop("this database was written by a later Seamline", hint="upgrade Seamline")


def _take_writer_lock(connection: Connection[Any]) -> None:
    (taken,) = connection.execute(SQL["lock"], (WRITER_LOCK,)).fetchone() or (False,)
    if not taken:
        hint = "stop it first; a running `serve` takes deliveries and people's words over HTTP"
        raise Busy("another process already writes to this database", hint=hint)
    _create(connection)


class PostgresLog:
    """`model.ports.Log` in a PostgreSQL database. `write=False` opens it beside a running writer.

    Raises Stop when another process writes to the same database. Safe to use from several threads.
    """

    def __init__(self, dsn: str, *, write: bool = True) -> None:
        self._dsn = dsn
        self._reader = _Session(dsn)
        self._writer = _Session(dsn, _take_writer_lock) if write else None
        if self._writer is not None:
            self._writer.run(lambda _: None)

    def append(self, batch: Sequence[Received]) -> list[Appended]:
        """See `Log.append`."""
        if not batch:
            return []
        return self._writing().run(lambda connection: _append(connection, batch))

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Delivery]:
        """See `Log.read`. On a connection of its own; one delivery in memory at a time."""
        after = max(after, 0)
        end = END if until is None else until
        self.position()  # refuses a closed log
        with _translated(), _connected(self._dsn) as connection:
            while True:
                n_rows = 0
                for row in connection.cursor().stream(SQL["read"], (after, end, CHUNK)):
                    n_rows += 1
                    after = row[0]
                    yield _delivery(row)
                if n_rows < CHUNK:
                    return

    def position(self) -> int:
        """See `Log.position`."""
        seq, _ = self._reader.run(lambda c: c.execute(SQL["last"]).fetchone()) or (0, None)
        return int(seq)

    def as_of(self, position: int | None = None) -> datetime | None:
        """See `Log.as_of`."""
        until = END if position is None else position
        row = self._reader.run(lambda c: c.execute(SQL["last_until"], (until,)).fetchone())
        return from_us(row[1]) if row else None

    def erase(self, seqs: Sequence[int]) -> int:
        """See `Log.erase`. PostgreSQL frees the space at its next vacuum."""
        return self._writing().run(lambda c: c.execute(SQL["erase"], (list(seqs),)).rowcount)

    def prune(self, sources: Sequence[str], before: datetime) -> int:
        """See `Log.prune`."""
        return self._writing().run(lambda c: c.execute(SQL["prune"], (to_us(before), list(sources))).rowcount)

    def close(self) -> None:
        """See `Log.close`."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def _writing(self) -> _Session:
        if self._writer is None:
            raise Stop("the log was opened for reading only")
        return self._writer


def _append(connection: Connection[Any], batch: Sequence[Received]) -> list[Appended]:
    marks = [mark(received) for received in batch]
    last, as_of_us = connection.execute(SQL["last"]).fetchone() or (0, None)
    known = dict(connection.execute(SQL["known"], ([m.once for m in marks],)).fetchall())
    answers, rows = assign(batch, marks, known, last, as_of_us)
    if rows:
        connection.execute(SQL["insert_envelopes"], _columns(rows))
        connection.execute(SQL["insert_bodies"], ([r.seq for r in rows], [r.received.body for r in rows]))
    return answers


def _columns(rows: Sequence[Row]) -> tuple[list[object], ...]:
    return (
        [row.seq for row in rows],
        [row.once for row in rows],
        [row.received.source for row in rows],
        [row.received.key for row in rows],
        [row.digest for row in rows],
        [_headers_out(row.received.headers) for row in rows],
        [row.received_us for row in rows],
        [row.as_of_us for row in rows],
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    seq, source, key, digest, headers, received_us, body = row
    return Delivery(seq, source, key, digest.hex(), _headers_in(headers), from_us(received_us), body)


class PostgresViews:
    """`model.ports.Views` in the same database as the log."""

    def __init__(self, dsn: str, *, write: bool = True) -> None:
        self._session = _Session(dsn, _create if write else None)
        self._write = write

    def put(self, position: int, as_of: datetime, views: Mapping[str, Mapping[str, bytes]]) -> None:
        """See `Views.put`. Only rows that differ are written."""
        if not self._write:
            raise Stop("the views were opened for reading only")

        def work(connection: Connection[Any]) -> None:
            for view, rows in views.items():
                keys = [key.encode() for key in rows]
                connection.execute(SQL["drop_rows"], (view, keys))
                connection.execute(SQL["put_rows"], (view, keys, list(rows.values())))
            connection.execute(SQL["put_position"], (position, to_us(as_of)))

        self._session.run(work)

    def get(self, view: str) -> dict[str, bytes]:
        """See `Views.get`."""
        rows = self._session.run(lambda c: c.execute(SQL["view"], (view,)).fetchall())
        return {key.decode(): body for key, body in rows}

    def position(self) -> int:
        """See `Views.position`."""
        return self._latest()[0]

    def as_of(self) -> datetime | None:
        """See `Views.as_of`."""
        position, as_of_us = self._latest()
        return from_us(as_of_us) if position else None

    def close(self) -> None:
        """Give the connection back. Twice is harmless."""
        self._session.close()

    def _latest(self) -> tuple[int, int]:
        return self._session.run(lambda c: c.execute(SQL["put"]).fetchone()) or (0, 0)
