"""What is usual for an indicator, and how far each sample is from it.

The baseline of a block of samples is the median of the healthy samples before it, the block just before left
out (a fault that creeps in must not become usual), and their scaled median absolute deviation. The scale has
a floor per kind, because a near-constant history says nothing of what deviation matters: counting noise, the
resolution of the figure, and a third of the smallest excess that people would care about, so that three
scales are never less than that.
Causal on purpose: a sample is judged by what came before it, so an opinion on a past sample doesn't move when
later ones arrive. Cost: O(cells) with at most `_N_REFERENCE` samples per baseline.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.detect.indicators import Panel
from seamline.analysis.facts import Floats
from seamline.model.symptom import ObservableKind

BLOCK = 10  # cells per baseline
MIN_HEALTHY = 20  # healthy samples without which nothing is judged but by an absolute bound
HOT = 3.0  # scales above usual from which on a sample is not healthy
BROKEN = 6.0  # the distance given to a sample over its absolute bound where no baseline is known yet
_N_REFERENCE = 240
_GROWTH = 1.1  # a baseline is made anew when there is a tenth more to make it of
_MAD_TO_SIGMA = 1.4826


class Rule(Struct, frozen=True):
    """What matters for one kind of indicator; all are bad when high."""

    excess: Callable[[Floats], Floats]  # smallest excess over a usual level that people care about
    noise: Callable[[Floats, Floats], Floats]  # counting noise at (usual level, n)
    least: float = 0.0  # below this level nothing is wrong, whatever was usual
    bound: float = np.inf  # at this level it is wrong even if nothing is known of before
    bound_n: float = 0.0  # ... when so many requests are behind it


def _none(usual: Floats, n: Floats) -> Floats:
    return np.zeros(np.broadcast_shapes(usual.shape, n.shape))


def _binomial(usual: Floats, n: Floats) -> Floats:
    """Standard deviation of a share of n, for a share no smaller than half a percent."""
    share = np.clip(usual, 0.005, 0.5)
    known = np.where(n > 0, n, np.inf)
    return np.where(np.isnan(n), 0.0, np.sqrt(share * (1 - share) / known))


def _of_a_mean(usual: Floats, n: Floats) -> Floats:
    """Standard error of a mean of n durations, which spread about as wide as they are long."""
    known = np.where(n > 0, n, np.inf)
    return np.where(np.isnan(n), 0.0, usual / np.sqrt(known))


RULES: dict[ObservableKind, Rule] = {
    "error_ratio": Rule(lambda usual: np.full(usual.shape, 0.02), _binomial, bound=0.2, bound_n=10),
    "latency": Rule(lambda usual: 0.025 + 0.5 * usual, _of_a_mean),
    "saturation": Rule(lambda usual: np.full(usual.shape, 0.1), _none, least=0.8, bound=0.98),
    "backlog": Rule(lambda usual: 10.0 + usual, _none, least=10.0),
}


class Judged(Struct, frozen=True):
    """Per cell of a panel: distance from usual in scales (NaN: not judged), and the usual level."""

    distance: Floats
    usual: Floats


def judge(panel: Panel) -> Judged:
    """How far each cell of a panel is from what was usual before it."""
    rule = RULES[panel.kind]
    values = panel.values
    healthy = np.zeros(values.shape, dtype=bool)
    distance = np.full(values.shape, np.nan)
    usual = np.full(values.shape, np.nan)
    broken = _over_bound(panel, rule)
    upto = -1  # cells that the reference at hand is made of
    for start, end in _blocks(panel):
        if upto < 0 or start - BLOCK >= upto * _GROWTH:
            upto = max(0, start - BLOCK)
            level, spread, known = _reference(values, healthy, upto)
        cells = slice(start, end)
        scale = np.maximum(spread, _floor(rule, level, panel.n[:, cells]))
        far = (values[:, cells] - level) / scale
        far = np.where(values[:, cells] >= rule.least, far, np.minimum(far, 0.0))
        unknown = np.where(broken[:, cells], BROKEN, np.nan)
        distance[:, cells] = np.where(np.isfinite(values[:, cells]), np.where(known, far, unknown), np.nan)
        usual[:, cells] = level
        healthy[:, cells] = np.isfinite(values[:, cells]) & ~(distance[:, cells] >= HOT)
    return Judged(distance, usual)


def _blocks(panel: Panel) -> list[tuple[int, int]]:
    """Cell ranges cut at absolute multiples of `BLOCK`, from the first cell in which anything was seen."""
    seen = np.flatnonzero(np.isfinite(panel.values).any(axis=0))
    if not len(seen):
        return []
    cuts = [c for c in range(-panel.grid.first % BLOCK, panel.grid.n, BLOCK) if c > seen[0]]
    edges = [int(seen[0]), *cuts, panel.grid.n]
    return list(pairwise(edges))


def _floor(rule: Rule, level: Floats, n: Floats) -> Floats:
    return np.hypot(rule.excess(level) / HOT, rule.noise(level, n))


def _over_bound(panel: Panel, rule: Rule) -> NDArray[np.bool_]:
    """Cells at or over the absolute bound, with enough requests in them and the two before."""
    over = panel.values >= rule.bound
    if rule.bound_n:
        n = np.nan_to_num(panel.n, nan=rule.bound_n)
        lately = n + np.pad(n, ((0, 0), (1, 0)))[:, :-1] + np.pad(n, ((0, 0), (2, 0)))[:, :-2]
        over &= lately >= rule.bound_n
    return over


def _reference(
    values: Floats, healthy: NDArray[np.bool_], end: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Median, scaled median absolute deviation, and whether enough is known; each rows x 1."""
    stride = max(1, end // _N_REFERENCE)
    picked = np.where(healthy[:, :end:stride], values[:, :end:stride], np.inf)
    known = healthy[:, :end].sum(axis=1, keepdims=True) >= MIN_HEALTHY
    count = np.isfinite(picked).sum(axis=1)
    level = _median(picked, count)
    spread = _MAD_TO_SIGMA * _median(np.abs(picked - np.where(np.isfinite(level), level, 0.0)), count)
    return level, spread, known


def _median(padded: Floats, count: NDArray[np.int64]) -> Floats:
    """Median of each row's first `count` values in order, the rest being +inf; NaN for none. Rows x 1."""
    if not padded.shape[1]:
        return np.full((len(padded), 1), np.nan)
    ordered = np.sort(padded, axis=1)
    rows = np.arange(len(padded))
    low, high = (
        ordered[rows, np.maximum(count - 1, 0) // 2],
        ordered[rows, np.minimum(count // 2, padded.shape[1] - 1)],
    )
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, (low + high) / 2, np.nan)[:, None]
