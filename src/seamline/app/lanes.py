"""The lanes: everything that happened in each domain, along time. Pure.

A mark stands for one thing that people know as one: a change with the scalings that carry it out, a ticket, an alert from
its first to its last firing, a run from START to its end, a symptom. What an incident explains carries its id.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from seamline.analysis.candidates import group
from seamline.analysis.facts import Facts
from seamline.analysis.likelihood import symptom_of
from seamline.analysis.opinion import Opinion
from seamline.model.event import Run
from seamline.model.incident import Incident
from seamline.model.refs import DOMAINS, name_of
from seamline.model.symptom import Observable

MarkKind = Literal["change", "symptom", "alert", "ticket", "run", "failed_run", "told"]

MOST = 25_000  # marks in one answer; of more the latest count
USUAL = timedelta(hours=1)  # shown when nothing is open
LEAD = timedelta(minutes=5)  # before an open incident's first sign
_ENDS = frozenset({"COMPLETE", "FAIL", "ABORT"})


class Mark(Struct, frozen=True, omit_defaults=True):
    """One thing on a lane. `until` is when it was over, None for what has no length or goes on."""

    id: str  # event id, else observable id
    lane: str  # domain
    at: datetime
    kind: MarkKind
    text: str  # one line for people
    entity: str
    seq: int = 0  # delivery it was read from; 0 where there is none
    until: datetime | None = None
    incident: str = ""  # id of the incident that explains it
    guilty: bool = False  # a change that the leading cause consists of
    strength: float = 0.0  # a symptom's


class Stitch(Struct, frozen=True):
    """A place where an incident's line touches a lane."""

    lane: str
    at: datetime


class Thread(Struct, frozen=True):
    """An incident as a line through the lanes: its causes, then the first sign in each lane, in order of time."""

    id: str
    state: str
    stitches: tuple[Stitch, ...]


class Window(Struct, frozen=True):
    """What the lanes show between two times, oldest first."""

    as_of: datetime | None
    position: int  # log position it stands on
    since: datetime
    until: datetime
    time_zone: str
    lanes: tuple[str, ...]
    marks: tuple[Mark, ...]
    threads: tuple[Thread, ...]
    n_left_out: int = 0  # older marks of the window, beyond what one answer holds


def marks(opinion: Opinion, facts: Facts) -> list[Mark]:
    """All marks, oldest first. O(n log n) in events."""
    theirs = _explained(opinion.incidents)
    seen = [o for o in opinion.observables if o.symptom is not None]
    told = {seq for o in seen if o.kind in ("alert", "run_failure") for seq in symptom_of(o).seqs}
    found = [
        *_changes(opinion, facts, theirs),
        *_symptoms(opinion, seen, theirs),
        *_alerts(opinion, facts, told),
        *_tickets(opinion, facts, theirs),
        *_runs(opinion, facts),
        *_openings(opinion),
    ]
    return sorted(found, key=lambda m: (m.at, m.lane, m.kind, m.id))


def window(
    found: Sequence[Mark], opinion: Opinion, since: datetime, until: datetime, *, after: int = 0
) -> Window:
    """The marks of a window, and the incidents whose line touches it.

    With `after`, only those of deliveries after that log position, symptoms, and what incidents explain: all that
    changes an answer that a reader already has. O(log n + marks of the window).
    """
    first = bisect_left(found, since, key=lambda m: m.at)
    last = bisect_left(found, until + timedelta.resolution, key=lambda m: m.at)
    chosen = [m for m in found[first:last] if not after or m.seq > after or m.incident or m.strength]
    present = {m.lane for m in found[first:last]}
    return Window(
        opinion.as_of if opinion.position else None,
        opinion.position,
        since,
        until,
        opinion.base.organisation.time_zone,
        tuple(d for d in DOMAINS if d in present or d != "vendor"),
        tuple(chosen[-MOST:]),
        tuple(
            t for t in threads(found, opinion.incidents) if any(since <= s.at <= until for s in t.stitches)
        ),
        max(0, len(chosen) - MOST),
    )


def threads(found: Iterable[Mark], incidents: Iterable[Incident]) -> list[Thread]:
    """The lines of all recorded incidents, in their order."""
    by_incident: dict[str, list[Mark]] = {}
    for mark in found:
        if mark.incident and mark.kind != "told":
            by_incident.setdefault(mark.incident, []).append(mark)
    return [
        Thread(i.id, i.state, _stitches(by_incident.get(i.id, ())))
        for i in incidents
        if i.state != "candidate"
    ]


def usual(found: Sequence[Mark], opinion: Opinion) -> tuple[datetime, datetime]:
    """The span to begin with: the last hour in which anything happened, and back to before what is open began."""
    until = opinion.as_of
    firsts = [t.stitches[0].at for t in threads(found, opinion.incidents) if t.state == "open" and t.stitches]
    latest = found[-1].at if found else until
    since = min([min(until, latest) - USUAL, *(at - LEAD for at in firsts)])
    oldest = found[0].at if found else until - USUAL
    return max(since, oldest - timedelta(seconds=20)), until


