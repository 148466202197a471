"""What was measured beside what must be shown: a bar each, and the table of them."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seamline.terminal.plain import plain


class Bar(Struct, frozen=True):
    """One promise. `met` None: it could not be measured here, and `seen` says why."""

    what: str
    must: str
    seen: str
    met: bool | None


class Row(Struct, frozen=True):
    """One operation, naively and conducted. Seconds; None where only one of them was done."""

    operation: str
    naive_s: float | None
    naive_stall_s: float | None
    naive_failed: int | None
    ours_s: float | None
    ours_stall_s: float | None
    ours_lock_s: float | None
    ours_failed: int | None
    exact: bool | None


def ms(seconds: float | None) -> str:
    """A wait as people say it.

    >>> [ms(s) for s in (None, 0.0123, 0.4, 12.7)]
    ['-', '12 ms', '400 ms', '12.7 s']
    """
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def operations(rows: Iterable[Row]) -> Table:
    """The operations below each other, naive beside conducted."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in (
        "operation",
        "naive",
        "stall",
        "failed",
        "conducted",
        "stall",
        "by a lock",
        "failed",
        "rows",
    ):
        table.add_column(name, justify="left" if name in ("operation", "rows") else "right", no_wrap=True)
    for row in rows:
        table.add_row(
            Text(row.operation, style="bold"),
            ms(row.naive_s),
            _stall(row.naive_stall_s),
            _count(row.naive_failed),
            ms(row.ours_s),
            _stall(row.ours_stall_s),
            _stall(row.ours_lock_s),
            _count(row.ours_failed),
            _rows(row.exact),
        )
    return table


def bars(found: Sequence[Bar]) -> Table:
    """The promises, met or missed."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("what", ratio=3)
    table.add_column("must show", ratio=2)
    table.add_column("measured", ratio=3)
    for bar in found:
        table.add_row(_met(bar.met), bar.what, bar.must, bar.seen)
    return table


def show(rows: Sequence[Row], found: Sequence[Bar], troubles: Sequence[str], console: Console) -> None:
    """Both tables, what did not come to its end, and how many promises are kept."""
    console.print()
    if rows:
        console.print(operations(rows))
        console.print()
    if found:
        console.print(bars(found))
        console.print()
    for trouble in troubles:
        console.print(Text(f"did not come to its end: {plain(trouble)}", style="red"))
    console.print(_verdict(found, troubles))


def _verdict(found: Sequence[Bar], troubles: Sequence[str]) -> Text:
    n_missed = sum(bar.met is False for bar in found)
    n_measured = sum(bar.met is not None for bar in found)
    if n_missed or troubles:
        return Text(f"{n_missed} of {n_measured} bars missed, {len(troubles)} in trouble", style="bold red")
    return Text(f"all of {n_measured} bars met", style="bold green")


def _met(met: bool | None) -> Text:
    if met is None:
        return Text("open", style="dim")
    return Text("met", style="green") if met else Text("MISSED", style="bold red")


def _stall(seconds: float | None) -> Text:
    if seconds is None:
        return Text("-", style="dim")
    return Text(ms(seconds), style="red" if seconds > 1 else "yellow" if seconds > 0.1 else "")


def _count(n: int | None) -> Text:
    if n is None:
        return Text("-", style="dim")
    return Text(str(n), style="red" if n else "")


def _rows(exact: bool | None) -> Text:
    if exact is None:
        return Text("-", style="dim")
    return Text("exact", style="green") if exact else Text("WRONG", style="bold red")
