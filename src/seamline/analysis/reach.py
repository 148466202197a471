"""Where a fault at one entity can show: the best paths over the arcs of the map.

Best-first search (Dijkstra on falling probability) finds the best path to every entity; the other ways into it are the
best paths to its neighbours and one step more. Up to four ways that share no entity between the ends count as
independent. Ties fall to the shorter path, then to the refs on it: equal maps give equal reaches.
"""

import heapq
from collections.abc import Iterable, Sequence
from math import exp, log, log1p, sqrt

from msgspec import Struct

from seamline.analysis.relations import Arc
from seamline.model.incident import Hop

N_WAYS = 4


class Reach(Struct, frozen=True):
    """How a fault shows at one entity: P over the independent ways, and delay and hops of the best of them.

    The delay is lognormal with this median and log-spread, but for the share `tail`, which is later. At the
    origin itself: probability 1, no hops, median and spread 0.
    """

    probability: float
    median_s: float
    sigma: float
    hops: tuple[Hop, ...]
    tail: float = 0.0


class _Step(Struct, frozen=True):
    """An arc between numbered entities. Mean and variance are those of its lognormal delay."""

    source: int
    target: int
    probability: float
    mean_s: float
    variance: float
    in_law: float  # share of delays that follow the law
    hop: Hop


class _Best(Struct, frozen=True):
    """The best path to an entity: the entities on it, both ends too, and its steps."""

    probability: float
    refs: tuple[int, ...]
    steps: tuple[_Step, ...]


class Network:
    """The arcs of a map, ready to be searched. Entities are numbered in the order of their refs."""

    __slots__ = ("_into", "_number", "_out", "_refs")

    def __init__(self, arcs: Iterable[Arc]) -> None:
        likeliest: dict[tuple[str, str], Arc] = {}
        for arc in arcs:
            known = likeliest.get((arc.source, arc.target))
            if known is None or (-arc.probability, arc.relation) < (-known.probability, known.relation):
                likeliest[arc.source, arc.target] = arc
        self._refs = sorted({ref for ends in likeliest for ref in ends})
        self._number = {ref: n for n, ref in enumerate(self._refs)}
        self._out: list[list[_Step]] = [[] for _ in self._refs]
        self._into: list[list[_Step]] = [[] for _ in self._refs]
        for _, arc in sorted(likeliest.items()):
            step = self._step(arc)
            self._out[step.source].append(step)
            self._into[step.target].append(step)

    def _step(self, arc: Arc) -> _Step:
        mean = arc.median_s * exp(arc.sigma**2 / 2)
        return _Step(
            self._number[arc.source], self._number[arc.target], arc.probability,
            mean, mean**2 * (exp(arc.sigma**2) - 1), 1 - arc.tail,
            Hop(arc.source, arc.target, arc.relation, arc.probability, arc.median_s),
        )  # fmt: skip

    def reach(self, origin: str, max_depth: int, min_probability: float) -> dict[str, Reach]:
        """The reach of a fault at `origin`, sorted by ref; the origin is always in it.

        O(n log n) in the arcs within `max_depth` steps whose paths stay at or above `min_probability`.
        """
        if origin not in self._number:
            return {origin: _AT_HOME}
        best = self._best_paths(self._number[origin], max_depth, min_probability)
        return {
            self._refs[n]: _along(path, self._shows(n, path, best, min_probability))
            if path.steps
            else _AT_HOME
            for n, path in sorted(best.items())
        }

    def _best_paths(self, origin: int, max_depth: int, min_probability: float) -> dict[int, _Best]:
        best: dict[int, _Best] = {}
        heap: list[tuple[float, int, tuple[int, ...], tuple[_Step, ...]]] = [(-1.0, 0, (origin,), ())]
        while heap:
            minus, depth, refs, steps = heapq.heappop(heap)
            if refs[-1] in best:
                continue
            best[refs[-1]] = _Best(-minus, refs, steps)
            for step in self._out[refs[-1]] if depth < max_depth else ():
                further = minus * step.probability
                if -further >= min_probability and step.target not in best:
                    heapq.heappush(heap, (further, depth + 1, (*refs, step.target), (*steps, step)))
        return best

    def _shows(self, n: int, path: _Best, best: dict[int, _Best], min_probability: float) -> float:
        """P(the fault shows at entity n) over its best path and up to three more that share nothing with it."""
        ways = []
        for step in self._into[n]:
            before = best.get(step.source)
            if before is not None and n not in before.refs and before.refs != path.refs[:-1]:
                probability = before.probability * step.probability
                if probability >= min_probability:
                    ways.append((-probability, before.refs))
        none_shows, used, n_ways = 1 - path.probability, set(path.refs[1:-1]), 1
        for minus, refs in sorted(ways):
            if n_ways < N_WAYS and used.isdisjoint(refs[1:]):
                none_shows *= 1 + minus
                used.update(refs[1:])
                n_ways += 1
        return 1 - none_shows


_AT_HOME = Reach(1.0, 0.0, 0.0, ())


def _along(path: _Best, probability: float) -> Reach:
    """The reach by a path; its delay is the lognormal with the mean and variance of the sum of its steps.

    Method: Fenton 1960, doi:10.1109/TCOM.1960.1097606.
    """
    mean, spread, tail = _delay(path.steps)
    return Reach(
        probability, exp(log(mean) - spread / 2), sqrt(spread), tuple(s.hop for s in path.steps), tail
    )


def _delay(steps: Sequence[_Step]) -> tuple[float, float, float]:
    """Mean, log-variance and tail share of the summed delays."""
    mean = sum(s.mean_s for s in steps)
    in_law = 1.0
    for s in steps:
        in_law *= s.in_law
    return mean, log1p(sum(s.variance for s in steps) / mean**2), 1 - in_law
