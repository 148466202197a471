"""One posterior from all evidence: log-odds add up, and *nobody here* competes with every service and change."""

from collections.abc import Mapping, Sequence

import numpy as np

from seamline.analysis.inquiry.case import Answer, Case, Finding, Floats, Suspect, Term
from seamline.analysis.inquiry.design import Design
from seamline.analysis.inquiry.evidence import TERMS
from seamline.analysis.inquiry.weights import WEIGHTS

ACCUSED = 0.5  # of the probability must lie on one name before it is put to the fault
_CLEAR = 3.0  # spreads that an alerted series must move before *nothing happened* gives way to *unknown*
_SHOWN = 0.05  # nats below which a term is not worth a line


def posterior(d: Design, weights: Mapping[str, float] = WEIGHTS) -> Floats:
    """Probabilities of the design's rows."""
    raw = d.log_odds(weights)
    p = np.exp(raw - raw.max())
    return np.asarray(p / p.sum())


def finding(case: Case, d: Design, started_ts: float | None) -> Finding:
    """The answer: suspects by probability, and what it would put a name to.

    A service's probability holds that of the changes which touched it: it is where the cause lies either way.
    """
    p = posterior(d)
    n = len(d.services)
    where = p[:n].copy()
    np.add.at(where, list(d.touched), p[n:-1])
    entities = _ordered(d.services, where, {s: own_terms(d, k) for k, s in enumerate(d.services)})
    changes = _ordered(d.rollouts, p[n:-1], {r: change_terms(d, r) for r in d.rollouts})
    accused = _accused(case, entities, changes)
    nobody = float(p[-1])
    nothing = nobody if not d.seen.alerted >= _CLEAR else nobody / 2
    return Finding(
        entities, changes, accused, _verdict(entities, changes, nothing), nothing, started_ts,
        _ask(case, entities, changes, accused), case.notes,
    )  # fmt: skip


def own_terms(d: Design, service: int) -> tuple[Term, ...]:
    """The weighed terms of a service, the strongest first."""
    found = []
    for column, name in enumerate(TERMS):
        nats = d.rows[service, column] * WEIGHTS[name]
        if abs(nats) > _SHOWN:
            found.append(Term(name, round(float(nats), 3), d.seen.texts.get((service, column), name)))
    found += [_weighed(t, "heard") for t in d.heard.get(d.services[service], ())]
    return tuple(sorted(found, key=lambda t: (-abs(t.nats), t.name)))


def change_terms(d: Design, rollout: str) -> tuple[Term, ...]:
    found = [_weighed(t, "contrast") for t in d.contrasts.get(rollout, ())]
    return tuple(sorted(found, key=lambda t: (-abs(t.nats), t.name)))


def _weighed(t: Term, column: str) -> Term:
    return Term(t.name, round(WEIGHTS[column] * t.nats, 3), t.text)


def _ordered(keys: Sequence[str], p: Floats, terms: Mapping[str, tuple[Term, ...]]) -> tuple[Suspect, ...]:
    order = sorted(zip(keys, p.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Suspect(key, probability, terms[key]) for key, probability in order)


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
    if len(suspects) < 2 or (accused and suspects[0].probability > 0.9):
        return ""
    first, second = suspects[0], suspects[1]
    told = {t.name for t in first.terms} ^ {t.name for t in second.terms}
    what = _missing(case) or (f"whether {min(told)} holds for both" if told else "their own logs")
    return f"to tell {first.key} from {second.key}: {what}"


def _missing(case: Case) -> str:
    if case.lines is None or not len(case.lines.times):
        return "their log lines of the last minutes"
    if case.spans is None or not len(case.spans.times):
        return "traces through both"
    return ""
