"""The pages to read: now, an incident, the seams, the deliveries, one delivery."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler
from msgspec.structs import replace

from seamline.app import lanes
from seamline.app.home import Home
from seamline.app.ingest import SEALED, read_delivery
from seamline.console import drawing
from seamline.console.borders import borders
from seamline.console.render import page
from seamline.console.view import Asking, AsOf, Homes, Readers, View, Who, view
from seamline.http.app import MAX_SEQ
from seamline.model.delivery import Delivery
from seamline.model.errors import Fix
from seamline.model.ports import Log
from seamline.model.record import Opened, Tick
from seamline.model.story import Story
from seamline.terminal.lanes import notable, shown_lanes

SPANS = {"15m": 900, "1h": 3600, "6h": 21600, "1d": 86400, "7d": 604800}  # what a link on the page offers
LISTED = 100  # marks in the list beside the drawing
N_INCIDENTS = 50
N_DELIVERIES = 50  # at least, where there are as many; less than twice as many at most
MAX_PASSED = 10_000  # log positions that one page looks back over
TICK = Tick.__struct_config__.tag
N_EVENTS = 50
MAX_SHOWN = 32 * 1024  # bytes of a body


class UnknownDelivery(Fix):
    """A log position that no delivery has."""


@get("/", sync_to_thread=True)
def now(
    request: Asking, reader: Readers, home: Homes, callers: Who, as_of: AsOf = None, span: str = ""
) -> Response[str]:
    """What is open, and what happened in every lane."""
    v = view(request, reader, callers, as_of)
    since, until = lanes.usual(v.seen.marks, v.seen.opinion)
    if span in SPANS:
        since = until - timedelta(seconds=SPANS[span])
    shown = lanes.window(v.seen.marks, v.seen.opinion, since, until)
    return page(
        "now.html",
        v=v,
        incidents=[(i, v.seen.story(i.id)) for i in v.seen.incidents[:N_INCIDENTS]],
        n_open=sum(i.state == "open" for i in v.seen.incidents),
        n_incidents=len(v.seen.incidents),
        drawn=drawing.draw(shown, v.zone),
        listed=_telling(shown.marks),
        spans=SPANS,
        span=span if span in SPANS else "",
        home=home,
        host=request.headers.get("host", ""),
        sources=sorted(home.sources),
    )


def _telling(marks: Sequence[lanes.Mark]) -> list[lanes.Mark]:
    """The latest of the marks, in order of time: those of incidents, then changes, then all else."""
    ranked = sorted(marks, key=lambda m: (m.incident == "", m.kind != "change", -m.at.timestamp()))
    return sorted(ranked[:LISTED], key=lambda m: m.at)


@get("/incidents/{incident:str}", sync_to_thread=True)
def incident(
    request: Asking, reader: Readers, callers: Who, incident: str, as_of: AsOf = None, done: str = ""
) -> Response[str]:
    """One incident's story."""
    v = view(request, reader, callers, as_of)
    story = v.seen.story(incident)
    since, until = lanes.around(v.seen.marks, story.incident, v.seen.opinion.as_of)
    shown = lanes.window(v.seen.marks, v.seen.opinion, since, until)
    notes = notable(shown_lanes(story))
    numbers = {(n.domain, n.line.at): n.number for n in notes}
    return page(
        "incident.html",
        v=v,
        story=story,
        i=story.incident,
        top=story.incident.causes[0],
        drawn=drawing.draw(_only(shown, incident), v.zone, numbers),
        notes=notes,
        symbol=_symbol,
        way=_way(story),
        told_otherwise=_told_otherwise(v, story),
        recorded=done == "1",
        others=[i.id for i in v.seen.incidents if i.id != incident],
    )


def _only(shown: lanes.Window, incident: str) -> lanes.Window:
    """The window with no other incident's line."""
    return replace(shown, threads=tuple(t for t in shown.threads if t.id == incident))


def _told_otherwise(v: View, story: Story) -> Opened | None:
    """The record that told of the incident, when the opinion has another cause first by now."""
    opened = v.seen.opinion.entries[story.incident.id].opened
    return opened if opened.cause_key != story.incident.causes[0].key else None


def _symbol(line: Any) -> str:
    return "cause" if line.guilty else "failed_run" if line.kind == "run" else str(line.kind)


