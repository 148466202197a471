"""What the JSON views ask of the application, and the shapes they answer in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

from seamline.app.act import Act
from seamline.app.acting import LOCAL
from seamline.app.forms import IncidentForm
from seamline.app.ingest import Listed
from seamline.model.incident import Incident
from seamline.model.stack import Entity, LooseEnd, Seam
from seamline.model.story import Story
from seamline.model.verdict import Verdict


class Correction(Struct, frozen=True):
    """A person's word on an incident, as `model.record.Corrected` keeps it."""

    verdict: Literal["confirmed", "wrong_cause", "merge", "split", "not_an_incident"]
    into: str = ""
    cause_key: str = ""
    symptoms: tuple[str, ...] = ()
    note: str = ""


class HandOver(Struct, frozen=True):
    """To whom an incident goes, and why."""

    to: str
    why: str


class Choice(Struct, frozen=True):
    """A recorded decision or hold, for the list of decisions."""

    seq: int
    at: datetime
    by: str
    subject: str  # change or incident id
    question: str
    choice: str
    note: str = ""
    accountable: str = ""


class Api(Protocol):
    """The verbs behind the views. `as_of` None means now. Called from several threads at once.

    Each raises a `SeamlineError` for what it refuses: UnknownIncident, UnknownEntity, Fix, Retry.
    """

    def as_of(self) -> datetime | None:
        """The time that opinions without an `as_of` of their own are as of; None for an empty log."""

    def incidents(self, as_of: datetime | None) -> Sequence[Incident]:
        """Newest first."""

    def incident(self, incident: str, as_of: datetime | None) -> Story:
        """One incident with its causes, lanes and evidence."""

    def seams(self, as_of: datetime | None) -> Sequence[Seam]:
        """Sorted by ends and kind."""

    def entities(self, as_of: datetime | None) -> Sequence[Entity]:
        """Sorted by ref."""

    def loose_ends(self, as_of: datetime | None) -> Sequence[LooseEnd]:
        """Sorted by ref."""

    def deliveries(
        self, as_of: datetime | None, *, unreadable: bool, after: int, limit: int
    ) -> Sequence[Listed]:
        """Log entries from position `after` on, ascending; `unreadable` leaves out those that can be read."""

    def decisions(self, as_of: datetime | None) -> Sequence[Choice]:
        """By log position."""

    def gate(self, change: dict[str, Any], by: str) -> Verdict:
        """The verdict for an announced change; recorded."""

    def act(self, asked: Act, by: str = LOCAL, for_: str = "") -> "Recorded":
        """Do what a person asks for, as `app.act.act` does; one act at a time."""


class Incidents(Struct, frozen=True):
    """`/api/incidents`."""

    as_of: datetime | None
    incidents: tuple[IncidentForm, ...]


class Seams(Struct, frozen=True):
    """`/api/seams`."""

    as_of: datetime | None
    seams: tuple[Seam, ...]


class Entities(Struct, frozen=True):
    """`/api/entities`."""

    as_of: datetime | None
    entities: tuple[Entity, ...]


class LooseEnds(Struct, frozen=True):
    """`/api/loose-ends`."""

    as_of: datetime | None
    loose_ends: tuple[LooseEnd, ...]


class Deliveries(Struct, frozen=True):
    """`/api/deliveries`; `next` is the `after` of the following page, None on the last."""

    as_of: datetime | None
    deliveries: tuple[Listed, ...]
    next: int | None


class Decisions(Struct, frozen=True):
    """`/api/decisions`."""

    as_of: datetime | None
    decisions: tuple[Choice, ...]


class Recorded(Struct, frozen=True):
    """What came of a person's word: one line, and a log position by which it is on record."""

    seq: int
    said: str = ""
    verdict: Verdict | None = None  # of the gate, where it was asked


class Problem(Struct, frozen=True):
    """What was refused, and the mend."""

    error: str
    hint: str = ""
