"""What a guard says of a change, and what the gate answers."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Outcome = Literal["pass", "hold", "unknown"]


class Finding(Struct, frozen=True):
    """What a guard says of a change. No finding means: the guard looked and it is fine."""

    guard: str
    outcome: Literal["hold", "unknown"]
    severity: Literal["low", "medium", "high"]
    confidence: float
    seam: tuple[str, str, str] | None
    reason: str  # one line with the figures
    do: str  # how to do it safely
    missing: tuple[str, ...] = ()  # facts that were needed and are not known
    evidence: tuple[str, ...] = ()  # "delivery 17: max_connections 60"


class Verdict(Struct, frozen=True):
    """The gate's answer to one change, with the one person who decides."""

    change: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    accountable: str
    why_person: str
    at: datetime
    expires_at: datetime | None  # a hold has a clock
    override: str  # how to override, in words
