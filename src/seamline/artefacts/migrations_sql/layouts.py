"""How tools lay out migrations of plain SQL: which files, in which order, and which part of each is run."""

import re
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

Tool = Literal[
    "flyway", "golang-migrate", "goose", "dbmate", "sqitch", "prisma", "diesel", "liquibase", "numbered"
]
Order = tuple[tuple[int, ...], str]


class Layout(Struct, frozen=True):
    """Where a file stands in its history."""

    tool: Tool
    root: str  # the folder of the history
    name: str  # what the tool calls the migration
    order: Order
    counts: bool = True  # False: it takes a migration back, or tests one


_FLYWAY = re.compile(r"(?P<root>(?:.*/)?)(?P<kind>[VURB])(?P<version>[\d._]*)__(?P<name>[^/]*)\.sql$")
_UP_DOWN = re.compile(
    r"(?P<root>(?:.*/)?)(?P<name>(?P<version>\d+)[^/]*?)[._](?P<side>up|down|do|undo)\.sql$", re.IGNORECASE
)
_UP_DOWN_FOLDER = re.compile(
    r"(?P<root>(?:.*/)?)(?P<name>(?P<version>\d[\d\-]*)[^/]*)/(?P<side>up|down)\.sql$"
)
_PRISMA = re.compile(r"(?P<root>(?:.*/)?)(?P<name>(?P<version>\d+)[^/]*)/(?P<side>migration|down)\.sql$")
_SQITCH = re.compile(r"(?P<root>(?:.*/)?)(?P<side>deploy|revert|verify)/(?P<name>[^/]+)\.sql$")
_NUMBERED = re.compile(
    r"(?P<root>(?:.*/)?(?:migrations?|migrate|changelogs?|changes|liquibase|drizzle|schema_migrations)/(?:.*/)?)(?P<name>(?P<version>\d+)?[^/]*)\.sql$"
)
_SINGLE = ("structure.sql", "schema.sql")  # a state of the whole database, not a step to it


def layout(path: str) -> Layout | None:
    """The place of a file by its path; None for one of no known layout."""
    if path.rpartition("/")[2] in _SINGLE:
        return None
    for pattern, make in _PATTERNS:
        found = pattern.match(path)
        if found:
            return make(found)
    return None


def _flyway(found: re.Match[str]) -> Layout:
    kind, version = found["kind"], found["version"]
    numbers = _numbers(version)
    title = f"{kind}{version}__{found['name']}"
    order = ((1, *numbers) if kind != "R" else (2,), title)
    return Layout("flyway", found["root"], title, order, kind != "U")


def _sided(tool: Tool) -> Callable[[re.Match[str]], Layout]:
    def make(found: re.Match[str]) -> Layout:
        forward = found["side"].lower() in ("up", "do", "migration")
        return Layout(
            tool, found["root"], found["name"], (_numbers(found["version"]), found["name"]), forward
        )

    return make


def _sqitch(found: re.Match[str]) -> Layout:
    return Layout("sqitch", found["root"], found["name"], ((), found["name"]), found["side"] == "deploy")


def _numbered(found: re.Match[str]) -> Layout:
    return Layout("numbered", found["root"], found["name"], (_numbers(found["version"] or ""), found["name"]))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:8])


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Layout]], ...] = (
    (_PRISMA, _sided("prisma")),
    (_FLYWAY, _flyway),
    (_UP_DOWN_FOLDER, _sided("diesel")),
    (_UP_DOWN, _sided("golang-migrate")),
    (_SQITCH, _sqitch),
    (_NUMBERED, _numbered),
)
