"""Executable rules at seams: one file per kind of guard, each pure. Found on disk; there is no list to forget.

A guard is a module with `ID`, and `check(change, stack, state) -> list[Finding]`. No finding means that it looked
and the change is fine, or that the change is none of its business. A fact it needs and does not have is a
finding with outcome `unknown`, never a pass.

A rule looks at artefacts before they are deployed. It is a module of a folder here that is named after the kind of
artefact: `guards/openapi/request_narrowed.py`. It has `IDS`, what its findings call themselves, and
`check(before, after) -> list[Finding]`, over two states of a `Document`, None for one that is not there, or, in
`guards/migration`, over the `Table` as it was known before (or None) and one `Operation` on it.

What no single document shows (a Service and the pods it selects, pools and the database they end at) is looked at by a rule
that says `WHOLE = True`. It is asked once, with everything that readers found before and everything after: documents,
facts, figures. It pairs what belongs together itself. Rules of the folder `capacity` are asked whatever was read.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast

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
    modules = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__) if not m.ispkg]
    return tuple(sorted((cast(Guard, m) for m in modules), key=lambda g: g.ID))


class Rule(Protocol):
    """One family of rules of one kind of artefact."""

    IDS: Sequence[str]  # "openapi/request-property-became-required"

    def check(self, before: Any, after: Any) -> list[Finding]:
        """What it says of the step from one state to the next; findings in a stable order.

        With `WHOLE = True` both are `Sequence[Found]`, of all files or of all repositories. States that are equal
        give no finding.
        """


@cache
def rules(kind: str) -> Sequence[Rule]:
    """Every rule of a kind of artefact, by module name; none for a kind that has no rules."""
    folder = next((m for m in iter_modules(__path__) if m.ispkg and m.name == kind), None)
    if folder is None:
        return ()
    package = import_module(f"{__name__}.{kind}")
    names = sorted(m.name for m in iter_modules(package.__path__) if not m.name.startswith("_"))
    return tuple(cast(Rule, import_module(f"{package.__name__}.{name}")) for name in names)
