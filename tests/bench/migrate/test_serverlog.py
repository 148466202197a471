"""What is read out of the server's CSV log."""

from pathlib import Path

import pytest

from seamline.bench.migrate.serverlog import attributable, failures, lock_waits, longest_wait_s, read

WAITED = "process 12 {what} RowExclusiveLock on {on} after {ms} ms"


def row(
    message: str, *, user: str = "app", database: str = "a", severity: str = "LOG", code: str = "00000"
) -> str:
    head = f'2026-11-24 03:40:42.446 UTC,"{user}","{database}",12,"[local]",1.2,3,"SELECT",2026-11-24 03:40:40 UTC,4/5,0'
    return f'{head},{severity},{code},"{message}",,,,,,"select\n1",,,"v1-prepared","client backend",,0\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.csv"


def test_failures_of_clients_are_counted_by_sqlstate(log: Path) -> None:
    """Those of others, of other databases, and lines that are no failure don't count."""
    log.write_text(
        row("no column", severity="ERROR", code="42703")
        + row("no column", severity="ERROR", code="42703")
        + row("try again", severity="ERROR", code="55P03", user="conductor")
        + row("elsewhere", severity="ERROR", code="42703", database="b")
        + row("a note")
    )
    assert failures(read(log, "a")) == {"42703": 2}


def test_a_line_that_is_not_whole_yet_is_left_out(log: Path) -> None:
    """The server may be in the middle of writing it."""
    log.write_text(row("x", severity="ERROR", code="42703") + row("y", severity="ERROR", code="42703")[:-1])
    assert failures(read(log, "a")) == {"42703": 1}


def test_only_what_a_migration_can_cause_counts_and_only_beyond_the_baseline() -> None:
    """Two deadlocks where there is one without a migration are one; a division by zero is none."""
    assert attributable({"40P01": 2, "22012": 9, "0A000": 1}, {"40P01": 1}) == {"0A000": 1, "40P01": 1}


def test_a_wait_for_a_lock_is_read_to_the_millisecond(log: Path) -> None:
    """The last line about a wait has its whole length; waits for a row's writer can be left out."""
    log.write_text(
        row(WAITED.format(what="still waiting for", on="relation 7 of database 5", ms="20.1"))
        + row(WAITED.format(what="acquired", on="relation 7 of database 5", ms="11050.123"))
        + row(WAITED.format(what="acquired", on="transaction 99", ms="20000"))
        + row(WAITED.format(what="acquired", on="relation 7 of database 5", ms="90000"), user="conductor")
    )
    waits = lock_waits(read(log, "a"))
    assert longest_wait_s(waits) == 20.0
    assert longest_wait_s(waits, of_table=True) == pytest.approx(11.050123)
    assert longest_wait_s([]) == 0.0
