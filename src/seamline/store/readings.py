"""Readings of statements on disk, shared by all processes of a user: a cache, worth nothing but time.

One SQLite file. Whatever is wrong with it, it is thrown away and begun anew; a body that is not what was put there is
not given out; a file that others are writing to, or that can't be written at all, is done without.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
MAX_BYTES = 256 * 2**20
BUSY_S = 1.0
_DIGEST = 8  # bytes before each body
_SCHEMA = "CREATE TABLE IF NOT EXISTS reading (key BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT"


class KeptReadings:
    """Bodies by key. Written in one go when it is closed; of equal keys the last counts."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._new: dict[bytes, bytes] = {}
        self._db = self._tried(self._open)

    def get(self, key: bytes) -> bytes | None:
        """The body put under this key, None when there is none, or not that one any more."""
        if key in self._new:
            return self._new[key]
        row = self._tried(lambda: self._select(key))
        if row is None or _checked(row[0][_DIGEST:]) != row[0]:
            return None
        return row[0][_DIGEST:]

    def put(self, key: bytes, body: bytes) -> None:
        """Keep a body until `close` writes it."""
        self._new[key] = body

    def close(self) -> None:
        """Write what is new and give the file back. Twice is harmless."""
        self._tried(self._write)
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
        self._db, self._new = None, {}

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")  # lost to a power cut, it is made again
            db.execute(_SCHEMA)
            db.execute("SELECT key, body FROM reading LIMIT 1").fetchone()
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _select(self, key: bytes) -> tuple[bytes] | None:
        if self._db is None:
            return None
        row: tuple[bytes] | None = self._db.execute(
            "SELECT body FROM reading WHERE key = ?", (key,)
        ).fetchone()
        return row

    def _write(self) -> None:
        if self._db is None or not self._new:
            return
        rows = [(key, _checked(body)) for key, body in self._new.items()]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?)", rows)
        self._db.execute("COMMIT")
        self._new = {}
        if self._size() > self._max_bytes:  # the older half goes
            self._db.execute(
                "DELETE FROM reading WHERE rowid <= (SELECT rowid FROM reading ORDER BY rowid"
                " LIMIT 1 OFFSET (SELECT count(*) / 2 FROM reading))"
            )
            self._db.execute("VACUUM")

    def _size(self) -> int:
        assert self._db is not None
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        (size,) = self._db.execute("PRAGMA page_size").fetchone()
        return int(pages) * int(size)

    def _tried(self, step: Callable[[], T]) -> T | None:
        """A step's outcome. A file that is no database is removed, and the step tried once more on a new one."""
        try:
            return step()
        except sqlite3.OperationalError:  # busy, full, read-only: done without
            self._roll_back()
            return None
        except sqlite3.DatabaseError:
            self._throw_away()
        except OSError:
            return None
        try:
            return step()
        except (sqlite3.Error, OSError):
            return None

    def _roll_back(self) -> None:
        db = getattr(self, "_db", None)
        if db is not None and db.in_transaction:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")

    def _throw_away(self) -> None:
        db = getattr(self, "_db", None)
        self._db = None
        with suppress(sqlite3.Error):
            if db is not None:
                db.close()
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self._path}{suffix}").unlink()
        if db is not None:
            with suppress(sqlite3.Error, OSError):
                self._db = self._open()


def _checked(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST).digest() + body
