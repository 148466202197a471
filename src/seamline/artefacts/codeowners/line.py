"""A line of a CODEOWNERS file, and what is told of those that are not valid."""

import re
from collections.abc import Iterator
from typing import Literal

from seamline.artefacts.text import unread
from seamline.model.artefact import Artefact, Unread

Dialect = Literal["github", "gitlab"]

_MAX_TOLD = 20
_WORDS = re.compile(r"(?:\\.|[^\\\s])+|\\\Z")
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+\Z")


class Said:
    """What could not be read of one file, each with its line."""

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        self._unread: list[tuple[int, str, str]] = []

    def invalid(self, line: int, why: str, mend: str) -> None:
        """Tell of a line that its platform skips."""
        self._unread.append((line, why, mend))

    def told(self) -> Iterator[Unread]:
        """The first of them, then how many more there are."""
        for line, why, mend in self._unread[:_MAX_TOLD]:
            yield unread(self._artefact, why, mend, line)
        if len(self._unread) > _MAX_TOLD:
            more = len(self._unread) - _MAX_TOLD
            yield unread(self._artefact, f"{more} more lines are skipped", "mend them as the first ones")


def words(line: str) -> list[str]:
    """The line at its blanks; a blank after a backslash is part of a word."""
    return _WORDS.findall(line)


def unescaped(pattern: str) -> str:
    r"""The pattern with `\ ` as a blank; other backslashes are the matching's.

    >>> unescaped(r"docs/a\ file.md")
    'docs/a file.md'
    """
    return re.sub(r"\\\s", " ", pattern)


def email(word: str) -> str:
    """`email:` and the address, in lower case; "" for what is none."""
    return f"email:{word.lower()}" if _EMAIL.match(word) else ""
