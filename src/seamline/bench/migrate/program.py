"""The measurement as a command: settings in, tables for people on stderr, figures out."""

import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console

from seamline.bench.migrate.dose import Doses
from seamline.model.errors import Fix

WIDTH = 120  # columns, where there is no terminal


class Asked(Struct, frozen=True):
    """What is to be measured, as it was typed."""

    rows: int
    cases: str
    costs: str
    load: float
    windows: int
    naive: bool


def measured(asked: Asked) -> dict[str, Any]:
    """Measure, show the tables, and give the figures."""
    need_psycopg()
    from seamline.bench.migrate import bars, measure, operations, report

    said = console()
    size = measure.Size(asked.rows, per_s=asked.load, n_pairs=asked.windows)
    found = measure.measure(
        size,
        _chosen(asked.cases, operations.ALL),
        _chosen(asked.costs, operations.ALL),
        _told(said),
        naive=asked.naive,
    )
    promises = bars.bars(found)
    report.show(bars.rows(found), promises, bars.troubles(found), said)
    return {"bars": msgspec.to_builtins(promises), "measured": msgspec.to_builtins(found)}


def disturbed(n_rows: int, cases: str, doses: Doses) -> dict[str, Any]:
    """Run the fault protocol, show what it has to show, and give all runs."""
    need_psycopg()
    from seamline.bench.migrate import operations, protocol, report

    said = console()
    chosen = _chosen("" if cases == "all" else cases, operations.ALL)
    runs = protocol.disturbed(n_rows, doses, chosen, _told(said))
    promises = protocol.bars(runs)
    report.show([], promises, [], said)
    return {"bars": msgspec.to_builtins(promises), "runs": msgspec.to_builtins(runs)}


def need_psycopg() -> None:
    """Raises Fix where the driver is missing."""
    if find_spec("psycopg") is None:
        raise Fix("psycopg is not installed", hint="pip install 'seamline[postgres]'")


def console() -> Console:
    """Where people look on: as wide as their terminal, else wide enough for the tables."""
    found = Console(stderr=True, highlight=False)
    return found if found.is_terminal else Console(stderr=True, highlight=False, width=WIDTH)


def _told(said: Console) -> Callable[[str], None]:
    began = time.monotonic()
    return lambda what: said.print(f"{time.monotonic() - began:6.0f} s  {what}", style="dim", markup=False)


def _chosen(names: str, known: Mapping[str, Any]) -> list[Any]:
    """Operations by their names, all or none. Raises Fix."""
    if names in ("all", "none", ""):
        return list(known.values()) if names == "all" else []
    unknown = sorted(set(names.split(",")) - set(known))
    if unknown:
        raise Fix(f"no operation {unknown[0]!r} is measured", hint=f"there are: {', '.join(known)}")
    return [known[name] for name in names.split(",")]


def demonstrated(n_rows: int) -> bool:
    """Tell the story of one migration on stdout; whether every promise held. Raises Fix where a program is missing."""
    need_psycopg()
    from seamline.bench.migrate import demo

    return demo.tell(Console(highlight=False), n_rows)
