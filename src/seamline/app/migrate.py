"""A database is migrated: planned, approved by its one owner, conducted, contracted or taken back.

Works without a home. With one, `outbox` puts what happened into its log.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate import certificate, conduct, departure, drain, functions, journal, limits, survey
from seamline.migrate import plan as plans
from seamline.migrate.certificate import Certificate
from seamline.migrate.crash import Crash
from seamline.migrate.drain import Reading
from seamline.migrate.functions import Line
from seamline.migrate.journal import Done, Migration
from seamline.migrate.plan import Plan
from seamline.migrate.program import Phase, Program, Refusal
from seamline.migrate.session import connect, translated
from seamline.migrate.site import Progress
from seamline.migrate.survey import Surveyed
from seamline.model.errors import Fix

if TYPE_CHECKING:
    from psycopg import Connection

    from seamline.app.downstream import Reader  # at run time it would bring the whole analysis

Say = Callable[[Progress], None]

CALIBRATE_S = 10.0


class Planned(Struct, frozen=True):
    """A dry run, and the four functions' columns."""

    surveyed: Surveyed
    lines: tuple[Line, ...]

    def told(self, readers: "Sequence[Reader]") -> "Planned":
        """With who reads the tables downstream, in the data column."""
        more = [Line("data", "EXPAND" if not r.column else "CONTRACT", r.said) for r in readers]
        return Planned(self.surveyed, (*self.lines, *more))


class Status(Struct, frozen=True):
    """A migration as it stands."""

    migration: Migration
    program: Program
    steps: tuple[Done, ...]
    lines: tuple[Line, ...]
    n_done: int  # pages
    n_all: int
    rows_done: int
    readings: tuple[Reading, ...]
    strays: tuple[str, ...]
    conductor: str
    certificate: dict[str, Any] | None

    @property
    def gate(self) -> str:
        """Whether the new version may be deployed: pass or hold. A shadow is there for it from its swap on."""
        state = self.migration.state
        before_swap = state in ("READY", "CUTOVER") and any(s.shadow for s in self.program.subjects)
        return "pass" if state in functions.GATE_OPEN and not before_swap else "hold"


def plan(dsn: str, text: str, *, calibrate_s: float = CALIBRATE_S) -> Planned:
    """Hold a plan against the database. It is kept as PLANNED when nothing stands against it."""
    given = plans.read(text)
    with translated(), connect(dsn, given.id) as connection:
        server = survey.may_install(connection, given)
        if server is not None:
            return Planned(server, ())
        journal.install(connection)
        found = survey.survey(
            connection, dsn, given, calibrate_s=calibrate_s, others=_taken(connection, given)
        )
        tables = {r.table.oid: r.table for r in found.reads}
        said = functions.lines(given, found.program, tables, found.n_bytes_needed)
        if not found.refusals:
            eta = (found.estimate.p50_s, found.estimate.p90_s)
            journal.put_plan(connection, given, found.program, eta)
        return Planned(found, said)


def _taken(connection: "Connection[Any]", given: Plan) -> dict[str, str]:
    """Tables that another migration works on."""
    return {
        f"{s.shape.schema}.{name}": m.id
        for m in journal.every(connection)
        if m.id != given.id and m.state in journal.OPEN
        for s in m.read_program().subjects
        for name in (s.shape.name, s.shape.base)
    }


def approve(dsn: str, id_: str, *, by: str = "", entered_by: str = "") -> Migration:
    """The owner says: start it. Raises Fix for anybody else."""
    with translated(), connect(dsn, id_) as connection:
        migration = journal.get(connection, id_)
        person = _owner(migration, by)
        if migration.state not in ("PLANNED", "APPROVED"):
            raise Fix(
                f"{id_} is {migration.state}: nothing to approve", hint=f"seamline migrate status {id_}"
            )
        with connection.transaction():
            connection.execute(
                "UPDATE seam.migration SET approved_by = %s, state = 'APPROVED' WHERE id = %s", (person, id_)
            )
            journal.tell(connection, id_, "approved", {"by": person, "entered_by": entered_by})
        return journal.get(connection, id_)


