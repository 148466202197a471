"""The server's own account: which client statements failed, with their SQLSTATE, and how long clients waited for locks.

Source: the manual on *Using CSV-Format Log Output*; of its columns only those that 13 to 18 have at the same place
are read.
"""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from msgspec import Struct

from seamline.bench.migrate.server import CLIENT

AT, USER, DATABASE, PID, SEVERITY, SQLSTATE, MESSAGE, DETAIL, APPLICATION = 0, 1, 2, 3, 11, 12, 13, 14, 22
FAILURES = frozenset({"ERROR", "FATAL", "PANIC"})
# What a migration does to clients when it goes wrong: names and plans that no longer fit, locks, cancelled work,
# values that the other side can't take.
ATTRIBUTABLE = frozenset(
    {
        "42703", "42P01", "0A000", "55P03", "57014", "40P01", "40001", "3F000", "42501", "42883", "42804",
        "23502", "23503", "23505", "23514", "22003", "P0001", "XX000", "57P01",
    }
)  # fmt: skip
_WAITED = re.compile(r"process (\d+) (acquired|still waiting for) (\w+) on (.+) after ([\d.]+) ms")
_NUMBERS = re.compile(r"\d+")


class Entry(Struct, frozen=True):
    """A line of the log, as far as it matters here."""

    at: datetime
    user: str
    database: str
    pid: int
    severity: str
    sqlstate: str
    message: str
    detail: str
    application: str


class LockWait(Struct, frozen=True):
    """A client waited for a lock. `behind`: processes that held it or stood before it in the queue."""

    at: datetime
    mode: str
    on: str
    waited_s: float  # until it had the lock, or until the last line about it
    behind: frozenset[int]


def read(path: Path, database: str) -> list[Entry]:
    """All lines about one database, in order. A line that is not whole yet is left out."""
    text = path.read_text(errors="replace")
    whole = StringIO(text[: text.rfind("\n") + 1], newline="")
    return [_entry(row) for row in csv.reader(whole) if len(row) > APPLICATION and row[DATABASE] == database]


def _entry(row: list[str]) -> Entry:
    return Entry(
        datetime.strptime(row[AT], "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC),
        row[USER],
        row[DATABASE],
        int(row[PID] or 0),
        row[SEVERITY],
        row[SQLSTATE],
        row[MESSAGE],
        row[DETAIL],
        row[APPLICATION],
    )


def failures(entries: Iterable[Entry]) -> Counter[str]:
    """Failed client statements by SQLSTATE."""
    return Counter(e.sqlstate for e in entries if e.user == CLIENT and e.severity in FAILURES)


def attributable(here: Mapping[str, int], baseline: Mapping[str, int]) -> dict[str, int]:
    """Failures of the classes that a migration can cause, less those that come without one."""
    return {
        code: n - baseline.get(code, 0)
        for code, n in sorted(here.items())
        if code in ATTRIBUTABLE and n > baseline.get(code, 0)
    }


def lock_waits(entries: Iterable[Entry]) -> list[LockWait]:
    """Waits of clients that were long enough to be logged, each once."""
    found: list[LockWait] = []
    waiting: dict[int, LockWait] = {}  # only the line at the wait's beginning names whom it is behind
    for entry in entries:
        said = _WAITED.search(entry.message) if entry.user == CLIENT else None
        if said is None:
            continue
        known = waiting.pop(entry.pid, None)
        behind = known.behind if known else frozenset(map(int, _NUMBERS.findall(entry.detail))) - {entry.pid}
        wait = LockWait(entry.at, said[3], said[4], float(said[5]) / 1e3, behind)
        if said[2] == "acquired":
            found.append(wait)
        else:
            waiting[entry.pid] = wait
    return found + list(waiting.values())


def longest_wait_s(waits: Iterable[LockWait], behind: Collection[int] | None = None) -> float:
    """The longest of them, 0 without any; only those behind certain processes, if any are given."""
    wanted = frozenset(behind) if behind is not None else None
    return max((w.waited_s for w in waits if wanted is None or w.behind & wanted), default=0.0)


def processes(entries: Iterable[Entry], role: str) -> frozenset[int]:
    """The server's processes that worked for a role."""
    return frozenset(e.pid for e in entries if e.user == role)
