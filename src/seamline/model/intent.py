"""What shall be said in another tool, and what came of it."""

from typing import Literal

from msgspec import Struct

Step = Literal["open", "over"]


class Intent(Struct, frozen=True):
    """One thing to say at one ticket, once: doing it twice is harmless."""

    tool: str  # the source that the ticket came from; the action has the same name
    incident: str
    ticket: str  # event id
    number: str  # of the ticket, as its tool counts
    step: Step
    tag: str  # marks the ticket, and tells that this was said already
    text: str  # for who wrote the ticket

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one: incident, ticket, step."""
        return (self.incident, self.ticket, self.step)


class Done(Struct, frozen=True):
    """It stands there, now or since an earlier try."""


class Retry(Struct, frozen=True):
    """The same may go through later: the tool is busy, away, or its credentials are being mended."""

    why: str
    after_s: float = 0.0  # not before so long; 0: as the caller likes


class Failed(Struct, frozen=True):
    """It never will: the ticket is gone or closed, the tool takes no such thing."""

    why: str


Outcome = Done | Retry | Failed
