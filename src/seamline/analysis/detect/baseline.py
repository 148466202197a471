"""What is usual for an indicator, and how far each sample is from it.

The baseline of a block of samples is the median of the healthy samples before it, the block just before left
out (a fault that creeps in must not become usual), and their scaled median absolute deviation. The scale has
a floor per kind, because a near-constant history says nothing of what deviation matters: counting noise, the
resolution of the figure, and a third of the smallest excess that people would care about, so that three
scales are never less than that.
Causal on purpose: a sample is judged by what came before it, so an opinion on a past sample doesn't move when
later ones arrive. Cost: O(cells) with at most `_N_REFERENCE` samples per baseline.
"""

from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.detect.indicators import Panel
from seamline.analysis.detect.rules import HOT, Rule
from seamline.analysis.facts import Floats

BLOCK = 10  # cells per baseline
MIN_HEALTHY = 20  # healthy samples without which nothing is judged but by an absolute bound
BROKEN = 6.0  # the distance given to a sample over its absolute bound where no baseline is known yet
_N_REFERENCE = 240
_ANEW = (
    50  # cells after which a baseline is made anew at the latest, a tenth more to make it of at the earliest
)
_MAD_TO_SIGMA = 1.4826


class Judged(Struct, frozen=True):
    """Per cell of a panel: distance from usual in scales (NaN: not judged), and the usual level.

    Per row: whether a baseline was `known` for its last cells, and whether it is `watched` at all.
    """

    distance: Floats
    usual: Floats
    known: NDArray[np.bool_]
    watched: NDArray[np.bool_]


def judge(panel: Panel) -> Judged:
    """How far each cell of a panel is from what was usual before it."""
    rule = panel.rule
    levels, seen = rule.level(panel.values), np.isfinite(panel.values)
    healthy = np.zeros(levels.shape, dtype=bool)
    distance, usual = np.full(levels.shape, np.nan), np.full(levels.shape, np.nan)
    broken = np.where(_over_bound(panel, rule), BROKEN, np.nan)
    known = np.zeros((len(levels), 1), dtype=bool)
    upto = -1  # cells that the reference at hand is made of
    for start, end in _blocks(panel):
        if upto < 0 or start - BLOCK - upto >= min(_ANEW, upto / 10):
            upto = max(0, start - BLOCK)
            level, spread, of_one, known = _reference(levels, panel.n, healthy, upto)
        cells = slice(start, end)
        scale = np.maximum(spread, rule.scale(level, of_one, panel.n[:, cells]))
        far = (levels[:, cells] - level) / scale
        far = np.where(panel.values[:, cells] >= rule.near, far, np.minimum(far, 0.0))
        distance[:, cells] = np.where(seen[:, cells], np.where(known, far, broken[:, cells]), np.nan)
        usual[:, cells] = rule.value(level)
        healthy[:, cells] = seen[:, cells] & ~(distance[:, cells] >= HOT)
    return Judged(distance, usual, known[:, 0], known[:, 0] | np.isfinite(rule.bound))


def _blocks(panel: Panel) -> list[tuple[int, int]]:
    """Cell ranges cut at absolute multiples of `BLOCK`, from the first cell in which anything was seen."""
    seen = np.flatnonzero(np.isfinite(panel.values).any(axis=0))
    if not len(seen):
        return []
    cuts = [c for c in range(-panel.grid.first % BLOCK, panel.grid.n, BLOCK) if c > seen[0]]
    edges = [int(seen[0]), *cuts, panel.grid.n]
    return list(pairwise(edges))


def _over_bound(panel: Panel, rule: Rule) -> NDArray[np.bool_]:
    """Cells at or over the absolute bound, with enough requests in them and the two before."""
    over = panel.values >= rule.bound
    if rule.bound_n:
        n = np.nan_to_num(panel.n, nan=rule.bound_n)
        lately = n + np.pad(n, ((0, 0), (1, 0)))[:, :-1] + np.pad(n, ((0, 0), (2, 0)))[:, :-2]
        over &= lately >= rule.bound_n
    return over


def _reference(
    levels: Floats, n: Floats, healthy: NDArray[np.bool_], end: int
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Of the healthy cells before `end`, each rows x 1: their median, their scaled median absolute deviation,
    the same as if each were made of a single request, and whether they are enough."""
    stride = max(1, end // _N_REFERENCE)
    use = healthy[:, :end:stride]
    count = use.sum(axis=1)
    level = _median(np.where(use, levels[:, :end:stride], np.inf), count)
    off = np.where(use, np.abs(levels[:, :end:stride] - level), 0.0)
    weight = np.sqrt(np.nan_to_num(n[:, :end:stride], nan=1.0))
    spread = _MAD_TO_SIGMA * _median(np.where(use, off, np.inf), count)
    of_one = _MAD_TO_SIGMA * _median(np.where(use, off * weight, np.inf), count)
    return level, spread, of_one, healthy[:, :end].sum(axis=1, keepdims=True) >= MIN_HEALTHY


def _median(padded: Floats, count: NDArray[np.int64]) -> Floats:
    """Median of each row's first `count` values in order, the rest being +inf; NaN for none. Rows x 1."""
    if not padded.shape[1]:
        return np.full((len(padded), 1), np.nan)
    ordered = np.sort(padded, axis=1)
    rows = np.arange(len(padded))
    low = ordered[rows, np.maximum(count - 1, 0) // 2]
    high = ordered[rows, np.minimum(count // 2, padded.shape[1] - 1)]
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, (low + high) / 2, np.nan)[:, None]
