"""Reads the text files of statements with their column lineage, and the tables they speak of."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seamline.analysis.lineage.reading import Known

OWN = Path(__file__).parent / "statements"


class Pair(NamedTuple):
    """A statement and what it must give, in the file's own words; names in lower case."""

    name: str
    dialect: str
    target: str
    sql: str
    direct: dict[str, set[str]]
    indirect: set[str]


def pairs(path: Path) -> Iterator[Pair]:
    """The blocks of one file."""
    for block in path.read_text().split("\n== ")[1:]:
        lines = block.splitlines()
        said = dict(line.split(": ", 1) for line in lines[1:] if re.match(r"\w+: ", line))
        direct = dict(line.strip().split(" <- ") for line in lines if line.startswith("  "))
        yield Pair(
            lines[0],
            said["dialect"],
            said["target"],
            said["sql"],
            {name.lower(): _refs(of) for name, of in direct.items()},
            _refs(said["indirect"]),
        )


def tables(path: Path) -> dict[str, Known]:
    """The tables that the head of a file describes, `# name(column type, ...)`, complete."""
    found = re.findall(r"^# (\w+)\((.+)\)$", path.read_text(), re.MULTILINE)
    return {name: Known(tuple(re.findall(r"(\w+) \w+(?:\[\])?(?:,|$)", of)), True) for name, of in found}


def _refs(text: str) -> set[str]:
    return set() if text.strip() == "-" else set(text.lower().split())
