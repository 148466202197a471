"""Definitions of columns and constraints, as CREATE TABLE and ALTER TABLE share them."""

from collections.abc import Sequence

from msgspec import Struct

from seamline.analysis.ddl.column_types import spelled
from seamline.analysis.ddl.steps import FIRST, Key, KeyKind
from seamline.analysis.ddl.words import Cursor, Word, column_list
from seamline.model.artefact import Column

_AFTER_TYPE = frozenset(
    "NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT COLLATE GENERATED AS COMMENT AUTO_INCREMENT "
    "AUTOINCREMENT IDENTITY ON KEY FIRST AFTER USING STORED VIRTUAL ENCODE COMPRESSION STORAGE INVISIBLE VISIBLE "
    "CHARSET SPARSE ROWGUIDCOL DEFERRABLE INITIALLY CASCADE RESTRICT CODEC TTL MATERIALIZED ALIAS OPTIONS".split()
)
_CONSTRAINTS = frozenset("CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE".split())
_INDEXES = frozenset("KEY INDEX FULLTEXT SPATIAL".split())
_COUNTS_ITSELF = frozenset("serial bigserial smallserial serial2 serial4 serial8".split())
_SCALARS = frozenset(
    "integer bigint smallint tinyint text boolean numeric timestamp date json jsonb uuid blob".split()
)


class Defined(Struct, frozen=True):
    """A column as it is defined, with the keys that its definition carries."""

    column: Column
    keys: tuple[Key, ...] = ()
    after: str = ""


def typed(words: Sequence[Word]) -> str:
    """A type written in words, under its one spelling."""
    out = ""
    for word in words:
        if word.kind == "sign":
            out += word.text
        elif word.kind == "string":
            out += "'" + word.text.replace("'", "''") + "'"
        else:
            out += (" " if out[-1:].isalnum() or out[-1:] == ")" else "") + word.text
    return spelled(out.removeprefix("public."))


def type_words(at: Cursor) -> list[Word]:
    """Step over a type; its words."""
    start = at.at
    while at and (at.at == start or at.peek().upper not in _AFTER_TYPE):
        if at.peek().upper == "CHARACTER" and at.peek(1).upper == "SET":
            break
        if at.peek().text == "(":
            at.group()
        else:
            at.next()
    return list(at.words[start : at.at])


def defined(at: Cursor) -> Defined:
    """The column whose definition is next. Reads to the end of the words."""
    name = at.next().text
    words = [] if at.peek().upper in _AFTER_TYPE else type_words(at)
    counts = bool(words) and words[0].text.lower() in _COUNTS_ITSELF
    column = Column(name, typed(words), nullable=not counts, has_default=counts)
    keys: list[Key] = []
    after = ""
    while at:
        if at.take("FIRST"):
            after = FIRST
        elif at.take("AFTER"):
            after = at.next().text
        elif key := _key_of(at, name):
            keys.append(key)
        else:
            column = _flagged(at, column)
    if any(key.kind == "primary_key" for key in keys):
        column = Column(name, column.type, nullable=False, has_default=column.has_default)
    return Defined(column, tuple(keys), after)


def _key_of(at: Cursor, column: str) -> Key | None:
    """The key or check that a column's definition says next, if it does."""
    if at.take("PRIMARY", "KEY"):
        return Key("primary_key", (column,))
    if at.take("UNIQUE"):
        at.take("KEY")
        return Key("unique", (column,))
    if at.take("REFERENCES"):
        refers = at.name()
        at.group()
        return Key("foreign_key", (column,), refers=refers)
    if at.take("CHECK"):
        at.group()
        return Key("check", (column,))
    return None


def _flagged(at: Cursor, column: Column) -> Column:
    """Step over one more part of a definition, whatever it is; the column with what that says."""
    nullable, default = column.nullable, column.has_default
    if at.take("NOT", "NULL"):
        nullable = False
    elif at.take("NULL"):
        nullable = True
    elif at.take("DEFAULT"):
        default = at.peek().upper != "NULL"
        if at.peek().text == "(":
            at.group()
        else:
            at.next()
    elif at.take_any("AUTO_INCREMENT", "AUTOINCREMENT", "IDENTITY", "GENERATED"):
        default = True
        at.take("ALWAYS")
        at.take("BY", "DEFAULT")
        at.take("AS", "IDENTITY")
    elif at.take("ON"):  # ON DELETE SET NULL, ON UPDATE SET DEFAULT, ON UPDATE now()
        at.next()
        if at.take("SET"):
            at.next()
    elif at.take_any("CONSTRAINT", "COLLATE", "COMMENT"):
        at.name()
    elif at.peek().text == "(":
        at.group()
    else:
        at.next()
    return Column(column.name, column.type, nullable=nullable, has_default=default)


def is_constraint(words: Sequence[Word]) -> bool:
    """Whether an element of a table is a key, index or constraint rather than a column."""
    first = words[0].upper if words else ""
    then = words[1] if len(words) > 1 else None
    if first in _CONSTRAINTS:  # a column may be called `check`, if a type follows
        return then is not None and (first == "CONSTRAINT" or then.text == "(" or not _is_type(then))
    if first in _INDEXES:
        return then is not None and (then.text == "(" or not _is_type(then))
    return first in ("LIKE", "PERIOD") and then is not None and not _is_type(then)


def _is_type(word: Word) -> bool:
    base = spelled(word.text)
    return word.kind == "word" and (
        base in _SCALARS or word.upper in ("VARCHAR", "CHAR", "CHARACTER", "ENUM")
    )


def constraint(at: Cursor) -> Key:
    """The key, index or constraint that is next. Reads to the end of the words."""
    name = ""
    if at.take("CONSTRAINT") and at.peek().upper not in _CONSTRAINTS - {"CONSTRAINT"}:
        name = at.name()
    kind = at.next().upper
    at.take("KEY") or at.take("INDEX")
    at.take_any("CLUSTERED", "NONCLUSTERED")
    if kind == "CHECK":
        return Key("check", (), name)
    if at.take("USING", "INDEX"):
        return Key(_kind(kind), (), name or at.name())
    if at.take("NULLS"):  # UNIQUE NULLS NOT DISTINCT (a)
        at.take("NOT")
        at.take("DISTINCT")
    own = at.name() if at.peek().text != "(" else ""
    columns = column_list(at.group())
    refers = at.name() if at.take("REFERENCES") else ""
    return Key(_kind(kind), columns, name or own, refers)


def _kind(keyword: str) -> KeyKind:
    kinds: dict[str, KeyKind] = {
        "PRIMARY": "primary_key", "UNIQUE": "unique", "FOREIGN": "foreign_key", "EXCLUDE": "check",
    }  # fmt: skip
    return kinds.get(keyword, "index")
