"""What others do to a migration under way: a second conductor, a stop, an end, a lock, foreign hands."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from seamline.app import migrate as verb
from seamline.migrate.crash import Crash
from seamline.migrate.rows import Mismatch, TriggerGone, Unfilled
from seamline.model.errors import Busy, Fix, Stop

from .stand import NOWHERE, Stand, dies, quiet

TO_BIGINT = "  - change_type: {table: enc, column: amount, to: bigint}"
ENC = """
CREATE TABLE enc (id bigserial PRIMARY KEY, amount int NOT NULL, note text);
INSERT INTO enc (amount, note) SELECT g, repeat('x', 400) FROM generate_series(1, {n}) g; ANALYZE enc
"""


def ready(stand: Stand, n: int = 3000, change: str = TO_BIGINT, more: str = "") -> None:
    """A table, and an approved plan for it."""
    stand.sql(ENC.format(n=n))
    stand.approved(change, more=more)


@contextmanager
def conductor(stand: Stand, **more: float) -> Iterator[int]:
    """Another process that conducts; its pid. It is ended afterwards."""
    child = os.fork()
    if child == 0:
        try:
            verb.start(stand.dsn, "m", say=quiet, crash=NOWHERE, **more)  # type: ignore[arg-type]
        except BaseException:  # noqa: BLE001  nothing may run on in the child
            os._exit(1)
        os._exit(0)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def until(stand: Stand, condition: str, for_s: float = 20.0) -> None:
    """Wait for the database to say so."""
    end = time.monotonic() + for_s
    while not stand.sql(f"SELECT {condition}")[0][0]:
        assert time.monotonic() < end, condition
        time.sleep(0.02)


BEGUN = "(SELECT count(*) FROM seam.chunk) > 2"


def test_a_second_conductor_is_sent_away(stand: Stand) -> None:
    """While one lives, another one does nothing, and says who it is."""
    ready(stand)
    with conductor(stand, stay_s=60) as _:
        until(stand, BEGUN)
        with pytest.raises(Busy, match="is conducted by"):
            stand.start()
    assert stand.sql("SELECT max(epoch) FROM seam.conductor") == [(1,)]


def test_a_stopped_conductor_is_taken_over_and_does_no_more(stand: Stand) -> None:
    """SIGSTOP, take-over within 5 seconds, SIGCONT: the first one's time is over."""
    ready(stand, 20000)
    with conductor(stand) as first:
        until(stand, BEGUN)
        os.kill(first, signal.SIGSTOP)
        began = time.monotonic()
        until_new = threading.Thread(target=lambda: stand.start())
        until_new.start()
        until(stand, "(SELECT max(epoch) FROM seam.conductor) = 2")
        assert time.monotonic() - began < 5.0
        os.kill(first, signal.SIGCONT)
        until_new.join(60)
    assert stand.status().migration.state == "SOAK"
    stand.contract()
    assert stand.sql("SELECT count(*), sum(amount) FROM enc") == [(20000, 200010000)]


@pytest.mark.parametrize("where", ["before", "mid", "after"])
def test_pages_on_record_are_not_filled_again(stand: Stand, where: str) -> None:
    """The next conductor goes on behind the last bite."""
    ready(stand, 20000)
    assert dies(lambda: verb.start(stand.dsn, "m", say=quiet, crash=Crash("backfill", where, 4)))  # type: ignore[arg-type]
    (done,) = stand.sql("SELECT count(*), max(hi) FROM seam.chunk")
    assert done[0] in (3, 4)
    began = time.monotonic()
    stand.start()
    assert time.monotonic() - began < 30
    overlaps = (
        "SELECT count(*) FROM seam.chunk a JOIN seam.chunk b ON a.kind = 'backfill' AND b.kind = 'backfill' "
        "AND a.pass = b.pass AND a.lo < b.lo AND a.hi > b.lo"
    )
    assert stand.sql(overlaps) == [(0,)]
    assert stand.sql("SELECT sum(rows) FROM seam.chunk WHERE kind = 'backfill'") == [(20000,)]


def test_a_conductor_whose_session_is_ended_can_be_started_again(stand: Stand) -> None:
    """pg_terminate_backend ends it in one line; the next start goes on."""
    ready(stand, 20000)
    with conductor(stand) as _:
        until(stand, BEGUN)
        stand.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seamline migrate m' "
            "AND pid <> pg_backend_pid()"
        )
    assert stand.start().state == "SOAK"
    stand.contract()


