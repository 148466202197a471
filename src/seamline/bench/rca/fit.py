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
from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.design import COLUMNS
from seamline.analysis.inquiry.weights import WEIGHTS
from seamline.bench.rca import folder, truths
from seamline.bench.rca.calm import calm
from seamline.bench.rca.truths import Truth

RIDGE = 1.0  # in cases: how many of them it takes to move a weight by about one
SET = 30.0  # cases that each set counts for
SIM_PART, CALM_PART = 1 / 6, 1 / 3  # of a public set: simulated ones, and the calm windows of one
SIMULATED = "sim-"  # how the names of simulated sets begin
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


def examples(sets: Sequence[Path], n_calm: int = 0, kept_in: Path | None = None) -> list[Example]:
    """All cases of the sets; each set counts the same in all, simulated ones a sixth of it.

    `n_calm` windows without a fault are cut out of each real case with a long normal part, and count a third as well.
    """
    found = []
    for one in sets:
        places = folder.places(one)
        simulated = one.name.startswith(SIMULATED)
        weight = SET * (SIM_PART if simulated else 1.0) / len(places)
        for place in places:
            case, truth = folder.read(place), truths.of(place, "neutral", kept_in)
            found += _example(one.name, case, truth, weight)
            for window in () if simulated else calm(case, n_calm, seed=1):
                found += _example(f"{one.name}, calm", window, Truth(), weight * CALM_PART / n_calm)
    return found


def _example(name: str, case: Case, truth: Truth, weight: float) -> list[Example]:
    """The case, or nothing where its root is not among what was measured."""
    d, _ = weigh(case)
    answer = _answer(truth, d.services, d.rollouts)
    return [] if answer is None else [Example(name, case.id, d.rows, answer, weight, truth)]


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
