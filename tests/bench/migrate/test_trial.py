"""The harness passes a migration that is right, and catches each that is not."""

from collections.abc import Mapping
from functools import partial

import psycopg
import pytest

from seamline.bench.migrate.ledger import Shape
from seamline.bench.migrate.server import CONDUCTOR, SUPER, execute
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.trial import Pace, Stage, Subject, Trial, nothing, run, statements
from tests.bench.migrate import by_hand

PACE = Pace(300.0, warm_s=0.5, after_s=0.5)


def tried(database: Database, subject: Subject, *shapes: Shape) -> Trial:
    return run(database, subject, PACE, shapes)


def test_traffic_alone_is_exact(database: Database) -> None:
    """All writes of all three protocol modes are accounted for, and nothing fails."""
    found = tried(database, nothing(0.5), by_hand.OLD)
    assert (found.exact, dict(found.failed)) == (True, {})
    assert found.account.n_acknowledged > 100
    assert found.waits.n > 50


def test_a_migration_that_is_right_is_exact_on_both_sides(database: Database) -> None:
    """Old and new side agree with the ledger after a twin column was filled under traffic."""
    found = tried(database, by_hand.twin, by_hand.OLD, by_hand.NEW)
    assert found.exact
    assert found.differing["new"].n_rows > 4000


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        pytest.param(
            partial(by_hand.twin, events="INSERT"), "n_differing", id="updates are not carried over"
        ),
        pytest.param(partial(by_hand.twin, skip=1000), "n_differing", id="the last rows are not filled"),
        pytest.param(
            partial(by_hand.twin, body="NEW.amount_new := NEW.amount + 1"),
            "n_differing",
            id="values are off by one",
        ),
    ],
)
def test_a_broken_twin_is_caught(database: Database, subject: Subject, kind: str) -> None:
    """Rows that differ on the new side are counted and named; the old side stays exact."""
    found = tried(database, subject, by_hand.OLD, by_hand.NEW)
    assert getattr(found.differing["new"], kind) > 0
    assert found.differing["new"].ids
    assert (found.differing["old"].n, found.exact) == (0, False)


def test_rows_lost_and_rows_raised_from_the_dead_are_caught(database: Database) -> None:
    """A copy that misses what happened meanwhile lacks inserts and has deleted rows."""
    found = tried(database, by_hand.late_copy, by_hand.OLD, Shape("new", "shadow"))
    assert found.differing["new"].n_lost > 0
    assert found.differing["new"].n_ghosts > 0
    assert not found.exact


# What clients inserted themselves they never delete; the first of them they hardly write again.
FIRST = "(SELECT min(id) FROM enc WHERE id > 1000000000)"


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (f"DELETE FROM enc WHERE id = {FIRST}", "lost"),
        (f"UPDATE enc SET amount = amount + 1 WHERE id = {FIRST}", "differs"),
        (f"UPDATE enc SET note = note || 'x' WHERE id = {FIRST}", "differs"),
        (f"UPDATE enc SET at = NULL WHERE id = {FIRST}", "differs"),
        ("INSERT INTO enc (id, patient_id, amount, note) VALUES (999999, 1, 1, '')", "ghost"),
        (f"INSERT INTO enc SELECT * FROM enc WHERE id = {FIRST}", "doubled"),
    ],
)
def test_a_single_wrong_row_is_named(database: Database, damage: str, kind: str) -> None:
    """One row among thousands, whatever is wrong with it."""
    loose = ("ALTER TABLE enc DROP CONSTRAINT enc_pkey", "ALTER TABLE enc ALTER at DROP NOT NULL")
    old = tried(database, statements(*loose, damage), by_hand.OLD).differing["old"]
    assert (old.n > 0, kind in old.ids) == (True, True)


def test_a_write_that_vanishes_after_it_was_acknowledged_is_missing(database: Database) -> None:
    """The logs are held against the ledger as well, not only the ledger against the table."""

    def forget(stage: Stage) -> Mapping[str, object]:
        execute(stage.database.dsn(SUPER), "DELETE FROM ledger WHERE ctid = (SELECT max(ctid) FROM ledger)")
        return {}

    assert tried(database, forget, by_hand.OLD).account.n_missing == 1


def test_clients_that_fail_are_counted_by_sqlstate(database: Database) -> None:
    """Renaming a column throws every client out."""
    found = tried(
        database, statements("ALTER TABLE enc RENAME amount TO total"), Shape("new", amount="total")
    )
    assert (found.failed["42703"], found.exact) == (9, True)


def test_a_lock_that_is_held_is_measured_three_ways(database: Database) -> None:
    """As the clients' wait, as the server logged it, and as it was seen to be held."""
    found = tried(database, by_hand.holding, by_hand.OLD)
    assert found.waits.longest_s > 0.2
    assert found.behind_it_s > 0.2
    assert found.held.held_s > 0.2


def test_a_stall_that_is_not_the_subjects_is_not_put_on_it(database: Database) -> None:
    """Waiting behind somebody else's lock is no wait behind the conductor."""

    def other(stage: Stage) -> Mapping[str, object]:
        with psycopg.connect(stage.database.dsn(SUPER)) as connection:
            connection.execute(b"LOCK TABLE enc IN ACCESS EXCLUSIVE MODE")
            execute(stage.database.dsn(CONDUCTOR), "SELECT pg_sleep(0.2)")
        return {}

    found = tried(database, other, by_hand.OLD)
    assert (found.any_lock_s > 0.15, found.behind_it_s) == (True, 0.0)
