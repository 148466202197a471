"""Where a link leads, within one repository."""

from collections.abc import Callable
from posixpath import dirname, isabs, join, normpath

MOST_HOPS = 20


def resolved(path: str, target_of: Callable[[str], str | None]) -> str:
    """The path that a link comes to in the end; `target_of` gives what a link says, None for what is none.

    Raises ValueError, in words, for a circle and for a link that leads out of the repository.
    """
    seen = [path]
    while (target := target_of(seen[-1])) is not None:
        at = normpath(join(dirname(seen[-1]), target))
        if isabs(target) or at == ".." or at.startswith("../"):
            raise ValueError("a link that leads out of the repository")
        if at in seen or len(seen) > MOST_HOPS:
            raise ValueError("links in a circle")
        seen.append(at)
    return seen[-1]
