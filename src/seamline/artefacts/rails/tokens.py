"""Ruby's text as tokens, as far as migrations go: strings in all their quotes, heredocs, symbols, labels, names."""

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Kind = Literal["name", "symbol", "label", "string", "words", "number", "op", "newline", "end"]


class Token(Struct, frozen=True):
    """`parts` of a string: text, and `(name,)` for what is put in; an expression that is no plain name is ("",)."""

    kind: Kind
    text: str
    line: int
    spaced: bool = False  # blanks stand before it
    parts: tuple[str | tuple[str], ...] = ()


_BLANK = re.compile(r"(?:[ \t\r]|\\\n)+")
_NAME = re.compile(r"(?:@@?|\$)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*[?!]?")
_LABEL = re.compile(r"[A-Za-z_]\w*[?!]?:(?!:)")
_SYMBOL = re.compile(r":([A-Za-z_]\w*[?!=]?|\[\]=?|[<>=!+\-*/%]+)")
_NUMBER = re.compile(r"\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?")
_HEREDOC = re.compile(r"<<([~-]?)(?:\"([^\"\n]+)\"|'([^'\n]+)'|`([^`\n]+)`|([A-Z_a-z]\w*))")
_PERCENT = re.compile(r"%([wWiIqQ]?)([\[({<|/!])")
_OPERATOR = re.compile(
    r"\*\*|&\.|=>|->|<=>|===?|=~|!=|!~|<=|>=|&&=?|\|\|=?|<<|>>|::|\.\.\.?|[+\-*/%]=|[-+*/%=<>!&|^~?:.,;()\[\]{}]"
)
_BLOCK_COMMENT = re.compile(r"^=begin\b.*?^=end\b[^\n]*", re.DOTALL | re.MULTILINE)
_PUT_IN = re.compile(r"[A-Za-z_]\w*")
_CLOSING = {"[": "]", "(": ")", "{": "}", "<": ">"}
_ESCAPES = {"n": "\n", "t": "\t", "s": " ", "r": "\r", "0": "\0", "e": "\x1b"}
_VALUE_ENDS = ("name", "string", "words", "number", "symbol")


class _Reader:
    """Where in the text the reading is."""

    def __init__(self, text: str) -> None:
        self.text = _BLOCK_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
        self.at = 0
        self.line = 1
        self.waiting: list[
            tuple[str, bool, bool, int]
        ] = []  # heredocs: mark, indented, raw, index of the token
        self.tokens: list[Token] = []

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.at)

    def put(
        self, kind: Kind, text: str, end: int, spaced: bool, parts: tuple[str | tuple[str], ...] = ()
    ) -> None:
        self.tokens.append(Token(kind, text, self.line, spaced, parts))
        self.line += self.text.count("\n", self.at, end)
        self.at = end


def tokens(text: str) -> list[Token]:
    """Every token, and one that says the end. Never raises: what is not known is an operator of one sign."""
    reader = _Reader(text.partition("\n__END__\n")[0])
    while reader.at < len(reader.text):
        spaced = False
        if blank := reader.match(_BLANK):
            reader.line += blank[0].count("\n")
            reader.at = blank.end()
            spaced = True
            if reader.at >= len(reader.text):
                break
        _next(reader, spaced)
    reader.put("newline", "", reader.at, False)
    reader.put("end", "", reader.at, False)
    return reader.tokens


def _next(reader: _Reader, spaced: bool) -> None:
    sign = reader.text[reader.at]
    if sign == "\n":
        _line_end(reader)
    elif sign == "#":
        end = reader.text.find("\n", reader.at)
        reader.at = len(reader.text) if end < 0 else end
    elif sign in "\"'`":
        _quoted(reader, reader.at + 1, sign, sign != "'", spaced)
    elif sign == ":" and reader.text[reader.at + 1 : reader.at + 2] in ('"', "'"):
        _quoted(reader, reader.at + 2, reader.text[reader.at + 1], reader.text[reader.at + 1] == '"', spaced)
    elif _begins_value(reader, spaced) and (found := reader.match(_HEREDOC)):
        _heredoc(reader, found, spaced)
    elif _begins_value(reader, spaced) and (found := reader.match(_PERCENT)):
        _percent(reader, found, spaced)
    elif _begins_value(reader, spaced) and sign == "/":
        _quoted(reader, reader.at + 1, "/", False, spaced)
    else:
        _plain(reader, spaced)


