"""Incidents out of clusters and records: which record a cluster belongs to, whose it is, what it covers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis import register
from seamline.analysis.correlate import Cluster
from seamline.analysis.facts import Facts
from seamline.analysis.likelihood import symptom_of
from seamline.analysis.ownership import Tree
from seamline.analysis.rank import Ranked
from seamline.analysis.stackmap import StackMap
from seamline.analysis.ties import tied
from seamline.model.incident import Carried, Cause, Incident
from seamline.model.organisation import Organisation
from seamline.model.record import Opened
from seamline.model.stack import Accountable
from seamline.model.symptom import Observable

NAMED_FROM = 0.5  # a cause that is likelier than not names the seam; below, the symptoms' owners meet


class Base(Struct, frozen=True):
    """What changes seldom and is costly to make: the organisation, its tree and the map, for one `key`."""

    key: tuple[int, int]
    organisation: Organisation
    tree: Tree
    stack: StackMap


class Found(Struct, frozen=True):
    """A cluster with its ranked causes, all of one environment."""

    environment: str
    cluster: Cluster
    observables: tuple[Observable, ...]
    ranked: Ranked


class Scene(Struct, frozen=True):
    """Everything an incident is told from."""

    facts: Facts
    base: Base
    observables: Sequence[Observable]
    entries: Mapping[str, register.Entry]
    as_of: datetime
    history_s: float


def attach(found: Sequence[Found], scene: Scene) -> list[Incident]:
    """Recorded incidents in order of opening, then the clusters that belong to none, the most certain first.

    Each cluster goes to the open record it shares most symptoms with; one record, one cluster. A record that took
    others over by a person's word may hold several clusters: the strongest tells it.
    """
    home = _homes(found, scene.entries)
    told: dict[str, Incident] = {}
    for i, f in enumerate(found):
        if i in home and home[i] not in told:
            own = [g for j, g in enumerate(found) if home.get(j) == home[i]]
            told[home[i]] = _recorded(_incident(_joined(f, own), scene), scene.entries[home[i]])
    recorded = [told.get(e.id) or _from_record(e, scene) for e in scene.entries.values()]
    return [*recorded, *(_incident(f, scene) for i, f in enumerate(found) if i not in home)]


def _homes(found: Sequence[Found], entries: Mapping[str, register.Entry]) -> dict[int, str]:
    """Index of a cluster -> id of the open record it belongs to."""
    shared = [
        (-len(common) - (e.cause_key == f.cluster.key), e.id, i)
        for e in entries.values()
        for i, f in enumerate(found)
        if e.is_open and (common := (e.symptoms - e.split) & {o.id for o in f.observables})
    ]
    took_over = {e.merged_into for e in entries.values() if e.merged_into}
    home: dict[int, str] = {}
    for _, entry_id, i in sorted(shared):
        if i not in home and (entry_id not in home.values() or entry_id in took_over):
            home[i] = entry_id
    return home


def _joined(first: Found, all_: Sequence[Found]) -> Found:
    """The first cluster with the symptoms of all."""
    observables = {o.id: o for f in all_ for o in f.observables}
    return Found(
        first.environment, first.cluster, tuple(observables[k] for k in sorted(observables)), first.ranked
    )


def _incident(f: Found, scene: Scene) -> Incident:
    base = scene.base
    who = answerable(f.ranked.causes[0], f.observables, base, scene.as_of)
    tickets = tied(scene.facts.tickets.values(), f.observables, scene.observables, base.stack, scene.as_of)
    entities = sorted(_entities(f) | {base.stack.canonical(t.desk) for t in tickets})
    onsets = _onsets(f.observables)
    return Incident(
        id="",
        state="candidate",
        opened_at=None,
        accountable=who.person,
        why_person=who.why,
        causes=f.ranked.causes,
        symptoms=tuple(sorted(o.id for o in f.observables)),
        entities=tuple(entities),
        domains=tuple(sorted({base.stack.domain(e) for e in entities})),
        tickets=tuple(t.id for t in tickets),
        since=onsets[0],
        latest=onsets[-1],
        weight=f.cluster.net,
        history_s=scene.history_s,
        environment=f.environment,
        ask=f.ranked.ask,
    )


def _onsets(observables: Sequence[Observable]) -> list[datetime]:
    """Onsets of what still goes on, ascending; of everything when it is all over."""
    symptoms = [symptom_of(o) for o in observables]
    return sorted(s.onset_at for s in symptoms if s.ended_at is None) or sorted(s.onset_at for s in symptoms)


def _recorded(incident: Incident, e: register.Entry) -> Incident:
    """An opinion under its record: id, person and what was told are the record's."""
    return replace(
        incident,
        id=e.id,
        state="open" if e.is_open else "closed",
        opened_at=e.opened.at,
        accountable=e.accountable,
        why_person=e.why_person,
        causes=_confirmed_first(incident.causes, e.confirmed),
        told=e.told,
        acknowledged_at=e.acknowledged_at,
        confirmed=e.confirmed,
        proposed=e.proposed,
        carried=_carried(incident.tickets, e),
    )


