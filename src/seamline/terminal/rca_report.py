"""A report on root-cause cases, in the terminal: a table per set, how far what is said can be trusted, what was missed."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seamline.bench.rca import wording
from seamline.bench.rca.report import Group, SetReport
from seamline.bench.rca.scores import Bin
from seamline.terminal.plain import plain

LEAST_WIDTH = 132  # of the widest table; a narrower terminal folds its lines
UNBOUND = 100_000
BAR = 30  # characters of a full bar


def show(reports: Sequence[SetReport], *, misses: bool, console: Console | None = None) -> None:
    """Print reports one below the other, with the missed cases if they are asked for."""
    if console is None:
        width = max(Console().width, LEAST_WIDTH) if sys.stdout.isatty() else UNBOUND
        console = Console(highlight=False, width=width)
    for report in reports:
        _show(report, misses, console)
    console.print(legend(reports), style="dim", markup=False, soft_wrap=True)


def _show(report: SetReport, misses: bool, console: Console) -> None:
    ours = report.standings[0].scores
    console.print(Text(plain(report.name), style="bold"), Text(_counted(report), style="dim"))
    console.print(standings(report))
    if blame := wording.blame(report):
        console.print(blame, markup=False, soft_wrap=True)
    if report.versus is not None:
        console.print(wording.versus(report), markup=False, soft_wrap=True)
    console.print()
    console.print(groups("the root is", report.loudness, report))
    if report.by:
        console.print()
        console.print(groups(report.by, report.groups, report))
    console.print()
    console.print(_reliability(ours.bins, console.encoding))
    if misses and report.missed:
        console.print()
        console.print(_missed(report))
    console.print()


def _counted(report: SetReport) -> str:
    ours = report.standings[0].scores
    said = f"{ours.n} cases, {ours.n_faultless} without a fault"
    return said + (f", {ours.n_missing} without a prediction" if ours.n_missing else "")


def standings(report: SetReport) -> Table:
    """Every method's figures, the examined one first; the headline's with its interval."""
    names, leading = wording.figures(report), wording.headline(report)
    table = _table()
    table.add_column("method")
    for name in names:
        table.add_column(f"{name} [95 %]" if name == leading else name, justify="right")
    for place, standing in enumerate(report.standings):
        cells = wording.cells(standing, names, leading)
        table.add_row(plain(wording.named(standing)), *cells, style="bold" if place == 0 else "")
    return table


def groups(heading: str, found: Sequence[Group], report: SetReport) -> Table:
    """The headline of the examined method, of the best reference, of recency and of chance, group by group."""
    shown = wording.compared(report)
    table = _table()
    table.add_column(heading)
    table.add_column("cases", justify="right")
    for standing in shown:
        table.add_column(f"{wording.headline(report)} {standing.method}", justify="right")
    for group in found:
        table.add_row(*map(plain, wording.group_cells(group, shown, wording.headline(report))))
    return table


def _reliability(bins: Sequence[Bin], encoding: str) -> Table:
    full, mark = ("█", "│") if encoding.lower().startswith("utf") else ("#", "|")
    table = _table()
    for name, justify in (
        ("first probability", "left"),
        ("cases", "right"),
        ("said", "right"),
        ("right", "right"),
    ):
        table.add_column(name, justify="left" if justify == "left" else "right")
    table.add_column(f"right {full}, said {mark}")
    for place, one in enumerate(bins):
        tenth = f"{place / len(bins):.1f} to {(place + 1) / len(bins):.1f}"
        cells = (f"{one.said:.2f}", f"{one.right:.2f}", _bar(one, full, mark)) if one.n else ("", "", "")
        table.add_row(tenth, str(one.n or ""), *cells)
    return table


def _bar(one: Bin, full: str, mark: str) -> str:
    cells = [full if k < round(one.right * BAR) else " " for k in range(BAR + 1)]
    cells[round(one.said * BAR)] = mark
    return "".join(cells).rstrip()


def _missed(report: SetReport) -> Table:
    table = _table()
    for name in ("missed", "truth", "fault", "its rank", "put first", "said"):
        table.add_column(name, overflow="fold")
    for one in report.missed:
        rank = str(one.rank) if one.rank else "not named" if one.truth else ""
        cells = (
            one.case,
            one.truth or "no fault",
            one.fault,
            rank,
            one.first or "nothing",
            "" if one.top is None else f"{one.top:.2f}",
        )
        table.add_row(*map(plain, cells))
    return table


def legend(reports: Sequence[SetReport]) -> str:
    """What the names of the figures mean that are shown."""
    shown = {name for report in reports for name in wording.figures(report)}
    said = "; ".join(f"{name}: {about}" for name, about in wording.FIGURES.items() if name in shown)
    return f"{said}. docs/reference/rca-cases.md says how each is counted, and what the references do."


def _table() -> Table:
    return Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
