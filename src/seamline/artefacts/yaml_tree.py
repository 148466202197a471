"""YAML as plain data with the line of everything in it, built from the parser's events.

Why not `yaml.safe_load`: it recurses (a file of brackets ends the process), resolves each scalar by rules that no
tool shares (dates, `22:22` as a number in base 60), loses lines, and keeps the first word on repeated keys to itself.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import yaml
from msgspec import Struct

MAX_DEPTH = 200
MAX_VALUES = 2_000_000  # of a document, with what its aliases unfold to
_MAX_TOLD = 10  # repeated keys named in a document

Spec = Literal["1.1", "1.2"]
Key = str | int
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPED = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null"))

_WORDS_1_2: Mapping[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_WORDS_1_1: Mapping[str, object] = {
    **_WORDS_1_2,
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False),
}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)$")
_BASED = re.compile(r"0(?:x[0-9a-fA-F]+|o[0-7]+|b[01]+)$")
_OLD_OCTAL = re.compile(r"0[0-7]+$")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
_FIRST = frozenset("-+.0123456789~nNtTfFyYoO")  # of what may be something else than a text
_HELM = re.compile(r"\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities)\b|include\s+\")")


class Broken(Exception):
    """The rest of the text is no YAML that can be read. Both count from 1, 0 when the parser names none."""

    def __init__(self, why: str, line: int = 0, column: int = 0) -> None:
        super().__init__(why)
        self.line = line
        self.column = column


class Tree(Struct, frozen=True):
    """A document as plain data: dict with text keys, list, str, int, float, bool, None.

    Aliases are the same object twice; nobody may change it.
    """

    value: Any
    line: int  # from 1, in the text given
    lines: Mapping[int, Mapping[Key, int]]  # id of a dict or list in `value` -> line of each key or item
    repeated: tuple[tuple[str, int], ...]  # keys that were there before, each with its line
    odd_keys: bool  # a mapping or list stands as a key
    templated: bool  # a key or a Helm expression shows that it was never rendered

    def line_of(self, path: tuple[Key, ...]) -> int:
        """The line of the key or item at the end of a path, of the last that is there where it isn't."""
        at, line = self.value, self.line
        for key in path:
            known = self.lines.get(id(at), {})
            if key not in known:
                break
            at, line = at[key], known[key]
        return line


def trees(text: str, spec: Spec = "1.1") -> Iterator[Tree]:
    """The documents of a text, in order. Raises Broken at the first thing that can't be read.

    Scalars: `1.1` is what Kubernetes reads (`yes`, `on` and `0755` are no texts), `1.2` the core schema. Dates
    stay texts, tags of tools (`!Ref`, `!vault`) are passed over. O(n); memory is bounded by `MAX_VALUES`.
    """
    loader = _LOADER(text)
    try:
        yield from _trees(loader, spec)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise Broken(str(error.problem or error.context), line, column) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise Broken(str(error).partition("\n")[0]) from None
    finally:
        loader.dispose()


def _trees(loader: Any, spec: Spec) -> Iterator[Tree]:
    builder = _Builder(spec)
    while loader.check_event():
        event = loader.get_event()
        if isinstance(event, yaml.DocumentStartEvent):
            builder = _Builder(spec)
        elif isinstance(event, yaml.DocumentEndEvent):
            yield builder.tree()
        elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent):
            builder.take(event)


class _Frame:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "at", "key", "key_line", "line", "lines", "merged", "size", "valued")

    def __init__(self, at: dict[str, Any] | list[Any], anchor: str | None, line: int) -> None:
        self.at = at
        self.anchor = anchor
        self.line = line
        self.lines: dict[Key, int] = {}
        self.size = 1  # values in it, aliases unfolded
        self.key: str | None = None  # the key that waits for its value
        self.key_line = 0
        self.valued = True  # no key waits
        self.merged: list[Any] = []  # what `<<` names


