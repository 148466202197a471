"""The YAML and JSON documents of a file as plain data, each on its own: one that is broken costs no other.

What can't be read is told in one line with its mend. Content is dict (text keys, also for `200:` and `on:`),
list, str, int, float, bool and None; aliased parts are the same object twice, so nobody may change it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

from msgspec import Struct

from seamline.artefacts.text import RENDER, TEMPLATE, has_template, text, unread
from seamline.artefacts.yaml_tree import MAX_DEPTH, Broken, Key, Spec, Tree, trees
from seamline.model.artefact import Artefact, Place, Unread

MAX_YAML = 20_000_000  # bytes
MAX_JSON = 64_000_000
MAX_TOLD = 20  # of one file: a log or a chart must not drown the others

_JSON = (".json",)
_JSON_LINES = (".jsonl", ".ndjson")
# A marker begins a document, with the directives right above it: they are its own.
_MARKER = re.compile(r"^(?:%[^\n]*\n(?:[%#][^\n]*\n|[ \t]*\n)*)?---(?=[ \t\n]|\Z)", re.M)
_LINT = "mend it there; yamllint shows the place"


class Doc(Struct, frozen=True):
    """One document of a file. `place` has the line on which its content begins."""

    content: Any
    place: Place
    lines: Callable[[tuple[Key, ...]], int]

    def at(self, *path: Key) -> Place:
        """Where the key or item at the end of a path is written; where the path breaks off, else."""
        return Place(self.place.repository, self.place.path, self.lines(path))


def documents(artefact: Artefact, spec: Spec = "1.1") -> tuple[list[Doc], list[Unread]]:
    """The documents of a .json, .jsonl or YAML file in order, and what could not be read. Never raises.

    Empty documents are left out. `spec` is for YAML, see `yaml_tree.trees`. A repeated key is told; its last
    value counts. O(n); at most `MAX_TOLD` lines of what could not be read.
    """
    path = artefact.path.lower()
    source = text(artefact, MAX_JSON if path.endswith((*_JSON, *_JSON_LINES)) else MAX_YAML)
    if isinstance(source, Unread):
        return [], [source]
    read: Iterator[Doc | Unread]
    if path.endswith(_JSON_LINES):
        read = _json_lines(artefact, source)
    elif path.endswith(_JSON):
        read = _json(artefact, source, 0)
    else:
        read = _yaml(artefact, source, spec)
    docs: list[Doc] = []
    unreads: list[Unread] = []
    for found in read:
        if isinstance(found, Doc):
            docs.append(found)
        else:
            unreads.append(found)
    return docs, _told(unreads)


def _told(unreads: list[Unread]) -> list[Unread]:
    """The first of them, and how many more there are."""
    if len(unreads) <= MAX_TOLD:
        return unreads
    last = unreads[MAX_TOLD - 1]
    why = f"{last.why} (and {len(unreads) - MAX_TOLD} more places in this file)"
    return [*unreads[: MAX_TOLD - 1], Unread(last.place, why, last.mend)]


# -- YAML -----------------------------------------------------------------------------------------
def _yaml(artefact: Artefact, source: str, spec: Spec) -> Iterator[Doc | Unread]:
    above = 0
    for chunk in _chunks(source):
        if _says_anything(chunk):
            yield from _yaml_chunk(artefact, chunk, above, spec)
        above += chunk.count("\n")


def _chunks(source: str) -> Iterator[str]:
    """The text, cut before each document's marker."""
    starts = [0, *(found.start() for found in _MARKER.finditer(source)), len(source)]
    yield from (source[a:b] for a, b in pairwise(starts) if a < b)


def _says_anything(chunk: str) -> bool:
    lines = (line.strip() for line in chunk.split("\n"))
    return any(line and line != "---" and not line.startswith("#") for line in lines)


def _yaml_chunk(artefact: Artefact, chunk: str, above: int, spec: Spec) -> Iterator[Doc | Unread]:
    """The documents between two markers: one, where nothing ends with `...`."""
    found: list[Doc | Unread] = []
    try:
        for tree in trees(chunk, spec):
            if tree.templated or _named_by_template(tree.value) or (tree.odd_keys and has_template(chunk)):
                yield unread(artefact, TEMPLATE, RENDER, above + tree.line)
                return
            found += _yaml_document(artefact, tree, above)
    except Broken as error:
        if has_template(chunk):
            yield unread(artefact, TEMPLATE, RENDER, above + _first_line(chunk))
            return
        found.append(_broken_yaml(artefact, error, above))
    yield from found


