"""One step, done once: its work and its journal row together, or what stands for that outside of a transaction."""

from typing import TYPE_CHECKING, Any

from seamline.migrate import catalogue, integrity, journal, lock, rows, twin
from seamline.migrate.program import Program, Step, Subject
from seamline.migrate.quoting import text
from seamline.migrate.rows import TriggerGone
from seamline.migrate.session import LOCK_WAIT_MS
from seamline.migrate.site import Progress, Site
from seamline.model.errors import Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

_TELL_AFTER_S = 0.5  # a lock that can't be had for this long is somebody's business


class Foreign(Stop):
    """Somebody else changed what this migration works on."""


def perform(site: Site, program: Program, n: int, step: Step, *, accept_drift: bool = False) -> None:
    """Do a step that is not done. Whatever ends it, doing it again is right."""
    subject = program.subjects[step.subject] if step.subject >= 0 else None
    if step.phase != "EXPAND" and subject is not None:
        intact(site, program, subject)
    site.say(Progress(step.phase, step.name, step.about))
    match step.kind:
        case "transaction":
            transaction(site, n, step)
        case "swap" | "contract":
            assert subject is not None
            _contract(site, n, step, subject, accept_drift=accept_drift)
        case "outside":
            _outside(site, n, step)
        case "backfill":
            assert subject is not None
            _close(site, n, step, rows.backfill(site, n, step, subject))
        case "verify":
            assert subject is not None
            _close(site, n, step, rows.compare(site, step, subject, steady=False, state=step.phase))


def intact(site: Site, program: Program, subject: Subject) -> None:
    """Look after what the expand made. Raises TriggerGone for what can be healed, Foreign for what can't."""
    done = journal.steps(site.connection, site.lease.migration)
    index = program.subjects.index(subject)
    grown = any(done[n].state == "done" for n, s in program.of_phase("EXPAND") if s.subject == index and s.do)
    gone = any(done[n].state == "done" for n, s in program.of_phase("CONTRACT") if s.subject == index)
    if not grown or gone or not (subject.shape.synced or subject.shape.by_view):
        return
    why, can_heal = integrity.harm(site.connection, subject.shape)
    if can_heal:
        raise TriggerGone(why, hint="rows that were written since may differ: revert, or mend them by hand")
    if why:
        raise Foreign(why, hint="put it back, or revert")


def heal(site: Site, program: Program) -> bool:
    """Put a trigger back, and fill every row anew: what was written without it may differ. Before READY alone.

    Whether anything could be healed: a shadow's copy knows nothing of what was deleted in the meantime.
    """
    healed = False
    for index, subject in enumerate(program.subjects):
        why, can_heal = integrity.harm(site.connection, subject.shape)
        if not why or not can_heal:
            continue
        healed = True
        shape = subject.shape
        statements = [
            site.hold(),
            f'DROP TRIGGER IF EXISTS "{shape.trigger}" ON {shape.sql}',
            twin.function(shape, steady=False),
            *twin.trigger(shape, shape.sql),
        ]
        _strongly(site, f"heal-{shape.name}", statements, [shape.sql])
        for n, step in program.of_phase("SYNC", "VERIFY"):
            if step.subject == index and step.kind in ("backfill", "verify"):
                rows.forget(site, n, why)
    return healed


# -- in a transaction ---------------------------------------------------------------
def transaction(site: Site, n: int, step: Step) -> None:
    """Statements and journal row in one round trip, under locks that nobody has to wait for."""
    id_ = site.lease.migration
    statements = [site.hold(), *step.do]
    closing = [*([_held(id_, n)] if step.locks else []), journal.close_step(id_, n, "done")]
    site.crash.point(step.name, "before")
    _strongly(site, step.name, [*statements, *closing], step.locks)
    site.crash.point(step.name, "after")


def _held(id_: str, n: int) -> str:
    return f"UPDATE seam.step SET result = result || {lock.HELD_MS} WHERE mig = {text(id_)} AND n = {n}"


def _strongly(site: Site, name: str, statements: "Sequence[str]", locks: "Sequence[str]") -> None:
    whole = lock.acquired(statements, locks)

    def work() -> None:
        if site.crash.armed(name, "mid"):
            try:
                site.connection.execute(whole)
                site.crash.point(name, "mid")
            finally:
                site.connection.execute("ROLLBACK")
        site.whole([whole])

    lock.patiently(work, lambda tries, for_s: refused(site, name, locks, tries, for_s))
    journal.overlay(site.connection, site.lease.migration, "")


