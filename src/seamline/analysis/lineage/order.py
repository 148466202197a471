"""Who comes before whom: parents first, and those that go round in a circle told apart."""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

Parents = Mapping[str, Iterable[str]]


def ordered(parents: Parents) -> tuple[list[str], list[list[str]]]:
    """All ids, parents first, by name where either could come first; and the circles among them.

    Those on a circle, or below one, stand at the end, by name. A parent that is no key is left out. O(n log n + edges).
    """
    waiting = {child: {p for p in of if p in parents and p != child} for child, of in parents.items()}
    children: dict[str, list[str]] = {}
    for child, of in waiting.items():
        for parent in of:
            children.setdefault(parent, []).append(child)
    n_left = {child: len(of) for child, of in waiting.items()}
    ready = [child for child, n in n_left.items() if not n]
    heapify(ready)
    out: list[str] = []
    while ready:
        out.append(at := heappop(ready))
        for child in children.get(at, ()):
            n_left[child] -= 1
            if not n_left[child]:
                heappush(ready, child)
    rest = sorted(child for child, n in n_left.items() if n)
    own = [[child] for child, of in sorted(parents.items()) if child in of]
    return out + rest, own + _circles(rest, waiting)


def _circles(rest: list[str], waiting: Mapping[str, set[str]]) -> list[list[str]]:
    """One circle per knot, as the way round it, beginning with its first name."""
    left, told, circles = set(rest), set[str](), []
    for start in rest:
        way: dict[str, int] = {}
        at = start
        while at not in told and at not in way:
            way[at] = len(way)
            at = min(parent for parent in waiting[at] if parent in left)
        if at in way:
            round_ = list(way)[way[at] :]
            first = round_.index(min(round_))
            circles.append(round_[first:] + round_[:first])
        told |= way.keys()
    return circles
