"""Rank the possible causes of one cluster of symptoms, and say why.

Posterior by softmax over every candidate, *unknown* and *nothing happened*, cooled by a temperature because
looks at one system are never independent. *Nothing* and *unknown* together never fall below 0.1 before
calibration.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.candidates import Candidate
from seamline.analysis.crossing import first_crossing, seen_across
from seamline.analysis.likelihood import (
    Score,
    View,
    as_datetime,
    best_start,
    evidence,
    silent_cost,
    symptom_of,
)
from seamline.analysis.seams import CAPACITY
from seamline.analysis.show import show
from seamline.analysis.stackmap import Reach, StackMap
from seamline.model.incident import Cause, Evidence, Hop
from seamline.model.refs import kind_of
from seamline.model.symptom import Observable

Mask = NDArray[np.bool_]

TEMPERATURE = 1.5
FLOOR = 0.1  # of *nothing* and *unknown* together
SHOWN = 8  # causes kept in a result, and what nobody modelled
DOUBT = ("nothing", "unknown")
_NEGLIGIBLE = 0.02
HEARD = "answers_for"


class Ranked(Struct, frozen=True):
    """The causes of one cluster, best first (probabilities sum to 1 with what was cut), and what to look at."""

    causes: tuple[Cause, ...]
    ask: str


def rank(
    chosen: Sequence[int],
    v: View,
    candidates: Mapping[str, Candidate],
    scores: Mapping[str, Score],
    stack: StackMap,
    as_of: datetime,
    notes: Mapping[str, str],
) -> Ranked:
    """All candidates for the chosen symptoms (indices into the view). O(candidates x starts x symptoms).

    `notes` are words on symptoms by observable id: what more was seen of them.
    """
    mask = np.zeros(len(v.sick), dtype=np.bool_)
    mask[list(chosen)] = True
    probabilities = _posterior({key: evidence(s, mask) for key, s in scores.items()})
    order = sorted(probabilities, key=lambda k: (-round(probabilities[k], 9), k))
    likely = [k for k in order if probabilities[k] > 1e-4] or order[:1]
    kept = [k for place, k in enumerate(likely) if place < SHOWN or k in DOUBT]
    runner_up = kept[1] if len(kept) > 1 and kept[1] in scores else None
    causes = tuple(
        _cause(
            key,
            probabilities[key],
            mask,
            v,
            candidates,
            scores,
            stack,
            as_of,
            _rival(key, kept, scores),
            notes,
        )
        for key in kept
    )
    return Ranked(causes, _ask(kept[0], runner_up, v, candidates, stack))


def _rival(key: str, kept: Sequence[str], scores: Mapping[str, Score]) -> str | None:
    """The best other cause that has a score: what evidence is weighed against."""
    return next((k for k in kept if k != key and k in scores), None)


def _posterior(logs: Mapping[str, float]) -> dict[str, float]:
    """Softmax with the temperature and the floor; *nothing* has log-likelihood ratio 0 by definition."""
    keys = ["nothing", *sorted(logs)]
    raw = np.array([0.0, *(logs[k] for k in keys[1:])]) / TEMPERATURE
    p = np.exp(raw - raw.max())
    p = p / p.sum()
    vague = np.array([k in DOUBT for k in keys])
    share = float(p[vague].sum())
    if share < FLOOR:
        p = np.where(vague, p + (FLOOR - share) / vague.sum(), p * (1 - FLOOR) / (1 - share))
    return dict(zip(keys, p.tolist(), strict=True))


def _cause(
    key: str,
    probability: float,
    mask: Mask,
    v: View,
    candidates: Mapping[str, Candidate],
    scores: Mapping[str, Score],
    stack: StackMap,
    as_of: datetime,
    rival: str | None,
    notes: Mapping[str, str],
) -> Cause:
    if key == "nothing":
        return Cause(key, "nothing", (), "", None, probability, None, "nothing happened: these are noise")
    if key == "unknown":
        return Cause(key, "unknown", (), "", None, probability, None, "a cause outside the map")
    c, s = candidates[key], scores[key]
    row = best_start(s, mask)
    started_at = as_datetime(float(s.starts[row]), as_of)
    at = c.at if c.at is not None else started_at
    return Cause(
        key, c.kind, c.changes, c.entity, at, probability, seam_of(c, mask, row, v, s, stack), c.title,
        _for(c, row, mask, v, s, scores.get(rival or ""), stack, at, notes), _against(c, row, mask, v, s, stack),
    )  # fmt: skip


def _best_reach(c: Candidate, o: Observable, stack: StackMap) -> Reach | None:
    """The way on which the candidate most likely makes this observable move; its main mechanism's, if as likely."""
    ways = [
        (m.strength * r.probability * show(m.cause, o.kind), m is c.main, r)
        for m in (c.main, *c.others)
        if m and (r := stack.reach(m.origin).get(o.entity))
    ]
    if not ways:
        return None
    best = max(p for p, _, _ in ways)
    return next(
        r for p, main, r in sorted(ways, key=lambda way: not way[1]) if p >= best / (2.0 if main else 1.0)
    )


