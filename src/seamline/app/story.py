"""Tell an incident: lanes, one cause, its way, its seam, its person, what speaks for and against."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from seamline.analysis import seams
from seamline.analysis.candidates import group
from seamline.analysis.facts import Facts
from seamline.analysis.likelihood import symptom_of
from seamline.analysis.opinion import Base, Opinion
from seamline.app.support import carried
from seamline.model.event import Change, Ticket
from seamline.model.incident import Cause, Evidence, Hop, Incident
from seamline.model.refs import DOMAINS, name_of
from seamline.model.stack import Seam
from seamline.model.story import LineKind, PathStep, Story, StoryLine
from seamline.model.symptom import Observable

BEFORE = timedelta(minutes=10)  # of history shown before the first of cause and symptoms
_SHORT = 60
_LINE_KIND: dict[str, LineKind] = {"alert": "alert", "run_failure": "run"}

# How a fault travels along a relation, in words: in the tool's own direction, and against it.
WORDS = {
    "calls": ("calls", "is called by"),
    "uses": ("works on", "serves the connections of"),
    "reads": ("reads", "is read by"),
    "writes": ("writes", "is written by"),
    "derives": ("is made of", "feeds"),
    "runs_on": ("runs on", "runs"),
    "scales": ("scales", "is scaled by"),
    "part_of": ("is part of", "holds"),
    "answers_for": ("answers for", "brings tickets to"),
    "built_from": ("is built from", "is the code of"),
}


def tell(incident: Incident, opinion: Opinion, facts: Facts) -> Story:
    """The story of one incident as of the opinion's time."""
    base, top = opinion.base, incident.causes[0]
    mine = [o for o in opinion.observables if o.id in incident.symptoms and o.symptom is not None]
    people = {p.id: p.name for p in base.organisation.people}
    lines = list(_lines(incident, mine, base, facts, people, opinion.as_of))
    rival = next((c for c in incident.causes[1:] if c.kind not in ("nothing",)), None)
    return Story(
        incident, opinion.as_of, sentence(top), people.get(incident.accountable, incident.accountable),
        incident.why_person, _lanes(lines), seam_of(top, base, opinion.as_of), _path(top, mine, base),
        f"{sentence(rival)} ({rival.probability:.0%})" if rival else "", _separates(top, rival),
        time_zone=base.organisation.time_zone,
    )  # fmt: skip


def sentence(cause: Cause) -> str:
    """The cause in one sentence."""
    match cause.kind:
        case "collision" | "change":
            return f"{cause.title}, at {cause.entity}"
        case "latent":
            return f"{cause.title}: no change is guilty"
        case "unknown":
            return "the cause lies outside the map"
        case _:
            return "nothing happened: these symptoms are noise"


def seam_of(cause: Cause, base: Base, at: datetime) -> Seam | None:
    """The seam a cause crossed, as the map has it at a time."""
    if cause.seam is None:
        return None
    found = seams.find(base.stack, base.organisation, at)
    return next((s for s in found if s.key() == cause.seam), None)


def _lanes(lines: Iterable[tuple[str, StoryLine]]) -> dict[str, tuple[StoryLine, ...]]:
    by_domain: dict[str, list[StoryLine]] = {d: [] for d in DOMAINS}
    for domain, line in lines:
        by_domain.setdefault(domain, []).append(line)
    return {d: tuple(sorted(rows, key=lambda r: (r.at, r.kind, r.text))) for d, rows in by_domain.items()}