def _owner(migration: Migration, by: str) -> str:
    if by and by != migration.owner:
        raise Fix(f"{migration.id} is {migration.owner}'s, not {by}'s", hint="only its owner may say this")
    return migration.owner


def start(
    dsn: str,
    id_: str,
    *,
    say: Say,
    crash: Crash,
    until: Phase = "SOAK",
    stay_s: float = 0.0,
    sha256: str = "",
) -> Migration:
    """Conduct it up to a phase, from wherever it is. `stay_s`: go on comparing every row for that long."""
    with translated(), connect(dsn, id_) as connection:
        migration = journal.get(connection, id_)
        _may_start(connection, migration, sha256)
    try:
        with conduct.conducting(dsn, id_, crash, say) as (site, program):
            journal.overlay(site.connection, id_, "")
            conduct.run(site, program, until)
            if until == "SOAK":
                if migration.state == "SOAK" and not stay_s:
                    conduct.check_again(site, program)
                drain.take(site.connection, id_, program)
                conduct.stay(site, program, stay_s)
            return journal.get(site.connection, id_)
    except limits.Breached:
        revert(dsn, id_, say=say, crash=crash)
        raise


def _may_start(connection: "Connection[Any]", migration: Migration, sha256: str) -> None:
    if sha256 and sha256 != migration.plan_sha:
        raise Fix(
            f"the plan of {migration.id} was edited since it was planned", hint="seamline migrate plan FILE"
        )
    if migration.state in ("DRAFT", "PLANNED"):
        raise Fix(
            f"{migration.id} is not approved",
            hint=f"{migration.owner}: seamline migrate approve {migration.id}",
        )
    if migration.state not in journal.OPEN or migration.state in ("CONTRACT", "REVERTING"):
        word = {"CONTRACT": "contract", "REVERTING": "revert"}.get(migration.state)
        raise Fix(
            f"{migration.id} is {migration.state}",
            hint=f"seamline migrate {word} {migration.id}" if word else "plan a new one",
        )
    if migration.state == "APPROVED" and (found := survey.drift(connection, migration.read_program())):
        raise Fix(
            f"the tables changed since the plan: {'; '.join(found)[:300]}", hint="seamline migrate plan FILE"
        )


def contract(
    dsn: str, id_: str, *, say: Say, crash: Crash, by: str = "", entered_by: str = "", wait_s: float = 0.0,
    drained: bool = False, accept_drift: bool = False, readers: "Sequence[Reader]" = (),
) -> tuple[Certificate | None, list[Refusal]]:  # fmt: skip
    """The old shape goes, and a certificate says what was proved; or all that stands against it, and nothing happens.

    `readers`: who the map of a home says reads what goes.
    """
    with translated(), connect(dsn, id_) as connection:
        migration = journal.get(connection, id_)
        person = _owner(migration, by)
        if migration.state == "DONE":
            return certificate.kept(connection, id_, migration.read_program()), []
        if migration.state not in ("SOAK", "CONTRACT"):
            raise Fix(f"{id_} is {migration.state}, not yet in SOAK", hint=f"seamline migrate start {id_}")
        given, program = plans.read(migration.plan), migration.read_program()
        if migration.state == "SOAK":
            found = _stands_against(connection, given, program, wait_s, drained=drained)
            if given.data.refuse_contract_if == "readers_of_old":
                found += [
                    Refusal(r.said, f"{r.owner}: make it read the new shape") for r in readers if r.column
                ]
            if found:
                return None, found
    with conduct.conducting(dsn, id_, crash, say, for_other_work=True) as (site, program):
        site.connection.execute("UPDATE seam.migration SET contract_by = %s WHERE id = %s", (person, id_))
        detail = {"by": person, "entered_by": entered_by, "drained": drained, "drift": accept_drift}
        journal.tell(site.connection, id_, "contract-approved", detail)
        return conduct.contract(site, program, accept_drift=accept_drift), []


