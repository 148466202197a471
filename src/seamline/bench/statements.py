"""Column lineage of single statements, held against what was written down for them.

A file describes its tables, `# name(column type, ...)`, and has a block for each statement: `== name`, then `dialect:`,
`target:` ("-" for a plain query), `sql:`, `direct:` with a line `column <- table.column ...` for each column that comes
out, and `indirect:` with those that decide which rows do. Names compare without regard to case.
"""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from seamline.analysis.lineage.reading import Known, Reading
from seamline.analysis.lineage.statement import read
from seamline.model.errors import Fix

Figures = dict[str, object]
_TABLE = re.compile(r"^# (\w+)\((.+)\)$", re.MULTILINE)
_FIELD = re.compile(r"(dialect|target|sql|indirect): *(.*)")


class Pair(NamedTuple):
    """A statement and what it must give; refs are `table.column` in lower case."""

    name: str
    dialect: str
    target: str
    sql: str
    direct: Mapping[str, frozenset[str]]
    indirect: frozenset[str]


def run(file: str) -> Figures:
    """How many statements of a file come out exactly, and which do not, with the direct columns they lack.

    Raises Fix for a file that is not there or has no statements.
    """
    path = Path(file)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Fix(
            f"{file}: {error}", hint="a text file of statements, as its format is told in docs"
        ) from error
    known, all_pairs = tables(text), list(pairs(text))
    if not all_pairs:
        raise Fix(f"{file}: no statements", hint='blocks that begin with "== name"')
    began = time.perf_counter()
    readings = [(pair, read(pair.sql, pair.dialect, known)) for pair in all_pairs]
    took_s = time.perf_counter() - began
    return {
        "n": len(readings),
        "exact": sum(exact(pair, reading) for pair, reading in readings),
        "missing_direct": [line for pair, reading in readings for line in lacking(pair, reading)],
        "inexact": [pair.name for pair, reading in readings if not exact(pair, reading)],
        "unknown": {pair.name: reading.unknown for pair, reading in readings if reading.unknown},
        "ms_each": round(1000 * took_s / len(readings), 2),
    }


def exact(pair: Pair, reading: Reading) -> bool:
    """Target, columns, direct and indirect are what was written down."""
    return (
        not reading.unknown
        and (reading.target or "-") == pair.target.lower()
        and _direct(reading) == pair.direct
        and frozenset(".".join(ref).lower() for ref in reading.indirect) == pair.indirect
    )


def lacking(pair: Pair, reading: Reading) -> list[str]:
    """Direct columns that were written down and not found."""
    found = _direct(reading)
    return [
        f"{pair.name}: {name} <- {ref}"
        for name, refs in pair.direct.items()
        for ref in sorted(refs - found.get(name, frozenset()))
    ]


def _direct(reading: Reading) -> dict[str, frozenset[str]]:
    return {o.name.lower(): frozenset(".".join(ref).lower() for ref in o.direct) for o in reading.outputs}


def tables(text: str) -> dict[str, Known]:
    """The tables that a file describes; there are no other columns."""
    return {
        name.lower(): Known(tuple(column.split()[0] for column in columns.split(",")), True)
        for name, columns in _TABLE.findall(text)
    }


def pairs(text: str) -> Iterator[Pair]:
    """The statements of a file. What is no block is passed over."""
    for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        lines = block.splitlines()
        said = {found[1]: found[2] for line in lines if (found := _FIELD.fullmatch(line))}
        outputs = [line.strip().partition("<-") for line in lines if line.startswith("  ") and "<-" in line]
        yield Pair(
            lines[0].strip(),
            said.get("dialect", "").strip(),
            said.get("target", "-").strip(),
            said.get("sql", ""),
            {name.strip().lower(): _refs(refs) for name, _, refs in outputs},
            _refs(said.get("indirect", "-")),
        )


def _refs(text: str) -> frozenset[str]:
    return frozenset() if text.strip() == "-" else frozenset(text.lower().split())
