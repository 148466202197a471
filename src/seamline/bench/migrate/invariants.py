"""The eight invariants, asked of one run after whatever was done to it. Each answer is what is wrong, "" when it holds.

I1 no client statement failed by it; I2 the account is exact in every shape; I3 each finished chunk is in step, asked at
every interruption; I4 the catalogue is the target's beside the new version's view, or the original after a reversal; I5 no lock is held or queued for
longer than LOCK_S; I6 each interrupted state was gone on from, to the same end; I7 publications are the same, and what
reads the table downstream reads the same; I8 one epoch writes at a time.
"""

from collections.abc import Mapping

from msgspec import Struct

from seamline.bench.migrate import catalogue, ledger, serverlog
from seamline.bench.migrate.ledger import Account, Shape
from seamline.bench.migrate.operations import Operation
from seamline.bench.migrate.server import CONDUCTOR, SUPER, execute, rows
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.watch import Held

LOCK_S = 0.1
NAMES = ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8")
# What reads the table downstream without a word about the migrated column.
DOWNSTREAM = "CREATE VIEW ward_load AS SELECT ward, count(*) AS n, min(id) AS first_id FROM enc GROUP BY ward"
READ = "SELECT n, first_id FROM ward_load ORDER BY ward"
SAME = "SELECT count(*), min(id) FROM {relation} GROUP BY ward ORDER BY ward"
PUBLISHED = "SELECT pubname, schemaname, tablename FROM pg_publication_tables ORDER BY 1, 2, 3"


class Before(Struct, frozen=True):
    """What the database was like, and what it has to be like in the end."""

    catalogue: frozenset[str]
    target: frozenset[str]
    published: tuple[tuple[str, ...], ...]
    columns: frozenset[str]


class Run(Struct, frozen=True):
    """What is known of one run when it is over."""

    operation: Operation
    end: str  # the state it came to
    wanted: str  # the state it had to come to
    account: Account
    differing: Mapping[str, int]  # rows by shape, seen while both versions were served
    out_of_step: int  # rows of finished chunks, summed over all interruptions
    held: Held
    face: str  # the schema of the new version's view
    gave_up: str = ""  # what the conductor said when it could not go on


def prepare(database: Database, *, published: bool) -> None:
    """Put what reads the table downstream beside it."""
    execute(database.dsn(CONDUCTOR), DOWNSTREAM)
    if published:
        execute(database.dsn(CONDUCTOR), "CREATE PUBLICATION downstream FOR TABLE enc")


def before(database: Database, target: frozenset[str]) -> Before:
    """What is to be compared with later."""
    columns = rows(
        database.dsn(SUPER), "SELECT attname::text FROM pg_attribute WHERE attrelid = 'public.enc'::regclass"
    )
    return Before(
        catalogue.catalogue(database), target, _published(database), frozenset(name for (name,) in columns)
    )


def broken(database: Database, known: Before, run: Run, baseline: Mapping[str, int]) -> dict[str, str]:
    """All eight, by name."""
    entries = serverlog.read(database.server.log_file, database.name)
    failed = serverlog.attributable(serverlog.failures(entries), baseline)
    waited = serverlog.longest_wait_s(serverlog.lock_waits(entries), serverlog.processes(entries, CONDUCTOR))
    reverted = run.wanted == "REVERTED"
    wanted = known.catalogue if reverted else known.target
    # clients of the new version name its schema: it stays with them, and goes with a reversal
    found = catalogue.catalogue(database, catalogue.OWN_SCHEMA if reverted or not run.face else run.face)
    shape = Shape("end") if reverted else run.operation.after
    answers = (
        ", ".join(f"{n} x {code}" for code, n in failed.items()),
        _ledger(run, ledger.differences(database, shape)),
        f"{run.out_of_step} rows of finished chunks are not in step" if run.out_of_step else "",
        "; ".join(catalogue.differing(found, wanted))[:500],
        _locks(run.held, waited),
        f"ended {run.end or 'nowhere'}, not {run.wanted}: {run.gave_up}" if run.end != run.wanted else "",
        _downstream(database, known, shape),
        f"{run.held.n_epochs} epochs wrote at once" if run.held.n_epochs > 1 else "",
    )
    return dict(zip(NAMES, answers, strict=True))


def _ledger(run: Run, found: ledger.Differences) -> str:
    account = run.account
    said = [
        f"{n} {what}"
        for n, what in (
            (account.n_missing, "missing"),
            (account.n_unexpected, "unexpected"),
            (account.n_doubled, "doubled"),
            (found.n, f"rows wrong at the end ({dict(found.ids)})"),
            *((n, f"rows wrong in {shape}") for shape, n in run.differing.items()),
        )
        if n
    ]
    return ", ".join(said)


def _locks(held: Held, waited: float) -> str:
    spans = {"held": held.held_s, "queued for": held.queued_s, "a client waited": waited}
    return ", ".join(f"{what} {s * 1000:.0f} ms" for what, s in spans.items() if s > LOCK_S)


def _downstream(database: Database, known: Before, shape: Shape) -> str:
    if _published(database) != known.published:
        return f"published: {_published(database)}, not {known.published}"
    read = rows(database.dsn(SUPER), READ)
    same = rows(database.dsn(SUPER), SAME.format(relation=shape.relation))
    return "" if read == same else "a view downstream reads other rows than the table has"


def _published(database: Database) -> tuple[tuple[str, ...], ...]:
    return tuple(rows(database.dsn(SUPER), PUBLISHED))


def out_of_step(database: Database, table: int, operation: Operation, known: Before) -> int:
    """Rows of finished chunks whose new side is not what the old one makes of it, in one snapshot. `table`: its oid."""
    if not operation.in_step:
        return 0
    found = rows(
        database.dsn(SUPER),
        "SELECT %s::oid::regclass::text, array_agg(attname::text) FROM pg_attribute WHERE attrelid = %s "
        "AND attnum > 0 AND NOT attisdropped",
        [table, table],
    )
    name, columns = found[0]
    twins = sorted(set(columns) - known.columns)
    if not twins:
        return 0
    # one statement, so that chunks and rows are of one snapshot
    statement = f"""
    WITH done AS (SELECT lo, hi FROM seam.chunk WHERE kind = 'backfill')
    SELECT count(*) FROM {name} AS t
    WHERE ({operation.in_step.format(twin=f't."{twins[0]}"')}) IS NOT TRUE
      AND EXISTS (SELECT 1 FROM done WHERE (t.ctid::text::point)[0] >= lo AND (t.ctid::text::point)[0] < hi)"""
    return int(rows(database.dsn(SUPER), statement)[0][0])
