"""A closer look at what is sick: everything measured around it, not only what crossed a line.

The inquiry weighs all series, calls and rollouts around the loudest symptom; what it finds enters the posterior as
further evidence on that symptom.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis.candidates import Candidate
from seamline.analysis.facts import Facts
from seamline.analysis.inquiry import weigh
from seamline.analysis.inquiry.case import Alert, Term
from seamline.analysis.inquiry.cut import cut
from seamline.analysis.inquiry.fuse import change_terms, own_terms
from seamline.analysis.inquiry.weights import WEIGHTS
from seamline.analysis.likelihood import CLOCK_S
from seamline.analysis.stackmap import StackMap
from seamline.model.incident import Cause, Evidence
from seamline.model.symptom import Observable, ObservableKind

BEFORE = timedelta(minutes=40)  # of normal time before the first symptom that it is compared with
PART = 0.5  # of the inquiry's log-odds that counts beside the symptoms: both look at the same harm
LEAST, MOST = -1.0, 4.0  # log-odds beyond which a second look at the same minutes adds nothing
MOST_SERIES = 3000  # beyond, only what the symptoms can have come from or gone to is looked at
_TOLD = 3  # lines of it among a cause's evidence
_WORTH = 0.3  # nats

_ALERTED: Mapping[ObservableKind, str] = {
    "error_ratio": "errors",
    "latency": "latency_s",
    "backlog": "queue_depth",
}


class Look(Struct, frozen=True):
    """What was found: nats and terms by candidate key. `at` is the symptom that was looked at, if any."""

    at: Observable | None = None
    nats: Mapping[str, float] = {}
    terms: Mapping[str, tuple[Term, ...]] = {}

    def said(self, c: Candidate) -> Mapping[str, float]:
        """What it says of a candidate, by the id of the symptom that was looked at; of a pair, what of its likelier."""
        own = (f"change:{change}" for change in c.changes) if c.kind == "collision" else (c.key,)
        nats = [self.nats[key] for key in own if key in self.nats]
        if self.at is None or not nats:
            return {}
        return {self.at.id: min(0.0, max(nats)) if self._was_before(c.at) else max(nats)}

    def told(self, cause: Cause) -> Cause:
        """The cause with what the look has to say of it among its evidence."""
        terms = [t for t in self.terms.get(cause.key, ()) if abs(PART * t.nats) >= _WORTH]
        if self.at is None or self.at.symptom is None or not terms:
            return cause
        if self._was_before(cause.at):
            terms = [t for t in terms if t.nats < 0]
        after_s = (self.at.symptom.onset_at - cause.at).total_seconds() if cause.at is not None else None
        lines = [
            Evidence(t.text, round(PART * t.nats, 3), self.at.id, self.at.symptom.seqs, (), after_s)
            for t in terms[:_TOLD]
        ]
        return replace(
            cause,
            evidence_for=_strongest_first((*cause.evidence_for, *(e for e in lines if e.weight > 0)), -1.0),
            evidence_against=_strongest_first(
                (*cause.evidence_against, *(e for e in lines if e.weight < 0)), 1.0
            ),
        )

    def _was_before(self, at: datetime | None) -> bool:
        """Whether what was looked at began before something did: then it is no evidence for that."""
        if self.at is None or self.at.symptom is None or at is None:
            return False
        return (at - self.at.symptom.onset_at).total_seconds() > CLOCK_S


def closer(
    facts: Facts, stack: StackMap, sick: Sequence[Observable], as_of: datetime, environment: str
) -> Look:
    """A look around the loudest symptom; an empty one where no symptom is of requests. O(samples in the window).

    What is not among the series gets nothing, either way.
    """
    loudest = _loudest(sick)
    if loudest is None or loudest.symptom is None:
        return Look()
    since = min(o.symptom.healthy_at for o in sick if o.symptom is not None)
    case = cut(
        facts, stack, from_ts=(since - BEFORE).timestamp(), to_ts=as_of.timestamp(),
        alert=Alert(loudest.entity, _ALERTED[loudest.kind], loudest.symptom.onset_at.timestamp()),
        environment=environment, only=_near(facts, stack, sick),
    )  # fmt: skip
    if not case.watches:
        return Look()
    found, _ = weigh(case)
    if found.missing.all:  # nothing can be compared: what is left is what was assumed before
        return Look()
    contrast = found.log_odds({name: w if name == "contrast" else 0.0 for name, w in WEIGHTS.items()})
    against = np.minimum(
        contrast, 0.0
    )  # pods of it that do well are news to the symptoms, whatever else is sick
    odds = (PART * (np.clip(found.log_odds(WEIGHTS) - against, LEAST, MOST) + against)).tolist()
    services, rollouts = found.services, found.rollouts
    keys = [*(f"latent:{s}" for s in services), *(f"change:{r}" for r in rollouts)]
    own = {s: own_terms(found, n) for n, s in enumerate(services)}
    terms = {f"latent:{s}": own[s] for s in services}
    for rollout, service in zip(rollouts, found.touched, strict=True):
        terms[f"change:{rollout}"] = (*change_terms(found, rollout), *own[services[service]])
    return Look(loudest, dict(zip(keys, odds, strict=False)), terms)


def _strongest_first(lines: Sequence[Evidence], way: float) -> tuple[Evidence, ...]:
    return tuple(sorted(lines, key=lambda e: way * e.weight))


def _loudest(sick: Sequence[Observable]) -> Observable | None:
    """The symptom of requests that is strongest for how often it cries wolf, ties by id."""
    told = [o for o in sick if o.kind in _ALERTED and not o.slice]
    return min(told, key=lambda o: (-_strength(o) / max(o.eps, 1e-4), o.id), default=None)


def _strength(o: Observable) -> float:
    return o.symptom.strength if o.symptom is not None else 0.0


def _near(facts: Facts, stack: StackMap, sick: Sequence[Observable]) -> Collection[str] | None:
    if facts.n_series <= MOST_SERIES:
        return None
    entities = {o.entity for o in sick}
    return {ref for ref in stack.entities if any(e in entities for e in stack.reach(ref))} | entities
