"""Lists as aligned columns for people, and as JSON for programs."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seamline.app.forms import incident_form
from seamline.app.ingest import Listed
from seamline.model.incident import Incident
from seamline.model.record import Decided, VerdictGiven
from seamline.model.stack import Entity, LooseEnd, Seam
from seamline.terminal import mapped
from seamline.terminal.plain import plain, short
from seamline.terminal.survey import counted

Cells = Callable[[Any], tuple[str, ...]]
NARROWEST = 40
WIDEST = 120  # characters: a longer line is hard to follow
NARROW = 20  # characters: a column of such cells is never folded
UNBOUND = 100_000  # columns

EMPTY = {
    "incidents": "No incident. `seamline loose-ends` shows what could not be joined to the map.",
    "seams": "No seam: nobody's work meets anybody else's yet. Declare entities and their owners.",
    "entities": "Nothing on the map yet: `seamline ingest FILE...`, or send deliveries to `seamline serve`.",
    "loose_ends": "No loose end: whatever tools spoke of so far is on the map.",
    "deliveries": "No delivery.",
    "decisions": "No decision yet.",
}


def as_json(name: str, rows: Sequence[Struct], as_of: datetime | None) -> str:
    """`{"as_of", NAME: [...]}`, indented, one line feed at the end."""
    shown = [incident_form(row) if isinstance(row, Incident) else row for row in rows]
    text = msgspec.json.format(msgspec.json.encode({"as_of": as_of, name: shown}), indent=2)
    return text.decode() + "\n"


def show(name: str, rows: Sequence[Struct], n_all: int, console: Console | None = None) -> None:
    """Print rows and their total, or what an empty list means; `n_all` are the rows that these were picked of.

    For a terminal, as wide as it is. Piped, each row is one line, however long.
    """
    piped = console is None and not sys.stdout.isatty()
    console = console or Console(highlight=False, width=UNBOUND if piped else None)
    if not rows:
        console.print(f"None of {n_all:,} fits." if n_all else EMPTY[name], markup=False, soft_wrap=True)
        return
    if name in DRAWN and not piped:
        for line in DRAWN[name](rows, min(max(console.width, NARROWEST), WIDEST)):
            console.print(line, soft_wrap=True)
    else:
        headings, cells = COLUMNS[name]
        console.print(_table(headings, [[plain(cell) for cell in cells(row)] for row in rows]))
    if name in TOTALS:
        console.print(Text(TOTALS[name](rows, n_all), style="bold"))


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for i, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=all(len(row[i]) <= NARROW for row in rows))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def _incident(i: Incident) -> tuple[str, ...]:
    top = i.causes[0]
    return (i.id, _at(i.opened_at), i.state, i.accountable, f"{top.probability:.0%}", short(top.title))


def _seam(s: Seam) -> tuple[str, ...]:
    above = "out of reach" if s.outside_reach else str(s.altitude)
    return (s.accountable, above, s.kind, short(s.source), short(s.target))


def _entity(e: Entity) -> tuple[str, ...]:
    return (e.ref, e.domain, e.owner, e.owned_how, " ".join(e.spellings))


def _loose_end(e: LooseEnd) -> tuple[str, ...]:
    return (e.ref, e.why, e.suggestion, e.evidence)


def _delivery(d: Listed) -> tuple[str, ...]:
    return (str(d.seq), _at(d.received_at), d.source, "erased" if d.erased else d.unreadable or "read")


def _decision(d: Decided | VerdictGiven) -> tuple[str, ...]:
    if isinstance(d, VerdictGiven):
        v = d.verdict
        reasons = [f.reason for f in v.findings] + [f"{v.accountable} decides"]
        why = f"{v.accountable}: {v.why_person}" if v.outcome == "pass" else "; ".join(reasons)
        return (_at(d.at), "the gate", v.change, v.outcome, why)
    return (_at(d.at), d.by, d.subject, d.choice, d.note or d.question)


COLUMNS: Mapping[str, tuple[tuple[str, ...], Cells]] = {
    "incidents": (("id", "opened (UTC)", "state", "person", "sure", "cause"), _incident),
    "seams": (("person", "altitude", "kind", "from", "to"), _seam),
    "entities": (("ref", "domain", "owner", "owned", "other spellings"), _entity),
    "loose_ends": (("ref", "why it is loose", "may be", "because"), _loose_end),
    "deliveries": (("seq", "received (UTC)", "source", "body"), _delivery),
    "decisions": (("at (UTC)", "by", "of", "choice", "why"), _decision),
}

DRAWN: Mapping[str, Callable[[Sequence[Any], int], Iterable[Text]]] = {
    "entities": mapped.entities,
    "loose_ends": mapped.loose_ends,
}
TOTALS: Mapping[str, Callable[[Sequence[Any], int], str]] = {
    "entities": mapped.total_entities,
    "loose_ends": mapped.total_loose_ends,
    "seams": lambda rows, _: counted(len(rows), "seam"),
}
