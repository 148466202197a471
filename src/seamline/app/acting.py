"""In whose name a person's act stands, and who entered it.

A person acts through a credential of their own; the local command line is the whole-stack owner's. Beside acting for
themself, the whole-stack owner may enter what somebody else said. The record's `by` is then that person, whose
word it is, and the envelope names who entered it: their word on paper, not their signature.
"""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import replace

from seamline.app import views
from seamline.app.home import Home
from seamline.app.triage import Triage
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.organisation import Organisation

ENTERED_BY = "x-seamline-entered-by"  # header of a record that somebody else's credential entered
LOCAL = "local"  # the local command line: it acts as the home's whole-stack owner


class Acting(Struct, frozen=True):
    """Who acts, and whose credential it came through; mostly the same person."""

    person: str
    entered_by: str

    @property
    def note(self) -> str:
        """What a reader has to know of how it came; "" for an own credential."""
        return "" if self.person == self.entered_by else f"entered by {self.entered_by}"


def acting(organisation: Organisation, by: str, for_: str = "") -> Acting:
    """Who acts when `by` is the credential and `for_` the person it speaks for ("": for themself).

    Raises Fix for people nobody knows, and when anybody but the whole-stack owner speaks for somebody else.
    """
    own = actor(organisation, by)
    person = known(organisation, for_) if for_ else own
    if person != own and own != actor(organisation, LOCAL):
        raise Fix(f"{own} can't speak for {person}", hint="only the whole-stack owner enters another's word")
    return Acting(person, own)


def actor(organisation: Organisation, by: str) -> str:
    """The person a credential is: the root for the local command line. Raises Fix for nobody known."""
    people = {p.id: p for p in organisation.people}
    if by == LOCAL:
        return next(p.id for p in organisation.people if not p.reports_to)
    if by not in people:
        raise Fix(f"there is no person {by!r} in seamline.toml", hint=f"people: {', '.join(people)}")
    return by


def known(organisation: Organisation, person: str) -> str:
    """The id of somebody who is on the tree, gone or not. Raises Fix with the nearest ids for nobody."""
    ids = [p.id for p in organisation.people]
    if person not in ids:
        raise Fix(
            f"there is no person {person!r}", hint=did_you_mean(person, ids) or "`seamline org` lists them"
        )
    return person


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The nearest of the words as a question; "" when none is near."""
    near = get_close_matches(word, sorted(words), n=1)
    return f"did you mean {near[0]}?" if near else ""


def said_at(home: Home, as_of: datetime | None) -> datetime:
    """When a word counts as said: now, but never before what it speaks of was received.

    A home's clock may be behind its tools': a word from before the symptoms it answers would not cover them.
    """
    now = home.clock()
    return now if as_of is None else max(now, as_of)


def put_on_record(home: Home, who: Acting, *records: rec.AnyRecord) -> None:
    """Append what a person said, in one transaction, and keep the opinion that follows for fast reading."""
    received = [rec.to_received(r, r.at) for r in records]
    if who.note:
        received = [replace(r, headers={**r.headers, ENTERED_BY: who.entered_by}) for r in received]
    home.log.append(received)
    follow_up(home)


def follow_up(home: Home) -> None:
    """Form and keep the opinion after a word; where a live watch follows the log, it alone does so.

    Two that follow at once could both open the same incident.
    """
    if not home.followed:
        views.publish(home, Triage(home.log, home.sources).step())
