"""A person's word on an incident. Each is a record; only what a person confirmed teaches the engine."""

from collections.abc import Sequence
from typing import Literal

from seamline.app import views
from seamline.app.home import Home
from seamline.app.triage import Triage
from seamline.model import record as rec
from seamline.model.errors import Fix, UnknownIncident
from seamline.model.incident import Incident
from seamline.model.organisation import Organisation

Word = Literal["confirmed", "wrong_cause", "merge", "split", "not_an_incident"]
LOCAL = "local"  # the local command line: it acts as the home's whole-stack owner


def acknowledge(home: Home, incident: str, by: str = LOCAL) -> str:
    """The person told says: mine. Returns one line. Twice is harmless."""
    found, organisation = _find(home, incident)
    person = actor(organisation, by)
    _append(home, rec.Acknowledged(person, home.clock(), incident))
    return f"{incident}: acknowledged by {person}; {found.accountable} is accountable"


def hand_over(home: Home, incident: str, to: str, why: str, by: str = LOCAL) -> str:
    """Give an incident to another person. Raises Fix for a person nobody knows."""
    found, organisation = _find(home, incident)
    person = actor(organisation, by)
    if to not in {p.id for p in organisation.people}:
        known = ", ".join(p.id for p in organisation.people)
        raise Fix(f"there is no person {to!r}", hint=f"people: {known}")
    if found.accountable == to:
        raise Fix(f"{incident} is {to}'s already", hint="nothing to do")
    at = home.clock()
    _append(
        home,
        rec.HandedOver(person, at, incident, to, why),
        rec.Told(person, at, incident, to, "digest"),
    )
    return f"{incident}: handed over from {found.accountable} to {to}"


def correct(
    home: Home,
    incident: str,
    word: Word,
    *,
    into: str = "",
    cause: str = "",
    symptoms: Sequence[str] = (),
    note: str = "",
    by: str = LOCAL,
) -> str:
    """Put a correction on record. Raises Fix when what the word needs is missing."""
    found, organisation = _find(home, incident)
    person = actor(organisation, by)
    if word == "merge":
        if into == incident:
            raise Fix(f"{incident} can't be merged into itself", hint="name another incident with --into")
        _find(home, into)
    if word == "split" and not set(symptoms) & set(found.symptoms):
        raise Fix(
            f"{incident}: no such symptoms to split off", hint="its symptoms: " + "; ".join(found.symptoms)
        )
    if word == "wrong_cause" and cause and not _can_be_meant(home, found, cause):
        keys = ", ".join(c.key for c in found.causes)
        raise Fix(
            f"{incident}: no such cause {cause!r}",
            hint=f"its causes: {keys}; else change:EVENT-ID or latent:ENTITY",
        )
    record = rec.Corrected(person, home.clock(), incident, word, into, cause, tuple(symptoms), note)
    _append(home, record)
    return f"{incident}: {word.replace('_', ' ')}, by {person}"


def actor(organisation: Organisation, by: str) -> str:
    """The person who acts: the root for the local command line. Raises Fix for nobody known."""
    people = {p.id: p for p in organisation.people}
    if by == LOCAL:
        return next(p.id for p in organisation.people if not p.reports_to)
    if by not in people:
        known = ", ".join(people)
        raise Fix(f"there is no person {by!r} in seamline.toml", hint=f"people: {known}")
    return by


def _find(home: Home, incident: str) -> tuple[Incident, Organisation]:
    formed = views.opinion(home)
    found = next((i for i in formed.incidents if i.id == incident and i.state != "candidate"), None)
    if found is None:
        known = ", ".join(i.id for i in formed.incidents if i.id) or "none"
        raise UnknownIncident(f"no incident {incident!r}", hint=f"there are: {known}")
    return found, formed.base.organisation


def _can_be_meant(home: Home, incident: Incident, key: str) -> bool:
    """Whether a cause's key names one of the incident's own, or only what is in the log or on the map."""
    if key in {c.key for c in incident.causes}:
        return True
    kind, _, named = key.partition(":")
    if kind == "latent":
        return named in {e.ref for e in views.entities(home)}
    if kind not in ("change", "collision"):
        return key in ("nothing", "unknown")
    return set(named.split("+")) <= set(views.facts_of(home).changes)


def _append(home: Home, *records: rec.AnyRecord) -> None:
    home.log.append([rec.to_received(r, r.at) for r in records])
    triage = Triage(home.log, home.sources)
    views.publish(home, triage.step())
