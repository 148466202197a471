"""What happened in a run, as far as the truth file and the run's checks need it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from lab.plan import Change, Session, Vendor, Wedge

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Done:
    """A change as it was carried out: its number at GitHub, and the uids of the Events its rollout gave."""

    change: Change
    number: int
    event_uids: tuple[str, ...]
    done_at: datetime
    began_at: datetime = NEVER


@dataclass(frozen=True, slots=True)
class Rescale:
    """A decision of the autoscaler: the uid of its own Event, and of the Deployment's Events that followed."""

    event: str
    followed: tuple[str, ...]
    n_before: int
    n_after: int


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """One run of the warehouse and the reports that readers found empty after it."""

    began_at: datetime
    exit_code: int
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hurt:
    """Somebody was let down; `said` is what the service answered."""

    at: datetime
    who: str
    kind: Literal["cannot_book", "no_sms", "wrong_department"]
    said: str


@dataclass(slots=True)
class Course:
    """Filled while a story is played; `hurts` and `faults` (what broke, or was mended, and when) are in order of time.

    `harm_from` is when it first hurt, as measured.
    """

    changes: list[Done] = field(default_factory=list)
    pipelines: list[PipelineRun] = field(default_factory=list)
    rescales: list[Rescale] = field(default_factory=list)
    guilty_rescale: Rescale | None = None
    hurts: list[Hurt] = field(default_factory=list)
    faults: list[tuple[datetime, Vendor | Session | Wedge]] = field(default_factory=list)
    vendor_failed_at: datetime | None = None
    n_requests: int = 0
    n_refused: int = 0
    tickets: dict[str, int] = field(default_factory=dict)
    began_at: datetime = NEVER
    ended_at: datetime = NEVER
    harm_from: datetime | None = None
