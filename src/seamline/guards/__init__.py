"""Executable rules at seams: one file per kind of guard, each pure. Found on disk; there is no list to forget.

A guard is a module with `ID`, and `check(change, stack, state) -> list[Finding]`. No finding means that it looked
and the change is fine, or that the change is none of its business. A fact it needs and does not have is a
finding with outcome `unknown`, never a pass.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from seamline.analysis.capacity import Capacity
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.verdict import Finding


class Guard(Protocol):
    """One executable rule."""

    ID: str

    def check(self, change: Change, stack: StackMap, state: Capacity) -> list[Finding]:
        """What it says of a change, given the map and the capacity facts of the moment."""


@cache
def found() -> Sequence[Guard]:
    """Every guard of this package, by id."""
    modules = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)]
    return tuple(sorted((cast(Guard, m) for m in modules), key=lambda g: g.ID))