def seam_of(
    c: Candidate, mask: Mask, row: int, v: View, s: Score, stack: StackMap
) -> tuple[str, str, str] | None:
    """The first border crossed from the cause to its symptoms, weighted by the evidence each explains.

    For a collision: the seam between the two changed units, where they met. What breaks at somebody else's is seen
    across the seam it is called over. None when everything stays with one owner in one domain.
    """
    if c.kind == "collision":
        a, b = sorted(stack.unit(o) for o in c.origins)
        return (a, b, CAPACITY)
    votes: dict[tuple[str, str, str], float] = {}
    within = 0.0
    for j in np.flatnonzero(mask):
        gain = float(s.explained[row, j])
        way = _best_reach(c, v.sick[j], stack)
        seam = (
            (first_crossing(way.hops, stack) or seen_across(v.sick[j], stack)) if way and gain > 0 else None
        )
        if seam is not None:
            votes[seam] = votes.get(seam, 0.0) + gain
        else:
            within += gain
    best = min(votes, key=lambda k: (-round(votes[k], 6), k)) if votes else None
    # that a desk hears of what goes wrong within one unit makes no seam of it
    return None if best is not None and best[2] == HEARD and within > votes[best] else best


def _for(
    c: Candidate,
    row: int,
    mask: Mask,
    v: View,
    s: Score,
    rival: Score | None,
    stack: StackMap,
    at: datetime,
    notes: Mapping[str, str],
) -> tuple[Evidence, ...]:
    """What the cause explains, the strongest first, each weighed against the runner-up."""
    other = rival.explained[best_start(rival, mask)] if rival is not None else np.zeros(len(v.sick))
    lines = []
    for j in np.flatnonzero(mask):
        o = v.sick[j]
        symptom = symptom_of(o)
        gain = float(s.explained[row, j])
        if gain < _NEGLIGIBLE:
            continue
        way = _best_reach(c, o, stack)
        lines.append(
            Evidence(
                "; ".join(filter(None, (f"{o.entity}: {symptom.detail}", notes.get(o.id, "")))),
                round(gain - float(other[j]), 3),
                o.id,
                symptom.seqs,
                way.hops if way else (),
                round((symptom.onset_at - at).total_seconds(), 3),
            )
        )
    return tuple(sorted(lines, key=lambda e: (-e.weight, e.observable)))


def _against(c: Candidate, row: int, mask: Mask, v: View, s: Score, stack: StackMap) -> tuple[Evidence, ...]:
    """What should have shown and did not, and what of the incident the cause can't explain."""
    lines = [
        Evidence(f"does not explain {v.sick[j].entity}: {symptom_of(v.sick[j]).detail}", 0.0, v.sick[j].id)
        for j in np.flatnonzero(mask)
        if float(s.explained[row, j]) < _NEGLIGIBLE
    ]
    lines += [
        Evidence(f"{entity} shows nothing", round(cost, 3), way.id, (), way.hops)
        for entity, cost, way in _silent(c, float(s.starts[row]), v, stack)
    ]
    return tuple(sorted(lines, key=lambda e: (e.weight, e.observable))[:12])


class _Missing(Struct, frozen=True):
    id: str
    hops: tuple[Hop, ...]


def _silent(c: Candidate, start_ts: float, v: View, stack: StackMap) -> list[tuple[str, float, _Missing]]:
    """Entities that are watched, should have shown by now, and are silent, with what that costs (nats < 0)."""
    if c.main is None:
        return []
    out = []
    reach = stack.reach(c.main.origin)
    sick = {o.entity for o in v.sick}
    for entity, rows in v.silent.items():
        if entity in sick or entity not in reach:
            continue
        way = reach[entity]
        cost = silent_cost(c.main, way, rows, np.array([start_ts]))
        if cost[0] < -_NEGLIGIBLE:
            out.append((entity, float(cost[0]), _Missing(rows[0].id, way.hops)))
    return out


def _ask(top: str, rival: str | None, v: View, candidates: Mapping[str, Candidate], stack: StackMap) -> str:
    """The look that would separate the two best causes most: an entity nobody watches that they treat apart."""
    a = candidates.get(top)
    b = candidates.get(rival or "")
    if a is None or a.main is None:
        return "watch more of the stack: no entity on the map explains what is seen"
    reach_a = stack.reach(a.main.origin)
    reach_b = stack.reach(b.main.origin) if b is not None and b.main is not None else {}
    watched = {o.entity for o in v.sick} | set(v.silent)
    gaps = [
        (abs(_p(reach_a, e) - _p(reach_b, e)), e)
        for e in sorted(reach_a.keys() | reach_b.keys())
        if e not in watched and kind_of(e) not in ("column", "repo")
    ]
    gap, entity = max(gaps, default=(0.0, ""))
    if gap > 0.1 and b is not None:
        return (
            f"look at {entity}: it is not watched, and {a.title} would show there differently from {b.title}"
        )
    return ""


def _p(reach: Mapping[str, Reach], entity: str) -> float:
    return reach[entity].probability if entity in reach else 0.0
