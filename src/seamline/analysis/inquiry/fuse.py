"""One posterior from all evidence: log-odds add up, and *nobody here* competes with every service and change."""

from collections.abc import Mapping, Sequence

import numpy as np

from seamline.analysis.inquiry.case import Answer, Case, Finding, Floats, Suspect, Term
from seamline.analysis.inquiry.design import Design
from seamline.analysis.inquiry.evidence import TERMS
from seamline.analysis.inquiry.weights import WEIGHTS
from seamline.analysis.inquiry.words import listing

ACCUSED = 0.6  # of the probability must lie on one name before it is put to the fault: a false name hurts more than none
_NOTHING = 0.5  # of it must lie on that nothing happened: who is told so looks on, and no name is hurt
_CLEAR = 3.0  # spreads that an alerted series must move before *nothing happened* gives way to *unknown*
_SURE = 0.9  # from which on no other look is worth its time
_SHOWN = 0.05  # nats below which a term is not worth a line


def posterior(d: Design, weights: Mapping[str, float] = WEIGHTS) -> Floats:
    """Probabilities of the design's rows."""
    raw = d.log_odds(weights)
    p = np.exp(raw - raw.max())
    return np.asarray(p / p.sum())


def finding(case: Case, d: Design, started_ts: float | None) -> Finding:
    """The answer: suspects by probability, and what it would put a name to; nothing where nothing can be compared.

    A service's probability holds that of the changes which touched it: it is where the cause lies either way.
    """
    p = posterior(d)
    n = len(d.services)
    where = p[:n].copy()
    np.add.at(where, list(d.touched), p[n:-1])
    entities = _ordered(d.services, where, {s: own_terms(d, k) for k, s in enumerate(d.services)})
    changes = _ordered(d.rollouts, p[n:-1], {r: change_terms(d, r) for r in d.rollouts})
    suspects = changes if case.question == "change" else entities
    nobody = float(p[-1])
    nothing = nobody if not d.seen.alerted >= _CLEAR else nobody / 2
    tied = _tied(suspects)
    return Finding(
        entities,
        changes,
        () if d.missing.all or tied else tuple(s.key for s in suspects[:1] if s.probability >= ACCUSED),
        "unknown" if d.missing.all else _verdict(entities, changes, nothing),
        nothing,
        None if d.missing.all else started_ts,
        _ask(case, changes if case.question == "change" and changes else entities, nobody),
        (*d.missing.notes, *tied),
    )


def own_terms(d: Design, service: int) -> tuple[Term, ...]:
    """The weighed terms of a service, the strongest first. What one sentence says is one term."""
    found: dict[str, Term] = {}
    for column, name in enumerate(TERMS):
        nats = float(d.rows[service, column]) * WEIGHTS[name]
        text = d.seen.texts.get((service, column), name)
        known = found.get(text)
        found[text] = Term(known.name, known.nats + nats, text) if known else Term(name, nats, text)
    shown = [Term(t.name, round(t.nats, 3), t.text) for t in found.values() if abs(t.nats) > _SHOWN]
    return _strongest_first([*shown, *(_weighed(t, "heard") for t in d.heard.get(d.services[service], ()))])


def change_terms(d: Design, rollout: str) -> tuple[Term, ...]:
    """The weighed terms of a rollout alone, without those of what it touched."""
    return _strongest_first([_weighed(t, "contrast") for t in d.contrasts.get(rollout, ())])


def _strongest_first(terms: Sequence[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda t: (-abs(t.nats), t.name)))


def _weighed(t: Term, column: str) -> Term:
    return Term(t.name, round(WEIGHTS[column] * t.nats, 3), t.text)


def _ordered(keys: Sequence[str], p: Floats, terms: Mapping[str, tuple[Term, ...]]) -> tuple[Suspect, ...]:
    order = sorted(zip(keys, p.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Suspect(key, probability, terms[key]) for key, probability in order)


def _tied(suspects: Sequence[Suspect]) -> tuple[str, ...]:
    """A note where several are the likeliest: their order is that of their names, and says nothing."""
    likeliest = [s.key for s in suspects if s.probability == suspects[0].probability]
    if len(likeliest) < 2:
        return ()
    return (f"{listing(likeliest)} are equally likely, and in the order of their names",)


def _verdict(entities: Sequence[Suspect], changes: Sequence[Suspect], nothing: float) -> Answer:
    if changes and changes[0].probability >= ACCUSED:
        return "change"
    if entities and entities[0].probability >= ACCUSED:
        return "entity"
    return "none" if nothing >= _NOTHING else "unknown"


def _ask(case: Case, suspects: Sequence[Suspect], nobody: float) -> str:
    """The cheapest look that could tell the two likeliest apart; a false alert is one of them."""
    if not suspects or suspects[0].probability > _SURE:
        return ""
    first = suspects[0]
    second = suspects[1] if len(suspects) > 1 else None
    if second is None or nobody >= second.probability:
        return f"to tell {first.key} from a false alert: {_missing(case) or 'what its users see'}"
    told = {t.name for t in second.terms}
    differs = next((f"whether {t.text}" for t in first.terms if t.name not in told), "their own logs")
    return f"to tell {first.key} from {second.key}: {_missing(case) or differs}"


def _missing(case: Case) -> str:
    if case.lines is None or not len(case.lines.times):
        return "their log lines of the last minutes"
    if case.spans is None or not len(case.spans.times):
        return "traces through both"
    return ""
