"""The measurement as a command: settings in, a table for people on stderr, figures out."""

import time
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console

from seamline.model.errors import Fix

WIDTH = 120  # columns, where there is no terminal


class Asked(Struct, frozen=True):
    """What is to be measured, as it was typed."""

    rows: int
    cases: str
    costs: str
    load: float
    pairs: int
    naive: bool


def performed(asked: Asked) -> dict[str, Any]:
    """Measure, show the table, and give the figures."""
    if find_spec("psycopg") is None:
        raise Fix("psycopg is not installed", hint="pip install 'seamline[postgres]'")
    from seamline.bench.migrate import bars, measure, operations, report

    said = console()
    began = time.monotonic()
    size = measure.Size(asked.rows, most_per_s=asked.load, n_pairs=asked.pairs)
    found = measure.measure(
        size,
        _chosen(asked.cases, operations.ALL),
        _chosen(asked.costs, operations.ALL),
        lambda what: said.print(f"{time.monotonic() - began:6.0f} s  {what}", style="dim"),
        naive=asked.naive,
    )
    promises = bars.bars(found)
    report.show(bars.rows(found), promises, bars.troubles(found), said)
    return {"bars": msgspec.to_builtins(promises), "measured": msgspec.to_builtins(found)}


def console() -> Console:
    """Where people look on: as wide as their terminal, else wide enough for the tables."""
    found = Console(stderr=True, highlight=False)
    return found if found.is_terminal else Console(stderr=True, highlight=False, width=WIDTH)


def _chosen(names: str, known: Mapping[str, Any]) -> list[Any]:
    """Operations by their names, all or none. Raises Fix."""
    if names in ("all", "none", ""):
        return list(known.values()) if names == "all" else []
    unknown = sorted(set(names.split(",")) - set(known))
    if unknown:
        raise Fix(f"no operation {unknown[0]!r} is measured", hint=f"there are: {', '.join(known)}")
    return [known[name] for name in names.split(",")]
