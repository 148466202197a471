"""Over all rows of a table in small bites: fill them, or compare both sides. A death costs the bite it was in."""

import time
from typing import Any

import msgspec
from msgspec import Struct

from seamline.migrate import catalogue, journal, limits, pace, shadow, twin
from seamline.migrate.lock import holders
from seamline.migrate.pace import Governor, Pace
from seamline.migrate.program import Step, Subject
from seamline.migrate.quoting import text
from seamline.migrate.shape import Shape
from seamline.migrate.site import Progress, Site
from seamline.model.errors import Stop

_REWRITTEN, _NO_TRIGGER = "SM002", "SM003"
_MAX_STRAYS = 100


class Leaf(Struct, frozen=True):
    """A heap as it stood when the pass began."""

    oid: int
    sql: str
    n_pages: int
    filenode: int


class Pass(Struct, frozen=True):
    """One going-over. What is written after it began is the trigger's, so these pages are all there is to do."""

    number: int
    leaves: tuple[Leaf, ...]


class Mismatch(Stop):
    """Rows of which the two versions don't say the same. Both sides are kept."""


class Unfilled(Stop):
    """A row that `up` fails for."""


class TriggerGone(Stop):
    """Somebody dropped or switched off the trigger."""


# -- fill -------------------------------------------------------------------------
def backfill(site: Site, n: int, step: Step, subject: Subject) -> dict[str, Any]:
    """Let the trigger fill every row. Begun anew when the table was rewritten meanwhile."""
    import psycopg

    while True:
        run = _begin(site, n, subject)
        try:
            return _fill(site, step, subject, run)
        except psycopg.Error as error:
            if error.sqlstate == _NO_TRIGGER:
                raise TriggerGone(f"{subject.shape.name}: {error.diag.message_primary}") from None
            if error.sqlstate != _REWRITTEN:
                raise
        forget(site, n, "rewritten")


def _begin(site: Site, n: int, subject: Subject) -> Pass:
    """The pass that is under way, else a new one, on record before its first bite."""
    done = journal.steps(site.connection, site.lease.migration)[n]
    if "pass" in done.result:
        return msgspec.convert(done.result["pass"], Pass)
    row = site.connection.execute(
        "SELECT coalesce(max(pass), 0) + 1 FROM seam.chunk WHERE mig = %s AND kind = 'backfill'",
        (site.lease.migration,),
    ).fetchone()
    run = Pass(max(int(row[0]) if row else 1, done.attempts + 1), leaves(site, subject))
    result = {"pass": msgspec.to_builtins(run)}
    site.whole(["BEGIN", site.hold(), journal.close_step(site.lease.migration, n, "running", result)])
    return run


def forget(site: Site, n: int, why: str) -> None:
    """What was done counts no more: the next pass begins at page 0."""
    site.whole(
        [
            "BEGIN",
            site.hold(),
            f"UPDATE seam.step SET result = result - 'pass', state = 'todo' "
            f"WHERE mig = {text(site.lease.migration)} AND n = {n}",
            f"INSERT INTO seam.event (mig, kind, detail) VALUES ({text(site.lease.migration)}, 'backfill-anew', "
            f"jsonb_build_object('why', {text(why)}))",
        ]
    )


def leaves(site: Site, subject: Subject, *, swapped: bool = False) -> tuple[Leaf, ...]:
    """The heaps of the table that clients write to, with as many pages as they have now."""
    oid = subject.shape.oid
    if swapped and subject.shadow is not None:
        oid = catalogue.find(site.connection, f"{subject.shadow.schema}.{subject.shadow.name}") or oid
    found = catalogue.leaves(site.connection, oid)
    nodes = {
        leaf.oid: site.connection.execute("SELECT pg_relation_filenode(%s)::bigint", (leaf.oid,)).fetchone()
        for leaf in found
    }
    return tuple(Leaf(f.oid, f.sql, f.n_pages, int((nodes[f.oid] or (0,))[0])) for f in found)


