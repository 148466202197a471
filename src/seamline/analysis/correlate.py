"""Join symptoms that one cause can explain: the set of causes that explains all of them at least cost.

Facility location: opening a cause costs its negative log prior and what its silence speaks against it; each
symptom goes to the open cause that explains it best, or to noise. Greedy, then swaps until nothing improves.
Candidates and symptoms come sorted, so the result is one for every order of arrival.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.likelihood import Score, View, evidence

Floats = NDArray[np.float64]

MOST_CAUSES = 12  # at one time; an outage with more separate causes than that is told as the best twelve
WORTH = 1.0  # nats: a symptom that a cause explains hardly better than noise does is noise
_BETTER = 1e-6


class Chosen(Struct, frozen=True):
    """An opened cause: its candidate's key, its start's row, and what it saves against noise (nats)."""

    key: str
    row: int
    gains: Floats  # per symptom, were it alone
    cost: float


class Cluster(Struct, frozen=True):
    """A cause with the symptoms that are its own. `net`: its evidence for them against *nothing*, in nats."""

    key: str
    start_ts: float
    symptoms: tuple[int, ...]  # indices into the view
    net: float


def cluster(v: View, scores: Mapping[str, Score]) -> list[Cluster]:
    """Disjoint clusters, the most certain first. Symptoms in none of them are noise.

    O(causes x candidates x starts x symptoms). Empty in, empty out.
    """
    if not v.sick:
        return []
    opened: list[Chosen] = []
    while len(opened) < MOST_CAUSES:
        pick = _best_addition(opened, scores, len(v.sick))
        if pick is None:
            break
        opened = _swap([*opened, pick], scores, len(v.sick))
    return _assign(opened, scores, len(v.sick))


def _best_addition(opened: Sequence[Chosen], scores: Mapping[str, Score], n: int) -> Chosen | None:
    current = _best_gain(opened, n)
    taken = {c.key for c in opened}
    best: tuple[float, Chosen] | None = None
    for key in sorted(scores):
        if key in taken:
            continue
        saving, chosen = _saving(key, scores[key], current)
        if saving > _BETTER and (best is None or saving > best[0] + _BETTER):
            best = (saving, chosen)
    return best[1] if best else None


def _saving(key: str, s: Score, current: Floats) -> tuple[float, Chosen]:
    """What opening this candidate at its best start saves beyond what is explained already."""
    beyond = np.maximum(s.explained - current, 0.0).sum(axis=1) + s.log_prior + s.silence
    row = int(np.argmax(np.round(beyond, 9)))
    return float(beyond[row]), Chosen(key, row, s.explained[row], -float(s.log_prior[row] + s.silence[row]))


def _swap(opened: list[Chosen], scores: Mapping[str, Score], n: int) -> list[Chosen]:
    """Replace one open cause by another as long as the whole gets cheaper."""
    for _ in range(4 * MOST_CAUSES):
        total = _total(opened, n)
        better = _better_swap(opened, scores, n, total)
        if better is None:
            return opened
        opened = better
    return opened


def _better_swap(
    opened: list[Chosen], scores: Mapping[str, Score], n: int, total: float
) -> list[Chosen] | None:
    for i in range(len(opened)):
        rest = opened[:i] + opened[i + 1 :]
        if _total(rest, n) > total + _BETTER:
            return rest
        pick = _best_addition(rest, scores, n)
        if pick is not None and _total([*rest, pick], n) > total + _BETTER:
            return [*rest, pick]
    return None


def _best_gain(opened: Sequence[Chosen], n: int) -> Floats:
    return np.max([c.gains for c in opened], axis=0) if opened else np.zeros(n)


def _total(opened: Sequence[Chosen], n: int) -> float:
    return float(_best_gain(opened, n).sum() - sum(c.cost for c in opened))


def _assign(opened: Sequence[Chosen], scores: Mapping[str, Score], n: int) -> list[Cluster]:
    if not opened:
        return []
    gains = np.array([c.gains for c in opened])
    owner = np.argmax(np.round(gains, 9), axis=0)
    out = []
    for i, c in enumerate(opened):
        own = tuple(j for j in range(n) if owner[j] == i and gains[i, j] >= WORTH)
        if own:
            mask = np.zeros(n, dtype=np.bool_)
            mask[list(own)] = True
            score = scores[c.key]
            out.append(Cluster(c.key, float(score.starts[c.row]), own, evidence(score, mask)))
    return sorted(out, key=lambda c: (-round(c.net, 6), c.key))
