"""A person's acts as values: the command line, HTTP and the control socket ask for the same ones, and get one line.

The JSON of each is its HTTP body, and, with its `act`, what goes over the control socket.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from seamline.app import check as checking
from seamline.app import configure as configuring
from seamline.app import correct as correcting
from seamline.app import decide as deciding
from seamline.app import erase as erasing
from seamline.app import gate as gating
from seamline.app import hand_down as handing
from seamline.app.acting import LOCAL
from seamline.app.home import Home
from seamline.model.verdict import Verdict

SeamKey = tuple[str, str, str]  # source, target, kind
Moment = Annotated[datetime, Meta(tz=True, description="With an offset or Z.")]


class _Act(Struct, frozen=True, tag_field="act", forbid_unknown_fields=True):
    """What one person wants to be done."""


class Acknowledge(_Act, frozen=True, tag="acknowledge"):
    """The person told says: mine."""

    incident: str


class HandOver(_Act, frozen=True, tag="hand-over"):
    """An incident goes to another person."""

    incident: str
    to: str
    why: str


class Correct(_Act, frozen=True, tag="correct"):
    """What an incident really was."""

    incident: str
    word: correcting.Word
    cause: str = ""
    into: str = ""
    symptoms: tuple[str, ...] = ()
    note: str = ""


class HandDown(_Act, frozen=True, tag="hand-down"):
    """A seam is offered to one person below its own, until a date."""

    seam: SeamKey
    to: str
    until: Moment


class Accept(_Act, frozen=True, tag="accept"):
    """The offer of a seam is taken."""

    seam: SeamKey


class Decline(_Act, frozen=True, tag="decline"):
    """The offer of a seam is refused, or the seam given back."""

    seam: SeamKey


class Decide(_Act, frozen=True, tag="decide"):
    """The decider of a verdict passes or holds the change."""

    change: str
    choice: deciding.Choice
    why: str
    review_at: Moment | None = None


class Erase(_Act, frozen=True, tag="erase"):
    """Bodies of deliveries go for good."""

    seqs: tuple[int, ...]
    why: str


class Gate(_Act, frozen=True, tag="gate"):
    """May this change go? As `app.gate.gate` reads it; the verdict is put on record."""

    change: str


class Check(_Act, frozen=True, tag="check"):
    """What `check` said of a repository's step is put on record, so that it can be decided on."""

    verdict: Verdict


class Configure(_Act, frozen=True, tag="configure"):
    """The home's `seamline.toml` comes into force as it is now."""


Act = (
    Acknowledge | HandOver | Correct | HandDown | Accept | Decline | Decide | Erase | Gate | Check | Configure
)


class Done(Struct, frozen=True):
    """What came of an act: one line for people, and the verdict where one was asked for."""

    said: str
    verdict: Verdict | None = None


def act(home: Home, asked: Act, *, by: str = LOCAL, for_: str = "") -> Done:
    """Do it in the name of the credential `by`, or of the person it enters the word of.

    Raises Fix, UnknownIncident or Retry as the verb does, and records nothing then.
    """
    match asked:
        case Gate(change):
            verdict = gating.gate(home, change, keep=True)
            return Done(verdict.outcome, verdict)
        case Check(verdict):
            return Done(checking.keep(home, verdict, by=by))
        case Configure():
            return Done(configuring.configure(home))
        case Erase(seqs, why):
            said = f"{erasing.erase(home, seqs, why, by=by)} bodies removed"
            return Done(
                said + "; the server forgets what it had read of them when it starts anew" * home.followed
            )
        case Decide(change, choice, why, review_at):
            return Done(deciding.decide(home, change, choice, why, review_at=review_at, by=by, for_=for_))
        case Acknowledge() | HandOver() | Correct():
            return Done(_about_an_incident(home, asked, by, for_))
        case HandDown() | Accept() | Decline():
            return Done(_about_a_seam(home, asked, by, for_))


def _about_an_incident(home: Home, asked: Acknowledge | HandOver | Correct, by: str, for_: str) -> str:
    match asked:
        case Acknowledge(incident):
            return correcting.acknowledge(home, incident, by, for_)
        case HandOver(incident, to, why):
            return correcting.hand_over(home, incident, to, why, by, for_)
        case Correct(incident, word, cause, into, symptoms, note):
            return correcting.correct(
                home, incident, word,
                cause=cause, into=into, symptoms=symptoms, note=note, by=by, for_=for_,
            )  # fmt: skip


def _about_a_seam(home: Home, asked: HandDown | Accept | Decline, by: str, for_: str) -> str:
    match asked:
        case HandDown(seam, to, until):
            return handing.hand_down(home, seam, to, until, by=by, for_=for_)
        case Accept(seam):
            return handing.accept(home, seam, by=by, for_=for_)
        case Decline(seam):
            return handing.decline(home, seam, by=by, for_=for_)