def _carried(tied_now: Sequence[str], e: register.Entry) -> Carried:
    """What became of the tickets that are tied to it, or were."""
    said = [link.outcome for (_, step), link in e.links.items() if step == "open"]
    n_tied = len({*tied_now, *(ticket for ticket, _ in e.links)})
    return Carried(n_tied, said.count("done"), said.count("failed"), "held" in said)


def _confirmed_first(causes: tuple[Cause, ...], confirmed: str) -> tuple[Cause, ...]:
    """What a person said stands first; the probabilities stay the engine's own."""
    return tuple(sorted(causes, key=lambda c: c.key != confirmed)) if confirmed else causes


def _from_record(e: register.Entry, scene: Scene) -> Incident:
    """A recorded incident whose symptoms are no longer in the window: told as it was recorded."""
    o, stack = e.opened, scene.base.stack
    cause = Cause(
        e.cause_key, o.cause_kind, o.changes, o.cause_entity, o.at, o.probability, e.seam, _title(o, scene)
    )
    entities = tuple(sorted({stack.canonical(s.split(" ")[1]) for s in e.symptoms if " " in s}))
    bare = Incident(
        id=e.id,
        state="open",
        opened_at=e.opened.at,
        accountable=e.accountable,
        why_person=e.why_person,
        causes=(cause,),
        symptoms=tuple(sorted(e.symptoms)),
        entities=entities,
        domains=tuple(sorted({stack.domain(x) for x in entities})),
        history_s=scene.history_s,
        environment=scene.base.organisation.environment,
    )
    return _recorded(bare, e)


def _title(o: Opened, scene: Scene) -> str:
    """The recorded cause as people call it, as far as its changes are still known."""
    titles = [scene.facts.changes[c].title for c in o.changes if c in scene.facts.changes]
    return " met ".join(titles) or (f"a fault in {o.cause_entity}" if o.cause_entity else o.cause_kind)


def answerable(cause: Cause, observables: Sequence[Observable], base: Base, at: datetime) -> Accountable:
    """The seam's person; inside one unit its owner; while the cause is open, who stands above all symptoms."""
    stack = base.stack
    if cause.kind in ("unknown", "nothing") or cause.probability < NAMED_FROM:
        owners = {stack.owner(stack.unit(o.entity)) for o in observables}
        return base.tree.accountable(owners, at)
    if cause.seam is not None:
        source, target, _ = cause.seam
        return base.tree.accountable((stack.owner(source), stack.owner(target)), at, cause.seam)
    return base.tree.accountable((stack.owner(stack.unit(cause.entity)),), at)


def _entities(f: Found) -> set[str]:
    """What shows symptoms, what the cause is at, and the units its changes moved."""
    top = f.ranked.causes[0]
    named = {top.entity} if top.entity else set()
    if top.seam is not None:
        named |= {top.seam[0], top.seam[1]}
    return {o.entity for o in f.observables} | named
