"""Where a fault at one entity can show: the best paths over the arcs of the map.

Best-first search: paths come off the heap by falling probability, so the first to arrive at an entity is its best.
An entity keeps up to four, each with another first step; those that share no entity on the way count as
independent ways. Ties fall to the shorter path, then to the refs on it: equal maps give equal reaches.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log, log1p, sqrt

from msgspec import Struct

from seamline.analysis.relations import Arc
from seamline.model.incident import Hop

N_PATHS = 4

Graph = Mapping[str, Sequence[Arc]]
_Path = tuple[float, int, tuple[str, ...], tuple[Arc, ...]]  # -probability, length, refs, arcs


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


def graph(arcs: Iterable[Arc]) -> dict[str, tuple[Arc, ...]]:
    """Arcs by their source, the likelier of two between the same ends, sorted by target."""
    best: dict[tuple[str, str], Arc] = {}
    for arc in arcs:
        known = best.get((arc.source, arc.target))
        if known is None or (-arc.probability, arc.relation) < (-known.probability, known.relation):
            best[arc.source, arc.target] = arc
    out: dict[str, list[Arc]] = {}
    for (source, _), arc in sorted(best.items()):
        out.setdefault(source, []).append(arc)
    return {source: tuple(found) for source, found in out.items()}


def search(arcs: Graph, origin: str, max_depth: int, min_probability: float) -> dict[str, Reach]:
    """The reach of a fault at `origin`, sorted by ref; the origin is always in it.

    O(n log n) in the arcs within `max_depth` steps whose paths stay above `min_probability`.
    """
    kept: dict[str, list[_Path]] = {}
    heap: list[_Path] = [(-1.0, 0, (origin,), ())]
    while heap:
        path = heapq.heappop(heap)
        if not _keep(kept, path):
            continue
        for arc in arcs.get(path[2][-1], ()) if path[1] < max_depth else ():
            further = (path[0] * arc.probability, path[1] + 1, (*path[2], arc.target), (*path[3], arc))
            if -further[0] >= min_probability and arc.target not in path[2] and _wanted(kept, further):
                heapq.heappush(heap, further)
    return {ref: _reach(paths) for ref, paths in sorted(kept.items())}


def _wanted(kept: Mapping[str, list[_Path]], path: _Path) -> bool:
    """Whether its end has room for this path: fewer than four, and none with the same first step."""
    there = kept.get(path[2][-1], ())
    return len(there) < N_PATHS and all(known[2][:2][-1] != path[2][:2][-1] for known in there)


def _keep(kept: dict[str, list[_Path]], path: _Path) -> bool:
    if not _wanted(kept, path):
        return False
    kept.setdefault(path[2][-1], []).append(path)
    return True


def _reach(paths: Sequence[_Path]) -> Reach:
    none_shows = 1.0
    used: set[str] = set()
    for probability, _, refs, _ in paths:
        between = set(refs[1:-1])
        if used.isdisjoint(between):
            none_shows *= 1.0 + probability  # stored negative
            used |= between
    best = paths[0][3]
    median_s, sigma, tail = _delay(best)
    hops = tuple(Hop(a.source, a.target, a.relation, a.probability, a.median_s) for a in best)
    return Reach(1.0 - none_shows, median_s, sigma, hops, tail)


def _delay(path: Sequence[Arc]) -> tuple[float, float, float]:
    """Median, log-spread and tail share of the summed delays of a path.

    Method: the lognormal with the sum's mean and variance (Fenton 1960, doi:10.1109/TCOM.1960.1097606).
    """
    mean = variance = 0.0
    in_law = 1.0
    for arc in path:
        one = arc.median_s * exp(arc.sigma**2 / 2)
        mean += one
        variance += one**2 * (exp(arc.sigma**2) - 1)
        in_law *= 1 - arc.tail
    if mean == 0.0:
        return 0.0, 0.0, 1 - in_law
    spread = log1p(variance / mean**2)
    return exp(log(mean) - spread / 2), sqrt(spread), 1 - in_law
