"""The lanes as figures of a drawing: where each sign stands, in per mille of the width and in pixels from the top.

What falls into one of `CELLS` equal parts of the window is drawn as one sign, the weightiest, on a bar as high as they are
many. The script that pans and zooms draws by the same rules.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from math import log2

from msgspec import Struct

from seamline.app.lanes import Mark, MarkKind, Thread, Window

CELLS = 90
TOP = 28  # the axis
LANE = 68
LINE = 46  # from a lane's top to its line
BAR = 24  # the highest bar
MEASURES = {"top": TOP, "lane": LANE, "line": LINE, "bar": BAR}

NAMES: Mapping[str, str] = {
    "dev": "dev · changes",
    "platform": "platform",
    "support": "support · tickets",
    "data": "data · runs",
    "vendor": "vendor",
}
WORDS: Mapping[str, tuple[str, str]] = {
    "cause": ("cause", "causes"),
    "change": ("change", "changes"),
    "symptom": ("symptom", "symptoms"),
    "alert": ("alert", "alerts"),
    "ticket": ("ticket", "tickets"),
    "run": ("run", "runs"),
    "failed_run": ("failed run", "failed runs"),
    "told": ("person told", "people told"),
}
_WEIGHT: Mapping[MarkKind, int] = {
    "symptom": 1, "told": 2, "alert": 3, "failed_run": 4, "change": 5, "ticket": 6, "run": 7,
}  # fmt: skip
_STEPS_S = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_TICKS = 9  # at most


class Tick(Struct, frozen=True):
    """A time on the axis."""

    x: float
    text: str


class Sign(Struct, frozen=True):
    """What is drawn in one cell. `bar` is 0 for a single mark."""

    x: float
    y: int
    symbol: str
    lane: str
    bar: float
    text: str
    theirs: bool  # part of an incident
    number: int = 0  # of its note


class Band(Struct, frozen=True):
    """From when to when a lane was ill."""

    x: float
    width: float
    y: int


class Row(Struct, frozen=True):
    """One lane."""

    domain: str
    name: str
    top: int
    y: int  # of its line
    n: int


class Seamline(Struct, frozen=True):
    """An incident's line, as the path of an SVG, with the place of its name."""

    id: str
    state: str
    path: str
    x: float
    y: int


class Drawing(Struct, frozen=True):
    """Everything that is drawn."""

    since: datetime
    until: datetime
    height: int
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    signs: tuple[Sign, ...]
    bands: tuple[Band, ...]
    lines: tuple[Seamline, ...]
    symbols: tuple[str, ...]  # that occur, in the order of the legend
    n_marks: int


def draw(window: Window, zone: tzinfo, numbers: Mapping[tuple[str, datetime], int] | None = None) -> Drawing:
    """The drawing of a window; `numbers` of notes by lane and time."""
    scale = _Scale(window.since, window.until)
    rows = {
        domain: Row(
            domain, NAMES.get(domain, domain), TOP + i * LANE, TOP + i * LANE + LINE,
            sum(m.lane == domain for m in window.marks),
        )
        for i, domain in enumerate(window.lanes)
    }  # fmt: skip
    marks = [m for m in window.marks if m.lane in rows]
    present = {symbol_of(m) for m in marks}
    return Drawing(
        window.since,
        window.until,
        TOP + LANE * len(rows),
        tuple(rows.values()),
        tuple(_ticks(scale, zone)),
        tuple(_signs(marks, rows, scale, numbers or {})),
        tuple(_bands(marks, rows, scale)),
        tuple(s for t in window.threads if (s := _line(t, rows, scale)) is not None),
        tuple(s for s in WORDS if s in present),
        len(window.marks),
    )


def symbol_of(mark: Mark) -> str:
    """The name of a mark's sign."""
    return "cause" if mark.guilty else mark.kind