def _stands_against(
    connection: "Connection[Any]", given: Plan, program: Program, wait_s: float, *, drained: bool
) -> list[Refusal]:
    until = time.monotonic() + wait_s
    while True:
        readings = drain.take(connection, given.id, program)
        found = departure.against(connection, given, program, readings, drained=drained)
        if not found or not departure.waits_only(found) or time.monotonic() > until:
            return found
        time.sleep(0.5)


def revert(dsn: str, id_: str, *, say: Say, crash: Crash, by: str = "", entered_by: str = "") -> Migration:
    """Back to what it was. Whoever may start may turn back: it needs no approval."""
    with translated(), connect(dsn, id_) as connection:
        migration = journal.get(connection, id_)
        if migration.state in ("CONTRACT", "DONE"):
            raise Fix(
                f"{id_} is {migration.state}: the old shape is gone", hint="plan the way back as a new one"
            )
        if migration.state == "REVERTED":
            return migration
        journal.tell(connection, id_, "revert", {"by": by or migration.owner, "entered_by": entered_by})
    with conduct.conducting(dsn, id_, crash, say, for_other_work=True) as (site, program):
        conduct.revert(site, program)
        return journal.get(site.connection, id_)


def status(dsn: str, id_: str) -> Status:
    """How far it is, and what it waits for."""
    with translated(), connect(dsn) as connection:
        migration = journal.get(connection, id_)
        program = migration.read_program()
        steps = journal.steps(connection, id_)
        n_done, rows = _progress(connection, id_)
        readings = drain.take(connection, id_, program) if migration.state == "SOAK" else []
        given = plans.read(migration.plan)
        said = functions.lines(given, program, {}, sum(s.n_bytes for s in program.subjects))
        strays = connection.execute(
            "SELECT row_key FROM seam.stray WHERE mig = %s ORDER BY at LIMIT 20", (id_,)
        )
        return Status(
            migration, program, tuple(steps.values()), said, n_done,
            sum(s.n_pages for s in program.subjects if s.has_rows_to_go_over), rows, tuple(readings),
            tuple(r[0] for r in strays.fetchall()), _conductor(connection, id_), certificate.find(connection, id_),
        )  # fmt: skip


def _progress(connection: "Connection[Any]", id_: str) -> tuple[int, int]:
    row = connection.execute(
        "SELECT coalesce(sum(hi - lo), 0)::bigint, coalesce(sum(rows), 0)::bigint FROM seam.chunk c "
        "WHERE mig = %(m)s AND kind = 'backfill' AND pass = (SELECT max(pass) FROM seam.chunk "
        "WHERE mig = %(m)s AND kind = 'backfill')",
        {"m": id_},
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _conductor(connection: "Connection[Any]", id_: str) -> str:
    row = connection.execute(
        "SELECT who, extract(epoch FROM clock_timestamp() - beat_at)::float8 FROM seam.conductor WHERE mig = %s "
        "ORDER BY epoch DESC LIMIT 1",
        (id_,),
    ).fetchone()
    return f"{row[0]}, last heard of {row[1]:.0f} s ago" if row else ""


def program_of(dsn: str, id_: str) -> tuple[str, Program]:
    """The database's name, and what was planned for it."""
    with translated(), connect(dsn) as connection:
        return connection.info.dbname, journal.get(connection, id_).read_program()


def listed(dsn: str) -> Sequence[Migration]:
    """All migrations of a database, newest first."""
    with translated(), connect(dsn) as connection:
        return journal.every(connection)


def happened(dsn: str, id_: str) -> list[tuple[datetime, str, dict[str, Any]]]:
    """All events, oldest first."""
    with translated(), connect(dsn) as connection:
        return journal.events(connection, id_)
