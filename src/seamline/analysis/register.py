"""What the records say of each incident: minted, told, handed over, corrected, closed. A fold in log order."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.model import record as rec


class Entry(Struct, frozen=True):
    """One incident as the records have it. `symptoms` are all observables it was ever said to explain."""

    id: str
    opened: rec.Opened
    accountable: str
    why_person: str
    cause_key: str
    seam: tuple[str, str, str] | None
    symptoms: frozenset[str]
    told: tuple[tuple[str, datetime], ...] = ()
    acknowledged_at: datetime | None = None
    proposed: str = ""
    closed_at: datetime | None = None
    closed_why: str = ""
    corrections: tuple[rec.Corrected, ...] = ()
    merged_into: str = ""
    split: frozenset[str] = frozenset()  # symptoms that a person said are something else
    confirmed: str = ""  # key of the cause that a person confirmed or named
    links: Mapping[tuple[str, str], rec.Linked] = {}  # the latest word at each (ticket, step)

    @property
    def is_open(self) -> bool:
        """Neither closed nor merged away."""
        return self.closed_at is None and not self.merged_into


def fold(records: Iterable[tuple[int, rec.AnyRecord]]) -> dict[str, Entry]:
    """Incidents by id, in order of opening. Records about an unknown incident change nothing."""
    entries: dict[str, Entry] = {}
    links: dict[str, dict[tuple[str, str], rec.Linked]] = {}
    for _, record in sorted(records, key=lambda pair: pair[0]):
        if isinstance(record, rec.Opened):
            entries[record.incident] = _opened(record)
            continue
        incident = getattr(record, "incident", "")
        if isinstance(record, rec.Linked):
            links.setdefault(incident, {})[(record.ticket, record.step)] = record
        elif incident in entries:
            entries[incident] = _step(entries[incident], record)
        if isinstance(record, rec.Corrected) and record.verdict == "merge" and incident in entries:
            _take_over(entries, incident, record.into)
    return {id_: replace(e, links=links[id_]) if id_ in links else e for id_, e in entries.items()}


def _take_over(entries: dict[str, Entry], incident: str, into: str) -> None:
    """The symptoms of a merged incident are the other one's from now on."""
    if into in entries and into != incident:
        both = entries[into].symptoms | entries[incident].symptoms
        entries[into] = replace(entries[into], symptoms=both)


def _opened(r: rec.Opened) -> Entry:
    return Entry(r.incident, r, r.accountable, r.why_person, r.cause_key, r.seam, frozenset(r.symptoms))


def _step(e: Entry, record: rec.AnyRecord) -> Entry:
    match record:
        case rec.Amended():
            return replace(
                e, cause_key=record.cause_key, seam=record.seam, proposed=record.proposed,
                symptoms=e.symptoms | frozenset(record.symptoms),
            )  # fmt: skip
        case rec.Told():
            return replace(e, told=(*e.told, (record.person, record.at)))
        case rec.Acknowledged():
            return replace(e, acknowledged_at=e.acknowledged_at or record.at)
        case rec.HandedOver():
            return replace(e, accountable=record.to, why_person=f"handed over: {record.why}", proposed="")
        case rec.Corrected():
            return _corrected(e, record)
        case rec.Closed():
            return replace(e, closed_at=e.closed_at or record.at, closed_why=record.why)
        case _:
            return e


def _corrected(e: Entry, c: rec.Corrected) -> Entry:
    e = replace(e, corrections=(*e.corrections, c))
    if c.verdict == "merge":
        return replace(e, merged_into=c.into)
    if c.verdict == "not_an_incident":
        return replace(e, closed_at=e.closed_at or c.at, closed_why="not an incident")
    if c.verdict == "split":
        return replace(e, symptoms=e.symptoms - frozenset(c.symptoms), split=e.split | frozenset(c.symptoms))
    return replace(e, confirmed=e.cause_key if c.verdict == "confirmed" else c.cause_key)
