"""An incident told on one screen: who, what happened when, the cause and its way, for and against, next time."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from seamline.model.incident import Cause, Evidence
from seamline.model.story import PathStep, Story
from seamline.terminal import verdict
from seamline.terminal.lanes import Lanes
from seamline.terminal.plain import long, short

MAX_EVIDENCE = 5
MAX_WIDTH = 140  # columns: longer lines are hard to read


def as_json(story: Story) -> str:
    """The story, indented."""
    return msgspec.json.format(msgspec.json.encode(story), indent=2).decode() + "\n"


def show(story: Story, console: Console | None = None) -> None:
    """Print the story as wide as the terminal is, 80 columns where there is none."""
    console = console or Console(highlight=False)
    console.print(render(story), width=min(console.width, MAX_WIDTH))


def render(story: Story) -> RenderableType:
    """The whole story: head, lanes, facts."""
    return Group(_head(story), Text(""), Lanes(story), Text(""), _facts(story))


def _head(story: Story) -> RenderableType:
    incident, top = story.incident, story.incident.causes[0]
    first = Table.grid(expand=True, padding=0)
    first.add_column(ratio=1)
    first.add_column(justify="right", no_wrap=True)
    since = f", opened {_clock(story, incident.opened_at)}" if incident.opened_at else ""
    first.add_row(
        Text.assemble((incident.id or "candidate", "bold"), (f"  {incident.state}{since}", "dim")),
        Text.assemble(("accountable ", "dim"), (story.person, "bold green")),
    )
    return Group(
        first, Rule(style="dim"), Text(_sentence(short(story.cause)), style="bold"), _sure(top, story)
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def _sure(top: Cause, story: Story) -> Text:
    kind = {"change": "a change", "latent": "a latent fault", "collision": "a collision of changes"}
    words = [kind.get(top.kind, top.kind), f"{top.probability:.0%} sure", story.incident.calibrated]
    words.append(f"on {long(story.incident.history_s)} of history")
    return Text(", ".join(words), style="dim")


def _facts(story: Story) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True, width=9)
    table.add_column(ratio=1)
    for label, body in _rows(story):
        table.add_row(label, body)
    return table


def _rows(story: Story) -> Iterable[tuple[str, RenderableType]]:
    top = story.incident.causes[0]
    if story.path:
        yield "Way", _way(story.path)
    if top.seam is not None:
        yield "Seam", _seam(story)
    yield "Person", _person(story)
    yield "", ""
    if top.evidence_for:
        yield "For", _evidence(top.evidence_for, "green")
    if top.evidence_against:
        yield "Against", _evidence(top.evidence_against, "red")
    if story.runner_up:
        yield "Or else", _runner_up(story)
    if story.incident.ask:
        yield "Ask", Text(short(story.incident.ask))
    if story.verdict is not None:
        yield "", ""
        yield "Next time", verdict.render(story.verdict, {story.incident.accountable: story.person})


def _way(path: Iterable[PathStep]) -> Table:
    """One hop a line under where it starts, its delay at the right."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    here = ""
    for step in path:
        if step.source != here:
            table.add_row(Text(short(step.source)), "")
        seen = f"after {long(step.seen_s)} " if step.seen_s is not None else ""
        hop = Text.assemble((f"  {step.words} ", "dim"), short(step.target))
        table.add_row(hop, Text(f"{seen}(expected {long(step.expected_s)})", style="dim"))
        here = step.target
    return table


def _seam(story: Story) -> Text:
    top = story.incident.causes[0]
    assert top.seam is not None
    source, target, kind = top.seam
    text = Text.assemble(short(source), (f"  {kind}  ", "bold yellow"), short(target))
    if story.seam is not None:
        levels = (
            "the same person at both ends" if story.seam.altitude == 0 else f"altitude {story.seam.altitude}"
        )
        reach = ", outside the reach of the whole-stack owner" if story.seam.outside_reach else ""
        text.append(f"  ({levels}{reach})", "dim")
    return text


def _person(story: Story) -> Text:
    text = Text.assemble((story.person, "bold green"), f": {short(story.why_person)}")
    for person, at in story.incident.told:
        text.append(
            f"\n{story.person if person == story.incident.accountable else person} told at {_clock(story, at)}",
            "dim",
        )
    if story.incident.acknowledged_at is not None:
        text.append(f"\nacknowledged at {_clock(story, story.incident.acknowledged_at)}", "dim")
    if story.incident.proposed:
        text.append(f"\nthe evidence now asks for a hand-over to {story.incident.proposed}", "yellow")
    return text


def _evidence(evidence: tuple[Evidence, ...], style: str) -> Table:
    """The heaviest lines first, with their weight in nats."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify="right", style=style, no_wrap=True, width=5)
    table.add_column(ratio=1)
    ordered = sorted(evidence, key=lambda e: -abs(e.weight))
    for line in ordered[:MAX_EVIDENCE]:
        cited = f"  [{' '.join(f'#{seq}' for seq in line.seqs[:3])}]" if line.seqs else ""
        table.add_row(f"{line.weight:+.1f}", Text.assemble(short(line.text), (cited, "dim")))
    if len(ordered) > MAX_EVIDENCE:
        table.add_row("", Text(f"and {len(ordered) - MAX_EVIDENCE} more (--json)", style="dim"))
    return table


def _runner_up(story: Story) -> Text:
    text = Text(_sentence(short(story.runner_up)))
    if story.separates:
        text.append(f"\ntold apart by: {short(story.separates)}", "dim")
    return text


def _clock(story: Story, at: datetime) -> str:
    """A time of day in the story's zone, with the date where that is not the day of the story."""
    zone = ZoneInfo(story.time_zone)
    local, today = at.astimezone(zone), story.as_of.astimezone(zone).date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M:%S}"
