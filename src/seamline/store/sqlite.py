"""The log and the views of one home in SQLite files.

WAL and `synchronous=FULL`: a batch that `append` returned survives kill -9 and power loss. One process writes
(a lock file says who); any number of processes read meanwhile. Reads use short connections of their own, so
that a slow reader never keeps the write-ahead log from shrinking for longer than one chunk.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from seamline.model.delivery import Appended, Delivery, Received
from seamline.model.errors import Retry, SeamlineError, Stop
from seamline.store.queries import load
from seamline.store.sequence import Mark, Row, assign, from_us, mark, to_us
from seamline.store.writer_lock import WriterLock

SQL = load("sqlite.sql")
SCHEMA_VERSION = 1
APPLICATION_ID = 0x5EA3114E
CHUNK = 500  # deliveries read per statement
MAX_ROWS = 64  # rows per statement: each statement lets go of the interpreter's lock, and has to get it back
N_PREPARED = 2 * MAX_ROWS + 20  # statements kept prepared: two kinds with 1 to MAX_ROWS rows each
BUSY_S = 2.0
_READ_ONLY = "file:{}?mode=ro"
_ANY_TABLE = "SELECT 1 FROM sqlite_master LIMIT 1"

_headers_out = msgspec.json.Encoder(order="sorted").encode
_headers_in = msgspec.json.Decoder(dict[str, str]).decode


def _as_ours(error: sqlite3.Error, path: Path) -> SeamlineError:
    """The package's own error for SQLite's, by what the caller can do next."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Retry(f"{path}: the store is busy", hint="try again in a moment")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return Retry(f"{path}: the store can't write ({error})", hint="make room on the disk")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return Stop(f"{path}: can't be opened for this ({error})", hint="check the folder's permissions")
    return Stop(f"{path}: {error}", hint="restore the home from a backup, or pick another with --home")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _as_ours(error, path) from error


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that can't write. In a folder nobody can write to, the file is taken as it lies there.

    Raises Stop for no file, and for one without a table: whoever was making it ended before it was there.
    """
    if not path.exists():
        raise _nothing_in(path)
    address = _READ_ONLY.format(
        str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    )
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, check_same_thread=False)
    try:
        table = connection.execute(_ANY_TABLE).fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if Path(f"{path}-wal").exists():
            raise
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, check_same_thread=False)
        table = connection.execute(_ANY_TABLE).fetchone()
    if table is None:
        connection.close()
        raise _nothing_in(path)
    return connection


def _nothing_in(path: Path) -> Stop:
    return Stop(f"{path}: there is no log or view here yet", hint="seamline init, or seamline ingest FILE")


def _writer(path: Path, schema: str, *, durable: bool) -> sqlite3.Connection:
    """The one connection that writes; creates the file, refuses one of another program or a later version."""
    with suppress(OSError):  # then SQLite says why
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # its -wal and -shm follow
    connection = sqlite3.connect(
        path,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=N_PREPARED,
    )
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if n_tables and application != APPLICATION_ID:
            raise Stop(f"{path}: is not a file of Seamline", hint="pick another folder with --home")
        if version > SCHEMA_VERSION:
            raise Stop(f"{path}: was written by a later Seamline", hint="upgrade Seamline")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA temp_store=MEMORY")  # no body is ever in another file
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        connection.execute("PRAGMA journal_size_limit=67108864")
        if version < SCHEMA_VERSION:
            connection.executescript(
                f"BEGIN; {schema}; PRAGMA application_id={APPLICATION_ID};"
                f" PRAGMA user_version={SCHEMA_VERSION}; COMMIT"
            )
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, whatever goes wrong."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _spans(n: int) -> Iterator[tuple[int, int]]:
    """0..n cut into runs of at most `MAX_ROWS`."""
    return ((start, min(start + MAX_ROWS, n)) for start in range(0, n, MAX_ROWS))


class SqliteLog:
    """`model.ports.Log` in one SQLite file. `write=False` opens it beside a running writer.

    Raises Stop when another process writes to the same home. Safe to use from several threads.
    """

    def __init__(self, path: Path, *, write: bool = True) -> None:
        self._path = Path(path)
        self._mutex = threading.Lock()
        self._lock: WriterLock | None = None
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._end: tuple[int, int | None] | None = (
            None  # last seq and as_of_us, while nobody but us can move them
        )
        if write:
            self._lock = WriterLock(self._path.with_name(self._path.name + ".lock"))
            try:
                with _translated(self._path):
                    self._connection = _writer(self._path, SQL["schema"], durable=True)
                    self._connection.executescript(SQL["arrival"])
            except BaseException:
                self._lock.release()
                raise

    def append(self, batch: Sequence[Received]) -> list[Appended]:
        """See `Log.append`. About 20 us of processor time per delivery of 1 KB in batches of 64."""
        if not batch:
            return []
        marks = [mark(received) for received in batch]
        with self._mutex, _translated(self._path):
            connection = self._open_for_writing()
            try:  # nearly always all of them are new: the index is asked only when it says that one is not
                return self._add(connection, batch, marks, {})
            except sqlite3.IntegrityError:
                return self._add(connection, batch, marks, _known(connection, marks))

    def _add(
        self,
        connection: sqlite3.Connection,
        batch: Sequence[Received],
        marks: Sequence[Mark],
        known: Mapping[bytes, int],
    ) -> list[Appended]:
        """Store what is not `known`. Raises IntegrityError, having stored nothing, when more of it was there before."""
        last, as_of_us = self._end or connection.execute(SQL["last"]).fetchone() or (0, None)
        answers, rows = assign(batch, marks, known, last, as_of_us)
        self._end = None  # until this went well
        if len(rows) <= MAX_ROWS:
            _insert(connection, rows)  # one statement is a transaction of its own
        else:
            with _transaction(connection):
                _insert(connection, rows)
        self._end = (rows[-1].seq, rows[-1].as_of_us) if rows else (last, as_of_us)
        return answers

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Delivery]:
        """See `Log.read`. One delivery in memory at a time; new ones are seen up to the end of the read."""
        after = max(after, 0)
        with self._reading() as connection:
            while True:
                end = 2**62 if until is None else until
                n_rows = 0
                for row in connection.execute(SQL["read"], (after, end, CHUNK)):
                    n_rows += 1
                    after = row[0]
                    yield _delivery(row)
                if n_rows < CHUNK:
                    return

    def position(self) -> int:
        """See `Log.position`."""
        with self._reading() as connection:
            seq, _ = connection.execute(SQL["last"]).fetchone() or (0, None)
            return int(seq)

    def as_of(self, position: int | None = None) -> datetime | None:
        """See `Log.as_of`."""
        with self._reading() as connection:
            query = connection.execute(SQL["last_until"], (2**62 if position is None else position,))
            row = query.fetchone()
            return from_us(row[1]) if row else None

    def erase(self, seqs: Sequence[int]) -> int:
        """See `Log.erase`. The bytes are overwritten in the file and in its write-ahead log."""
        with self._mutex, _translated(self._path):
            connection = self._open_for_writing()
            with _transaction(connection):
                n = connection.executemany(SQL["erase"], [(seq,) for seq in set(seqs)]).rowcount
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return max(n, 0)

    def prune(self, sources: Sequence[str], before: datetime) -> int:
        """See `Log.prune`."""
        names = msgspec.json.encode(list(sources)).decode()
        with self._mutex, _translated(self._path):
            connection = self._open_for_writing()
            with _transaction(connection):
                return connection.execute(SQL["prune"], (to_us(before), names)).rowcount

    def close(self) -> None:
        """See `Log.close`."""
        with self._mutex:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if self._lock is not None:
                self._lock.release()

    def _open_for_writing(self) -> sqlite3.Connection:
        if self._closed:
            raise Stop("the log is closed")
        if self._connection is None:
            raise Stop(f"{self._path}: was opened for reading only")
        return self._connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise Stop("the log is closed")
        with _translated(self._path), closing(_reader(self._path)) as connection:
            yield connection


def _known(connection: sqlite3.Connection, marks: Sequence[Mark]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for start, end in _spans(len(marks)):
        statement = SQL["known"].format(rows=",".join("?" * (end - start)))
        found.update(connection.execute(statement, [m.once for m in marks[start:end]]))
    return found


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    for start, end in _spans(len(rows)):
        values: list[object] = []
        for row in rows[start:end]:
            r = row.received
            values += (row.seq, row.once, r.source, r.key, row.digest, _headers_out(r.headers))
            values += (row.received_us, row.as_of_us, r.body)
        connection.execute(
            SQL["insert"].format(rows=",".join(["(?,?,?,?,?,?,?,?,?)"] * (end - start))), values
        )


def _delivery(row: tuple[int, str, str, bytes, bytes, int, bytes | None]) -> Delivery:
    seq, source, key, digest, headers, received_us, body = row
    return Delivery(seq, source, key, digest.hex(), _headers_in(headers), from_us(received_us), body)


def _views_writer(path: Path) -> sqlite3.Connection:
    """The connection that writes views, to a new file where the old one is damaged."""
    if _damaged(path):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    return _writer(path, SQL["views_schema"], durable=False)


def _damaged(path: Path) -> bool:
    """Whether what lies there can't be read as a whole. O(file)."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.DatabaseError as error:
        return (error.sqlite_errorname or "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


class SqliteViews:
    """`model.ports.Views` in one SQLite file, beside the log's, so not `FULL`.

    A file that was lost or damaged is as good as an empty one: everything in it is rebuilt from the log.
    """

    def __init__(self, path: Path, *, write: bool = True) -> None:
        self._path = Path(path)
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        if write:
            with _translated(self._path):
                self._connection = _views_writer(self._path)

    def put(self, position: int, as_of: datetime, views: Mapping[str, Mapping[str, bytes]]) -> None:
        """See `Views.put`. Only rows that differ are written."""
        with self._mutex, _translated(self._path):
            if self._connection is None:
                raise Stop(f"{self._path}: was opened for reading only")
            connection = self._connection
            with _transaction(connection):
                for view, rows in views.items():
                    gone = [key for (key,) in connection.execute(SQL["keys"], (view,)) if key not in rows]
                    connection.executemany(SQL["drop_row"], [(view, key) for key in gone])
                    connection.executemany(SQL["put_row"], [(view, key, rows[key]) for key in rows])
                connection.execute(SQL["put_position"], (position, to_us(as_of)))

    def get(self, view: str) -> dict[str, bytes]:
        """See `Views.get`."""
        with self._reading() as connection:
            return dict(connection.execute(SQL["view"], (view,)))

    def position(self) -> int:
        """See `Views.position`."""
        return self._latest()[0]

    def as_of(self) -> datetime | None:
        """See `Views.as_of`."""
        position, as_of_us = self._latest()
        return from_us(as_of_us) if position else None

    def close(self) -> None:
        """Give the file back. Twice is harmless."""
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _latest(self) -> tuple[int, int]:
        try:
            with self._reading() as connection:
                position, as_of_us = connection.execute(SQL["put"]).fetchone() or (0, 0)
                return position, as_of_us
        except Stop:
            return 0, 0

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _translated(self._path), closing(_reader(self._path)) as connection:
            yield connection
