"""The gate's answer to one change."""

from collections.abc import Iterator, Mapping

import msgspec
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seamline.model.verdict import Finding, Verdict
from seamline.terminal.plain import short

SURE = "each rule's own estimate, not calibrated"  # what "% sure" of a finding is
STYLE = {"pass": "bold green", "hold": "bold red", "unknown": "bold yellow"}


def as_json(verdict: Verdict) -> str:
    """The verdict, indented."""
    return msgspec.json.format(msgspec.json.encode(verdict), indent=2).decode() + "\n"


def show(verdict: Verdict, console: Console | None = None) -> None:
    """Print outcome and person, each finding with its mend, and how to override a hold."""
    (console or Console(highlight=False)).print(render(verdict, {}))


def render(verdict: Verdict, names: Mapping[str, str]) -> RenderableType:
    """The outcome, then a line for each thing to know. `names` gives people's names by id, where known."""
    head = Text.assemble((verdict.outcome.upper(), STYLE[verdict.outcome]), f"  {short(verdict.change)}")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1)
    for label, text in _rows(verdict, names):
        table.add_row(label, Text(short(text)))
    return Group(head, table)


def _rows(verdict: Verdict, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for finding in verdict.findings:
        yield from _finding(finding)
    if verdict.findings:
        yield "% sure", SURE
    yield "decides", f"{names.get(verdict.accountable, verdict.accountable)}: {verdict.why_person}"
    if verdict.expires_at is not None:
        yield "until", f"{verdict.expires_at:%Y-%m-%d %H:%M} UTC, then it goes up the tree"
    if verdict.outcome != "pass" and verdict.override:
        yield "override", f"{verdict.override} --as {verdict.accountable}"


def _finding(f: Finding) -> Iterator[tuple[str, str]]:
    yield f.outcome, f"{f.reason} (guard {f.guard}, {f.severity}, {f.confidence:.0%} sure)"
    yield "do", f.do
    if f.missing:
        yield "not known", ", ".join(f.missing)
    if f.evidence:
        yield "because", "; ".join(f.evidence)
