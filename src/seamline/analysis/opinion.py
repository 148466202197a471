"""The opinion: what all facts up to a log position say, and nothing else.

`opine` is a pure function of the facts: the same code runs live, in a replay and in a back-test. What became a
record is read back through `register`; an opinion never changes one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis import candidates as cand
from seamline.analysis import capacity, likelihood, organisation, pods, register, stackmap
from seamline.analysis.closer import Look, closer
from seamline.analysis.correlate import cluster
from seamline.analysis.detect import detect
from seamline.analysis.environment import environment_of
from seamline.analysis.facts import Facts
from seamline.analysis.incidents import Base, Found, Scene, attach
from seamline.analysis.ownership import Tree
from seamline.analysis.rank import Ranked, rank
from seamline.analysis.rollout import Live
from seamline.model.incident import Incident
from seamline.model.record import AnyRecord
from seamline.model.symptom import Observable

__all__ = ["Base", "Opinion", "base_of", "opine"]


MOST_SYMPTOMS = 200  # that are explained together: an outage with more is told by its clearest ones


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
    incidents = attach(found, Scene(facts, base, observables, entries, as_of, history_s))
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


def _strongest(observables: Sequence[Observable]) -> Sequence[Observable]:
    """All of them, but of an outage with more than `MOST_SYMPTOMS` symptoms those that say most."""
    sick = [o for o in observables if o.symptom is not None]
    if len(sick) <= MOST_SYMPTOMS:
        return observables
    ranked = sorted(sick, key=lambda o: (o.eps / max(likelihood.symptom_of(o).strength, 1.0), o.id))
    left_out = {o.id for o in ranked[MOST_SYMPTOMS:]}
    return [o for o in observables if o.id not in left_out]


def _history_s(observables: Sequence[Observable], as_of: datetime) -> float:
    since = min((o.watched_since for o in observables), default=as_of)
    return max(0.0, (as_of - since).total_seconds())


def _explain(
    facts: Facts, base: Base, observables: Sequence[Observable], environment: str, as_of: datetime
) -> list[Found]:
    """Clusters of the live symptoms of an environment with their causes, the most certain first.

    A change is blamed within its own environment only; one that names none is the organisation's default.
    """
    v = likelihood.view(_strongest(observables))
    if not v.sick:
        return []
    stack = base.stack
    default = base.organisation.environment
    changes = [c for c in facts.changes.values() if environment_of(c.dims, default) == environment]
    groups = cand.group(changes, stack)
    meetings = capacity.meetings([g.change for g in groups], facts, stack, as_of)
    candidates = {c.key: c for c in cand.find(groups, meetings, stack, v.sick, as_of, Live(facts, stack))}
    scores = {key: likelihood.score(c, v, stack) for key, c in candidates.items()}
    scores["unknown"] = likelihood.unknown(v)
    seen = pods.patterns(facts, stack, v.sick)
    kinds = {g.change.id: g.change.kind for g in groups}
    notes = {p.observable: p.in_words() for p in seen if p.well}
    for key in scores if seen else ():
        said = {p.observable: pods.weight(candidates.get(key), p, stack, kinds) for p in seen}
        scores[key] = likelihood.weighed(scores[key], v, said)
    look = closer(facts, stack, v.sick, as_of, environment)
    for key, candidate in candidates.items():
        scores[key] = likelihood.weighed(scores[key], v, look.said(candidate))
    return [
        Found(
            environment,
            c,
            tuple(v.sick[j] for j in c.symptoms),
            _told(rank(c.symptoms, v, candidates, scores, stack, as_of, notes), look),
        )
        for c in cluster(v, scores)
    ]


def _told(ranked: Ranked, look: Look) -> Ranked:
    return replace(ranked, causes=tuple(look.told(c) for c in ranked.causes))
