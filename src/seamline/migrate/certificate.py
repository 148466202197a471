"""What a migration proves of itself when it is over, out of its own journal."""

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from seamline.migrate import journal
from seamline.migrate.program import Program

if TYPE_CHECKING:
    from psycopg import Connection

KIND = "certificate"


class Compared(Struct, frozen=True):
    """The last going-over of one table. The two hashes are of all rows, whatever their order."""

    table: str
    rows: int
    old_hash: str
    new_hash: str
    differing: int


class Certificate(Struct, frozen=True):
    """`longest_lock_ms`: the longest time that a transaction of ours held a lock that clients had to wait for."""

    migration: str
    plan_sha256: str
    owner: str
    approved_by: str
    contract_by: str
    started_at: datetime
    ended_at: datetime
    tables: tuple[str, ...]
    compared: tuple[Compared, ...]
    n_rows_filled: int
    n_chunks: int
    n_conductors: int
    n_lock_refusals: int
    longest_lock_ms: float
    old_side_uses: int
    drift: tuple[str, ...]
    left: tuple[str, ...]  # what stays of ours, and why

    @property
    def sha256(self) -> str:
        """Of everything above, as JSON with sorted keys."""
        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def issue(connection: "Connection[Any]", id_: str, program: Program) -> Certificate:
    """Out of the journal, once the contract is through; kept as an event."""
    migration = journal.get(connection, id_)
    steps = journal.steps(connection, id_)
    checks = journal.events(connection, id_, "checked")
    last = checks[-1][2]["tables"] if checks else []
    filled, chunks = _counts(connection, id_)
    made = Certificate(
        id_, migration.plan_sha, migration.owner, migration.approved_by or "", migration.contract_by or "",
        migration.started_at or migration.planned_at, migration.ended_at or migration.planned_at,
        tuple(s.final_name for s in program.subjects),
        tuple(Compared(t["table"], t["rows"], t["old_hash"], t["new_hash"], 0) for t in last),
        filled, chunks, migration.epoch, len(journal.events(connection, id_, "lock-refused")),
        max((float(d.result.get("held_ms", 0)) for d in steps.values()), default=0.0), _uses(connection, id_),
        tuple(what for d in steps.values() for what in d.result.get("drift", ())), _left(program),
    )  # fmt: skip
    said = msgspec.to_builtins(made) | {"sha256": made.sha256}
    journal.tell(connection, id_, KIND, said)
    return made


def kept(connection: "Connection[Any]", id_: str, program: Program) -> Certificate:
    """The one that was issued; it is issued now where a death came between the end and its certificate."""
    found = find(connection, id_)
    return msgspec.convert(found, Certificate) if found else issue(connection, id_, program)


def find(connection: "Connection[Any]", id_: str) -> dict[str, Any] | None:
    """The one that was issued, with its sha256."""
    found = journal.events(connection, id_, KIND)
    return found[-1][2] if found else None


def _counts(connection: "Connection[Any]", id_: str) -> tuple[int, int]:
    row = connection.execute(
        "SELECT coalesce(sum(rows) FILTER (WHERE kind = 'backfill'), 0)::bigint, count(*) FROM seam.chunk WHERE mig = %s",
        (id_,),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _uses(connection: "Connection[Any]", id_: str) -> int:
    row = connection.execute(
        "SELECT coalesce(sum(n), 0)::bigint FROM (SELECT max(n) AS n FROM seam.seen WHERE mig = %s GROUP BY subject) m",
        (id_,),
    ).fetchone()
    return int(row[0]) if row else 0


def _left(program: Program) -> tuple[str, ...]:
    why = "for sessions that name its schema in their search_path; drop it when none does"
    return tuple(f"view {s.shape.new_face}, {why}" for s in program.subjects if s.has_new_face)