def _lines(
    incident: Incident,
    mine: Sequence[Observable],
    base: Base,
    facts: Facts,
    people: Mapping[str, str],
    as_of: datetime,
) -> Iterable[tuple[str, StoryLine]]:
    top, stack = incident.causes[0], base.stack
    onsets = [symptom_of(o).onset_at for o in mine]
    guilty = [facts.changes[c] for c in top.changes if c in facts.changes]
    start = min([*onsets, *(c.at for c in guilty)], default=as_of) - BEFORE
    for g in group(list(facts.changes.values()), stack):
        if start <= g.change.at <= as_of:
            yield stack.domain(g.entity), _change(g.change, g.entity, g.change.id in top.changes)
    for o in mine:
        yield stack.domain(o.entity), _symptom(o)
    desks = {o.entity for o in mine if o.kind == "ticket_burst"}
    first = min(onsets, default=as_of)
    for t in facts.tickets.values():
        desk = stack.canonical(t.desk)
        if desk in desks and first - timedelta(minutes=1) <= t.at <= as_of:
            yield stack.domain(desk), _ticket(t, desk)
    if incident.opened_at is not None:
        domain = stack.domain(top.entity) if top.entity else DOMAINS[0]
        told = ", ".join(dict.fromkeys(people.get(p, p) for p, _ in incident.told)) or "nobody"
        yield domain, StoryLine(incident.opened_at, f"{incident.id} opened; {told} told", "told")
        if tickets := carried(incident):
            yield "support", StoryLine(incident.opened_at, tickets, "told")


def _change(c: Change, entity: str, guilty: bool) -> StoryLine:
    return StoryLine(c.at, f"{name_of(entity)}: {c.title}", "change", 0.0, entity, guilty, 1, (c.seq,))


def _symptom(o: Observable) -> StoryLine:
    s = symptom_of(o)
    kind = _LINE_KIND.get(o.kind, "symptom")
    text = f"{name_of(o.entity)}: {s.detail}"
    n_alike = s.confirmed_by if o.kind == "ticket_burst" else 1
    return StoryLine(s.onset_at, text, kind, s.strength, o.entity, False, n_alike, s.seqs)


def _ticket(t: Ticket, desk: str) -> StoryLine:
    words = " ".join((t.subject or t.text).split())
    short = words if len(words) <= _SHORT else words[: _SHORT - 1] + "…"
    return StoryLine(t.at, f"“{short}”", "ticket", 0.0, desk, False, 1, (t.seq,))


def _path(cause: Cause, mine: Sequence[Observable], base: Base) -> tuple[PathStep, ...]:
    """The way to what it explains furthest in each domain, hop by hop, each hop once."""
    onset = _onsets(mine)
    furthest: dict[str, Evidence] = {}
    for evidence in sorted(cause.evidence_for, key=_telling):
        if evidence.path:
            furthest.setdefault(base.stack.domain(evidence.path[-1].target), evidence)
    steps: dict[tuple[str, str], PathStep] = {}
    for domain in sorted(furthest, key=DOMAINS.index):
        for hop in furthest[domain].path:
            steps.setdefault((hop.source, hop.target), _step(hop, onset, cause, base))
    return tuple(steps.values())


def _telling(e: Evidence) -> tuple[int, float, str]:
    return (-len(e.path), -e.weight, e.observable)


def _onsets(mine: Sequence[Observable]) -> dict[str, datetime]:
    out: dict[str, datetime] = {}
    for o in mine:
        at = symptom_of(o).onset_at
        out[o.entity] = min(at, out.get(o.entity, at))
    return out


def _step(hop: Hop, onset: dict[str, datetime], cause: Cause, base: Base) -> PathStep:
    start = onset.get(hop.source) or (cause.at if hop.source == cause.entity else None)
    end = onset.get(hop.target)
    seen = (end - start).total_seconds() if start is not None and end is not None else None
    return PathStep(hop.source, hop.target, _words(hop, base), hop.delay_s, seen)


def _words(hop: Hop, base: Base) -> str:
    onward, back = WORDS.get(hop.relation, (hop.relation, f"{hop.relation} of"))
    return onward if base.stack.related(hop.source, hop.relation, hop.target) else back


def _separates(top: Cause, rival: Cause | None) -> str:
    """The line of evidence that tells the first two causes apart most."""
    if rival is None or not top.evidence_for:
        return ""
    best = top.evidence_for[0]
    return f"{best.text} ({best.weight:+.1f} nats for the first)" if best.weight > 0 else ""
