"""The opinion: what all facts up to a log position say, and nothing else.

`opine` is a pure function of the facts: the same code runs live, in a replay and in a back-test. What became a
record is read back through `register`; an opinion never changes one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis import candidates as cand
from seamline.analysis import capacity, likelihood, organisation, register, stackmap
from seamline.analysis.correlate import Cluster, cluster
from seamline.analysis.detect import detect
from seamline.analysis.facts import Facts
from seamline.analysis.likelihood import symptom_of
from seamline.analysis.ownership import Tree
from seamline.analysis.rank import Ranked, rank
from seamline.analysis.stackmap import StackMap
from seamline.model.incident import Cause, Incident
from seamline.model.organisation import Organisation
from seamline.model.record import AnyRecord
from seamline.model.stack import Accountable
from seamline.model.symptom import Observable

NAMED_FROM = 0.5  # a cause that is likelier than not names the seam; below, the symptoms' owners meet


class Base(Struct, frozen=True):
    """What changes seldom and is costly to make: the organisation, its tree and the map, for one `key`."""

    key: tuple[int, int]
    organisation: Organisation
    tree: Tree
    stack: StackMap


class Opinion(Struct, frozen=True):
    """Map, symptoms and incidents as of a time. Incidents: recorded ones by id, then candidates by weight."""

    position: int
    as_of: datetime
    base: Base
    observables: tuple[Observable, ...]
    incidents: tuple[Incident, ...]
    entries: Mapping[str, register.Entry]
    history_s: float
    records: tuple[tuple[int, AnyRecord], ...] = ()


def base_of(facts: Facts, known: Base | None = None) -> Base:
    """The organisation in force and the map; `known` is given back when nothing of it changed."""
    key = (facts.map_version, len(facts.records))
    if known is not None and known.key == key:
        return known
    org = organisation.in_force([r for _, r in sorted(facts.records, key=lambda pair: pair[0])])
    stack = stackmap.build(facts, org)
    return Base(key, org, Tree(org, stack.canonical), stack)


def opine(facts: Facts, known: Base | None = None) -> Opinion:
    """The opinion on all facts. Empty facts give an empty opinion as of the epoch."""
    as_of = facts.as_of or datetime.fromtimestamp(0, UTC)
    base = base_of(facts, known)
    records = tuple(sorted(facts.records, key=lambda pair: pair[0]))
    entries = register.fold(records)
    seen = detect(facts, base.stack.canonical, as_of, base.organisation.environment)
    observables = tuple(seen)
    live = [o for o in observables if not _settled(o, entries)]
    found = [
        f
        for environment in sorted({o.environment for o in live})
        for part in _parts([o for o in live if o.environment == environment], entries)
        for f in _explain(facts, base, part, environment, as_of)
    ]
    history_s = _history_s(observables, as_of)
    incidents = _attach(found, entries, base, as_of, history_s)
    return Opinion(facts.position, as_of, base, observables, tuple(incidents), entries, history_s, records)


def _settled(o: Observable, entries: Mapping[str, register.Entry]) -> bool:
    """Whether its symptom belongs to an incident that is closed: told once, not again."""
    return o.symptom is not None and any(
        e.closed_at is not None and o.id in e.symptoms and o.symptom.onset_at <= e.closed_at
        for e in entries.values()
    )


def _parts(
    observables: Sequence[Observable], entries: Mapping[str, register.Entry]
) -> list[list[Observable]]:
    """What is explained together: everything, but symptoms that a person split off stand by themselves."""
    apart = [e.split for e in entries.values() if e.split]
    split = frozenset().union(*apart)
    rest = [o for o in observables if o.symptom is None or o.id not in split]
    return [rest, *([o for o in observables if o.symptom is None or o.id in ids] for ids in apart)]


def _history_s(observables: Sequence[Observable], as_of: datetime) -> float:
    since = min((o.watched_since for o in observables), default=as_of)
    return max(0.0, (as_of - since).total_seconds())


class _Found(Struct, frozen=True):
    """A cluster with its ranked causes, all of one environment."""

    environment: str

    cluster: Cluster
    observables: tuple[Observable, ...]
    ranked: Ranked


def _explain(
    facts: Facts, base: Base, observables: Sequence[Observable], environment: str, as_of: datetime
) -> list[_Found]:
    """Clusters of the live symptoms of an environment with their causes, the most certain first.

    A change is blamed within its own environment only; one that names none is the organisation's default.
    """
    v = likelihood.view(observables)
    if not v.sick:
        return []
    stack = base.stack
    default = base.organisation.environment
    changes = [c for c in facts.changes.values() if c.dims.get("environment", default) == environment]
    groups = cand.group(changes, stack)
    meetings = capacity.meetings([g.change for g in groups], facts, stack, as_of)
    candidates = {c.key: c for c in cand.find(groups, meetings, stack, v.sick, as_of)}
    scores = {key: likelihood.score(c, v, stack) for key, c in candidates.items()}
    scores["unknown"] = likelihood.unknown(v)
    return [
        _Found(
            environment,
            c,
            tuple(v.sick[j] for j in c.symptoms),
            rank(c.symptoms, v, candidates, scores, stack, as_of),
        )
        for c in cluster(v, scores)
    ]


def _attach(
    found: Sequence[_Found],
    entries: Mapping[str, register.Entry],
    base: Base,
    as_of: datetime,
    history_s: float,
) -> list[Incident]:
    """Give each cluster the open record it shares most symptoms with; one record, one cluster.

    A record that took others over by a person's word may hold several clusters: the strongest tells it.
    """
    home = _homes(found, entries)
    told: dict[str, Incident] = {}
    for i, f in enumerate(found):
        if i in home and home[i] not in told:
            own = [g for j, g in enumerate(found) if home.get(j) == home[i]]
            told[home[i]] = _incident(_joined(f, own), entries[home[i]], base, as_of, history_s)
    recorded = [told.get(e.id) or _from_record(e, base, history_s) for e in entries.values()]
    fresh = [_incident(f, None, base, as_of, history_s) for i, f in enumerate(found) if i not in home]
    return [*recorded, *fresh]


def _homes(found: Sequence[_Found], entries: Mapping[str, register.Entry]) -> dict[int, str]:
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


def _joined(first: _Found, all_: Sequence[_Found]) -> _Found:
    """The first cluster with the symptoms of all."""
    observables = {o.id: o for f in all_ for o in f.observables}
    return _Found(
        first.environment, first.cluster, tuple(observables[k] for k in sorted(observables)), first.ranked
    )


def _incident(
    f: _Found, entry: register.Entry | None, base: Base, as_of: datetime, history_s: float
) -> Incident:
    who = answerable(f.ranked.causes[0], f.observables, base, as_of)
    entities = _entities(f)
    onsets = _onsets(f.observables)
    fresh = Incident(
        "", "candidate", None, who.person, who.why, f.ranked.causes,
        tuple(sorted(o.id for o in f.observables)), entities,
        tuple(sorted({base.stack.domain(e) for e in entities})),
        since=onsets[0], latest=onsets[-1], weight=f.cluster.net,
        history_s=history_s, environment=f.environment, ask=f.ranked.ask,
    )  # fmt: skip
    if entry is None:
        return fresh
    return _recorded(fresh, entry)


def _onsets(observables: Sequence[Observable]) -> list[datetime]:
    """Onsets of what still goes on, ascending; of everything when it is all over."""
    symptoms = [symptom_of(o) for o in observables]
    return sorted(s.onset_at for s in symptoms if s.ended_at is None) or sorted(s.onset_at for s in symptoms)


def _recorded(incident: Incident, e: register.Entry) -> Incident:
    """An opinion under its record: id, person and what was told are the record's."""
    return replace(
        incident, causes=_confirmed_first(incident.causes, e.confirmed), confirmed=e.confirmed, id=e.id, state="open" if e.is_open else "closed", opened_at=e.opened.at,
        accountable=e.accountable, why_person=e.why_person, told=e.told,
        acknowledged_at=e.acknowledged_at, proposed=e.proposed,
    )  # fmt: skip


