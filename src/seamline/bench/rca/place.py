"""Where cases lie, in whichever layout, and the little of them that scoring needs.

A layout is a module with `places`, `read` and `frame` as in `folder`; one in which others published their cases
has `truth` too.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol, cast, get_args

from msgspec import Struct

from seamline.analysis.inquiry.case import Case, Link, Question, Step
from seamline.model.errors import Fix

Layout = Literal["neutral", "rcaeval", "petshop", "nezha"]


class Place(Struct, frozen=True):
    """One case: its name, and its folder; `part` says which of the folder's cases it is, where it holds several."""

    name: str
    path: Path
    part: str = ""


class Frame(Struct, frozen=True):
    """What scoring has to know of a case: what is asked, whose the pods are, which changes there were."""

    name: str
    question: Question
    links: tuple[Link, ...]
    steps: tuple[Step, ...]

    def pods(self) -> Mapping[str, str]:
        """The service of each pod."""
        return {link.target: link.source for link in self.links if link.kind == "has_pod"}

    def rollouts(self) -> Mapping[str, str]:
        """The entity of each rollout."""
        return {step.rollout: step.entity for step in self.steps}


class Reader(Protocol):
    """What a layout's module offers. Each raises Fix for what somebody has to mend."""

    def places(self, folder: Path) -> list[Place]:
        """The cases of a folder, sorted by name; at least one."""
        ...

    def read(self, place: Place) -> Case:
        """A whole case, without its truth."""
        ...

    def frame(self, place: Place) -> Frame:
        """The small part of a case."""
        ...


def reader(layout: str) -> Reader:
    """The module that reads a layout. Raises Fix when there is none."""
    if layout not in get_args(Layout):
        raise Fix(f"no layout is called {layout!r}", hint=f"one of: {', '.join(get_args(Layout))}")
    name = "folder" if layout == "neutral" else f"published.{layout}"
    return cast(Reader, import_module(f"seamline.bench.rca.{name}"))
