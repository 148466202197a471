"""The server's own account: which client statements failed, with their SQLSTATE, and how long clients waited for locks.

Source: the manual on *Using CSV-Format Log Output*; of its columns only those that 13 to 18 have at the same place
are read.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from msgspec import Struct

from seamline.bench.migrate.server import CLIENT

AT, USER, DATABASE, SEVERITY, SQLSTATE, MESSAGE, APPLICATION = 0, 1, 2, 11, 12, 13, 22
FAILURES = frozenset({"ERROR", "FATAL", "PANIC"})
# What a migration does to clients when it goes wrong: names and plans that no longer fit, locks, cancelled work.
ATTRIBUTABLE = frozenset(
    {
        "42703", "42P01", "0A000", "55P03", "57014", "40P01", "40001", "3F000", "42501", "42883", "42804",
        "23502", "23503", "23505", "23514", "22003", "P0001", "XX000", "57P01",
    }
)  # fmt: skip
_WAITED = re.compile(r"process (\d+) (acquired|still waiting for) (\w+) on (.+) after ([\d.]+) ms")


class Entry(Struct, frozen=True):
    """A line that matters here."""

    at: datetime
    user: str
    database: str
    severity: str
    sqlstate: str
    message: str
    application: str


class LockWait(Struct, frozen=True):
    """A client waited for a lock; `waited_s` until it had it, or until the last line about it."""

    at: datetime
    mode: str
    on: str
    waited_s: float


def read(path: Path, database: str) -> list[Entry]:
    """All lines about one database, in order. A line that is not whole yet is left out."""
    text = path.read_text(errors="replace")
    whole = text[: text.rfind("\n") + 1]
    return [
        _entry(row)
        for row in csv.reader(StringIO(whole, newline=""))
        if len(row) > APPLICATION and row[DATABASE] == database
    ]


def _entry(row: list[str]) -> Entry:
    at = datetime.strptime(row[AT], "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC)
    return Entry(at, row[USER], row[DATABASE], row[SEVERITY], row[SQLSTATE], row[MESSAGE], row[APPLICATION])


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
    """Waits of clients that were long enough to be logged."""
    found = ((e, _WAITED.search(e.message)) for e in entries if e.user == CLIENT)
    return [LockWait(e.at, m[3], m[4], float(m[5]) / 1e3) for e, m in found if m is not None]


def longest_wait_s(waits: Iterable[LockWait], *, of_table: bool = False) -> float:
    """The longest of them, 0 without any. `of_table`: only for locks on a whole relation, not on a row's writer."""
    return max((w.waited_s for w in waits if not of_table or w.on.startswith("relation")), default=0.0)