def _way(story: Story) -> list[tuple[str, list[Any]]]:
    """The path's hops in order, each chain of them under where it starts."""
    out: list[tuple[str, list[Any]]] = []
    here = ""
    for step in story.path:
        if step.source != here:
            out.append((step.source, []))
        out[-1][1].append(step)
        here = step.target
    return out


@get("/seams", sync_to_thread=True)
def seams(request: Asking, reader: Readers, callers: Who, as_of: AsOf = None) -> Response[str]:
    """Borders and their seams, those that need somebody first."""
    v = view(request, reader, callers, as_of)
    found = borders(v.seen)
    return page(
        "seams.html",
        v=v,
        borders=found,
        n_seams=sum(len(b.seams) for b in found),
        n_outside=sum(b.outside_reach for b in found),
        n_unclaimed=sum(bool(b.unclaimed) for b in found),
        n_contested=sum(bool(b.contested) for b in found),
        loose_ends=v.seen.opinion.base.stack.loose_ends,
        owner=v.seen.opinion.base.stack.owner,
    )


@get("/deliveries", sync_to_thread=True)
def deliveries(
    request: Asking,
    reader: Readers,
    home: Homes,
    callers: Who,
    as_of: AsOf = None,
    before: Annotated[int, Parameter(ge=0, le=MAX_SEQ)] = 0,
) -> Response[str]:
    """What could not be read, with the reason; then everything, the latest first, in pages."""
    v = view(request, reader, callers, as_of)
    unread = [] if before else list(islice(_unreadable(home, reader, as_of), N_DELIVERIES))
    end = min(before - 1 if before else home.log.position(), _last(home, v))
    found, older = latest(home.log, end)
    return page(
        "deliveries.html",
        v=v,
        unread=unread,
        n_unread=reader.n_unreadable,
        found=found,
        not_read={d.seq for d in found if reader.why_unreadable(d)},
        n=end if not before else home.log.position(),
        older=older,
        before=before,
    )


def latest(log: Log, end: int) -> tuple[list[Delivery], int]:
    """One page up to a log position, the latest first, and the position before which the next one looks (0: none).

    Ticks are left out: while something is open they are most of the log, and say only that time went by.
    """
    found: list[Delivery] = []
    least = max(0, end - MAX_PASSED)
    while end > least and len(found) < N_DELIVERIES:
        start = max(least, end - N_DELIVERIES)
        window = list(log.read(after=start, until=end))
        found += [d for d in reversed(window) if d.headers.get("x-seamline-kind") != TICK]
        end = start
    return found, end + 1 if end else 0


def _last(home: Home, v: View) -> int:
    """The log position up to which this look sees."""
    return home.log.position() if v.live else v.seen.position


def _unreadable(home: Home, reader: Readers, as_of: datetime | None) -> Any:
    """The latest first; each is read from the log when its turn comes."""
    for seq, why in sorted(reader.unreadable.items(), reverse=True):
        for delivery in home.log.read(after=seq - 1, until=seq):
            if as_of is None or delivery.received_at <= as_of:
                yield delivery, why


@get("/deliveries/{seq:int}", sync_to_thread=True)
def delivery(
    request: Asking, reader: Readers, home: Homes, callers: Who, seq: int, as_of: AsOf = None
) -> Response[str]:
    """One delivery: its envelope, what was read out of it, and its body as it is stored."""
    v = view(request, reader, callers, as_of)
    found = next(home.log.read(after=seq - 1, until=seq), None) if 0 < seq <= MAX_SEQ else None
    if found is None:
        raise UnknownDelivery(f"no delivery {seq}", hint=f"the log ends at {home.log.position()}")
    reading = read_delivery(home.sources, found)
    text, rest = _text(found)
    return page(
        "delivery.html",
        v=v,
        d=found,
        reading=reading,
        events=reading.events[:N_EVENTS],
        n_events=len(reading.events),
        kind=lambda event: type(event).__name__.lower(),
        text=text,
        rest=rest,
        last=home.log.position(),
    )


def _text(d: Delivery) -> tuple[str, int]:
    """The body as text, indented where it is JSON, and how many characters are left out; "" when it is no text."""
    if d.body is None or SEALED in d.headers:
        return "", 0
    try:
        text = d.body.decode()
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (UnicodeDecodeError, RecursionError):
        return "", 0
    except ValueError:
        pass  # no JSON: as it is
    return text[:MAX_SHOWN], max(0, len(text) - MAX_SHOWN)


PAGES: Sequence[ControllerRouterHandler] = (now, incident, seams, deliveries, delivery)
