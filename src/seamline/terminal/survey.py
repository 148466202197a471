"""What `init PATH...` found, as a page in the terminal and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seamline.terminal.plain import plain, short

if TYPE_CHECKING:
    from seamline.analysis.survey.page import Border, Meeting
    from seamline.analysis.survey.people import Trouble
    from seamline.app.survey import Page
    from seamline.model.artefact import Place, Unread
    from seamline.model.stack import LooseEnd

K = TypeVar("K")
V = TypeVar("V")

MOST_BORDERS = 8  # of one standing
FEW_BORDERS = 2  # of one standing: then more is said of each
MOST_MEETINGS = 3  # of one border of many
MANY = 1_000_000
MOST_NAMES = 6  # of seams that are alike
MOST_PAIRS = 4  # of seams that have no end in common
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
        "nobody is named for an end: {root} stands in for them",
        "bold yellow",
    ),
    "contested": ("Contested", "several people are named for an end", "bold yellow"),
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
    read = f"{counted(len(page.repositories), 'repository')}, {counted(page.n_files, 'file')} read in {page.seconds:.1f} s"
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
    """For each border who answers, how high above, and whose work meets whose; below it what it is that meets."""
    shown = some if every else some[:MOST_BORDERS]
    n_most = MANY if every else MOST_MEETINGS if len(shown) > FEW_BORDERS else MOST_LINES
    lines: list[RenderableType] = []
    for border in shown:
        person = plain(names.get(border.person, border.person))
        about = f"{counted(border.n_seams, 'seam')}, altitude {border.altitude}, {_between(border, names)}"
        lines.append(Text.assemble((person, "bold"), (f"  {about}", "dim")))
        lines.append(Padding(_meetings(border.meetings, n_most), (0, 0, 0, 4)))
    if rest := some[len(shown) :]:
        n = sum(b.n_seams for b in rest)
        lines.append(_more(f"{counted(len(rest), 'more border')} with {counted(n, 'seam')}"))
    return Padding(Group(*lines), (0, 0, 0, 2))


def _between(border: "Border", names: Mapping[str, str]) -> str:
    first, second = (plain(names.get(owner, owner)) for owner in border.owners)
    if first != second:
        return f"between {first} and {second}"
    met = sorted({end.partition(" ")[0] for m in border.meetings for end in (m.source, m.target)})
    return (
        f"between {', '.join(met[:-1])} and {met[-1]} of {first}"
        if len(met) > 1
        else f"within what is {first}'s"
    )


def _meetings(meetings: "Sequence[Meeting]", n_most: int) -> RenderableType:
    shown = meetings[:n_most]
    lines = [_meeting(m) for m in shown]
    if rest := meetings[len(shown) :]:
        n = sum(m.n_seams for m in rest)
        lines.append(Text(f"and {counted(n, 'seam')} of {counted(len(rest), 'other kind')}", style="dim"))
    table = Table.grid(padding=(0, 0))
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(line)
    return table


def _meeting(m: "Meeting") -> Text:
    """Alike seams as one sentence: one thing and all that it meets, all that meet one thing, or a few pairs."""
    kind = m.kind.replace("_", " ")
    sources, targets = (list(dict.fromkeys(pair[i] for pair in m.examples)) for i in (0, 1))
    if len(sources) == 1:
        return Text(f"{_named(sources[0])} {kind} {_few(targets, m.n_seams)}")
    if len(targets) == 1:
        return Text(f"{_few(sources, m.n_seams)} {kind} {_named(targets[0])}")
    pairs = [f"{_called(source)} {kind} {_called(target)}" for source, target in m.examples[:MOST_PAIRS]]
    more = [f"{m.n_seams - len(pairs)} more such"] if m.n_seams > len(pairs) else []
    return Text("; ".join([*pairs, *more]))


def _few(refs: "Sequence[str]", n: int) -> str:
    """The first in full, the next by name, and how many more there are."""
    shown = [_named(refs[0]), *map(_called, refs[1:MOST_NAMES])]
    return ", ".join([*shown, f"{n - len(shown)} more"] if n > len(shown) else shown)


def _named(ref: str) -> str:
    """A ref; a dataset without the store it lies in."""
    return plain(ref.rpartition("/")[2]) if ref.startswith("dataset:") else short(plain(ref))


def _called(ref: str) -> str:
    """The last part of a name."""
    last = plain(ref.partition(":")[2].rpartition("/")[2])
    return last.rpartition(".")[2] if ref.startswith("dataset:") else last


def _people(page: "Page", every: bool) -> Iterator[RenderableType]:
    if not page.troubles:
        return
    alike: dict[tuple[str, str, str], list[Trouble]] = {}
    for trouble in page.troubles:
        each = str(trouble.place) if every else ""
        alike.setdefault((trouble.why, trouble.mend, each), []).append(trouble)
    yield from _section(
        "People", len(alike), "owners who are named and can't answer, or not alone", "bold yellow"
    )
    yield _lines(
        [_told(why, mend, [t.place for t in some]) for (why, mend, _), some in _most_first(alike)], every
    )


def _told(why: str, mend: str, places: "Sequence[Place]") -> Text:
    more = f" and {counted(len(places) - 1, 'other place')}" if len(places) > 1 else ""
    return Text.assemble(plain(why), (f"  {plain(str(places[0]))}{more}: {plain(mend)}", "dim"))


def _most_first(alike: "Mapping[K, Sequence[V]]") -> "list[tuple[K, Sequence[V]]]":
    return sorted(alike.items(), key=lambda pair: -len(pair[1]))


def _joins(page: "Page", every: bool) -> Iterator[RenderableType]:
    matches = page.joined.matches
    if matches:
        yield from _section(
            "Joined by name", len(matches), "an application's table, and what is loaded of it", "bold"
        )
        yield _lines(
            [Text(plain(evidence)) for evidence in dict.fromkeys(m.evidence for m in matches)], every
        )


def _loose(page: "Page", every: bool) -> Iterator[RenderableType]:
    """The loose ends of the map, as `seamline loose-ends` lists them, and the tables that bear a name which is none."""
    tables = {one.origin: one.tables for one in page.joined.lost}
    ends = sorted(page.loose_ends, key=lambda end: -len(tables.get(end.ref, ())))
    if ends:
        about = "spoken of, and made nowhere that was read: name its checkout, or declare who keeps it"
        yield from _section("Loose ends", len(ends), about, "bold")
        yield _lines([_loose_end(end, tables.pop(end.ref, ())) for end in ends], every)
    if tables:
        about = (
            "tables that bear a name we know, and none of its own: a [[template]] says how a load names them"
        )
        yield from _section("Not joined", sum(map(len, tables.values())), about, "bold")
        most_first = sorted(tables.items(), key=lambda pair: -len(pair[1]))
        yield _lines([Text.assemble(plain(ref), _bearing(some)) for ref, some in most_first], every)


def _loose_end(end: "LooseEnd", tables: Sequence[str]) -> Text:
    maybe = f"  may be {short(end.suggestion)}: {plain(end.evidence)}" if end.suggestion else ""
    return Text.assemble(short(end.ref), _bearing(tables) if tables else (maybe, "dim"))


def _bearing(tables: Sequence[str]) -> tuple[str, str]:
    """What bears a name, dimmed."""
    return (f"  {counted(len(tables), 'table')} of its name: {_named(tables[0])}", "dim")


def _unread(page: "Page", every: bool) -> Iterator[RenderableType]:
    if not page.unread:
        return
    alike: dict[tuple[str, str, str], list[Unread]] = {}
    for one in page.unread:
        each = str(one.place) if every else one.place.repository
        alike.setdefault((each, one.why, one.mend), []).append(one)
    yield from _section("Not read", len(page.unread), "the rest of these repositories was", "bold")
    yield _lines([_not_read([u.place for u in some], *key[1:]) for key, some in alike.items()], every)


def _not_read(places: "Sequence[Place]", why: str, mend: str) -> Text:
    more = f" and {counted(len(places) - 1, 'other place')}" if len(places) > 1 else ""
    return Text.assemble(plain(str(places[0])), f"{more}  {plain(why)}", (f"  ({plain(mend)})", "dim"))


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
