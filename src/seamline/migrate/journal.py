"""What has been done, kept where it was done: every row here is written in the transaction of the work it tells of."""

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from seamline.migrate.plan import Plan
from seamline.migrate.program import Program, State
from seamline.migrate.quoting import digest, text
from seamline.model.errors import Fix, Stop

if TYPE_CHECKING:
    from psycopg import Connection

OPEN: tuple[State, ...] = (
    "APPROVED", "EXPAND", "SYNC", "VERIFY", "READY", "CUTOVER", "SOAK", "CONTRACT", "REVERTING",
)  # fmt: skip
_INSTALL_LOCK = 0x5EA30001
_MARK = "journal of seamline migrate,"  # the schema's comment, with what the script was when it was made
_SUPERSEDED = "SM001"
_FIELDS = (
    "id, plan, plan_sha, owner, approved_by, contract_by, state, epoch, budget_s, eta_p50, eta_p90, overlay, why, "
    "program, planned_at, started_at, ended_at"
)


class Migration(Struct, frozen=True):
    """A migration as the database has it. `overlay`: PAUSED, BLOCKED or ""; `why` says by what."""

    id: str
    plan: str
    plan_sha: str
    owner: str
    approved_by: str | None
    contract_by: str | None
    state: State
    epoch: int
    budget_s: float
    eta_p50: float | None
    eta_p90: float | None
    overlay: str
    why: str
    program: str
    planned_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    def read_program(self) -> Program:
        """The steps, as they were planned. Raises Stop when a later Seamline planned them."""
        try:
            return msgspec.json.decode(self.program, type=Program)
        except msgspec.ValidationError as error:
            raise Stop(
                f"{self.id} was planned by another version of Seamline ({error})", hint="go on with that one"
            ) from None


class Done(Struct, frozen=True):
    """A step's row."""

    n: int
    name: str
    state: str
    attempts: int
    result: dict[str, Any]
    at: datetime


class Superseded(Stop):
    """Another conductor took over; this one can't do any more."""


def install(connection: "Connection[Any]") -> None:
    """Make the schema where it is not there, and bring one that an earlier Seamline made up to date.

    Raises Fix without the right to, and for a schema of that name that is somebody else's.
    """
    script = files(__package__).joinpath("journal.sql").read_text("utf-8")
    mark = f"{_MARK} {digest(script)}"
    if _mark(connection) == mark:
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_INSTALL_LOCK,))
        if not installed(connection) and _is_taken(connection):
            raise Fix(
                "there is a schema seam that is not Seamline's", hint="the journal needs the name: rename it"
            )
        connection.execute(script)
        connection.execute(f"COMMENT ON SCHEMA seam IS {text(mark)}")


def _mark(connection: "Connection[Any]") -> str:
    row = connection.execute("SELECT obj_description(to_regnamespace('seam'), 'pg_namespace')").fetchone()
    return str(row[0]) if row and row[0] else ""


def _is_taken(connection: "Connection[Any]") -> bool:
    """Whether the schema is there, with things in it."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('seam'))"
    ).fetchone()
    return bool(row and row[0])


def installed(connection: "Connection[Any]") -> bool:
    """Whether anything was ever planned here."""
    row = connection.execute("SELECT to_regclass('seam.stray') IS NOT NULL").fetchone()
    return bool(row and row[0])


def find(connection: "Connection[Any]", id_: str) -> Migration | None:
    """The migration of that name."""
    if not installed(connection):
        return None
    row = connection.execute(f"SELECT {_FIELDS} FROM seam.migration WHERE id = %s", (id_,)).fetchone()
    return Migration(*row) if row else None


def get(connection: "Connection[Any]", id_: str) -> Migration:
    """The migration of that name. Raises Fix, and says which there are."""
    found = find(connection, id_)
    if found is None:
        known = ", ".join(m.id for m in every(connection)) or "none yet"
        raise Fix(
            f"no migration {id_!r} in this database", hint=f"there are: {known}; seamline migrate plan FILE"
        )
    return found


def every(connection: "Connection[Any]") -> list[Migration]:
    """All migrations, newest first."""
    if not installed(connection):
        return []
    rows = connection.execute(f"SELECT {_FIELDS} FROM seam.migration ORDER BY planned_at DESC").fetchall()
    return [Migration(*r) for r in rows]


def faces(connection: "Connection[Any]") -> dict[str, str]:
    """Tables that a view stands in for: their own name by the one they have meanwhile."""
    return {
        s.shape.base: s.shape.name
        for m in every(connection)
        if m.state in OPEN
        for s in m.read_program().subjects
        if s.shape.base != s.shape.name
    }


def put_plan(connection: "Connection[Any]", plan: Plan, program: Program, eta: tuple[float, float]) -> None:
    """Keep a plan as PLANNED. One that was not started, or was reverted, is replaced; its approval goes with it."""
    found = find(connection, plan.id)
    if found is not None and found.state not in ("DRAFT", "PLANNED", "APPROVED", "REVERTED"):
        raise Fix(f"{plan.id} is {found.state} already", hint="revert it, or give the plan another name")
    with connection.transaction():
        connection.execute("DELETE FROM seam.migration WHERE id = %s", (plan.id,))
        connection.execute(
            "INSERT INTO seam.migration (id, plan, plan_sha, owner, state, epoch, budget_s, eta_p50, eta_p90, program) "
            "VALUES (%s, %s, %s, %s, 'PLANNED', %s, %s, %s, %s, %s)",
            (
                plan.id, plan.text, plan.sha256, plan.owner, found.epoch if found else 0, plan.budget_s,
                *eta, msgspec.json.encode(program).decode(),
            ),
        )  # fmt: skip
        connection.execute("INSERT INTO seam.canary VALUES (%s, 0) ON CONFLICT DO NOTHING", (plan.id,))
        for n, step in enumerate(program.steps, 1):
            connection.execute(
                "INSERT INTO seam.step (mig, n, name, state) VALUES (%s, %s, %s, 'todo')",
                (plan.id, n, step.name),
            )
        tell(connection, plan.id, "planned", {"sha256": plan.sha256})


def steps(connection: "Connection[Any]", id_: str) -> dict[int, Done]:
    """The journal's rows by the steps' numbers."""
    rows = connection.execute(
        "SELECT n, name, state, attempts, result, at FROM seam.step WHERE mig = %s ORDER BY n", (id_,)
    )
    return {r[0]: Done(*r) for r in rows.fetchall()}


def tell(connection: "Connection[Any]", id_: str, kind: str, detail: Mapping[str, Any] | None = None) -> None:
    """An event, in the caller's transaction where there is one."""
    connection.execute(
        "INSERT INTO seam.event (mig, kind, detail) VALUES (%s, %s, %s)",
        (id_, kind, msgspec.json.encode(detail or {}).decode()),
    )


