"""All evidence in one table: a row for each suspect and one for nobody, a column for each kind of evidence.

The log-odds of a row are its product with the weights, so what is fitted and what answers can't differ.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Case, Floats, Term
from seamline.analysis.inquiry.evidence import TERMS, Seen
from seamline.analysis.inquiry.harm import strength
from seamline.analysis.inquiry.hearsay import Hearsay
from seamline.analysis.inquiry.missing import Missing

Terms = Mapping[str, tuple[Term, ...]]

COLUMNS = (
    *TERMS,
    "heard",
    "contrast",
    "a change",
    "nobody",
    "alert moved",
    "alert still",
    "crowd",
    "heard nothing",
    "number of services",
)
# Of what is seen at a service speaks for a change of it: releases come in several steps, on few pods.
SHARED = 0.4
_AT = {name: n for n, name in enumerate(COLUMNS)}


class Design(Struct, frozen=True):
    """`rows` is (services, then rollouts, then nobody) x COLUMNS."""

    services: tuple[str, ...]
    rollouts: tuple[str, ...]
    touched: tuple[int, ...]  # the service of each rollout
    rows: Floats
    seen: Seen
    heard: Terms
    contrasts: Terms
    missing: Missing

    def log_odds(self, weights: Mapping[str, float]) -> Floats:
        """One per row. The weights are those of COLUMNS, by name."""
        return np.asarray(self.rows @ np.array([weights[name] for name in COLUMNS]))


def design(case: Case, seen: Seen, heard: Hearsay, contrasts: Terms, missing: Missing) -> Design:
    """The table of a case. A change is as likely as a fault at what it touched, but for what speaks of it alone."""
    services = seen.calls.services
    touched = {step.rollout: seen.calls.of(step.entity) for step in case.steps}
    rollouts = tuple(sorted(r for r, service in touched.items() if service >= 0))
    at = [touched[r] for r in rollouts]
    n = len(services)
    rows = np.zeros((n + len(rollouts) + 1, len(COLUMNS)))
    rows[:n, : len(TERMS)] = seen.values
    rows[:n, _AT["heard"]] = _nats(heard.terms, services)
    rows[n:-1] = SHARED * rows[at]
    rows[n:-1, _AT["contrast"]] = _nats(contrasts, rollouts)
    rows[n:-1, _AT["a change"]] = 1.0
    alerted, crowd = strength(np.array([np.nan_to_num(seen.alerted), seen.surge])).tolist()
    for name, value in (
        ("nobody", 1.0),
        ("alert moved", alerted),
        ("alert still", max(0.0, 1 - alerted)),
        ("crowd", crowd),
        ("heard nothing", float(heard.quiet is True)),
        ("number of services", float(np.log(max(n, 1)))),
    ):
        rows[-1, _AT[name]] = value
    return Design(services, rollouts, tuple(at), rows, seen, heard.terms, contrasts, missing)


def _nats(terms: Terms, keys: Sequence[str]) -> list[float]:
    return [sum(t.nats for t in terms.get(key, ())) for key in keys]
