"""Limits that a plan sets to what may happen around it: pure reading and judging, nothing is measured here."""

import re
from typing import Literal

from msgspec import Struct

from seamline.model.errors import Fix

Measure = Literal["p99", "errors", "replica_lag", "slot_retained", "tickets"]
MEASURES: tuple[Measure, ...] = ("p99", "errors", "replica_lag", "slot_retained", "tickets")

_LIMIT = re.compile(r"(<=|<|==)\s*(\d+(?:\.\d+)?)\s*(x|ms|s|m|kB|MB|GB|TB)?(?:\s.*)?")
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


class Limit(Struct, frozen=True):
    """What a measure may be at most. `relative`: as a multiple of its own recent past."""

    measure: str
    at_most: float  # seconds, bytes, a count, or a ratio
    relative: bool
    said: str


class Reading(Struct, frozen=True):
    """A measure as it stands, and what it usually is. None: nothing measures it here."""

    value: float | None
    usual: float | None = None


def limit(measure: str, said: str) -> Limit:
    """A limit such as `<= 1.5x of last 15m`, `<= 5s` or `<= 4GB`. Raises Fix.

    >>> limit("replica_lag", "<= 5s").at_most
    5.0
    >>> limit("p99", "<= 1.5x of last 15m").relative
    True
    """
    if measure not in MEASURES:
        raise Fix(f"guards: nothing is called {measure!r}", hint=f"there are: {', '.join(MEASURES)}")
    found = _LIMIT.fullmatch(said.strip())
    if not found:
        raise Fix(
            f"guards.{measure}: {said!r} is no limit", hint="write <= 1.5x of last 15m, <= 5s or <= 4GB"
        )
    unit = found[3] or ""
    return Limit(measure, float(found[2]) * _UNIT.get(unit, 1.0), unit == "x", said)


def broken(limit: Limit, reading: Reading) -> str:
    """Why a limit is broken, in words; "" while it is kept, and where nothing is measured or usual yet."""
    if reading.value is None:
        return ""
    if not limit.relative:
        return _said(limit, reading.value) if reading.value > limit.at_most else ""
    if not reading.usual:
        return ""
    ratio = reading.value / reading.usual
    return f"{limit.measure} is {ratio:.1f}x of what is usual ({limit.said})" if ratio > limit.at_most else ""


def _said(limit: Limit, value: float) -> str:
    return f"{limit.measure} is {value:.6g} ({limit.said})"