def events(
    connection: "Connection[Any]", id_: str, kind: str = ""
) -> list[tuple[datetime, str, dict[str, Any]]]:
    """(at, kind, detail), oldest first."""
    rows = connection.execute(
        "SELECT at, kind, detail FROM seam.event WHERE mig = %(m)s AND (%(k)s = '' OR kind = %(k)s) ORDER BY id",
        {"m": id_, "k": kind},
    )
    return [(r[0], r[1], r[2]) for r in rows.fetchall()]


def overlay(connection: "Connection[Any]", id_: str, word: str, why: str = "") -> None:
    """Say that it is PAUSED or BLOCKED, and by what; "" takes that away."""
    connection.execute(
        "UPDATE seam.migration SET overlay = %s, why = %s WHERE id = %s AND (overlay, why) IS DISTINCT FROM (%s, %s)",
        (word, why, id_, word, why),
    )


# -- text that goes into the transaction of a step ---------------------------------
def hold(id_: str, epoch: int) -> str:
    """What every transaction begins with: it fails when another conductor has taken over."""
    return f"SELECT seam.hold({text(id_)}, {epoch})"


def close_step(id_: str, n: int, state: str, result: Mapping[str, Any] | None = None) -> str:
    """The step's own row, as part of its transaction."""
    said = text(msgspec.json.encode(result or {}).decode())
    return (
        f"UPDATE seam.step SET state = {text(state)}, attempts = attempts + 1, at = clock_timestamp(), "
        f"result = result || {said}::jsonb WHERE mig = {text(id_)} AND n = {n}"
    )


def all_undone(id_: str) -> str:
    """Steps that had nothing of their own to take back."""
    return f"UPDATE seam.step SET state = 'undone' WHERE mig = {text(id_)} AND state <> 'todo'"


def enter(id_: str, state: State) -> str:
    """The migration's state, as part of a transaction; an event tells of it when it is a new one."""
    return (
        f"WITH entered AS (UPDATE seam.migration SET state = {text(state)}, "
        "started_at = coalesce(started_at, clock_timestamp()), overlay = '', why = '' "
        f"WHERE id = {text(id_)} AND state <> {text(state)} RETURNING id) "
        "INSERT INTO seam.event (mig, kind, detail) "
        f"SELECT id, 'state', jsonb_build_object('state', {text(state)}) FROM entered"
    )


def is_superseded(error: Exception) -> bool:
    """Whether a transaction failed because its conductor's time is over."""
    return getattr(error, "sqlstate", None) == _SUPERSEDED


# -- chunks ---------------------------------------------------------------------
class Chunk(Struct, frozen=True):
    """Some pages of a heap, done."""

    kind: str  # backfill | verify
    number: int  # of the pass
    leaf: int
    low: int
    high: int
    n_rows: int
    old_hash: str
    new_hash: str


def put_chunk(connection: "Connection[Any]", id_: str, chunk: Chunk) -> None:
    """In the chunk's own transaction."""
    c = chunk
    connection.execute(
        "INSERT INTO seam.chunk (mig, kind, pass, leaf, lo, hi, rows, src_hash, dst_hash) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (id_, c.kind, c.number, c.leaf, c.low, c.high, c.n_rows, c.old_hash, c.new_hash),
    )


def reached(connection: "Connection[Any]", id_: str, kind: str, number: int, leaf: int) -> int:
    """The page up to which a pass over a heap has come."""
    row = connection.execute(
        "SELECT coalesce(max(hi), 0) FROM seam.chunk WHERE mig = %s AND kind = %s AND pass = %s AND leaf = %s",
        (id_, kind, number, leaf),
    ).fetchone()
    return int(row[0]) if row else 0


def compared(connection: "Connection[Any]", id_: str, kind: str, number: int) -> tuple[int, int, str, str]:
    """Of a pass: chunks, rows, and both sides' hashes."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(rows), 0)::bigint, coalesce(sum(src_hash::numeric), 0)::text, "
        "coalesce(sum(dst_hash::numeric), 0)::text FROM seam.chunk WHERE mig = %s AND kind = %s AND pass = %s",
        (id_, kind, number),
    ).fetchone()
    return row if row else (0, 0, "0", "0")
