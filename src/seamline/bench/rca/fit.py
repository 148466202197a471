"""Fit the weights of the inquiry's evidence to cases whose truth is known.

A conditional logit over each case's suspects and nobody, with a ridge that pulls towards the weights in force: evidence
that the cases say nothing of keeps its weight. No kind of evidence may speak against what it shows.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry import weigh
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.design import COLUMNS
from seamline.analysis.inquiry.weights import WEIGHTS
from seamline.bench.rca import folder, truths
from seamline.bench.rca.truths import Truth

RIDGE = 1.0  # in cases: how many of them it takes to move a weight by about one
ROUNDS = 400
FREE = frozenset(
    {"a change", "nobody", "alert moved", "alert still", "number of services"}
)  # may be negative
_STEP = 0.03


class Example(Struct, frozen=True):
    """One case: its rows, which of them is the truth, and how much the case counts."""

    set: str
    id: str
    rows: Floats
    answer: int
    weight: float
    truth: Truth


def examples(sets: Sequence[Path], kept_in: Path | None = None) -> list[Example]:
    """All cases of the sets; each set counts the same in all."""
    found = []
    for one in sets:
        places = folder.places(one)
        for place in places:
            truth = truths.of(place, "neutral", kept_in)
            d, _ = weigh(folder.read(place))
            answer = _answer(truth, d.services, d.rollouts)
            if answer is not None:
                found.append(Example(one.name, place.name, d.rows, answer, 30.0 / len(places), truth))
    return found


def _answer(truth: Truth, services: Sequence[str], rollouts: Sequence[str]) -> int | None:
    if truth.guilty_change in rollouts:
        return len(services) + rollouts.index(str(truth.guilty_change))
    if not truth.root_entities:
        return len(services) + len(rollouts)
    return next((services.index(root) for root in truth.root_entities if root in services), None)


def fit(cases: Sequence[Example], towards: Mapping[str, float] = WEIGHTS) -> dict[str, float]:
    """The weights that make the truths likeliest. O(rounds x rows). Method: Adam, projected (arXiv 1412.6980)."""
    start = vector(towards)
    free = np.array([name in FREE for name in COLUMNS])
    w, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for k in range(1, ROUNDS + 1):
        slope = _slope(cases, w) + RIDGE * (w - start)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        w = w - _STEP * (mean / (1 - 0.9**k)) / (np.sqrt(square / (1 - 0.99**k)) + 1e-9)
        w = np.where(free, w, np.maximum(w, 0.0))
    return {name: round(float(x), 3) for name, x in zip(COLUMNS, w, strict=True)}


def _slope(cases: Sequence[Example], w: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros_like(w)
    for case in cases:
        p = chances(case, w)
        p[case.answer] -= 1.0
        total += case.weight * (case.rows.T @ p)
    return total


def vector(weights: Mapping[str, float]) -> NDArray[np.float64]:
    """The weights in the order of COLUMNS."""
    return np.array([weights[name] for name in COLUMNS])


def chances(case: Example, w: NDArray[np.float64]) -> NDArray[np.float64]:
    """The posterior of a case's rows under these weights."""
    raw = case.rows @ w
    p = np.exp(raw - raw.max())
    return np.asarray(p / p.sum())
