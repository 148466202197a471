"""The stories: each is one file here, found by its name."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol, cast

from lab.course import Course
from lab.plan import Plan


class Story(Protocol):
    """What a story's file has. The seed moves the times and picks among the changes."""

    def tell(self, seed: int, minutes: float, /) -> Plan:
        """The story as this seed tells it. Only a story of any length looks at `minutes`."""

    def complaints(self, course: Course) -> Iterator[str]:
        """What is wrong with a run of this story, in words; nothing when it may be kept."""


def names() -> tuple[str, ...]:
    """All stories, by name."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def named(name: str) -> Story:
    """The story of that name. Raises KeyError when there is none."""
    if name not in names():
        raise KeyError(name)
    return cast(Story, importlib.import_module(f"{__name__}.{name}"))


def plan(name: str, seed: int, minutes: float = 6.0) -> Plan:
    """The plan of a story. Raises KeyError when there is none of that name."""
    return named(name).tell(seed, minutes)
