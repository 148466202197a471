"""Who could be guilty: changes, latent faults, collisions, something outside the map, or nothing.

A candidate is a set of mechanisms. A mechanism starts somewhere, at a time with a law (or a constant rate when
nobody knows when), and what it breaks travels over the map.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from seamline.analysis.capacity import Meeting
from seamline.analysis.delay import JOINT, Law, onset
from seamline.analysis.rollout import Live
from seamline.analysis.show import AT_ONCE
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.incident import CauseKind
from seamline.model.refs import kind_of
from seamline.model.symptom import Observable

LOOK_BACK = timedelta(days=35)  # past the tail of every law in `delay`

# P(a change of this kind does harm at all): starting values until confirmed causes give counts.
GUILT = {
    "deploy": 0.04, "config": 0.02, "schema": 0.05, "scale": 0.001, "flag": 0.02, "model": 0.05,
    "data": 0.03, "manual": 0.05,
}  # fmt: skip
# A change whose own words name the very column that broke: how much likelier, and the bound.
NAMES_IT = 15.0
MOST_GUILT = 0.6
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{3,}")
_TAKES_AWAY = re.compile(
    r"\b(drop|rename|alter\s+column|modify|change|truncate|delete|update|not\s+null|revoke)\b|\btype\b",
    re.IGNORECASE,
)
_LOGGING = re.compile(r"(^|_)log(s|ging|ger)?(_|$)|verbos", re.IGNORECASE)
_BESIDE = frozenset(
    {"kind", "release", "version", "task", "ref", "image"}
)  # facts that say nothing of the content
LIMITED = 0.05  # of the usual guilt: what only adds to a schema, or only changes how much is logged
# Some tools announce and never report that it was carried out: half of such changes are taken as made.
ONLY_ANNOUNCED = 0.5
# A meeting whose limit is shown to be crossed by both together and by neither alone is no chance encounter:
# what is uncertain is only whether the limit binds. One with a missing fact is worth half as much.
GUILT_CROSSED = 0.5
GUILT_CROSSED_UNSURE = 0.25

_DAY = 86_400.0
# Latent faults per second, by kind of entity.
LATENT_RATE = {
    "service": 1 / (8 * _DAY), "vendor": 1 / (5 * _DAY), "peer": 1 / (5 * _DAY), "job": 1 / (20 * _DAY),
    "database": 1 / (8 * _DAY), "dataset": 1 / (60 * _DAY), "model": 1 / (30 * _DAY),
}  # fmt: skip
LATENT_RATE_OTHER = 1 / (90 * _DAY)
UNKNOWN_RATE = 1 / (30 * _DAY)
NEVER_LATENT = frozenset(
    {"desk", "topic", "repo", "column", "alert", "pod", "endpoint", "dashboard", "revision"}
)


class Mechanism(Struct, frozen=True):
    """Something that goes wrong at `origin`, shows as `cause` says, and begins by `law` after `start_ts`."""

    origin: str
    cause: str  # key of the table in `show`
    strength: float
    start_ts: float | None = None  # None: at any time, at a constant rate
    law: Law | None = None


class Candidate(Struct, frozen=True):
    """One possible cause. `weight` is the prior probability (with a start) or the rate per second (latent)."""

    key: str
    kind: CauseKind
    weight: float
    main: Mechanism | None  # the one whose start is searched for
    others: tuple[Mechanism, ...] = ()
    changes: tuple[str, ...] = ()
    entity: str = ""
    at: datetime | None = None
    title: str = ""
    origins: tuple[str, ...] = ()  # the entity of each change, in the order of `changes`


class Grouped(Struct, frozen=True):
    """A change with the follow-up changes that are the same physical act."""

    change: Change
    entity: str  # canonical
    also: tuple[str, ...]


def group(changes: Sequence[Change], stack: StackMap) -> list[Grouped]:
    """One entry per physical act, in (time, entity, id) order.

    A Deployment's replica sets move because a release rolls it out or an autoscaler decided: such a scaling
    belongs to the release or the decision that it follows, as the platform announces both.
    """
    ordered = sorted(changes, key=lambda c: (c.at, c.entity, c.id))
    leaders = [c for c in ordered if not (c.kind == "scale" and kind_of(c.entity) == "deployment")]
    out = [Grouped(c, stack.canonical(c.entity), tuple(stack.canonical(r) for r in c.also)) for c in leaders]
    for c in ordered:
        if c.kind != "scale" or kind_of(c.entity) != "deployment":
            continue
        if not any(_follows(c, leader, stack) for leader in leaders):
            out.append(Grouped(c, stack.canonical(c.entity), tuple(stack.canonical(r) for r in c.also)))
    return sorted(out, key=lambda g: (g.change.at, g.entity, g.change.id))


def _follows(scaling: Change, leader: Change, stack: StackMap) -> bool:
    """Whether a Deployment's scaling is the carrying out of `leader`."""
    gap_s = (scaling.at - leader.at).total_seconds()
    if leader.kind == "scale":
        return -2 <= gap_s <= 30 and stack.related(leader.entity, "scales", scaling.entity)
    end = leader.done_at or leader.at + timedelta(minutes=10)
    within = leader.at - timedelta(seconds=2) <= scaling.at <= end + timedelta(minutes=1)
    return within and stack.related(leader.entity, "runs_on", scaling.entity)


