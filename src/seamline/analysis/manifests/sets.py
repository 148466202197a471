"""Which files of a repository are deployed together.

One repository often holds the same objects several times: rendered for staging and for production. What stands in
one of these folders must not be taken for a part of the other.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
_COMPARED = 40  # files that define one thing; beyond, neighbours in order say enough


def roots(defined: Iterable[tuple[K, str]]) -> tuple[str, ...]:
    """The paths below which things that are defined more than once, (thing, path), part ways; longest first."""
    where: dict[K, set[str]] = {}
    for thing, path in defined:
        where.setdefault(thing, set()).add(path)
    found = {
        root
        for paths in {frozenset(paths) for paths in where.values() if len(paths) > 1}
        for one, other in combinations(sorted(paths)[:_COMPARED], 2)
        for root in _parting(one, other)
    }
    return tuple(sorted(found, key=lambda root: (-len(root), root)))


def _parting(one: str, other: str) -> tuple[str, str]:
    """The two paths down to the first part in which they differ."""
    a, b = one.split("/"), other.split("/")
    n = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)) - 1)
    return "/".join(a[: n + 1]), "/".join(b[: n + 1])


def set_of(path: str, found: Sequence[str]) -> str:
    """The set a file is part of, "" for what all sets share."""
    return next((root for root in found if path == root or path.startswith(f"{root}/")), "")


def together(one: str, other: str) -> bool:
    """Whether two sets are deployed together: one is the other, lies within it, or is shared."""
    return one == other or not one or not other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def split(items: Iterable[tuple[str, T]], roots_: Sequence[str]) -> dict[str, list[T]]:
    """Items, given with their paths, by the set their file is part of. O(n) and a look at the roots per path."""
    known: dict[str, str] = {}
    out: dict[str, list[T]] = {}
    for path, item in items:
        if path not in known:
            known[path] = set_of(path, roots_)
        out.setdefault(known[path], []).append(item)
    return out