def _confirmed_first(causes: tuple[Cause, ...], confirmed: str) -> tuple[Cause, ...]:
    """What a person said stands first; the probabilities stay the engine's own."""
    return tuple(sorted(causes, key=lambda c: c.key != confirmed)) if confirmed else causes


def _from_record(e: register.Entry, base: Base, history_s: float) -> Incident:
    """A recorded incident whose symptoms are no longer in the window: told as it was recorded."""
    o = e.opened
    cause = Cause(
        e.cause_key, o.cause_kind, o.changes, o.cause_entity, o.at, o.probability, e.seam, o.cause_key
    )
    entities = tuple(sorted({base.stack.canonical(s.split(" ")[1]) for s in e.symptoms if " " in s}))
    bare = Incident(
        "", "open", None, e.accountable, e.why_person, (cause,), tuple(sorted(e.symptoms)), entities,
        tuple(sorted({base.stack.domain(x) for x in entities})), history_s=history_s,
        environment=base.organisation.environment,
    )  # fmt: skip
    return _recorded(bare, e)


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


def _entities(f: _Found) -> tuple[str, ...]:
    """What shows symptoms, what the cause is at, and the units its changes moved."""
    top = f.ranked.causes[0]
    named = {top.entity} if top.entity else set()
    if top.seam is not None:
        named |= {top.seam[0], top.seam[1]}
    return tuple(sorted({o.entity for o in f.observables} | named))
