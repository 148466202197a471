"""What Ruby's text is read to: calls with their arguments and blocks, assignments, bodies of statements."""

from typing import Any

from msgspec import Struct

Value = Any  # str | int | float | bool | None | list | dict | Text | Call | UNKNOWN


class Unknown(Struct, frozen=True):
    """What only running the code could tell."""


UNKNOWN = Unknown()


class Text(Struct, frozen=True):
    """A string with names put into it."""

    parts: tuple[str | tuple[str], ...]


class Call(Struct, frozen=True):
    """A call, or a plain name. `receiver`: the value it is called on, None for none."""

    name: str
    line: int
    receiver: Value = None
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = {}
    params: tuple[str, ...] = ()
    block: tuple[Any, ...] | None = None  # nodes

    def get(self, position: int, default: Value = None) -> Value:
        return self.args[position] if position < len(self.args) else default


class Assign(Struct, frozen=True):
    """`name = value`; `self.table_name` is a name here."""

    name: str
    value: Value
    line: int


class Body(Struct, frozen=True):
    """Statements that belong together: of a branch, a definition, a class."""

    kind: str  # "if", "def", "class" ...
    name: str  # of a definition or class, "self.up" included
    nodes: tuple[Any, ...]
    line: int
    head: str = ""  # the superclass


Node = Call | Assign | Body