def refused(site: Site, name: str, locks: "Sequence[str]", tries: int, for_s: float) -> None:
    """A lock was not to be had: say who holds the table, and go on trying."""
    site.heed()
    found = lock.holders(site.connection, locks)
    who = "; ".join(h.said for h in found) or "somebody who is gone by now"
    site.say(Progress("", name, f"try {tries + 1}", wait=f"the table is held by {who}"))
    if for_s > _TELL_AFTER_S:
        journal.overlay(site.connection, site.lease.migration, "BLOCKED", f"{name}: held by {who}")
    detail = {"step": name, "tries": tries, "holders": [h.said for h in found]}
    if tries & (tries - 1) == 0:  # 1, 2, 4, 8: enough to see, not enough to flood
        journal.tell(site.connection, site.lease.migration, "lock-refused", detail)


# -- outside of one -------------------------------------------------------------------
def _outside(site: Site, n: int, step: Step) -> None:
    """What can't be in a transaction: an intent, the work, and a look whether it is there and whole."""
    id_ = site.lease.migration
    site.whole(["BEGIN", site.hold(), journal.close_step(id_, n, "running")])
    site.crash.point(step.name, "before")
    if not _there(site, step):
        # it waits for old transactions, and nobody waits for it
        site.connection.execute("SET lock_timeout = 0")
        try:
            if step.clear:
                site.connection.execute(step.clear)
            for statement in step.do:
                site.connection.execute(statement)
        finally:
            if not site.connection.closed:
                site.connection.execute(f"SET lock_timeout = '{LOCK_WAIT_MS}ms'")
    site.crash.point(step.name, "mid")
    if not _there(site, step):
        raise Stop(f"{step.name}: its result is not there", hint="run the same command again")
    _close(site, n, step, {})


def _there(site: Site, step: Step) -> bool:
    row = site.connection.execute(step.probe).fetchone()
    return bool(row and row[0])


def _close(site: Site, n: int, step: Step, result: dict[str, Any]) -> None:
    site.whole(["BEGIN", site.hold(), journal.close_step(site.lease.migration, n, "done", result)])
    site.crash.point(step.name, "after")


# -- contract -------------------------------------------------------------------------
def _contract(site: Site, n: int, step: Step, subject: Subject, *, accept_drift: bool) -> None:
    """The old shape goes, and what the catalogue says then is held against what it said before, or nothing happens."""
    id_ = site.lease.migration
    statements = [site.hold(), *step.do, journal.enter(id_, step.phase)]

    def work() -> None:
        try:
            site.connection.execute(lock.acquired(statements, step.locks))
            site.crash.point(step.name, "mid")
            drift = differences(site, subject)
            if drift and not accept_drift:
                raise Foreign(
                    f"{subject.shape.name} is not what the plan leads to: {'; '.join(drift)[:600]}",
                    hint="somebody else changed it; `contract --accept-drift` takes it as it is",
                )
            detail = {"drift": drift} if drift else {}
            site.whole([_held(id_, n), journal.close_step(id_, n, "done", detail)])
        finally:
            if not site.connection.closed:
                site.connection.execute("ROLLBACK")

    site.crash.point(step.name, "before")
    lock.patiently(work, lambda tries, for_s: refused(site, step.name, step.locks, tries, for_s))
    site.crash.point(step.name, "after")


def differences(site: Site, subject: Subject, *, reverted: bool = False) -> list[str]:
    """How a table differs from what it should be now: from what it was, beside what the plan changes."""
    before = {(kind, name): said for kind, name, said in subject.facts}
    table = catalogue.table(site.connection, _oid(site, subject))
    intended = () if reverted else subject.intended
    found = catalogue.unexpected(before, catalogue.facts(table, journal.faces(site.connection)), intended)
    return found if reverted else found + _unlike(table, subject)


def _oid(site: Site, subject: Subject) -> int:
    """Of what has the table's name: the shadow's, after its swap."""
    if subject.shadow is None:
        return subject.shape.oid
    found = catalogue.find(site.connection, f"{subject.shadow.schema}.{subject.shadow.name}")
    return found or subject.shape.oid


def _unlike(table: catalogue.Table, subject: Subject) -> list[str]:
    found = []
    for name, type_, not_null in subject.columns:
        column = table.column(name)
        if column is None or column.not_null is not not_null:
            found.append(f"column {name}: should be {type_}{' NOT NULL' if not_null else ''}")
    gone = {o.name for o in subject.shape.olds} | set(subject.shape.hidden)
    kept = {name for name, _, _ in subject.columns}
    return found + [f"column {c.name}: should be gone" for c in table.columns if c.name in gone - kept]
