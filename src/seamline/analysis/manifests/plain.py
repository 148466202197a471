"""Plain data of unknown shape, asked by path: what is missing or of another type is empty, never an error."""

from collections.abc import Mapping, Sequence
from typing import Any


def part(content: Any, *path: str) -> Any:
    """What stands at a path of keys; None when it stops on the way."""
    for key in path:
        if not isinstance(content, Mapping):
            return None
        content = content.get(key)
    return content


def table(content: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at a path, its keys as text; empty when there is none."""
    found = part(content, *path)
    return {word(key): value for key, value in found.items()} if isinstance(found, Mapping) else {}


def rows(content: Any, *path: str) -> list[Mapping[str, Any]]:
    """The mappings of the list at a path; anything else in it is left out."""
    return [table(row) for row in entries(content, *path) if isinstance(row, Mapping)]


def entries(content: Any, *path: str) -> Sequence[Any]:
    """The list at a path; empty when there is none."""
    found = part(content, *path)
    return found if isinstance(found, list | tuple) else ()


def words(content: Any, *path: str) -> list[str]:
    """The scalars of the list at a path, as text."""
    return [word(entry) for entry in entries(content, *path) if is_scalar(entry)]


def text(content: Any, *path: str) -> str:
    """The scalar at a path as text, "" for anything else."""
    found = part(content, *path)
    return word(found) if is_scalar(found) else ""


def texts(content: Any, *path: str) -> dict[str, str]:
    """The mapping of scalars at a path, as text: labels, selectors, tags."""
    return {key: word(value) for key, value in table(content, *path).items() if is_scalar(value)}


def number(content: Any, *path: str) -> float | None:
    """The number at a path, written as one or as text; None for anything else."""
    found = part(content, *path)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        value = float(found)
    except (ValueError, OverflowError):
        return None
    return value if -1e18 < value < 1e18 else None  # not a number at all compares as False


def is_scalar(value: Any) -> bool:
    """Whether a value is one word of a document: no table, no list, not nothing."""
    return isinstance(value, str | int | float)


def word(value: Any) -> str:
    """A scalar as the document spells it: `true`, not Python's `True`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
