"""A file of SQL cut into statements, each with its line; what a client program reads is blanked out."""

import re
from collections.abc import Iterator

from msgspec import Struct

from seamline.analysis.ddl.create import shown
from seamline.analysis.ddl.words import Untokenized, Word, statements

_META = re.compile(r"^\s*\\(?!\.)\S*")  # psql: \connect, \copy
_COPY = re.compile(r"^\s*COPY\b.*\bFROM\s+STDIN\b.*;\s*$", re.I)
_ROWS = re.compile(r"^\s*(?:INSERT|REPLACE)\s+INTO\b.*?\bVALUES\b.*;\s*$", re.I | re.S)
_BATCH = re.compile(r"^\s*(?:GO(?:\s+\d+)?|/)\s*$", re.I)  # of SQL Server, of Oracle
_DELIMITER = re.compile(r"^\s*DELIMITER\s+(\S+)\s*$", re.I)
_WITH_DATA = re.compile(
    r"(?<!\s)\s+WITH\s+(?:NO\s+)?DATA\s*\Z", re.I
)  # of a materialized view: nothing to its columns
_PIECE_END = re.compile(r";[ \t]*(?:\n|\Z)")


class Statement(Struct, frozen=True):
    """One statement as it is written. `line` counts from 1, in the file."""

    text: str
    line: int
    words: tuple[Word, ...]

    def starts(self) -> str:
        """Its first word, in upper case."""
        return self.words[0].upper


class Broken(Struct, frozen=True):
    """What can't be cut into words: a quote that doesn't end."""

    line: int


def script(source: str, dialect: str) -> Iterator[Statement | Broken]:
    """The statements of a file in its order. One that is broken costs no other. Never raises."""
    plain = _without_client(source)
    try:
        yield from _statements(plain, dialect, 0)
        return
    except Untokenized:
        pass
    above = start = 0
    for end in [*(found.end() for found in _PIECE_END.finditer(plain)), len(plain)]:
        piece, start = plain[start:end], end
        try:
            yield from _statements(piece, dialect, above)
        except Untokenized:
            yield Broken(above + _first_line(piece))
        above += piece.count("\n")


def _statements(text: str, dialect: str, above: int) -> Iterator[Statement]:
    line, counted = above + 1, 0
    for words in list(statements(text, dialect)):
        line, counted = line + text.count("\n", counted, words[0].start), words[0].start
        yield Statement(_WITH_DATA.sub("", shown(words, text)), line, tuple(words))


def _first_line(piece: str) -> int:
    return len(piece[: len(piece) - len(piece.lstrip())].split("\n"))


def _is_rows(line: str) -> bool:
    return line.count("'") % 2 == 0 and bool(_ROWS.match(line))


def _without_client(source: str) -> str:
    """The text with the same lines, without what is meant for psql, sqlcmd or mysql, and without rows of data."""
    out: list[str] = []
    in_rows, delimiter = False, ";"
    for line in source.split("\n"):
        if in_rows:
            in_rows = line.rstrip() != "\\."
            out.append("")
            continue
        changed = _DELIMITER.match(line)
        if changed:
            delimiter = changed[1]
        ends = line.rstrip().endswith(";")  # else both patterns would look for it from each of their words
        in_rows = ends and bool(_COPY.match(line))
        if changed or in_rows or _META.match(line) or (ends and _is_rows(line)):
            out.append("")
        elif _BATCH.match(line):
            out.append(";")
        else:
            out.append(line.replace(delimiter, ";") if delimiter != ";" else line)
    return "\n".join(out)