def test_clients_wait_no_longer_than_the_lock_is_tried_for(stand: Stand) -> None:
    """Behind a long reader, clients go on within a quarter of a second, again and again; then it is done."""
    ready(stand)
    longest = 0.0
    with psycopg.connect(stand.dsn) as reader:
        reader.execute("SELECT count(*) FROM enc")
        work = threading.Thread(target=lambda: stand.start())
        work.start()
        end = time.monotonic() + 2.5
        with psycopg.connect(stand.dsn, autocommit=True) as client:
            while time.monotonic() < end:
                began = time.monotonic()
                client.execute("UPDATE enc SET note = 'y' WHERE id = 5")
                longest = max(longest, time.monotonic() - began)
        blocked = stand.status().migration
        assert (blocked.overlay, f"pid {reader.info.backend_pid}" in blocked.why) == ("BLOCKED", True)
    work.join(60)
    assert longest < 0.25
    assert stand.status().migration.state == "SOAK"
    assert stand.sql("SELECT count(*) FROM seam.event WHERE kind = 'lock-refused'")[0][0] > 1


def test_a_row_that_a_client_holds_is_waited_for_outside_of_its_queue(stand: Stand) -> None:
    """The backfill goes on once the client lets go."""
    ready(stand)
    assert dies(lambda: verb.start(stand.dsn, "m", say=quiet, crash=Crash("expand", "after")))
    with psycopg.connect(stand.dsn) as client:
        client.execute("UPDATE enc SET note = 'z' WHERE id = 2500")
        release = threading.Timer(1.0, client.commit)
        release.start()
        assert stand.start().state == "SOAK"
        release.join()
    assert stand.sql("SELECT note FROM m.enc WHERE id = 2500") == [("z",)]


def test_a_dropped_trigger_is_put_back_and_every_row_gone_over_again(stand: Stand) -> None:
    """Before READY nobody reads the new side, so it can be healed."""
    ready(stand, 6000)
    assert dies(lambda: verb.start(stand.dsn, "m", say=quiet, crash=Crash("backfill", "after", 3)))
    name = stand.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'zz_seam%'")[0][0]
    stand.sql(
        f"DROP TRIGGER {name} ON enc_seam; UPDATE enc SET amount = 7 WHERE id = 1; INSERT INTO enc (amount) VALUES (8)"
    )
    assert stand.start().state == "SOAK"
    assert stand.sql("SELECT count(*) FROM seam.event WHERE kind = 'backfill-anew'") != [(0,)]
    stand.contract()
    assert stand.sql("SELECT count(*), sum(amount) FROM enc") == [(6001, 18003000 + 6 + 8)]


def test_a_trigger_dropped_later_blocks_and_can_be_turned_back(stand: Stand) -> None:
    """Once both versions write, nobody can tell which side is right: it stops, and says so."""
    ready(stand)
    stand.start()
    name = stand.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'zz_seam%'")[0][0]
    stand.sql(f"ALTER TABLE enc_seam DISABLE TRIGGER {name}")
    with pytest.raises(TriggerGone, match="switched off"):
        stand.contract()
    assert stand.status().migration.overlay == "BLOCKED"
    assert stand.revert().state == "REVERTED"


def test_a_row_that_differs_stops_everything_and_is_named(stand: Stand) -> None:
    """The comparison sees what was written past the trigger, keeps both sides, and names the row."""
    ready(stand)
    stand.start()
    name = stand.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'zz_seam%'")[0][0]
    off, on = (f"ALTER TABLE enc_seam {word} TRIGGER {name}" for word in ("DISABLE", "ENABLE ALWAYS"))
    stand.sql(f"{off}; UPDATE enc_seam SET amount_new = 999999 WHERE id = 77; {on}")
    with pytest.raises(Mismatch, match="1 rows differ"):
        stand.contract()
    status = stand.status()
    assert (status.migration.overlay, status.strays) == ("BLOCKED", ("77",))
    assert stand.sql("SELECT amount FROM enc WHERE id = 77") == [(77,)]