def around(found: Iterable[Mark], incident: Incident, as_of: datetime) -> tuple[datetime, datetime]:
    """The span that shows one incident whole: some time before its first sign, and after its last."""
    own = [m for m in found if m.incident == incident.id]
    if not own:
        at = incident.opened_at or as_of
        return at - LEAD, at + LEAD
    first, last = own[0].at, max(m.until or m.at for m in own)
    margin = max((last - first) / 4, timedelta(seconds=30))
    return first - margin, min(last + margin, max(as_of, last))


def _stitches(own: Sequence[Mark]) -> tuple[Stitch, ...]:
    causes = [m for m in own if m.guilty]
    since = causes[0].at if causes else None
    signs: dict[str, Mark] = {}
    for mark in own:
        if mark.strength > 0 and (since is None or mark.at >= since):
            signs.setdefault(mark.lane, mark)
    ordered = sorted([*causes, *signs.values()], key=lambda m: m.at)
    return tuple(Stitch(m.lane, m.at) for m in ordered)


def _explained(incidents: Iterable[Incident]) -> dict[str, str]:
    """The incident of each event id or observable id that one explains."""
    out: dict[str, str] = {}
    for incident in incidents:
        if incident.state != "candidate":
            for explained in (*incident.symptoms, *incident.tickets, *incident.causes[0].changes):
                out.setdefault(explained, incident.id)
    return out


def _changes(opinion: Opinion, facts: Facts, theirs: Mapping[str, str]) -> Iterator[Mark]:
    stack = opinion.base.stack
    for g in group(list(facts.changes.values()), stack):
        c, incident = g.change, theirs.get(g.change.id, "")
        yield Mark(
            c.id, stack.domain(g.entity), c.at, "change", f"{name_of(g.entity)}: {c.title}", g.entity, c.seq,
            c.done_at, incident, bool(incident),
        )  # fmt: skip


def _symptoms(opinion: Opinion, seen: Iterable[Observable], theirs: Mapping[str, str]) -> Iterator[Mark]:
    kinds: dict[str, MarkKind] = {"alert": "alert", "run_failure": "failed_run"}
    for o in seen:
        s = symptom_of(o)
        yield Mark(
            o.id, opinion.base.stack.domain(o.entity), s.onset_at, kinds.get(o.kind, "symptom"),
            f"{name_of(o.entity)}: {s.detail}", o.entity, s.seqs[0] if s.seqs else 0, s.ended_at,
            theirs.get(o.id, ""), False, s.strength,
        )  # fmt: skip


def _alerts(opinion: Opinion, facts: Facts, told: set[int]) -> Iterator[Mark]:
    """Alerts that no symptom stands for already."""
    stack = opinion.base.stack
    for a in facts.alerts.values():
        if a.seq not in told:
            entity = stack.canonical(a.entity)
            text = f"{name_of(entity)}: {a.name}" + (f": {a.summary}" if a.summary else "")
            yield Mark(a.id, stack.domain(entity), a.at, "alert", text, entity, a.seq, a.ended_at)


def _tickets(opinion: Opinion, facts: Facts, theirs: Mapping[str, str]) -> Iterator[Mark]:
    stack = opinion.base.stack
    for t in facts.tickets.values():
        desk = stack.canonical(t.desk)
        text = " ".join((t.subject or t.text).split())[:200]
        yield Mark(t.id, stack.domain(desk), t.at, "ticket", text, desk, t.seq, None, theirs.get(t.id, ""))


def _runs(opinion: Opinion, facts: Facts) -> Iterator[Mark]:
    """One mark per run: from its first state to the one that ended it."""
    states: dict[str, list[Run]] = {}
    for run in facts.runs.values():
        states.setdefault(run.run_id, []).append(run)
    for found in states.values():
        found.sort(key=lambda r: (r.at, r.seq))
        first, end = found[0], next((r for r in found if r.state in _ENDS), None)
        job = opinion.base.stack.canonical(first.job)
        failed = end is not None and end.state != "COMPLETE"
        text = f"{name_of(job)}: {'runs' if end is None else 'failed' if failed else 'done'}"
        yield Mark(
            first.id, opinion.base.stack.domain(job), first.at, "failed_run" if failed else "run", text, job,
            (end or first).seq, end.at if end else None,
        )  # fmt: skip


def _openings(opinion: Opinion) -> Iterator[Mark]:
    people = {p.id: p.name for p in opinion.base.organisation.people}
    for i in opinion.incidents:
        if i.state != "candidate" and i.opened_at is not None:
            entity = i.causes[0].entity
            told = ", ".join(dict.fromkeys(people.get(p, p) for p, _ in i.told)) or "nobody"
            lane = opinion.base.stack.domain(entity) if entity else DOMAINS[0]
            yield Mark(
                f"told {i.id}",
                lane,
                i.opened_at,
                "told",
                f"{i.id} opened; {told} told",
                entity,
                incident=i.id,
            )
