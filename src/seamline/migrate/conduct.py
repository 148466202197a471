"""The driver: `while (step := the first that is not done): do it`. Killing it anywhere is harmless, as is a second one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seamline.migrate import certificate, drain, journal, limits, lock, perform, rows
from seamline.migrate import lease as leases
from seamline.migrate import plan as plans
from seamline.migrate.certificate import Certificate
from seamline.migrate.crash import Crash
from seamline.migrate.program import PHASES, Phase, Program, Step
from seamline.migrate.quoting import text
from seamline.migrate.rows import Mismatch, TriggerGone, Unfilled
from seamline.migrate.sampler import Sampler
from seamline.migrate.session import connect, translated
from seamline.migrate.site import Progress, Site
from seamline.model.errors import Stop

if TYPE_CHECKING:
    from psycopg import Connection

Say = Callable[[Progress], None]

_ARRIVED_BY_STEPS: tuple[Phase, ...] = (
    "READY",
    "CUTOVER",
    "SOAK",
)  # the state is true once the steps are done


@contextmanager
def conducting(
    dsn: str, id_: str, crash: Crash, say: Say, *, for_other_work: bool = False
) -> Iterator[tuple[Site, Program]]:
    """Be the one conductor of a migration for as long as the `with` lasts. Errors come out as the package's own."""
    with translated(), connect(dsn, id_) as connection:
        migration = journal.get(connection, id_)
        journal.install(connection)  # one that an earlier Seamline made
        program = migration.read_program()
        lease = leases.acquire(connection, id_, for_other_work=for_other_work)
        table = program.subjects[0].shape.base if program.subjects else ""
        sampler = Sampler(dsn, lease, table)
        sampler.start()
        try:
            site = Site(
                connection, lease, crash, lambda: sampler.health, say, connection.info.server_version,
                plans.read(migration.plan),
            )  # fmt: skip
            yield site, program
        except (Mismatch, Unfilled, TriggerGone, perform.Foreign) as error:
            _block(connection, id_, error)
            raise
        finally:
            sampler.stop()
            if not connection.closed:
                leases.release(connection, id_)


def _block(connection: "Connection[Any]", id_: str, error: Stop) -> None:
    journal.overlay(connection, id_, "BLOCKED", str(error))
    journal.tell(connection, id_, "blocked", {"why": str(error), "mend": error.hint})


def run(site: Site, program: Program, until: Phase) -> None:
    """Everything up to a phase. What is done is not done again."""
    for phase in PHASES[: PHASES.index(until) + 1]:
        if phase not in _ARRIVED_BY_STEPS:
            enter(site, phase)
        while (found := _first_not_done(site, program, phase)) is not None:
            site.heed()
            limits.keep(site)
            try:
                perform.perform(site, program, *found)
            except TriggerGone:
                if not perform.heal(site, program):
                    raise
        if phase in _ARRIVED_BY_STEPS:
            enter(site, phase)


def _first_not_done(site: Site, program: Program, phase: Phase) -> tuple[int, Step] | None:
    """Asked of the journal each time: the trigger's healing takes steps back."""
    done = journal.steps(site.connection, site.lease.migration)
    phases = PHASES[: PHASES.index(phase) + 1]
    return next(((n, s) for n, s in program.of_phase(*phases) if done[n].state != "done"), None)


def enter(site: Site, phase: Phase) -> None:
    """The state, if it is further on than where the migration is."""
    now = journal.get(site.connection, site.lease.migration).state
    if now in PHASES and PHASES.index(now) >= PHASES.index(phase):
        return
    site.whole(["BEGIN", site.hold(), journal.enter(site.lease.migration, phase)])
    site.say(Progress(phase, phase.lower(), ""))


def check_again(site: Site, program: Program) -> list[dict[str, Any]]:
    """Compare every row once more, while both versions write."""
    found = []
    for n, subject in enumerate(program.subjects):
        perform.intact(site, program, subject)
        if subject.has_rows_to_go_over:
            step = Step(f"check-{subject.shape.name}", "SOAK", "verify", "every row, both sides, again", n)
            found.append(
                {"table": subject.shape.name, **rows.compare(site, step, subject, steady=True, state="SOAK")}
            )
    if found:
        journal.tell(site.connection, site.lease.migration, "checked", {"tables": found})
    return found


def stay(site: Site, program: Program, for_s: float, every_s: float = 1.0) -> None:
    """Look after a migration in SOAK: counters, limits, and every row again and again."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        check_again(site, program)
        drain.take(site.connection, site.lease.migration, program)
        limits.keep(site)
        site.rest(min(every_s, max(0.0, until - time.monotonic())))


# -- back -----------------------------------------------------------------------------
def revert(site: Site, program: Program) -> None:
    """Undo what was done, last first. The old side was true all along, so nothing that was written is lost."""
    id_ = site.lease.migration
    site.whole(["BEGIN", site.hold(), journal.enter(id_, "REVERTING")])
    done = journal.steps(site.connection, id_)
    for n in sorted(done, reverse=True):
        if done[n].state not in ("todo", "undone") and program.steps[n - 1].undo:
            _undo(site, n, program.steps[n - 1], int(done[n].result.get("undone", 0)))
    for subject in program.subjects:
        drift = perform.differences(site, subject, reverted=True)
        if drift:
            journal.tell(site.connection, id_, "drift", {"table": subject.shape.name, "what": drift})
    ended = f"UPDATE seam.migration SET ended_at = clock_timestamp() WHERE id = {text(id_)}"
    site.whole(["BEGIN", site.hold(), journal.all_undone(id_), ended, journal.enter(id_, "REVERTED")])
    site.say(Progress("REVERTED", "reverted", ""))


def _undo(site: Site, n: int, step: Step, begun: int) -> None:
    id_ = site.lease.migration
    locks = step.undo_locks or step.locks
    for k, statements in enumerate(step.undo):
        if k < begun:
            continue
        site.say(Progress("REVERTING", step.name, "taken back"))
        closing = journal.close_step(id_, n, "undoing", {"undone": k + 1})
        whole = lock.acquired([site.hold(), *statements, closing], locks if k == 0 else ())
        name = f"undo-{step.name}"
        site.crash.point(name, "before")

        def work(whole: str = whole, name: str = name) -> None:
            if site.crash.armed(name, "mid"):
                site.connection.execute(whole)
                site.crash.point(name, "mid")
                site.connection.execute("ROLLBACK")
            site.whole([whole])

        def refused(tries: int, for_s: float, name: str = name) -> None:
            perform.refused(site, name, locks, tries, for_s)

        lock.patiently(work, refused)
        site.crash.point(name, "after")
    site.whole(["BEGIN", site.hold(), journal.close_step(id_, n, "undone")])


# -- the end --------------------------------------------------------------------------
def contract(site: Site, program: Program, *, accept_drift: bool) -> Certificate:
    """Compare every row a last time, let the old shape go, and say what was proved."""
    id_ = site.lease.migration
    if journal.get(site.connection, id_).state == "SOAK":
        check_again(site, program)
    while (found := _first_not_done(site, program, "CONTRACT")) is not None:
        perform.perform(site, program, *found, accept_drift=accept_drift)
    enter(site, "CONTRACT")
    ended = f"UPDATE seam.migration SET ended_at = clock_timestamp() WHERE id = {text(id_)}"
    site.whole(["BEGIN", site.hold(), ended, journal.enter(id_, "DONE")])
    site.say(Progress("DONE", "done", ""))
    return certificate.issue(site.connection, id_, program)