def test_a_row_that_up_fails_for_does_not_fail_its_client(stand: Stand) -> None:
    """The old version's write goes through; the migration stops before anybody reads the new side of that row."""
    ready(
        stand,
        100,
        "  - change_type: {table: enc, column: note, to: int, up: 'length(note) / (1000 - length(note))', down: \"repeat('x', 400)\"}",
    )
    assert dies(lambda: verb.start(stand.dsn, "m", say=quiet, crash=Crash("expand", "after")))
    stand.sql("INSERT INTO enc (amount, note) VALUES (1, repeat('x', 1000))")
    with pytest.raises(Unfilled, match="division by zero"):
        stand.start()
    assert stand.revert().state == "REVERTED"


def test_a_rewritten_table_is_gone_over_again(stand: Stand) -> None:
    """VACUUM FULL in mid-backfill moves every row: the pass begins anew."""
    ready(stand, 6000)
    assert dies(lambda: verb.start(stand.dsn, "m", say=quiet, crash=Crash("backfill", "after", 3)))
    stand.sql("VACUUM FULL enc_seam")
    assert stand.start().state == "SOAK"
    assert stand.sql("SELECT max(pass) > 1 FROM seam.chunk WHERE kind = 'backfill'") == [(True,)]
    stand.contract()


@pytest.mark.parametrize(
    ("ddl", "why"),
    [
        ("ALTER TABLE enc_seam RENAME TO gone", "was renamed"),
        ("ALTER TABLE enc_seam DROP COLUMN amount_new CASCADE", "was dropped"),
        ("DROP VIEW enc", "is gone"),
    ],
)
def test_foreign_ddl_is_seen(stand: Stand, ddl: str, why: str) -> None:
    """What somebody takes away from under a migration stops it, in words."""
    ready(stand)
    stand.start()
    stand.sql(ddl)
    with pytest.raises(Stop, match=why):
        stand.contract()


def test_foreign_columns_are_not_contracted_over_in_silence(stand: Stand) -> None:
    """What the plan doesn't know stays, and has to be accepted."""
    ready(stand)
    stand.start()
    stand.sql("ALTER TABLE enc_seam ADD late int")
    with pytest.raises(Stop, match="column late"):
        stand.contract()
    certificate = stand.contract(accept_drift=True)
    assert "column late" in certificate.drift[0]


def test_a_used_old_side_refuses_the_contract(stand: Stand) -> None:
    """Each read and each write by the old name counts; the refusal says when it was."""
    ready(stand, more="code: {soak: 1h}")
    stand.start()
    stand.sql("SELECT count(*) FROM enc")
    made, refusals = verb.contract(stand.dsn, "m", say=quiet, crash=NOWHERE)
    assert made is None
    assert "has to stand still for 3600 s" in refusals[0].reason


def test_a_downstream_reader_refuses_the_contract(stand: Stand) -> None:
    """A view and a function that read the old column are named, with the mend."""
    ready(stand)
    stand.start()
    stand.sql("CREATE VIEW report AS SELECT sum(amount) FROM enc_seam")
    stand.sql("CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT sum(amount) FROM enc'")
    _, refusals = verb.contract(stand.dsn, "m", say=quiet, crash=NOWHERE, wait_s=2)
    said = " ".join(f"{r.reason} {r.mend}" for r in refusals)
    assert "view public.report reads enc.amount" in said
    assert "function public.total seems to read enc.amount" in said
    assert stand.status().gate == "pass"


def test_turning_back_from_soak_is_a_flip_that_keeps_what_the_new_version_wrote(stand: Stand) -> None:
    """Within a second, with the new version's rows."""
    ready(stand, 10000)
    stand.start()
    stand.sql("INSERT INTO m.enc (amount) VALUES (4711); UPDATE m.enc SET amount = 4712 WHERE id = 1")
    began = time.monotonic()
    stand.revert()
    assert time.monotonic() - began < 1.5
    assert stand.sql("SELECT amount FROM enc WHERE id IN (1, 10001) ORDER BY id") == [(4712,), (4711,)]
    with pytest.raises(Fix):
        stand.start()


def test_a_contract_that_is_through_gives_its_certificate_again(stand: Stand) -> None:
    """The same one; and one that a death kept from being written is written then."""
    ready(stand, 100)
    stand.start()
    first = stand.contract()
    assert stand.contract() == first
    stand.sql("DELETE FROM seam.event WHERE kind = 'certificate'")
    assert stand.contract().compared == first.compared