class _Builder:
    """One document, from its events."""

    def __init__(self, spec: Spec) -> None:
        self._spec: Spec = spec
        self._open: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._lines: dict[int, Mapping[Key, int]] = {}
        self._repeated: list[tuple[str, int]] = []
        self._root: Any = None
        self._line = 0
        self._odd_keys = self._templated = False

    def tree(self) -> Tree:
        """The document, once its last event was taken."""
        repeated = tuple(self._repeated[:_MAX_TOLD])
        return Tree(self._root, self._line, self._lines, repeated, self._odd_keys, self._templated)

    def take(self, event: Any) -> None:
        """The next event between the document's start and its end."""
        line = event.start_mark.line + 1
        self._line = self._line or line
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            value, size = self._alias(str(event.anchor), line)
            self._put(value, size, line, str(value) if not isinstance(value, dict | list) else None)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close()
        else:
            self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line)

    def _scalar(self, event: Any, line: int) -> None:
        text: str = event.value
        if "{{" in text and event.style not in ("|", ">") and _HELM.search(text):
            self._templated = True
        plain = event.implicit[0]
        typed = event.tag in _TYPED
        value = scalar(text, self._spec) if plain or typed else text
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, 1, line, text, merge=plain and text == "<<")

    def _start(self, at: dict[str, Any] | list[Any], anchor: str | None, line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise Broken(f"nested more than {MAX_DEPTH} levels deep", line)
        if anchor:
            self._anchors.pop(anchor, None)
        self._open.append(_Frame(at, anchor, line))
        self._lines[id(at)] = self._open[-1].lines

    def _close(self) -> None:
        frame = self._open.pop()
        for other in frame.merged:
            self._merge(frame, other)
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.at, frame.size)
        self._put(frame.at, frame.size, frame.line, None)

    def _merge(self, frame: _Frame, other: Any) -> None:
        if not isinstance(other, dict) or not isinstance(frame.at, dict):
            return
        lines = self._lines[id(other)]
        for key in other.keys() - frame.at.keys():
            frame.lines[key] = lines[key]
        frame.size += len(other)
        frame.at.update({key: value for key, value in other.items() if key not in frame.at})

    def _alias(self, anchor: str, line: int) -> tuple[Any, int]:
        if anchor not in self._anchors:
            within = any(frame.anchor == anchor for frame in self._open)
            raise Broken(f"alias *{anchor} " + ("stands within itself" if within else "has no anchor"), line)
        return self._anchors[anchor]

    def _put(self, value: Any, size: int, line: int, key: str | None, *, merge: bool = False) -> None:
        """Add a value to what is open, or take it as the next key. `key` is None for what is no text."""
        if not self._open:
            self._root = value
            return
        frame = self._open[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            raise Broken(f"its aliases unfold to more than {MAX_VALUES} values", line)
        if isinstance(frame.at, list):
            frame.lines[len(frame.at)] = line
            frame.at.append(value)
        elif frame.valued:
            self._key(frame, key, line, merge=merge)
        else:
            self._value(frame, value)

    def _key(self, frame: _Frame, key: str | None, line: int, *, merge: bool) -> None:
        if key is None:
            self._odd_keys = True
        elif "{{" in key.replace("${{", ""):
            self._templated = True
        frame.key = None if merge else key or ""
        frame.key_line = line
        frame.valued = False

    def _value(self, frame: _Frame, value: Any) -> None:
        frame.valued = True
        if frame.key is None:
            frame.merged += value if isinstance(value, list) else [value]
            return
        assert isinstance(frame.at, dict)
        if frame.key in frame.at:
            self._repeated.append((frame.key, frame.key_line))
        frame.at[frame.key] = value
        frame.lines[frame.key] = frame.key_line


def scalar(text: str, spec: Spec = "1.1") -> str | int | float | bool | None:
    """What a plain scalar means.

    >>> [scalar(text) for text in ("yes", "0755", "1e3", "22:22", "2026-11-23", "~")]
    [True, 493, 1000.0, '22:22', '2026-11-23', None]
    >>> [scalar(text, "1.2") for text in ("yes", "0755", "0o17")]
    ['yes', 755, 15]
    """
    if text and text[0] not in _FIRST:
        return text
    words = _WORDS_1_1 if spec == "1.1" else _WORDS_1_2
    if text in words:
        return words[text]  # type: ignore[return-value]  # the tables hold nothing else
    if spec == "1.1" and _OLD_OCTAL.match(text):
        return _whole(text, 8)
    if _BASED.match(text):
        return _whole(text, 0)
    if _INT.match(text) or (spec == "1.2" and text.isdecimal()):
        return _whole(text, 10)
    return float(text) if _FLOAT.match(text) else text


def _whole(digits: str, base: int) -> int | float:
    """A whole number; beyond 64 bits an inexact one, as it is for everyone who reads it by way of JSON."""
    if len(digits) > 70:
        return float("inf") if base != 10 else float(digits)
    number = int(digits, base)
    return number if -(2**63) <= number < 2**64 else float(number)
