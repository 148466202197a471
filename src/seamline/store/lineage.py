"""The column graph of a home on disk: one SQLite file, made anew as a whole whenever it is lost, damaged or behind.

Numbers are those of the graph: columns table by table, then the tables. A new graph is written beside the old one and
takes its place in one step, so that whoever reads meanwhile has all of the old one.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from seamline.analysis.lineage.graph import Numbered, Numbers
from seamline.model.errors import Retry, SeamlineError, Stop

VERSION = 1
BUSY_S = 2.0
CHUNK = 100_000  # rows that are fetched at a time
_SCHEMA = """
CREATE TABLE kept (single INTEGER PRIMARY KEY CHECK (single = 1), position INTEGER NOT NULL) STRICT;
CREATE TABLE relation (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE field (id INTEGER PRIMARY KEY, relation INTEGER NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE edge (
    kind   TEXT NOT NULL CHECK (kind IN ('direct', 'indirect', 'unknown')),
    origin INTEGER NOT NULL,  -- a field; where it is unknown which, a relation
    target INTEGER NOT NULL   -- a field where it is direct, else a relation
) STRICT;
CREATE TABLE spelling (name TEXT NOT NULL, relation INTEGER NOT NULL) STRICT;
CREATE TABLE heard (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;  -- facts that events told, by id
CREATE VIEW place AS
    SELECT field.id AS id, relation.name AS relation, field.name AS field
    FROM field JOIN relation ON relation.id = field.relation
    UNION ALL SELECT id, name, '' FROM relation;
CREATE VIEW lineage AS
    SELECT kind, a.relation AS origin, a.field AS origin_field, b.relation AS target, b.field AS target_field
    FROM edge JOIN place a ON a.id = edge.origin JOIN place b ON b.id = edge.target;
"""
_SURE, _UNSURE = "kind <> 'unknown'", "kind = 'unknown'"


class KeptColumns:
    """`app.home.Columns` in a file that may be deleted at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def position(self) -> int:
        """See `Columns.position`."""
        try:
            with self._reading() as db:
                (position,) = db.execute("SELECT position FROM kept").fetchone() or (0,)
                return int(position)
        except (sqlite3.DatabaseError, OSError):  # not there, busy, damaged, of another version: made anew
            return 0

    def has_heard(self, facts: Sequence[str]) -> bool:
        """See `Columns.has_heard`."""
        with self._translated(), self._reading() as db:
            return all(db.execute("SELECT 1 FROM heard WHERE id = ?", (id_,)).fetchone() for id_ in facts)

    def read(self) -> tuple[Numbered, Mapping[str, tuple[str, ...]]]:
        """See `Columns.read`. About 2 s for a million columns."""
        with self._translated(), self._reading() as db:
            relations = dict(db.execute("SELECT id, name FROM relation ORDER BY id"))
            tables: dict[str, list[str]] = {name: [] for name in relations.values()}
            for relation, name in db.execute("SELECT relation, name FROM field ORDER BY id"):
                tables[relations[relation]].append(name)
            names: dict[str, tuple[str, ...]] = {}
            for name, relation in db.execute("SELECT name, relation FROM spelling ORDER BY rowid"):
                names[name] = (*names.get(name, ()), relations[relation])
            return Numbered(tables, *_ends(db, _SURE), *_ends(db, _UNSURE)), names

    def put(
        self, position: int, numbers: Numbered, names: Mapping[str, tuple[str, ...]], heard: Iterable[str]
    ) -> None:
        """See `Columns.put`. About 7 s for a million columns."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        with self._translated():
            try:
                self._clear()
                os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
                with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
                    db.execute("PRAGMA journal_mode = OFF")  # nobody else knows the file yet
                    db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}")
                    _fill(db, numbers, names)
                    db.executemany("INSERT INTO heard VALUES (?)", ((id_,) for id_ in sorted({*heard})))
                    db.execute("INSERT INTO kept VALUES (1, ?)", (position,))
                    db.execute("COMMIT")
                fresh.replace(self._path)
            finally:
                fresh.unlink(missing_ok=True)

    def move(self, position: int) -> None:
        """See `Columns.move`."""
        with (
            self._translated(),
            closing(sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)) as db,
        ):
            db.execute("UPDATE kept SET position = max(position, ?)", (position,))

    def forget(self) -> None:
        """See `Columns.forget`."""
        with self._translated():
            self._path.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Remove what processes left behind that were killed while they wrote, and what an earlier one of this number did."""
        for left in self._path.parent.glob(f"{self._path.name}.*.new"):
            pid = left.name.split(".")[-2]
            if pid == str(os.getpid()) or not (pid.isdigit() and _runs(int(pid))):
                left.unlink(missing_ok=True)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            raise FileNotFoundError(self._path)
        with closing(sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)) as db:
            db.execute("PRAGMA query_only = ON")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                raise sqlite3.DatabaseError(f"version {version} of a column graph")
            db.execute("BEGIN")  # one state for all that is read
            yield db

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._as_ours(error) from error

    def _as_ours(self, error: sqlite3.Error | OSError) -> SeamlineError:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")):
            return Retry(f"{self._path}: {error}", hint="make room on the disk, or try again in a moment")
        return Stop(f"{self._path}: {error}", hint="remove the file: it is made again")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _fill(db: sqlite3.Connection, numbers: Numbered, names: Mapping[str, tuple[str, ...]]) -> None:
    n_columns = sum(map(len, numbers.tables.values()))
    ids = {name: n_columns + at for at, name in enumerate(numbers.tables)}
    fields = ((ids[name], column) for name, columns in numbers.tables.items() for column in columns)
    db.executemany("INSERT INTO relation VALUES (?, ?)", ((id_, name) for name, id_ in ids.items()))
    db.executemany("INSERT INTO field VALUES (?, ?, ?)", ((at, *field) for at, field in enumerate(fields)))
    whole = numbers.targets >= n_columns
    for kind, sources, targets in (
        ("direct", numbers.sources[~whole], numbers.targets[~whole]),
        ("indirect", numbers.sources[whole], numbers.targets[whole]),
        ("unknown", numbers.unsure_sources, numbers.unsure_targets),
    ):
        ends = zip(sources.tolist(), targets.tolist(), strict=True)
        db.executemany("INSERT INTO edge VALUES (?, ?, ?)", ((kind, *pair) for pair in ends))
    rows = ((name, ids[table]) for name, tables in names.items() for table in tables)
    db.executemany("INSERT INTO spelling VALUES (?, ?)", rows)


def _ends(db: sqlite3.Connection, where: str) -> tuple[Numbers, Numbers]:
    """Origins and targets of these edges."""
    rows = db.execute(f"SELECT origin, target FROM edge WHERE {where} ORDER BY rowid")
    parts = [np.empty((0, 2), np.int32)]
    while chunk := rows.fetchmany(CHUNK):
        parts.append(np.array(chunk, np.int32))
    ends = np.concatenate(parts)
    return ends[:, 0].copy(), ends[:, 1].copy()
