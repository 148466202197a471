"""What is personal in a neutral delivery: the requester, their name in texts, e-mail addresses.

Of a mapped body only what its rules read is kept, since nobody can say what the rest holds. A body that is not what it
should be is not redacted at all: the inbox seals it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from seamline.model.payload import is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.json import mapping
from seamline.sources.json.mapping import EACH, Path
from seamline.sources.json.shape import is_lines, items

_REQUESTERS: frozenset[Path] = frozenset({("requester",), (EACH, "requester")})


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:
    """The delivery without people. Raises Unreadable for one that is not of the shape."""
    items(headers, body)
    rules = mapping.of_headers(headers)
    if rules is not None:
        read, personal = mapping.paths_read(rules), mapping.paths_personal(rules)
        return rewrite(body, lambda document: _pruned(_redacted(document, personal, pseudonym), read))
    if not is_lines(body) or body.lstrip().startswith(b"["):
        return rewrite(body, lambda document: _redacted(document, _REQUESTERS, pseudonym))
    lines = body.split(b"\n")
    return b"\n".join(
        rewrite(line, lambda document: _redacted(document, _REQUESTERS, pseudonym)) if line.strip() else line
        for line in lines
    )


def _redacted(document: Any, personal: Collection[Path], pseudonym: Pseudonym) -> Any:
    def person(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return value
        return value if is_pseudonym(str(value)) else pseudonym(str(value))

    names = {part for name in _texts_at(document, personal) for part in (name, *name.split())}
    replace = replacer(pseudonym, words={name for name in names if len(name) > 2 and not is_pseudonym(name)})
    return _everywhere(_at(document, personal, person), replace)


def _below(paths: Collection[Path], step: str | int) -> list[Path]:
    """What is left of the paths that take this step; every item of a list is a step too."""
    taken = (EACH, step) if isinstance(step, int) else (step,)
    return [path[1:] for path in paths if path and path[0] in taken]


def _unfolded(value: Any, paths: Collection[Path]) -> Collection[Path]:
    """The paths, where a single object stands in the place of a list of one."""
    if isinstance(value, dict) and any(path and path[0] == EACH for path in paths):
        return [path[1:] if path and path[0] == EACH else path for path in paths]
    return paths


def _pruned(value: Any, paths: Collection[Path]) -> Any:
    """The value with nothing but what the paths lead to; other items of a list become null and keep their places."""
    paths = _unfolded(value, paths)
    if () in paths:
        return value
    if isinstance(value, list):
        return [_pruned(item, below) if (below := _below(paths, i)) else None for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return None
    return {name: _pruned(item, below) for name, item in value.items() if (below := _below(paths, name))}


def _at(value: Any, paths: Collection[Path], change: Callable[[Any], Any]) -> Any:
    """The value with `change` done to every scalar that a path leads to or through."""
    if not paths:
        return value
    paths = _unfolded(value, paths)
    whole = [()] if () in paths else []
    if isinstance(value, list):
        return [_at(item, [*_below(paths, i), *whole], change) for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _at(item, [*_below(paths, name), *whole], change) for name, item in value.items()}
    return change(value) if whole else value


def _texts_at(document: Any, paths: Collection[Path]) -> Iterator[str]:
    """The texts that the paths lead to."""
    found: list[str] = []

    def note(value: Any) -> Any:
        if isinstance(value, str):
            found.append(value)
        return value

    _at(document, paths, note)
    return iter(found)


def _everywhere(value: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_everywhere(item, replace) for item in value]
    if isinstance(value, dict):
        return {name: _everywhere(item, replace) for name, item in value.items()}
    return value
