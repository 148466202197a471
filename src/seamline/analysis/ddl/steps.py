"""A step: an operation as its migration writes it, before the tables it meets are known."""

import re
from typing import Any, Literal

from msgspec import Struct

from seamline.model.artefact import Column, Operation, OperationKind, Place

FIRST = "\0first"  # as `after` of a step; no column has this name
_LONGEST = 160  # characters of a statement that are shown

KeyKind = Literal["primary_key", "unique", "foreign_key", "check", "index", ""]


class Key(Struct, frozen=True):
    """A key, index or constraint of a table. No kind: one that is only known by its name."""

    kind: KeyKind
    columns: tuple[str, ...] = ()
    name: str = ""  # "" where the database picks one
    refers: str = ""  # the table of a foreign key


class Step(Struct, frozen=True):
    """An operation, and what only the tables' state needs of it."""

    operation: Operation
    columns: tuple[Column, ...] = ()  # of a new table or column, in full
    keys: tuple[Key, ...] = ()  # of a new table or column; the one that is added or dropped
    like: str = ""  # the table whose columns a new one has too
    open: bool = False  # a new table that has columns which are not known
    after: str = ""  # the column that a new one is put behind; "" for the end, FIRST for the front


class KeyRenamed(Struct, frozen=True):
    """A key under a new name. Nothing that reads the table sees it. `table` is "" where the statement names none."""

    table: str
    name: str
    to: str


class EnumMade(Struct, frozen=True):
    """An enumeration type that columns may have."""

    name: str
    values: tuple[str, ...]


class EnumRenamed(Struct, frozen=True):
    """An enumeration type under a new name; its columns keep it."""

    name: str
    to: str


Move = Step | KeyRenamed | EnumMade | EnumRenamed


_QUOTED = re.compile(r"'(?:[^']|'')*(?:'|\Z)")


class Origin(Struct, frozen=True):
    """Which migration says it, and where that begins."""

    migration: str
    repository: str
    path: str
    line: int = 0  # added to a statement's own line

    def operation(self, kind: OperationKind, table: str, line: int = 1, **more: Any) -> Operation:
        """An operation of this migration. `line` counts from 1 within what is read; `detail` is shortened."""
        more["detail"] = one_line(more.get("detail", ""))
        place = Place(self.repository, self.path, self.line + line)
        return Operation(kind=kind, table=table, migration=self.migration, place=place, **more)


def one_line(text: str) -> str:
    """Text as one line that can be shown: without what stands in quotes, for that may be a password.

    >>> one_line("CREATE USER pay  PASSWORD 'hunter2'")
    "CREATE USER pay PASSWORD '…'"
    """
    short = " ".join(_QUOTED.sub("'…'", text[: 8 * _LONGEST]).split())
    return short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…"
