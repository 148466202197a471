"""Opinions become records here: an incident is opened, its person told, its story amended, its end noted.

State of an incident:  candidate --crosses the line--> open --symptoms over, or a person says so--> closed.
An open incident keeps its id and its person; only a recorded hand-over moves the person. `step` is called after
deliveries were taken in and on every tick; records carry the log's own time (`as_of`), so that a replay of
the same deliveries in the same steps writes the same records.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from seamline.analysis.facts import Facts
from seamline.analysis.likelihood import symptom_of
from seamline.analysis.opinion import Base, Opinion, opine
from seamline.app.ingest import take_in
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.incident import Incident
from seamline.model.ports import Log, Source

LINE = 4.0  # nats by which a cause must beat *nothing happened*: about 50 to 1, prior included
SURE = 0.75  # a cause this likely is told once the picture stood still for SETTLE ...
SETTLE = timedelta(seconds=30)  # since the last new symptom; a failure's first seconds name the wrong seam
WAIT = timedelta(seconds=45)  # ... and anything, however unsure or moving, when its first symptom is this old
MOVED = 10.0  # odds against the recorded cause from which its person should know
CALM = timedelta(minutes=15)  # an incident whose symptoms have all been over for so long is closed
TICK = timedelta(seconds=10)
MOST_UNREADABLE = 500  # deliveries: of the latest of them the reason is kept


class Triage:
    """Takes deliveries in, keeps the opinion up to date, appends records. One per writer of a home."""

    def __init__(self, log: Log, sources: Mapping[str, Source], *, by: str = rec.SELF) -> None:
        self._log = log
        self._sources = sources
        self._by = by
        self._base: Base | None = None
        self.facts = Facts()
        self.opinion: Opinion | None = None
        self.n_unreadable = 0
        # log position and why that delivery could not be read, of the latest ones, ascending
        self.unreadable: deque[tuple[int, str]] = deque(maxlen=MOST_UNREADABLE)
        self.catch_up()

    def catch_up(self) -> int:
        """Take in everything in the log that was not yet; returns how many deliveries."""
        n = 0
        for delivery in self._log.read(after=self.facts.position):
            self.take(delivery)
            n += 1
        return n

    def take(self, delivery: Delivery) -> None:
        """Take in one delivery that is in the log; the same one again changes nothing."""
        if delivery.seq > self.facts.position:
            reading = take_in(self.facts, self._sources, delivery)
            if isinstance(reading.record, rec.Erased) and self.opinion is not None:
                self._read_anew()
            if reading.unreadable:
                self.unreadable.append((delivery.seq, reading.unreadable))
                self.n_unreadable += 1

    def _read_anew(self) -> None:
        """Forget what bodies said that are gone now: the log up to here is read once more."""
        facts = Facts()
        for delivery in self._log.read(until=self.facts.position):
            take_in(facts, self._sources, delivery)
        self.facts, self._base = facts, None

    def step(self) -> Opinion:
        """Form the opinion, and append what follows from it."""
        opinion = self._opine()
        records = decide(opinion)
        if records:
            self._append(records, opinion.as_of)
            opinion = self._opine()
        self.opinion = opinion
        return opinion

    def tick(self, now: datetime) -> Opinion:
        """Let time go by: with something open, silence is news, and `as_of` has to move."""
        if self.facts.as_of is not None and now > self.facts.as_of and self.anything_open():
            self._append([rec.Tick(self._by, now)], now)
        return self.step()

    def anything_open(self) -> bool:
        """Whether an incident or a candidate waits for time to go by."""
        return self.opinion is not None and any(i.state != "closed" for i in self.opinion.incidents)

    def anything_waits(self) -> bool:
        """Whether something crossed the line but for the time that has to go by first."""
        return self.opinion is not None and any(
            i.state == "candidate" and i.weight >= LINE for i in self.opinion.incidents
        )

    def _opine(self) -> Opinion:
        opinion = opine(self.facts, self._base)
        self._base = opinion.base
        return opinion

    def _append(self, records: list[rec.AnyRecord], at: datetime) -> None:
        self._log.append([rec.to_received(r, at) for r in records])
        self.catch_up()


def decide(opinion: Opinion) -> list[rec.AnyRecord]:
    """The records that follow from an opinion, in order. Pure; empty when nothing crossed a line.

    What fails in another environment than the organisation's own stays a candidate: shown, never told.
    """
    out: list[rec.AnyRecord] = []
    paged = opinion.base.organisation.environment
    for incident in opinion.incidents:
        fresh = incident.state == "candidate" and incident.environment == paged
        if fresh and crosses(incident, opinion.as_of):
            out += _open(
                incident, opinion, len(opinion.entries) + sum(isinstance(r, rec.Opened) for r in out)
            )
        elif incident.state == "open":
            out += _follow(incident, opinion)
    return out


def crosses(incident: Incident, as_of: datetime) -> bool:
    """Whether a candidate is certain enough to be told, and clear enough or old enough to be named."""
    top = incident.causes[0]
    if incident.weight < LINE or top.kind == "nothing" or incident.since is None or incident.latest is None:
        return False
    still = as_of - incident.latest >= SETTLE
    return (still and top.probability >= SURE) or as_of - incident.since >= WAIT


def _open(incident: Incident, opinion: Opinion, n_known: int) -> list[rec.AnyRecord]:
    top = incident.causes[0]
    name = f"I-{n_known + 1}"
    opened = rec.Opened(
        rec.SELF, opinion.as_of, name, incident.accountable, incident.why_person, top.kind, top.key, top.entity,
        top.changes, top.seam, round(top.probability, 6), incident.symptoms, round(incident.history_s, 3),
    )  # fmt: skip
    return [opened, rec.Told(rec.SELF, opinion.as_of, name, incident.accountable, "digest")]


def _follow(incident: Incident, opinion: Opinion) -> list[rec.AnyRecord]:
    entry = opinion.entries[incident.id]
    if _over(incident, opinion):
        return [rec.Closed(rec.SELF, opinion.as_of, incident.id, "its symptoms are over")]
    top = incident.causes[0]
    told = (entry.cause_key, entry.seam)
    recorded = next((c.probability for c in incident.causes if (c.key, c.seam) == told), 1e-4)
    grown = set(incident.symptoms) - entry.symptoms
    moved = (top.key, top.seam) != told and top.probability >= MOVED * recorded
    if not moved and not grown:
        return []
    key, seam = (top.key, top.seam) if moved else (entry.cause_key, entry.seam)
    proposed = _proposed(incident, opinion) if moved and seam != entry.seam else entry.proposed
    return [
        rec.Amended(
            rec.SELF, opinion.as_of, incident.id, top.kind, key, top.entity, top.changes, seam,
            round(top.probability, 6), incident.symptoms, proposed,
        )
    ]  # fmt: skip


def _proposed(incident: Incident, opinion: Opinion) -> str:
    """Who the seam that is now believed in belongs to, when that is somebody else."""
    seam = incident.causes[0].seam
    if seam is None:
        return ""
    stack = opinion.base.stack
    owners = (stack.owner(seam[0]), stack.owner(seam[1]))
    person = opinion.base.tree.accountable(owners, opinion.as_of, seam).person
    return person if person != incident.accountable else ""


def _over(incident: Incident, opinion: Opinion) -> bool:
    """Whether every symptom has ended long enough ago, or left the window."""
    own = [o for o in opinion.observables if o.id in incident.symptoms and o.symptom is not None]
    if not own:
        return incident.opened_at is None or opinion.as_of - incident.opened_at >= CALM
    ends = [symptom_of(o).ended_at for o in own]
    return all(end is not None and opinion.as_of - end >= CALM for end in ends)
