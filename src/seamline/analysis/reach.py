"""Where a fault at one entity can show: the best paths over the arcs of the map.

State model: what hangs on the rest by a single neighbour (an entity, or a tree of them) can only be reached through it, and
leads nowhere else. It is left out of the search and followed when somebody asks: around a hub of thousands a search costs
what the rest of the map costs, not what hangs there.

Best-first search (Dijkstra on falling probability) finds the best path to every entity; the other ways into it are the
best paths to its neighbours and one step more. Up to four ways that share no entity between the ends count as
independent. Ties fall to the shorter path, then to the refs on it: equal maps give equal reaches.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, log, log1p, sqrt

from msgspec import Struct

from seamline.analysis.relations import Arc
from seamline.model.incident import Hop

N_WAYS = 4
MOST_TOLD = 100_000  # reaches of single entities that are remembered: about 0.6 KB each


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

    __slots__ = ("_hung_on", "_into", "_number", "_out", "_refs", "_told", "_up")

    def __init__(self, arcs: Iterable[Arc]) -> None:
        likeliest: dict[tuple[str, str], Arc] = {}
        for arc in arcs:
            known = likeliest.get((arc.source, arc.target))
            if known is None or (-arc.probability, arc.relation) < (-known.probability, known.relation):
                likeliest[arc.source, arc.target] = arc
        self._refs = sorted({ref for ends in likeliest for ref in ends})
        self._number = {ref: n for n, ref in enumerate(self._refs)}
        steps = [self._step(arc) for _, arc in sorted(likeliest.items())]
        stems = _stems(len(self._refs), steps)
        self._out: list[list[_Step]] = [[] for _ in self._refs]  # but for what hangs there
        self._into: list[list[_Step]] = [[] for _ in self._refs]
        self._hung_on: list[list[_Step]] = [[] for _ in self._refs]  # from an entity to what hangs on it
        self._up: dict[int, _Step] = {}  # the one step into what hangs
        self._told: dict[tuple[int, int, int, float], Reach] = {}
        for step in steps:
            if stems[step.target] == step.source:
                self._hung_on[step.source].append(step)
                self._up[step.target] = step
            else:
                self._out[step.source].append(step)
            if stems[step.source] != step.target:
                self._into[step.target].append(step)

    def _step(self, arc: Arc) -> _Step:
        mean = arc.median_s * exp(arc.sigma**2 / 2)
        return _Step(
            self._number[arc.source], self._number[arc.target], arc.probability,
            mean, mean**2 * (exp(arc.sigma**2) - 1), 1 - arc.tail,
            Hop(arc.source, arc.target, arc.relation, arc.probability, arc.median_s),
        )  # fmt: skip

    def reach(self, origin: str, max_depth: int, min_probability: float) -> "Reached":
        """The reach of a fault at `origin`, by ref and sorted by it; the origin is always in it.

        O(n log n) in the arcs within `max_depth` steps whose paths stay at or above `min_probability`, without those to
        what hangs on the rest.
        """
        number = self._number.get(origin)
        best = {} if number is None else self._best_paths(number, max_depth, min_probability)
        return Reached(self, origin, best, max_depth, min_probability)

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


class Reached(Mapping[str, Reach]):
    """Where a fault at one entity can show: searched once, and worked out for each entity when it is asked about."""

    __slots__ = ("_best", "_max_depth", "_min_probability", "_network", "_origin")

    def __init__(
        self, network: Network, origin: str, best: Mapping[int, _Best], max_depth: int, min_probability: float
    ) -> None:
        self._network = network
        self._origin = origin
        self._best = best
        self._max_depth = max_depth
        self._min_probability = min_probability

    @property
    def n_held(self) -> int:
        """How many paths are held in memory."""
        return max(1, len(self._best))

    def __getitem__(self, ref: str) -> Reach:
        if ref == self._origin:
            return _AT_HOME
        n = self._network._number[ref]
        told, key = (
            self._network._told,
            (self._network._number[self._origin], n, self._max_depth, self._min_probability),
        )
        found = told.get(key)
        if found is None:
            path = self._path(n)
            if path is None:
                raise KeyError(ref)
            if len(told) >= MOST_TOLD:
                told.clear()
            found = told[key] = _along(path, self._shows(n, path))
        return found

    def __contains__(self, ref: object) -> bool:
        n = self._network._number.get(ref) if isinstance(ref, str) else None
        return ref == self._origin or (n is not None and self._path(n) is not None)

    def __iter__(self) -> Iterator[str]:
        if not self._best:
            yield self._origin
        yield from (self._network._refs[n] for n in sorted(self._numbers()))

    def __len__(self) -> int:
        return max(1, sum(1 for _ in self._numbers()))

    def _numbers(self) -> Iterator[int]:
        """All that is reached, in no order."""
        todo = [*self._best.values()]
        while todo:
            path = todo.pop()
            yield path.refs[-1]
            hung = (self._further(path, step) for step in self._network._hung_on[path.refs[-1]])
            todo += [p for p in hung if p is not None and p.refs[-1] not in self._best]

    def _path(self, n: int) -> _Best | None:
        """The best path to an entity; None where it is not reached."""
        hanging: list[_Step] = []
        while n not in self._best:
            step = self._network._up.get(n)
            if step is None or len(hanging) == self._max_depth:
                return None
            hanging.append(step)
            n = step.source
        path: _Best | None = self._best[n]
        while hanging and path is not None:
            path = self._further(path, hanging.pop())
        return path

    def _further(self, path: _Best, step: _Step) -> _Best | None:
        """The path and one step more, where that is near and likely enough."""
        probability = path.probability * step.probability
        if len(path.steps) == self._max_depth or probability < self._min_probability:
            return None
        return _Best(probability, (*path.refs, step.target), (*path.steps, step))

    def _shows(self, n: int, path: _Best) -> float:
        """P(the fault shows at entity n) over its best path and up to three more that share nothing with it."""
        ways = []
        for step in self._network._into[n]:
            before = self._best.get(step.source)
            if before is not None and n not in before.refs and before.refs != path.refs[:-1]:
                probability = before.probability * step.probability
                if probability >= self._min_probability:
                    ways.append((-probability, before.refs))
        none_shows, used, n_ways = 1 - path.probability, set(path.refs[1:-1]), 1
        for minus, refs in sorted(ways):
            if n_ways < N_WAYS and used.isdisjoint(refs[1:]):
                none_shows *= 1 + minus
                used.update(refs[1:])
                n_ways += 1
        return 1 - none_shows


_AT_HOME = Reach(1.0, 0.0, 0.0, ())


def _stems(n_refs: int, steps: Iterable[_Step]) -> list[int]:
    """For each entity the one neighbour by which it hangs on the rest, with all that hangs on it; -1 for the rest.

    O(arcs): whoever has a single neighbour left is taken away, until nobody has.
    """
    beside: list[set[int]] = [set() for _ in range(n_refs)]
    for step in steps:
        beside[step.source].add(step.target)
        beside[step.target].add(step.source)
    stems = [-1] * n_refs
    todo = [n for n in range(n_refs) if len(beside[n]) == 1]
    while todo:
        n = todo.pop()
        if len(beside[n]) == 1:  # else its neighbour hangs on it
            (stems[n],) = beside[n]
            beside[stems[n]].remove(n)
            beside[n].clear()
            if len(beside[stems[n]]) == 1:
                todo.append(stems[n])
    return stems


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
