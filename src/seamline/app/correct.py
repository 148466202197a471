"""A person's word on an incident. Each is a record; only what a person confirmed teaches the engine."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from seamline.analysis.opinion import Opinion
from seamline.app import views
from seamline.app.acting import LOCAL, Acting, acting, put_on_record, said_at
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.errors import Fix, UnknownIncident
from seamline.model.incident import Incident

Word = Literal["confirmed", "wrong_cause", "merge", "split", "not_an_incident"]


class _Scene(Struct, frozen=True):
    """An incident, who speaks of it, and when that counts as said."""

    incident: Incident
    opinion: Opinion
    who: Acting
    at: datetime


def acknowledge(home: Home, incident: str, by: str = LOCAL, for_: str = "") -> str:
    """The person told says: mine. Returns one line. Twice is harmless."""
    scene = _scene(home, incident, by, for_)
    put_on_record(home, scene.who, rec.Acknowledged(scene.who.person, scene.at, incident))
    return f"{incident}: acknowledged by {scene.who.person}; {scene.incident.accountable} is accountable"


def hand_over(home: Home, incident: str, to: str, why: str, by: str = LOCAL, for_: str = "") -> str:
    """Give an incident to another person. Raises Fix for a person nobody knows."""
    scene = _scene(home, incident, by, for_)
    before = scene.incident.accountable
    people = [p.id for p in scene.opinion.base.organisation.people]
    if to not in people:
        raise Fix(f"there is no person {to!r}", hint=f"people: {', '.join(people)}")
    if before == to:
        raise Fix(f"{incident} is {to}'s already", hint="nothing to do")
    person = scene.who.person
    put_on_record(
        home,
        scene.who,
        rec.HandedOver(person, scene.at, incident, to, why),
        rec.Told(person, scene.at, incident, to, "digest"),
    )
    return f"{incident}: handed over from {before} to {to}"


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
    for_: str = "",
) -> str:
    """Put a correction on record. Raises Fix when what the word needs is missing."""
    scene = _scene(home, incident, by, for_)
    found = scene.incident
    if word == "merge":
        if into == incident:
            raise Fix(f"{incident} can't be merged into itself", hint="name another incident with --into")
        if not into:
            raise Fix(f"{incident}: merged into which incident?", hint="name it with --into")
        _find(scene.opinion, into)
    if word == "split" and not set(symptoms) & set(found.symptoms):
        raise Fix(
            f"{incident}: no such symptoms to split off",
            hint="name them with --symptom: " + "; ".join(found.symptoms),
        )
    if word == "wrong_cause" and cause and not _can_be_meant(home, found, cause):
        keys = ", ".join(c.key for c in found.causes)
        raise Fix(
            f"{incident}: no such cause {cause!r}",
            hint=f"its causes: {keys}; else change:EVENT-ID or latent:ENTITY",
        )
    person = scene.who.person
    put_on_record(
        home, scene.who, rec.Corrected(person, scene.at, incident, word, into, cause, tuple(symptoms), note)
    )
    return f"{incident}: {word.replace('_', ' ')}, by {person}"


def _scene(home: Home, incident: str, by: str, for_: str) -> _Scene:
    opinion = views.opinion(home)
    found = _find(opinion, incident)
    who = acting(opinion.base.organisation, by, for_)
    return _Scene(found, opinion, who, said_at(home, opinion.as_of))


def _find(opinion: Opinion, incident: str) -> Incident:
    found = next((i for i in opinion.incidents if i.id == incident and i.state != "candidate"), None)
    if found is None:
        known = ", ".join(i.id for i in opinion.incidents if i.id) or "none"
        raise UnknownIncident(f"no incident {incident!r}", hint=f"there are: {known}")
    return found


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