def _plain(reader: _Reader, spaced: bool) -> None:
    after_dot = bool(reader.tokens) and reader.tokens[-1].text in (".", "&.")
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("label", _LABEL), ("name", _NAME), ("symbol", _SYMBOL), ("number", _NUMBER), ("op", _OPERATOR),
    )  # fmt: skip
    for kind, pattern in patterns:
        found = reader.match(pattern)
        if found and not (kind == "label" and (after_dot or _is_ternary(reader))):
            text = found[1] if kind == "symbol" else found[0][:-1] if kind == "label" else found[0]
            reader.put(kind, text, found.end(), spaced)
            return
    reader.put("op", reader.text[reader.at], reader.at + 1, spaced)


def _is_ternary(reader: _Reader) -> bool:
    """Whether a colon behind a name is the second half of `a ? b : c`."""
    line = [t.text for t in reader.tokens[-8:] if t.line == reader.line]
    return "?" in line


def _begins_value(reader: _Reader, spaced: bool) -> bool:
    """Whether a value may begin here: no operand stands before, or a command's first argument follows a blank."""
    if not reader.tokens:
        return True
    last = reader.tokens[-1]
    if last.kind in _VALUE_ENDS or last.text in (")", "]", "}"):
        following = reader.text[reader.at + 1 : reader.at + 2]
        return last.kind == "name" and spaced and following not in (" ", "=")
    return True


def _line_end(reader: _Reader) -> None:
    reader.put("newline", "\n", reader.at + 1, False)
    waiting, reader.waiting = reader.waiting, []
    for mark, indented, raw, index in waiting:
        lines: list[str] = []
        while reader.at < len(reader.text):
            end = reader.text.find("\n", reader.at)
            end = len(reader.text) if end < 0 else end
            line = reader.text[reader.at : end]
            reader.at = min(end + 1, len(reader.text))
            reader.line += 1
            if (line.strip() if indented else line) == mark:
                break
            lines.append(line)
        body = "\n".join(lines)
        old = reader.tokens[index]
        parts = (body,) if raw else tuple(_parts(body))
        reader.tokens[index] = Token("string", body, old.line, old.spaced, parts)


def _heredoc(reader: _Reader, found: re.Match[str], spaced: bool) -> None:
    mark = found[2] or found[3] or found[4] or found[5]
    reader.waiting.append((mark, bool(found[1]), bool(found[3]), len(reader.tokens)))
    reader.put("string", "", found.end(), spaced)


def _quoted(reader: _Reader, start: int, close: str, puts_in: bool, spaced: bool, opening: str = "") -> None:
    """A string up to its end; with the label's colon behind it, a label."""
    end, depth, inside = start, 1, 0
    text = reader.text
    while end < len(text):
        sign = text[end]
        if sign == "\\":
            end += 2
            continue
        if puts_in and text.startswith("#{", end):
            inside += 1
        elif inside and sign == "}":
            inside -= 1
        elif not inside and sign == close:
            depth -= 1
            if depth == 0:
                break
        elif not inside and opening and sign == opening:
            depth += 1
        end += 1
    body = text[start:end]
    label = (
        close in "\"'"
        and text[end + 1 : end + 2] == ":"
        and text[end + 2 : end + 3] != ":"
        and reader.text[reader.at] != ":"
    )
    parts = tuple(_parts(body)) if puts_in else (body.replace("\\" + close, close).replace("\\\\", "\\"),)
    if label:
        reader.put("label", body, min(end + 2, len(text)), spaced)
    else:
        reader.put("string", body, min(end + 1, len(text)), spaced, parts)


def _percent(reader: _Reader, found: re.Match[str], spaced: bool) -> None:
    close = _CLOSING.get(found[2], found[2])
    if found[1] and found[1] in "wWiI":
        end = reader.text.find(close, found.end())
        end = len(reader.text) if end < 0 else end
        words = reader.text[found.end() : end].split()
        reader.put("words", "", min(end + 1, len(reader.text)), spaced, tuple(words))
        return
    opening = found[2] if close != found[2] else ""
    _quoted(reader, found.end(), close, found[1] != "q", spaced, opening)


def _parts(body: str) -> Iterator[str | tuple[str]]:
    """A string's text, and the names that are put into it."""
    out: list[str] = []
    at = 0
    while at < len(body):
        if body.startswith("#{", at):
            end, depth = at + 2, 1
            while end < len(body) and depth:
                depth += {"{": 1, "}": -1}.get(body[end], 0)
                end += 1
            if out:
                yield "".join(out)
                out = []
            inner = body[at + 2 : end - 1].strip()
            yield (inner if _PUT_IN.fullmatch(inner) else "",)
            at = end
        elif body[at] == "\\" and at + 1 < len(body):
            out.append(_ESCAPES.get(body[at + 1], body[at + 1]))
            at += 2
        else:
            out.append(body[at])
            at += 1
    if out or not body:
        yield "".join(out)


def number(text: str) -> int | float:
    """The value of a number's token."""
    plain = text.replace("_", "")
    try:
        return int(plain)
    except ValueError:
        return float(plain)
