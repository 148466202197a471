"""What is read out of the server's CSV log."""

from pathlib import Path
from typing import Any

import pytest

from seamline.bench.migrate.serverlog import (
    attributable,
    failures,
    lock_waits,
    longest_wait_s,
    processes,
    read,
)


def row(
    message: str,
    *,
    user: str = "app",
    database: str = "a",
    severity: str = "LOG",
    code: str = "00000",
    pid: int = 12,
    detail: str = "",
) -> str:
    head = f'2026-11-24 03:40:42.446 UTC,"{user}","{database}",{pid},"[local]",1.2,3,"SELECT",2026-11-24 03:40:40 UTC,4/5,0'
    return f'{head},{severity},{code},"{message}","{detail}",,,,,"select\n1",,,"v1-prepared","client backend",,0\n'


def waited(what: str, ms: str, on: str = "relation 7 of database 5", **more: Any) -> str:
    return row(f"process {more.get('pid', 12)} {what} RowExclusiveLock on {on} after {ms} ms", **more)


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


def test_a_wait_for_a_lock_is_one_with_its_whole_length(log: Path) -> None:
    """The line at its end has the length; the conductor's own waits are not a client's."""
    log.write_text(
        waited("still waiting for", "20.1")
        + waited("acquired", "11050.123")
        + waited("acquired", "90000", user="conductor")
    )
    waits = lock_waits(read(log, "a"))
    assert len(waits) == 1
    assert longest_wait_s(waits) == pytest.approx(11.050123)
    assert longest_wait_s([]) == 0.0


def test_a_wait_is_behind_who_held_the_lock_or_stood_before_it(log: Path) -> None:
    """Only the line at its beginning names them; a wait behind another client alone is not the conductor's."""
    before = "Process holding the lock: 30. Wait queue: 40, 12."
    log.write_text(
        waited("still waiting for", "20", detail=before)
        + waited(
            "still waiting for",
            "20",
            pid=13,
            on="transaction 9",
            detail="Process holding the lock: 12. Wait queue: 13.",
        )
        + waited("acquired", "70")
        + waited("acquired", "500", pid=13, on="transaction 9")
    )
    waits = lock_waits(read(log, "a"))
    assert [w.behind for w in waits] == [{30, 40}, {12}]
    assert (longest_wait_s(waits, {40}), longest_wait_s(waits)) == (0.07, 0.5)


def test_a_wait_without_an_end_counts_as_far_as_it_is_known(log: Path) -> None:
    """A client that was killed while it waited had waited that long at least."""
    log.write_text(waited("still waiting for", "1000"))
    assert longest_wait_s(lock_waits(read(log, "a"))) == 1.0


def test_the_processes_of_a_role_are_known(log: Path) -> None:
    """Any line of theirs will do."""
    log.write_text(row("connection authorized", user="conductor", pid=77) + row("x"))
    assert processes(read(log, "a"), "conductor") == {77}
