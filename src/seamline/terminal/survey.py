"""What `init PATH...` found, as a page in the terminal and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seamline.model.artefact import Unread
from seamline.terminal.plain import long, plain, short

if TYPE_CHECKING:
    from seamline.analysis.survey.page import Border, Meeting
    from seamline.app.survey import Page

MOST_BORDERS = 8  # of one standing
MOST_MEETINGS = 3  # of one border
MOST_LINES = 8  # of any other section
_MAX_WIDTH = 120
_HEADS = {
    "out_of_reach": (
        "Out of your reach",
        "somebody else runs one end, and nobody inside keeps it",
        "bold red",
    ),
    "unclaimed": (
        "Unclaimed",
        "nobody is named for one end or both: {root} answers until somebody is",
        "bold yellow",
    ),
    "contested": ("Contested", "two people are named for one end", "bold yellow"),
    "held": ("By border", "where two owners or two domains meet", "bold"),
}
_PLURALS = {"autoscaler": "autoscalers", "repo": "repositories", "queue": "queues", "box": "boxes"}


def as_json(page: "Page") -> str:
    """Everything, indented: nothing is left out for shortness."""
    plain_page = msgspec.to_builtins(page)
    plain_page["owner"] = _root(page)
    plain_page["repositories"] = [{"name": n, "revision": r} for n, r in page.repositories]
    plain_page["seams"] = [{**msgspec.to_builtins(seam), "standing": s} for s, seam in page.seams]
    return msgspec.json.format(msgspec.json.encode(plain_page), indent=2).decode() + "\n"


def show(page: "Page", console: Console | None = None, *, every: bool = False) -> None:
    """Print it as wide as the terminal is; long sections are cut short unless `every`."""
    console = console or Console(highlight=False)
    console.print(Group(*_parts(page, every)), width=min(console.width, _MAX_WIDTH))


def _parts(page: "Page", every: bool) -> Iterator[RenderableType]:
    names = {p.id: p.name for p in page.organisation.people}
    yield from _head(page, names)
    for standing, (title, about, style) in _HEADS.items():
        some = [b for b in page.borders if b.standing == standing]
        if some:
            about = about.format(root=names[_root(page)])
            yield from _section(title, sum(b.n_seams for b in some), about, style)
            yield _borders(some, names, every)
    yield from _people(page, every)
    yield from _joins(page, every)
    yield from _loose(page, every)
    yield from _unread(page, every)


def _head(page: "Page", names: Mapping[str, str]) -> Iterator[RenderableType]:
    n_units = sum(n for kinds in page.domains.values() for n in kinds.values())
    read = f"{counted(len(page.repositories), 'repository')}, {counted(page.n_files, 'file')} read in {long(page.seconds)}"
    yield Text.assemble((read, "bold"), (", offline", "dim"))
    people = counted(len(page.organisation.people), "person")
    found = f"{counted(n_units, 'entity')}, {counted(len(page.seams), 'seam')}, {people}"
    yield Text(plain(f"{found}; whole-stack owner: {names[_root(page)]}"))
    yield Text("")
    table = Table.grid(padding=(0, 3, 0, 2))
    for domain, kinds in page.domains.items():
        if kinds:
            table.add_row(
                Text(domain, style="bold"), Text(", ".join(counted(n, k) for k, n in kinds.items()))
            )
    yield table


def _section(title: str, n: int, about: str, style: str) -> Iterator[RenderableType]:
    yield Text("")
    yield Text.assemble((f"{title} ({n})", style), (f"  {plain(about)}", "dim"))


def _borders(some: "Sequence[Border]", names: Mapping[str, str], every: bool) -> RenderableType:
    """A row a border: who answers, how high, whose work meets whose, and what it is that meets."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), expand=True)
    table.add_column("answers", ratio=2)
    table.add_column("alt", justify="right", no_wrap=True)
    table.add_column("seams", justify="right", no_wrap=True)
    table.add_column("between", ratio=2)
    table.add_column("what meets", ratio=6)
    shown = some if every else some[:MOST_BORDERS]
    for border in shown:
        table.add_row(
            Text(plain(names.get(border.person, border.person)), style="bold"),
            str(border.altitude),
            str(border.n_seams),
            Text(_between(border, names)),
            _meetings(border.meetings, every),
        )
    rows: list[RenderableType] = [table]
    if rest := some[len(shown) :]:
        rows.append(
            _more(f"{counted(len(rest), 'more border')} with {counted(sum(b.n_seams for b in rest), 'seam')}")
        )
    return Padding(Group(*rows), (0, 0, 0, 2))


