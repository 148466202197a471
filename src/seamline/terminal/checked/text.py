"""A check as a page in the terminal."""

from collections.abc import Iterator, Sequence

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seamline.model.verdict import Checked, Finding
from seamline.terminal.checked import words
from seamline.terminal.plain import plain, short
from seamline.terminal.verdict import STYLE, SURE

MOST_NOTES = 10
MOST_HOPS, MOST_A_HOP = 3, 5  # that are listed with names
_MAX_WIDTH = 140


def as_json(checked: Checked) -> str:
    """The whole check, indented."""
    return msgspec.json.format(msgspec.json.encode(checked), indent=2).decode() + "\n"


def show(checked: Checked, console: Console | None = None, *, every: bool = False) -> None:
    """Print it as wide as the terminal is. Notes beyond the first ten only with `every`."""
    console = console or Console(highlight=False)
    console.print(render(checked, every=every), width=min(console.width, _MAX_WIDTH))


def render(checked: Checked, *, every: bool = False) -> RenderableType:
    """The outcome, the findings under who answers for them, what nobody could read, and the way past a hold."""
    verdict = checked.verdict
    head = Text.assemble(
        (verdict.outcome.upper(), STYLE[verdict.outcome]),
        f"  {checked.repository}  ",
        (words.step(checked), "dim"),
    )
    parts: list[RenderableType] = [head, Text(words.tally(verdict.findings), style="dim")]
    notes = [f for f in verdict.findings if f.outcome == "note"]
    hidden = set() if every else set(words.by_weight(notes)[MOST_NOTES:])
    for person, findings in words.by_person(checked):
        shown = [f for f in findings if f not in hidden]
        if shown:
            parts += [Text(""), Text(person, style="bold"), *(_finding(f, every=every) for f in shown)]
    if hidden:
        parts.append(Text(f"\n{words.counted(len(hidden), 'more note')}: --all shows them", style="dim"))
    parts += _unread(checked, every=every)
    parts += [Text(""), _end(checked)]
    return Group(*parts)


def _finding(f: Finding, *, every: bool) -> RenderableType:
    head = Text.assemble((f.outcome, STYLE.get(f.outcome, "bold")), "  ", (f.guard, "dim"))
    if f.place is not None:
        head.append(f"  {plain(f.place.path)}" + (f":{f.place.line}" if f.place.line else ""), style="dim")
    head.append(f"  {f.confidence:.0%} sure", style="dim")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True, width=9)
    table.add_column(ratio=1, overflow="fold")
    for label, text in _rows(f, every=every):
        table.add_row(label, Text(text))
    return Padding(Group(head, table), (0, 0, 0, 2))


def _rows(f: Finding, *, every: bool) -> Iterator[tuple[str, str]]:
    yield "what", short(f.reason)
    yield from _reaches(f.downstream, every=every)
    if f.seam is not None:
        yield "seam", f"{words.last_part(f.seam[0])} {f.seam[2]} {words.last_part(f.seam[1])}"
    if f.do and words.stops(f):
        yield "do", short(f.do)
    if f.missing:
        yield "not known", "; ".join(short(m) for m in f.missing[: words.MOST_NAMED])
    if f.evidence:
        yield "because", "; ".join(short(e) for e in f.evidence[: words.MOST_NAMED])


def _reaches(downstream: Sequence[Sequence[str]], *, every: bool) -> Iterator[tuple[str, str]]:
    """The nearest hops with the first few of each; what is further is counted."""
    shown = downstream if every else downstream[:MOST_HOPS]
    for hop, refs in enumerate(shown, start=1):
        most = len(refs) if every else MOST_A_HOP
        yield ("reaches" if hop == 1 else f"  hop {hop}"), words.named(refs, most)
    further = sum(map(len, downstream[len(shown) :]))
    if further:
        yield "  further", f"{further} more, up to hop {len(downstream)}: --all names them"


def _unread(checked: Checked, *, every: bool) -> list[RenderableType]:
    shown = checked.unread if every else checked.unread[:3]
    if not shown:
        return []
    lines = [Text(f"  {plain(str(u.place))}: {plain(u.why)} ({plain(u.mend)})", style="dim") for u in shown]
    head = Text(f"\n{words.counted(len(checked.unread), 'file')} could not be read", style="yellow")
    return [head, *lines]


def _end(checked: Checked) -> Text:
    verdict, end = checked.verdict, Text()
    if any(map(words.stops, verdict.findings)):
        word = "passed by" if verdict.outcome == "pass" else "decides"
        end.append(f"{word}  ", style="dim").append(words.name(checked, verdict.accountable))
        end.append(f" ({plain(verdict.why_person)})\n", style="dim")
    if verdict.outcome != "pass":
        end.append(f"override  {plain(verdict.override) or words.NO_OVERRIDE}\n", style="dim")
    if verdict.findings:
        end.append(f"% sure  {SURE}\n", style="dim")
    readers = (
        ", ".join(checked.readers) or "nothing but itself: name the repositories that read it with --with"
    )
    return end.append(f"looked at  {plain(readers)}; rules {checked.rules}", style="dim")