def _broken_yaml(artefact: Artefact, error: Broken, above: int) -> Unread:
    line = above + error.line if error.line else 0
    where = (f" at line {line}" if line else "") + (f", column {error.column}" if error.column else "")
    return unread(artefact, f"broken YAML{where}: {error}", _LINT, line)


def _first_line(chunk: str) -> int:
    """The first line that says something."""
    for number, line in enumerate(chunk.split("\n"), start=1):
        if line.strip() and line.strip() != "---" and not line.lstrip().startswith("#"):
            return number
    return 1


def _yaml_document(artefact: Artefact, tree: Tree, above: int) -> Iterator[Doc | Unread]:
    line = above + tree.line
    if tree.value is None:
        return
    if tree.odd_keys:
        yield unread(artefact, "a mapping or list stands as a key", "put braces in quotes", line)
        return
    for key, at in tree.repeated:
        yield _repeated(artefact, key, above + at)
    place = Place(artefact.repository, artefact.path, line)
    yield Doc(tree.value, place, lambda path: above + tree.line_of(path))


def _named_by_template(value: Any) -> bool:
    """Whether what a manifest is, or is called, is still to be filled in."""
    if not isinstance(value, dict):
        return False
    metadata = value.get("metadata")
    named = [metadata.get("name"), metadata.get("namespace")] if isinstance(metadata, dict) else []
    return any(
        isinstance(name, str) and has_template(name)
        for name in (value.get("kind"), value.get("apiVersion"), *named)
    )


def _repeated(artefact: Artefact, key: str, line: int) -> Unread:
    why = f"key {key[:80]!r} is there twice; the last one counts"
    return unread(artefact, why, "remove one of them", line)


# -- JSON -----------------------------------------------------------------------------------------
class _JsonLines:
    """The lines of a JSON text, looked for when somebody asks: JSON is YAML that no key is repeated in."""

    def __init__(self, source: str, above: int) -> None:
        self._source = source
        self._above = above

    def __call__(self, path: tuple[Key, ...]) -> int:
        tree = self._tree
        return self._above + (tree.line_of(path) if tree else 1)

    @cached_property
    def _tree(self) -> Tree | None:
        try:
            return next(trees(_HALF.sub(r"\\ufffd", self._source)), None)  # YAML has no surrogates
        except Broken:
            return None


def _json_lines(artefact: Artefact, source: str) -> Iterator[Doc | Unread]:
    for above, line in enumerate(source.split("\n")):
        if line.strip():
            yield from _json(artefact, line, above)


def _json(artefact: Artefact, source: str, above: int) -> Iterator[Doc | Unread]:
    repeated: list[str] = []
    try:
        content = _loaded(source, repeated)
        too_deep = _too_deep(content)
    except json.JSONDecodeError as error:
        yield _broken_json(artefact, source, error, above)
        return
    except RecursionError:
        too_deep = True
    if too_deep:
        why = f"nested more than {MAX_DEPTH} levels deep"
        yield unread(artefact, why, "leave it out of the checkout", above + 1)
        return
    for key in repeated[:MAX_TOLD]:
        yield _repeated(artefact, key, 0)
    if content is not None:
        place = Place(artefact.repository, artefact.path, above + _first_line(source))
        yield Doc(content, place, _JsonLines(source, above))


def _loaded(source: str, repeated: list[str]) -> Any:
    """The value of a JSON text; keys that are there twice in a mapping are added to `repeated`."""

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.extend(key for key, n in counts.items() if n > 1)
        return found

    return json.loads(_whole_characters(source), object_pairs_hook=mapping, parse_int=_integer)


_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PAIR = re.compile(rf"(\\u[dD][89abAB][0-9a-fA-F]{{2}}\\u[dD][c-fC-F][0-9a-fA-F]{{2}})|{_HALF.pattern}")


def _whole_characters(source: str) -> str:
    """The text with lone halves of surrogate pairs replaced: they decode, and can't be written again."""
    return _PAIR.sub(lambda found: found[1] or "\\ufffd", source) if _HALF.search(source) else source


def _integer(digits: str) -> int | float:
    """As in YAML: beyond 64 bits inexact."""
    return int(digits) if len(digits) < 20 else float(digits)


def _too_deep(content: Any) -> bool:
    """Whether anything is nested beyond `MAX_DEPTH`, looked at level by level. O(n)."""
    level = [content]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _broken_json(artefact: Artefact, source: str, error: json.JSONDecodeError, above: int) -> Unread:
    line = above + error.lineno
    if not source.strip():
        return unread(artefact, "empty", "remove it, or write it again")
    if has_template(source):
        return unread(artefact, TEMPLATE, RENDER, above + 1)
    why = f"broken JSON at line {line}, column {error.colno}: {error.msg}"
    return unread(artefact, why, "mend it there", line)
