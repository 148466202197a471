"""Column edges on disk: per artefact, those of its latest revision. One SQLite file of a home."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from seamline.analysis.lineage.edges import Edge
from seamline.model.errors import Retry, SeamlineError, Stop

_SCHEMA = """
CREATE TABLE IF NOT EXISTS artefact (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,  -- what it was read from: repository and path
    revision TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS relation (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS edge (
    artefact    INTEGER NOT NULL REFERENCES artefact (id),
    kind        TEXT NOT NULL CHECK (kind IN ('direct', 'indirect')),
    relation    INTEGER NOT NULL REFERENCES relation (id),
    "column"    TEXT NOT NULL,
    into_id     INTEGER NOT NULL REFERENCES relation (id),
    into_column TEXT NOT NULL  -- '' where the edge is indirect: it is about all columns
) STRICT;
CREATE INDEX IF NOT EXISTS edge_artefact ON edge (artefact);
"""
_ALL = """
SELECT a.key, "column", b.key, into_column FROM edge
JOIN relation a ON a.id = relation JOIN relation b ON b.id = into_id ORDER BY edge.rowid
"""


class KeptEdges:
    """The edges of all artefacts of one home."""

    def __init__(self, path: Path) -> None:
        """Raises Stop for a file that is no such store."""
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise self._as_ours(error) from error

    def revision(self, artefact: str) -> str:
        """The revision whose edges are kept; "" for an artefact that is not there."""
        row = self._db.execute("SELECT revision FROM artefact WHERE name = ?", (artefact,)).fetchone()
        return str(row[0]) if row else ""

    def put(self, artefact: str, revision: str, edges: Iterable[Edge]) -> None:
        """Replace an artefact's edges, all or none. Raises Retry when the disk is full or the file busy."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._replace(artefact, revision, edges)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._as_ours(error) from error

    def _replace(self, artefact: str, revision: str, edges: Iterable[Edge]) -> None:
        said = "INSERT INTO artefact (name, revision) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET revision = excluded.revision RETURNING id"
        (of,) = self._db.execute(said, (artefact, revision)).fetchone()
        self._db.execute("DELETE FROM edge WHERE artefact = ?", (of,))
        known: dict[str, int] = dict(self._db.execute("SELECT key, id FROM relation"))

        def number(key: str) -> int:
            if key not in known:
                known[key] = self._db.execute("INSERT INTO relation (key) VALUES (?)", (key,)).lastrowid or 0
            return known[key]

        self._db.executemany(
            "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    of,
                    "direct" if e.into_column else "indirect",
                    number(e.relation),
                    e.column,
                    number(e.into),
                    e.into_column,
                )
                for e in edges
            ),
        )

    def edges(self) -> Iterator[Edge]:
        """Every edge, artefact by artefact as they were put."""
        with closing(self._db.execute(_ALL)) as rows:
            for row in rows:
                yield Edge(*row)

    def close(self) -> None:
        """Give the file back. Twice is harmless."""
        self._db.close()

    def _as_ours(self, error: sqlite3.Error) -> SeamlineError:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")):
            return Retry(
                f"{self._path}: can't write ({error})", hint="make room on the disk, or try again in a moment"
            )
        return Stop(f"{self._path}: {error}", hint="remove the file: it is made again")
