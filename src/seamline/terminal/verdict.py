"""The gate's answer to one change."""

import msgspec
from rich.console import Console

from seamline.model.verdict import Finding, Verdict
from seamline.terminal.lists import plain

STYLE = {"pass": "green", "hold": "red", "unknown": "yellow"}


def as_json(verdict: Verdict) -> str:
    """The verdict, indented."""
    return msgspec.json.format(msgspec.json.encode(verdict), indent=2).decode() + "\n"


def show(verdict: Verdict, console: Console | None = None) -> None:
    """Print outcome and person, each finding with its mend, and how to override a hold."""
    console = console or Console(highlight=False)
    console.print("\n".join(lines(verdict)))


def lines(verdict: Verdict) -> list[str]:
    """The verdict as lines of rich markup, outcome first."""
    style = STYLE[verdict.outcome]
    out = [f"[bold {style}]{verdict.outcome.upper()}[/] {plain(verdict.change)}"]
    for finding in verdict.findings:
        out += _finding(finding)
    out.append(f"  decides: {plain(verdict.accountable)} ({plain(verdict.why_person)})")
    if verdict.expires_at is not None:
        out.append(f"  until:   {verdict.expires_at:%Y-%m-%d %H:%M} UTC, then it goes up the tree")
    if verdict.outcome != "pass" and verdict.override:
        out.append(f"  override: {plain(verdict.override)}")
    return out


def _finding(f: Finding) -> list[str]:
    out = [f"  {plain(f.guard)}, {f.severity}: {plain(f.reason)}", f"    do: {plain(f.do)}"]
    if f.missing:
        out.append(f"    not known: {plain(', '.join(f.missing))}")
    out += [f"    {plain(line)}" for line in f.evidence]
    return out
