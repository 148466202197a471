"""What can be read of a home. Every port takes `as_of`; opinions are formed from the log, never stored as truth.

The latest opinion's lists are also kept in the views store, so that a reader need not form it again; `publish`
writes them, and a reader uses them only when they stand at the log's very end.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

import msgspec

from seamline.analysis import seams as seams_of
from seamline.analysis.facts import Facts
from seamline.analysis.opinion import Base, Opinion, opine
from seamline.app.home import Home
from seamline.app.ingest import Listed, list_deliveries, take_in
from seamline.app.story import tell
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.errors import Stop, UnknownIncident
from seamline.model.incident import Incident
from seamline.model.organisation import Organisation
from seamline.model.stack import Entity, LooseEnd, Seam
from seamline.model.story import Story

_encode = msgspec.json.Encoder(order="deterministic").encode

MOST_BEHIND = 2000  # deliveries that are looked through for a record


def facts_of(home: Home, as_of: datetime | None = None, until: int | None = None) -> Facts:
    """All facts received up to a time and a log position (default: everything)."""
    facts = Facts()
    for delivery in _until(home, as_of, until):
        take_in(facts, home.sources, delivery)
    return facts


def _until(home: Home, as_of: datetime | None, until: int | None = None) -> Iterator[Delivery]:
    """Deliveries received by then. History older than the home's first map is read with today's map."""
    first_map: datetime | None = None
    for d in home.log.read(until=until):
        is_map = d.headers.get("x-seamline-kind") == "seamline/config/v1"
        if is_map and first_map is None:
            first_map = d.received_at
        before_any_map = first_map is None or (as_of is not None and as_of < first_map)
        if as_of is None or d.received_at <= as_of or (is_map and before_any_map):
            yield d


def opinion(home: Home, as_of: datetime | None = None, until: int | None = None) -> Opinion:
    """The opinion as of a time and a log position, formed anew."""
    return opine(facts_of(home, as_of, until))


def _stands(home: Home) -> bool:
    """Whether the kept views say what is now: they stand at the log's end, or a live watch in this process follows
    it and only tools spoke since. What people or we ourselves put on record is in every answer."""
    position = home.views.position()
    if position == home.log.position():
        return True
    if not home.followed or not position:
        return False
    return all(d.source != rec.SOURCE for d in islice(home.log.read(after=position), MOST_BEHIND))


def _kept(home: Home, view: str, as_of: datetime | None) -> list[bytes] | None:
    """The rows of a view that stands at the log's end; None when it has to be formed."""
    if as_of is not None or not _stands(home):
        return None
    try:
        return list(home.views.get(view).values())
    except Stop:  # damaged: the next writer makes a new file
        return None


def incidents(home: Home, as_of: datetime | None = None) -> list[Incident]:
    """Recorded incidents, in order of opening."""
    kept = _kept(home, "incidents", as_of)
    if kept is not None:
        return sorted((msgspec.json.decode(row, type=Incident) for row in kept), key=_opening)
    return _recorded(opinion(home, as_of))


def _opening(incident: Incident) -> tuple[str, str]:
    return (incident.opened_at.isoformat() if incident.opened_at else "", incident.id)


def _recorded(o: Opinion) -> list[Incident]:
    return sorted((i for i in o.incidents if i.state != "candidate"), key=_opening)


def seams(home: Home, as_of: datetime | None = None) -> list[Seam]:
    """Every seam: those out of the whole-stack owner's reach first, then by altitude."""
    kept = _kept(home, "seams", as_of)
    if kept is not None:
        found = [msgspec.json.decode(row, type=Seam) for row in kept]
    else:
        formed = opinion(home, as_of)
        found = _seams(formed.base, formed.as_of)
    return sorted(found, key=lambda s: (not s.outside_reach, -s.altitude, s.key()))


def _seams(base: Base, at: datetime) -> list[Seam]:
    return seams_of.find(base.stack, base.organisation, at)


def entities(home: Home, as_of: datetime | None = None) -> list[Entity]:
    """Everything on the map, by ref."""
    kept = _kept(home, "entities", as_of)
    if kept is not None:
        return [msgspec.json.decode(row, type=Entity) for row in kept]
    return [e for _, e in sorted(opinion(home, as_of).base.stack.entities.items())]


def loose_ends(home: Home, as_of: datetime | None = None) -> list[LooseEnd]:
    """What deliveries speak of and nothing on the map joins, by ref."""
    kept = _kept(home, "loose_ends", as_of)
    if kept is not None:
        return [msgspec.json.decode(row, type=LooseEnd) for row in kept]
    return list(opinion(home, as_of).base.stack.loose_ends)


def deliveries(home: Home, as_of: datetime | None = None, *, unreadable: bool = False) -> list[Listed]:
    """What tools sent, oldest first; with `unreadable` only those that could not be read, with the reason."""
    return list(list_deliveries(home.sources, _until(home, as_of), unreadable=unreadable))


def decisions(home: Home, as_of: datetime | None = None) -> list[rec.Decided | rec.VerdictGiven]:
    """Decisions and the gate's verdicts, oldest first."""
    facts = facts_of(home, as_of)
    return [r for _, r in facts.records if isinstance(r, rec.Decided | rec.VerdictGiven)]


def records(home: Home) -> list[rec.AnyRecord]:
    """All that Seamline and its people put on record up to now, oldest first."""
    kept = _kept(home, "records", None)
    if kept is not None:
        return [rec.from_body(row) for row in kept]
    return [r for _, r in sorted(facts_of(home).records, key=lambda pair: pair[0])]


def organisation(home: Home, as_of: datetime | None = None) -> Organisation:
    """The tree of people in force, with what they declared."""
    return opinion(home, as_of).base.organisation


def why(home: Home, incident: str, as_of: datetime | None = None) -> Story:
    """One incident, told. Raises UnknownIncident with the ids there are."""
    facts = facts_of(home, as_of)
    formed = opine(facts)
    found = next((i for i in formed.incidents if i.id == incident), None)
    if found is None:
        known = ", ".join(i.id for i in _recorded(formed)) or "none"
        then = f" as of {as_of:%Y-%m-%d %H:%M:%S}Z" if as_of else ""
        raise UnknownIncident(f"no incident {incident!r}{then}", hint=f"there are: {known}")
    return tell(found, formed, facts)


def tables(o: Opinion) -> dict[str, dict[str, bytes]]:
    """Every list of an opinion as rows of JSON: what the views store keeps and what an export prints."""
    return {
        "incidents": {i.id: _encode(i) for i in _recorded(o)},
        "candidates": {i.causes[0].key: _encode(i) for i in o.incidents if i.state == "candidate"},
        "seams": {" ".join(s.key()): _encode(s) for s in _seams(o.base, o.as_of)},
        "entities": {ref: _encode(e) for ref, e in o.base.stack.entities.items()},
        "loose_ends": {f"{e.ref} {e.suggestion} {e.why}": _encode(e) for e in o.base.stack.loose_ends},
        "observables": {x.id: _encode(x) for x in o.observables},
        "records": {f"{seq:012d}": rec.to_received(r, o.as_of).body for seq, r in o.records},
    }


def publish(home: Home, o: Opinion) -> None:
    """Keep an opinion's lists for fast reading."""
    home.views.put(o.position, o.as_of, tables(o))


def as_text(rows: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    """All views as sorted lines `view key json`."""
    for view in sorted(rows):
        for key in sorted(rows[view]):
            yield f"{view}\t{key}\t{rows[view][key].decode()}\n"
