"""One posterior from all evidence: log-odds add up, and *nobody here* competes with every service and change."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Answer, Case, Finding, Suspect, Term
from seamline.analysis.inquiry.evidence import TERMS, Seen, strength
from seamline.analysis.inquiry.weights import (
    ALERTED,
    CHANGE,
    CONTRAST,
    LOGS,
    NOBODY,
    QUIET,
    SHARED,
    SURGE,
    WEIGHTS,
)

ACCUSED = 0.5  # of the probability must lie on one name before it is put to the fault
_CLEAR = 3.0  # spreads that an alerted series must move before *nothing happened* gives way to *unknown*
_SHOWN = 0.05  # nats below which a term is not worth a line

Terms = Mapping[str, tuple[Term, ...]]


class Odds(Struct, frozen=True):
    """Log-odds of every suspect against a service of which nothing speaks. `nobody` is on the same scale."""

    entities: Mapping[str, float]
    changes: Mapping[str, float]
    nobody: float


def terms_of(seen: Seen, heard: Terms) -> dict[str, tuple[Term, ...]]:
    """The weighed terms of every service, the strongest first."""
    weights = np.array([WEIGHTS[name] for name in TERMS])
    found = {}
    for n, service in enumerate(seen.calls.services):
        nats = seen.values[n] * weights
        own = [
            Term(TERMS[k], round(float(nats[k]), 3), seen.texts.get((n, k), TERMS[k]))
            for k in np.flatnonzero(np.abs(nats) > _SHOWN)
        ]
        told = [Term(t.name, round(LOGS * t.nats, 3), t.text) for t in heard.get(service, ())]
        found[service] = tuple(sorted((*own, *told), key=lambda t: (-abs(t.nats), t.name)))
    return found


def odds(case: Case, seen: Seen, entity_terms: Terms, contrasts: Terms) -> Odds:
    """Log-odds of services and rollouts. A change is as likely as what is seen at what it touched, and itself."""
    entities = {key: sum(t.nats for t in terms) for key, terms in entity_terms.items()}
    touched = {step.rollout: step.entity for step in case.steps}
    changes = {
        rollout: CHANGE
        + SHARED * entities.get(seen.calls.pods.get(entity, entity), 0.0)
        + CONTRAST * sum(t.nats for t in contrasts.get(rollout, ()))
        for rollout, entity in sorted(touched.items())
    }
    return Odds(entities, changes, sum(w * x for w, x in zip(OF_NOBODY, nobody_of(seen), strict=True)))


OF_NOBODY = (NOBODY, ALERTED, QUIET, SURGE)


def nobody_of(seen: Seen) -> tuple[float, ...]:
    """What speaks for *nobody*, in the order of `OF_NOBODY`."""
    alerted, surge = strength(np.array([np.nan_to_num(seen.alerted), seen.surge])).tolist()
    return 1.0, alerted, max(0.0, 1.0 - alerted), surge


def finding(
    case: Case, seen: Seen, o: Odds, entity_terms: Terms, contrasts: Terms, started_ts: float | None
) -> Finding:
    """The answer: suspects by probability, and what it would put a name to."""
    keys = [*o.entities, *o.changes]
    raw = np.array([*o.entities.values(), *o.changes.values(), o.nobody])
    p = np.exp(raw - raw.max())
    p = p / p.sum()
    of_entity, of_change = p[: len(o.entities)], p[len(o.entities) : len(keys)]
    nobody = float(p[-1])
    touched = {step.rollout: seen.calls.pods.get(step.entity, step.entity) for step in case.steps}
    through = dict(zip(o.entities, of_entity.tolist(), strict=True))
    for rollout, probability in zip(o.changes, of_change.tolist(), strict=True):
        through[touched[rollout]] = through.get(touched[rollout], 0.0) + probability
    entities = _ordered(through, entity_terms)
    changes = _ordered(dict(zip(o.changes, of_change.tolist(), strict=True)), contrasts)
    accused = _accused(case, entities, changes)
    nothing = nobody if not seen.alerted >= _CLEAR else nobody / 2
    return Finding(
        entities, changes, accused, _verdict(entities, changes, nothing), nothing, started_ts,
        _ask(case, entities, changes, accused), case.notes,
    )  # fmt: skip


def _ordered(probabilities: Mapping[str, float], terms: Terms) -> tuple[Suspect, ...]:
    order = sorted(probabilities, key=lambda key: (-probabilities[key], key))
    return tuple(Suspect(key, probabilities[key], terms.get(key, ())) for key in order)


def _accused(case: Case, entities: Sequence[Suspect], changes: Sequence[Suspect]) -> tuple[str, ...]:
    suspects = changes if case.question == "change" else entities
    return tuple(s.key for s in suspects[:1] if s.probability >= ACCUSED)


def _verdict(entities: Sequence[Suspect], changes: Sequence[Suspect], nothing: float) -> Answer:
    if changes and changes[0].probability >= ACCUSED:
        return "change"
    if entities and entities[0].probability >= ACCUSED:
        return "entity"
    return "none" if nothing >= ACCUSED else "unknown"


def _ask(
    case: Case, entities: Sequence[Suspect], changes: Sequence[Suspect], accused: tuple[str, ...]
) -> str:
    """The cheapest look that could tell the two likeliest apart."""
    suspects = changes if case.question == "change" and changes else entities
    if len(suspects) < 2:
        return ""
    first, second = suspects[0], suspects[1]
    if accused and first.probability > 0.9:
        return ""
    missing = _missing(case)
    told = {t.name for t in first.terms} ^ {t.name for t in second.terms}
    what = missing or (f"whether {min(told)} holds for both" if told else "their own logs")
    return f"to tell {first.key} from {second.key}: {what}"


def _missing(case: Case) -> str:
    if case.lines is None or not len(case.lines.times):
        return "their log lines of the last minutes"
    if case.spans is None or not len(case.spans.times):
        return "traces through both"
    return ""