def _fill(site: Site, step: Step, subject: Subject, run: Pass) -> dict[str, Any]:
    import psycopg

    counted = _Count(site, step, "SYNC", sum(leaf.n_pages for leaf in run.leaves))
    for leaf in run.leaves:
        at = journal.reached(site.connection, site.lease.migration, "backfill", run.number, leaf.oid)
        counted.skip(at)
        while at < leaf.n_pages:
            high = min(at + counted.pace.pages, leaf.n_pages)
            began = time.monotonic()
            try:
                site.crash.point(step.name, "before")
                row = _bite(site, step, subject, leaf, run.number, at, high)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                counted.refused(leaf.sql)
                continue
            except psycopg.DataError as error:
                raise Unfilled(
                    f"{subject.shape.name}, pages {at} to {high}: {error.diag.message_primary}",
                    hint="`up` fails for a row there: mend the row, then start again; or revert",
                ) from None
            site.crash.point(step.name, "after")
            counted.bite(high - at, int(row[0]) if row else 0, time.monotonic() - began)
            at = high
    return {"rows": counted.n_rows, "passes": run.number, **counted.times()}


def _bite(
    site: Site, step: Step, subject: Subject, leaf: Leaf, number: int, low: int, high: int
) -> tuple[Any, ...] | None:
    """Fill some pages, and say what stood on both sides of each row that was touched: one transaction."""
    where = twin.pages(low, high, site.version)
    shape, id_ = subject.shape, site.lease.migration
    if subject.shadow is not None:
        work = shadow.copy(subject.shadow, leaf.sql, where, id_, number, leaf.oid, low, high)
    else:
        work = twin.fill(shape, leaf.sql, where, id_, number, leaf.oid, low, high)
    statements = [
        "BEGIN",
        "SET LOCAL synchronous_commit = off",  # redone, with its journal row, if the server dies
        *_silence(shape),
        site.hold(),
        f"SELECT seam.guard({leaf.oid}, {leaf.filenode}, {text(shape.trigger)})",
        work,
    ]
    if site.crash.armed(step.name, "mid"):
        site.connection.execute(";\n".join(statements))
        site.crash.point(step.name, "mid")
        site.connection.execute("ROLLBACK")
    return site.whole(statements)


def _silence(shape: Shape) -> list[str]:
    """The user's own triggers say nothing to a touch, where the role may see to that; ours fires always."""
    return ["SET LOCAL session_replication_role = replica"] if shape.silent else []


# -- compare ----------------------------------------------------------------------
def compare(site: Site, step: Step, subject: Subject, *, steady: bool, state: str) -> dict[str, Any]:
    """Read both sides of every row, each bite in one snapshot. Raises Mismatch, with the rows on record."""
    row = site.connection.execute(
        "SELECT coalesce(max(pass), 0) + 1 FROM seam.chunk WHERE mig = %s AND kind = 'verify'",
        (site.lease.migration,),
    ).fetchone()
    run = Pass(int(row[0]) if row else 1, leaves(site, subject, swapped=steady))
    counted = _Count(site, step, state, sum(leaf.n_pages for leaf in run.leaves))
    n_off = 0
    for leaf in run.leaves:
        at = 0
        while at < leaf.n_pages:
            high = min(at + counted.pace.pages, leaf.n_pages)
            began = time.monotonic()
            n_rows, n_strays = _look(site, subject, leaf, run.number, at, high, steady)
            if n_strays:
                n_off += n_strays
                _quarantine(site, step, subject, leaf, at, high, steady)
            counted.bite(high - at, n_rows, time.monotonic() - began)
            at = high
    n_off += _ghosts(site, subject, swapped=steady)
    if n_off:
        raise Mismatch(
            f"{subject.shape.name}: {n_off} rows differ between the two versions",
            hint="seamline migrate status names them; mend them and start again, or revert",
        )
    chunks, rows, old, new = journal.compared(site.connection, site.lease.migration, "verify", run.number)
    return {"rows": rows, "chunks": chunks, "old_hash": old, "new_hash": new, "pass_number": run.number}


def _ghosts(site: Site, subject: Subject, *, swapped: bool) -> int:
    """Rows of the table behind that have none in front."""
    if subject.shadow is None:
        return 0
    row = site.connection.execute(shadow.ghosts(subject.shadow, swapped=swapped)).fetchone()
    return int(row[0]) if row else 0