def find(
    groups: Sequence[Grouped],
    meetings: Sequence[Meeting],
    stack: StackMap,
    sick: Sequence[Observable],
    as_of: datetime,
    live: Live | None = None,
) -> list[Candidate]:
    """All candidates that could reach an entity with a symptom, sorted by key.

    `live` says when versions were first seen running.
    O(changes + units) reach look-ups. A pair of changes is a candidate only where the map knows what they share and
    its figures can be checked: without a mechanism, two changes are two causes, or a coincidence.
    """
    symptomatic = frozenset(o.entity for o in sick)
    columns = frozenset(o.slice for o in sick if o.kind in AT_ONCE and o.slice)
    singles = [
        c for g in groups if (c := _single(g, columns, as_of, live)) and _touches(c, stack, symptomatic)
    ]
    by_id = {g.change.id: g for g in groups}
    latents = [c for c in _latents(stack) if _touches(c, stack, symptomatic)]
    joint = [_meeting(m, by_id, live) for m in meetings if m.first in by_id and m.second in by_id]
    return sorted([*singles, *latents, *joint], key=lambda c: c.key)


def _single(g: Grouped, columns: frozenset[str], as_of: datetime, live: Live | None) -> Candidate | None:
    c = g.change
    if c.at > as_of or c.at < as_of - LOOK_BACK or c.state == "failed":
        return None
    main, *others = mechanisms(g, live)
    weight = guilt(c)
    if columns & _words(c):
        weight = min(MOST_GUILT, weight * NAMES_IT)
    return Candidate(
        f"change:{c.id}",
        "change",
        weight,
        main,
        tuple(others),
        (c.id,),
        g.entity,
        c.at,
        c.title,
        (g.entity,),
    )


def _words(c: Change) -> frozenset[str]:
    """Words of what the change says of itself: its title and the texts among its facts."""
    texts = [c.title, *(str(v) for _, v in sorted(c.facts.items()) if isinstance(v, str))]
    return frozenset(_WORD.findall(" ".join(texts)))


def mechanisms(g: Grouped, live: Live | None = None) -> list[Mechanism]:
    """One per entity that the change touches, its own first."""
    c = g.change
    law = onset(c.kind, live.since(c, g.entity) if live is not None else None)
    return [
        Mechanism(origin, shown_as(c), 1.0, c.at.timestamp(), law)
        for origin in (g.entity, *(r for r in g.also if r != g.entity))
    ]


def guilt(c: Change) -> float:
    """P(this change does harm at all), by its kind and by what its own words say it is limited to."""
    usual = GUILT.get(c.kind, 0.03) * (ONLY_ANNOUNCED if c.state == "announced" else 1.0)
    own = [name for name in c.facts if name not in _BESIDE]
    only_logs = c.kind == "config" and own and all(_LOGGING.search(name) for name in own)
    return usual * (LIMITED if only_logs or shown_as(c) != c.kind else 1.0)


def shown_as(c: Change) -> str:
    """How a fault of this change shows, a key of the table in `show`: its kind, or less by its own words.

    A migration whose statements only add (an index, a table, a column) takes nothing away from who reads.
    """
    statement = str(c.facts.get("statement", ""))
    if c.kind == "schema" and statement and not _TAKES_AWAY.search(statement):
        return "schema that adds"
    return c.kind


def _latents(stack: StackMap) -> list[Candidate]:
    out = []
    for ref, entity in stack.entities.items():
        if entity.unit != ref or entity.kind in NEVER_LATENT:
            continue
        rate = LATENT_RATE.get(entity.kind, LATENT_RATE_OTHER)
        main = Mechanism(ref, f"latent {entity.kind}", 1.0)
        out.append(Candidate(f"latent:{ref}", "latent", rate, main, entity=ref, title=f"a fault in {ref}"))
    return out


def _meeting(m: Meeting, by_id: Mapping[str, Grouped], live: Live | None) -> Candidate:
    first, second = by_id[m.first], by_id[m.second]
    later = max(first.change.at, second.change.at)
    joint = Mechanism(m.entity, "capacity", 0.95, later.timestamp(), JOINT)
    return Candidate(
        f"collision:{m.first}+{m.second}", "collision",
        GUILT_CROSSED if m.sure else GUILT_CROSSED_UNSURE,
        joint, (*mechanisms(first, live), *mechanisms(second, live)), (m.first, m.second), m.entity, later,
        f"{first.change.title} met {second.change.title}: {m.text}",
        (first.entity, second.entity),
    )  # fmt: skip


def _touches(c: Candidate, stack: StackMap, symptomatic: frozenset[str]) -> bool:
    reaches = [stack.reach(m.origin) for m in (c.main, *c.others) if m is not None]
    return any(ref in reach for reach in reaches for ref in symptomatic)