def _between(border: "Border", names: Mapping[str, str]) -> str:
    first, second = (plain(names.get(owner, owner)) for owner in border.owners)
    return f"{first} and {second}" if first != second else f"{first}, two domains"


def _meetings(meetings: "Sequence[Meeting]", every: bool) -> Text:
    shown = meetings if every else meetings[:MOST_MEETINGS]
    lines = [_meeting(m) for m in shown]
    if rest := meetings[len(shown) :]:
        lines.append(
            Text(f"and {sum(m.n_seams for m in rest)} of {counted(len(rest), 'other kind')}", style="dim")
        )
    return Text("\n").join(lines)


def _meeting(m: "Meeting") -> Text:
    source, target = (short(plain(ref)) for ref in m.example)
    text = Text(f"{_named(source)} {m.kind.replace('_', ' ')} {_named(target)}")
    if m.n_seams > 1:
        text.append(f"  and {m.n_seams - 1} more {m.source} to {m.target}", style="dim")
    return text


def _named(ref: str) -> str:
    """A ref without the word that its own shape shows."""
    return ref.removeprefix("dataset:")


def _people(page: "Page", every: bool) -> Iterator[RenderableType]:
    if not page.troubles:
        return
    yield from _section("People", len(page.troubles), "owners that are named and can't answer", "bold yellow")
    told = [Text.assemble(plain(t.why), (f"  {t.place}: {plain(t.mend)}", "dim")) for t in page.troubles]
    yield _lines(told, every)


def _joins(page: "Page", every: bool) -> Iterator[RenderableType]:
    by_evidence: dict[str, int] = {}
    for match in page.joined.matches:
        by_evidence[match.evidence] = by_evidence.get(match.evidence, 0) + 1
    if not by_evidence:
        return
    yield from _section(
        "Joined by name", len(page.joined.matches), "application tables and what is loaded of them", "bold"
    )
    yield _lines([Text(plain(evidence)) for evidence in by_evidence], every)


def _loose(page: "Page", every: bool) -> Iterator[RenderableType]:
    if not page.loose_ends:
        return
    yield from _section(
        "Loose ends", len(page.loose_ends), "spoken of, and defined nowhere that was read", "bold"
    )
    told = [
        Text.assemble(
            short(e.ref),
            (f"  may be {short(e.suggestion)}: {plain(e.evidence)}" if e.suggestion else "", "dim"),
        )
        for e in page.loose_ends
    ]
    yield _lines(told, every)


def _unread(page: "Page", every: bool) -> Iterator[RenderableType]:
    if not page.unread:
        return
    yield from _section("Not read", len(page.unread), "the rest of these repositories was", "bold")
    yield _lines([_one_unread(u) for u in page.unread], every)


def _one_unread(u: Unread) -> Text:
    return Text.assemble(plain(str(u.place)), f"  {plain(u.why)}", (f"  ({plain(u.mend)})", "dim"))


def _lines(lines: Sequence[Text], every: bool) -> RenderableType:
    shown = list(lines if every else lines[:MOST_LINES])
    if rest := len(lines) - len(shown):
        shown.append(_more(f"{rest} more"))
    return Padding(Group(*shown), (0, 0, 0, 2))


def _more(what: str) -> Text:
    return Text(f"{what}: --all shows them", style="dim")


def _root(page: "Page") -> str:
    return next(p.id for p in page.organisation.people if not p.reports_to)


def counted(n: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "person"), counted(2, "entity"), counted(1200, "dataset")
    ('1 person', '2 entities', '1,200 datasets')
    """
    if n == 1:
        return f"1 {noun}"
    if noun == "person":
        return f"{n:,} people"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else _PLURALS.get(noun, f"{noun}s")
    return f"{n:,} {plural}"
