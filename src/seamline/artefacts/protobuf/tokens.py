"""The words of a .proto file."""

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>[-+=;:,.<>{}()\[\]/])""",
    re.X | re.S,
)
_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.S
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Broken(Exception):
    """The file can't be read on from here. `line` counts from 1."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


class Token(Struct, frozen=True):
    kind: Literal["text", "number", "name", "sign", "end"]
    value: str  # of a text what it stands for
    line: int


def tokens(source: str) -> Iterator[Token]:
    """Every token in order, then one of kind `end`. Raises Broken for what no .proto file may hold."""
    at, line = 0, 1
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise Broken(f"unexpected {source[at]!r}", line)
        kind, value = found.lastgroup, found.group()
        if kind == "text":
            yield Token("text", _meant(value[1:-1]), line)
        elif kind in ("number", "name", "sign"):
            yield Token(kind, value, line)  # type: ignore[arg-type]  # the group's name, narrowed above
        line += value.count("\n")
        at = found.end()
    yield Token("end", "", line)


def _meant(written: str) -> str:
    return _ESCAPE.sub(_unescaped, written) if "\\" in written else written


def _unescaped(found: re.Match[str]) -> str:
    octal, hexed, short, long, letter = found.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    code = int(octal, 8) if octal else int(hexed or short or long, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