class _Scale:
    """Times to per mille of the width."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.since = since
        self.span_s = max((until - since).total_seconds(), 1.0)

    def x(self, at: datetime) -> float:
        return round((at - self.since).total_seconds() / self.span_s * 1000, 1)


def _signs(
    marks: Iterable[Mark],
    rows: Mapping[str, Row],
    scale: _Scale,
    numbers: Mapping[tuple[str, datetime], int],
) -> Iterable[Sign]:
    cells: dict[tuple[str, int], list[Mark]] = {}
    for mark in marks:
        x = scale.x(mark.at)
        if 0 <= x <= 1000:
            cells.setdefault((mark.lane, int(x * CELLS / 1000)), []).append(mark)
    for (lane, _), found in cells.items():
        first = min(found, key=_weight)
        bar = min(BAR, 4 + 5 * log2(len(found))) if len(found) > 1 else 0
        number = next((numbers[key] for m in found if (key := (lane, m.at)) in numbers), 0)
        yield Sign(
            min(max(scale.x(first.at), 4), 996), rows[lane].y, symbol_of(first), lane, round(bar, 1),
            _said(found, first), any(m.incident for m in found), number,
        )  # fmt: skip


def _weight(mark: Mark) -> tuple[bool, bool, int]:
    return (not mark.guilty, not mark.incident, _WEIGHT[mark.kind])


def _said(found: Sequence[Mark], first: Mark) -> str:
    """One line: the weightiest, and how many of what else."""
    if len(found) == 1:
        return first.text
    counts: dict[str, int] = {}
    for mark in found:
        counts[symbol_of(mark)] = counts.get(symbol_of(mark), 0) + 1
    return f"{first.text} ({', '.join(count(n, kind) for kind, n in counts.items())})"


def count(n: int, kind: str) -> str:
    """A number of signs of a kind, in words.

    >>> count(2, "failed_run")
    '2 failed runs'
    """
    return f"{n:,} {WORDS[kind][n != 1]}"


def _bands(marks: Iterable[Mark], rows: Mapping[str, Row], scale: _Scale) -> Iterable[Band]:
    """Per lane, the spans in which at least one explained symptom lasted."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for mark in marks:
        if mark.incident and mark.strength > 0:
            end = scale.x(mark.until) if mark.until else 1000.0
            spans.setdefault(mark.lane, []).append((max(0.0, scale.x(mark.at)), min(1000.0, end)))
    for lane, found in spans.items():
        for start, end in _joined(sorted(found)):
            if end > start:
                yield Band(start, round(end - start, 1), rows[lane].y)


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for start, end in spans:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _line(thread: Thread, rows: Mapping[str, Row], scale: _Scale) -> Seamline | None:
    points = [(scale.x(s.at), rows[s.lane].y) for s in thread.stitches if s.lane in rows]
    if not points:
        return None
    path = f"M{points[0][0]:g} {points[0][1]}"
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        middle = (x0 + x1) / 2
        path += f" C{middle:g} {y0} {middle:g} {y1} {x1:g} {y1}"
    return Seamline(thread.id, thread.state, path, min(max(points[0][0], 2), 940), points[0][1])


def _ticks(scale: _Scale, zone: tzinfo) -> Iterable[Tick]:
    step_s = next((s for s in _STEPS_S if s * _TICKS >= scale.span_s), 0)
    if not step_s:
        days = -(-scale.span_s // (_TICKS * 86400))
        step_s = int(days * 86400)
    start = scale.since.astimezone(zone)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + timedelta(seconds=-(-(start - midnight).total_seconds() // step_s) * step_s)
    end = start + timedelta(seconds=scale.span_s)
    while at <= end:
        x = scale.x(at)
        if 12 <= x <= 975:
            yield Tick(
                x, f"{at:%-d %b}" if step_s >= 86400 else f"{at:%H:%M:%S}" if step_s < 60 else f"{at:%H:%M}"
            )
        at += timedelta(seconds=step_s)
