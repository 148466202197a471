"""What a guard says of a change, and what the gate answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from seamline.model.artefact import Place, Unread
from seamline.model.schema_change import SchemaChange

Outcome = Literal["pass", "hold", "unknown"]


class Finding(Struct, frozen=True):
    """What a guard says of a change. No finding means: the guard looked and it is fine.

    `note` is for people to read and stops nothing. With `touches`, the outcome is that for the case that something
    downstream reads what is touched: whoever knows the readers settles it, and fills in `downstream` and `person`.
    """

    guard: str
    outcome: Literal["hold", "unknown", "note"]
    severity: Literal["low", "medium", "high"]
    confidence: float
    seam: tuple[str, str, str] | None
    reason: str  # one line with the figures
    do: str  # how to do it safely
    missing: tuple[str, ...] = ()  # facts that were needed and are not known
    evidence: tuple[str, ...] = ()  # "delivery 17: max_connections 60"
    entity: str = ""  # ref of what it is about
    place: Place | None = None  # where the change is written
    touches: tuple[SchemaChange, ...] = ()
    downstream: tuple[tuple[str, ...], ...] = ()  # refs by hop, the nearest first
    person: str = ""  # accountable for the seam


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


class Checked(Struct, frozen=True):
    """A verdict on the step of a repository from one state to another, and what it stands on."""

    repository: str
    base: str  # commit sha that the step is counted from
    head: str  # commit sha, "" for a working tree with edits
    verdict: Verdict
    rules: str  # the set of rules that looked, by version and digest: another set may say something else
    names: Mapping[str, str]  # people by id, as people say them
    readers: tuple[str, ...]  # repositories whose reading of this one was looked at, sorted
    unread: tuple[Unread, ...]  # what nobody could look at