def _look(
    site: Site, subject: Subject, leaf: Leaf, number: int, low: int, high: int, steady: bool
) -> tuple[int, int]:
    import psycopg

    where = twin.pages(low, high, site.version)
    shape, id_ = subject.shape, site.lease.migration
    if subject.shadow is not None:
        asked = shadow.look(subject.shadow, leaf.sql, where, id_, number, leaf.oid, low, high, swapped=steady)
    else:
        asked = twin.look(shape, leaf.sql, where, id_, number, leaf.oid, low, high, steady=steady)
    try:
        row = site.whole(["BEGIN", "SET LOCAL synchronous_commit = off", site.hold(), asked])
    except psycopg.DataError as error:
        raise Unfilled(
            f"{shape.name}, pages {low} to {high}: {error.diag.message_primary}",
            hint="`up` or `down` fails for a row there: mend it and start again, or revert",
        ) from None
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _quarantine(
    site: Site, step: Step, subject: Subject, leaf: Leaf, low: int, high: int, steady: bool
) -> None:
    where = twin.pages(low, high, site.version)
    if subject.shadow is not None:
        asked = shadow.strays(subject.shadow, leaf.sql, where, _MAX_STRAYS, swapped=steady)
    else:
        asked = twin.strays(subject.shape, leaf.sql, where, subject.key, _MAX_STRAYS, steady=steady)
    rows = site.connection.execute(asked).fetchall()
    with site.connection.transaction():
        for row in rows:
            site.connection.execute(
                "INSERT INTO seam.stray (mig, subject, row_key) VALUES (%s, %s, %s)",
                (site.lease.migration, step.subject, str(row[0])),
            )
        journal.tell(
            site.connection, site.lease.migration, "mismatch",
            {"table": subject.shape.name, "rows": [str(r[0]) for r in rows[:10]]},
        )  # fmt: skip


# -- the pace ---------------------------------------------------------------------
class _Count:
    """How far a pass has come, and how fast it may go on."""

    def __init__(self, site: Site, step: Step, state: str, n_pages: int) -> None:
        self._site, self._step, self._state, self._n_pages = site, step, state, n_pages
        self._n_done, self._n_here, self._since, self._waiting = 0, 0, time.monotonic(), 0.05
        self._busy_s, self.n_rows = 0.0, 0
        self._governor = Governor()

    @property
    def pace(self) -> Pace:
        """Of the next bite."""
        return self._governor.pace

    def times(self) -> dict[str, float]:
        """Seconds in bites, and in all with the rests between them."""
        return {"busy_s": round(self._busy_s, 3), "took_s": round(time.monotonic() - self._since, 3)}

    def skip(self, n_pages: int) -> None:
        """Done before this conductor came."""
        self._n_done += n_pages

    def bite(self, n_pages: int, n_rows: int, took_s: float) -> None:
        """One more. Rests, says how it goes, and waits while the database needs its breath."""
        self._n_done += n_pages
        self._n_here += n_pages
        self.n_rows += n_rows
        self._busy_s += took_s
        self._waiting = 0.05
        self._say()
        self._site.heed()
        time.sleep(self.pace.pause_s(took_s))
        self._governor.after(took_s, self._site.health().strain, time.monotonic())
        limits.keep(self._site)

    def refused(self, table: str) -> None:
        """A client holds a row of the bite."""
        who = holders(self._site.connection, [table])
        self._say(f"rows held by {who[0].said}" if who else "rows held by a client")
        self._governor.smaller()
        self._site.rest(self._waiting)
        self._waiting = min(2.0, self._waiting * 2)

    def _say(self, wait: str = "") -> None:
        took = time.monotonic() - self._since
        health = self._site.health()
        canary = None if health.canary_s is None else health.canary_s * 1000
        self._site.say(
            Progress(
                self._state, self._step.name, self._step.about, self._n_done, self._n_pages,
                self.n_rows / took if took > 0 else 0.0,
                pace.left_s(self._n_here, self._n_here + self._n_pages - self._n_done, took),
                canary, health.replica_lag_s, wait,
            )
        )  # fmt: skip
