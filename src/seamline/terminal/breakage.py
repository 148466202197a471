"""An impact as a page: the figures first, then what breaks, what nobody can say, what goes silently, what waits."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seamline.analysis.lineage.impact import Told, hops
from seamline.analysis.lineage.project import Project
from seamline.analysis.lineage.users import FAILS, Touched, users
from seamline.app.impact import Answer
from seamline.model.schema_change import SchemaChange
from seamline.terminal import exits
from seamline.terminal.plain import plain

MAX_ROWS = 40  # of one section; `--json` has all
MAX_WIDTH = 140  # columns: longer lines are hard to read
MAX_TROUBLES = 5

HEADS = {
    "breaks": ("BREAKS", "bold red", "its own SQL fails"),
    "unknown": ("UNKNOWN", "bold yellow", "may break: nobody can say"),
    "loses": ("LOSES", "bold magenta", "columns go without a sound"),
    "blocked": ("BLOCKED", "bold", "stands on what breaks, and gets stale"),
    "users": ("USERS", "bold", "dashboards, tests and metrics on these"),
}


def show_troubles(project: Project) -> None:
    """What could not be taken in as it is declared, on stderr."""
    for trouble in project.troubles[:MAX_TROUBLES]:
        exits.tell(plain(f"note: {trouble}"))
    if len(project.troubles) > MAX_TROUBLES:
        exits.tell(f"note: and {len(project.troubles) - MAX_TROUBLES} more like these")


def show(project: Project, answer: Answer, console: Console | None = None) -> None:
    """Print one answer as wide as the terminal is, 80 columns where there is none."""
    console = console or Console(highlight=False)
    console.print(render(project, answer), width=min(console.width, MAX_WIDTH))


def render(project: Project, answer: Answer) -> RenderableType:
    """The change, its figures, then a section for each kind of consequence that there is."""
    assert answer.told is not None
    assert answer.change is not None
    return Group(*_parts(project, answer.change, answer.told))


def _parts(project: Project, change: SchemaChange, told: Told) -> Iterator[RenderableType]:
    yield Text(question(change, told.key), style="bold")
    touched = users(project, told, change.column)
    yield Text(_figures(project, told, touched), style="dim")
    found = told.impact
    for name, ids in (("breaks", found.breaks), ("unknown", found.unknown)):
        yield from _section(name, _rows(project, told, ids, told.why))
    yield from _section("loses", _rows(project, told, *_lost(told)))
    yield from _section("blocked", _rows(project, told, found.blocked, {}))
    yield from _section("users", _worst_first(touched))
    yield Text("")


def question(change: SchemaChange, key: str) -> str:
    """A change to a relation in words."""
    words = {
        "drop_column": f"drop column {change.column} of {key}",
        "rename_column": f"rename column {change.column} of {key} to {change.to}",
        "change_type": f"change the type of {change.column} of {key}"
        + (f" to {change.to}" if change.to else ""),
        "drop_table": f"drop {key}",
        "add_not_null": f"make {change.column} of {key} NOT NULL",
    }
    return plain(words[change.kind])


def _figures(project: Project, told: Told, touched: list[Touched]) -> str:
    found = told.impact
    if not any((found.breaks, found.blocked, found.loses, found.unknown, touched)):
        below = sum(1 for one in hops(project, told.key) if project.nodes[one].builds())
        return (
            f"Nothing breaks: {below} below it read it, none of them uses that."
            if below
            else "Nothing reads it."
        )
    n_losers = len({node_id for node_id, _ in found.loses})
    parts = [f"{len(found.breaks)} break", f"{len(found.unknown)} unknown", f"{len(found.blocked)} blocked"]
    if found.loses:
        parts.append(f"{_n(len(found.loses), 'column')} lost silently in {_n(n_losers, 'model')}")
    if touched:
        parts.append(f"{_n(len(touched), 'user')} touched")
    return ", ".join(parts)


def _n(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _lost(told: Told) -> tuple[list[str], dict[str, str]]:
    columns: dict[str, list[str]] = {}
    for node_id, column in told.impact.loses:
        columns.setdefault(node_id, []).append(column)
    return list(columns), {node_id: ", ".join(names) for node_id, names in columns.items()}


class _Row(NamedTuple):
    far: str  # hop or kind
    what: str
    why: str
    whose: str


def _rows(project: Project, told: Told, ids: Iterable[str], why: Mapping[str, str]) -> list[_Row]:
    """By hop, the nearest first."""
    far = hops(project, told.key)
    ordered = sorted(ids, key=lambda one: (far.get(one, 0), one))
    return [
        _Row(
            f"hop {far.get(one, '?')}",
            _short(one),
            _brief(project, one, why.get(one, "")),
            project.nodes[one].owner,
        )
        for one in ordered
    ]


def _short(node_id: str) -> str:
    """A unique id without its kind and package: `stg_visits`, `stg_visits.v2`."""
    return node_id.split(".", 2)[-1] if node_id.startswith(("model.", "snapshot.")) else node_id


def _brief(project: Project, node_id: str, why: str) -> str:
    """The reason, with the relations that a node reads called by their last names."""
    for key in sorted(project.reads(node_id), key=len, reverse=True):
        why = why.replace(f"{key}.", f"{key.rpartition('.')[2]}.")
    return why


def _worst_first(touched: list[Touched]) -> list[_Row]:
    ordered = sorted(touched, key=lambda one: (one.how != FAILS, one.use.kind in ("test", "unit_test")))
    return [_Row(one.use.kind, one.use.name, one.how, one.use.owner) for one in ordered]


def _section(name: str, rows: list[_Row]) -> Iterator[RenderableType]:
    """A heading, then for each row its name and owner, and the reason beneath."""
    if not rows:
        return
    title, style, about = HEADS[name]
    yield Text.assemble("\n", (title, style), f"  {len(rows)}", (f"  {about}", "dim"))
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", justify="right", style="green")
    for row in rows[:MAX_ROWS]:
        about_it = Text.assemble(plain(row.what), (f"\n{plain(row.why)}" if row.why else "", "dim"))
        table.add_row(f"  {row.far}", about_it, Text(plain(row.whose)))
    yield table
    if len(rows) > MAX_ROWS:
        yield Text(f"  and {len(rows) - MAX_ROWS} more: --json has all", style="dim")
