"""A time axis of text columns; long spans in which nothing happened are cut out and marked."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from msgspec import Struct

CUT_SHARE = 0.35  # of the span: a silence longer than this tells nothing by its length
CUT_COLUMNS = 3
MARGIN_SHARE = 0.04
STEPS_S = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
APART = 12  # columns between two labels


class Stretch(Struct, frozen=True):
    """A piece of the axis without a cut, drawn from column `first` to `last`."""

    start_ts: float
    end_ts: float
    first: int
    last: int

    def column(self, ts: float) -> int:
        """Where a time of this stretch is drawn."""
        span_s = self.end_ts - self.start_ts
        share = (ts - self.start_ts) / span_s if span_s else 0.0
        return self.first + round(share * (self.last - self.first))


class Axis(Struct, frozen=True):
    """Stretches from left to right over `width` columns."""

    stretches: tuple[Stretch, ...]
    width: int

    def column(self, at: datetime) -> int:
        """Where a time is drawn; times off the axis are drawn at its end."""
        ts = at.timestamp()
        for stretch in self.stretches:
            if ts <= stretch.end_ts:
                return stretch.column(max(ts, stretch.start_ts))
        return self.width - 1

    def cuts(self) -> list[int]:
        """Columns in which a cut is drawn."""
        return [s.last + 1 + i for s in self.stretches[:-1] for i in range(CUT_COLUMNS)]


def fit(times: Sequence[datetime], width: int) -> Axis:
    """An axis on which all of `times` (one at least) find room."""
    stamps = sorted({at.timestamp() for at in times})
    pieces = _pieces(stamps)
    room = width - CUT_COLUMNS * (len(pieces) - 1)
    total_s = sum(end - start for start, end in pieces) or 1.0
    stretches: list[Stretch] = []
    first = 0
    for i, (start, end) in enumerate(pieces):
        n_left = len(pieces) - i - 1
        share = max(6, round(room * (end - start) / total_s))
        last = width - 1 if n_left == 0 else min(first + share - 1, width - 1 - n_left * (6 + CUT_COLUMNS))
        stretches.append(Stretch(start, end, first, last))
        first = last + 1 + CUT_COLUMNS
    return Axis(tuple(stretches), width)


def _pieces(stamps: Sequence[float]) -> list[tuple[float, float]]:
    """Spans between the long silences, each with a margin on both sides."""
    span_s = stamps[-1] - stamps[0]
    groups: list[list[float]] = [[stamps[0]]]
    for before, after in pairwise(stamps):
        if after - before > CUT_SHARE * span_s and after - before > 300.0:
            groups.append([])
        groups[-1].append(after)
    busy_s = sum(g[-1] - g[0] for g in groups)
    margin_s = max(1.0, MARGIN_SHARE * busy_s)
    return [(g[0] - margin_s, g[-1] + margin_s) for g in groups]


def labels(axis: Axis, zone: tzinfo) -> str:
    """The row of clock times over the axis: at round times, and once per stretch at least."""
    row = [" "] * axis.width
    for stretch in axis.stretches:
        for ts, text in _ticks(stretch, zone):
            _write(row, stretch.column(ts), text)
    return "".join(row).rstrip()


def _ticks(stretch: Stretch, zone: tzinfo) -> list[tuple[float, str]]:
    span_s, n_columns = stretch.end_ts - stretch.start_ts, stretch.last - stretch.first + 1
    step_s = next((s for s in STEPS_S if s * n_columns >= APART * span_s), STEPS_S[-1])
    clock = "%H:%M:%S" if step_s < 60 else "%H:%M"
    start = datetime.fromtimestamp(stretch.start_ts, zone)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    n_before = -(-(start - midnight).total_seconds() // step_s)
    at = midnight + timedelta(seconds=n_before * step_s)
    ticks: list[tuple[float, str]] = []
    while at.timestamp() <= stretch.end_ts:
        ticks.append((at.timestamp(), f"{at:{clock}}"))
        at += timedelta(seconds=step_s)
    return ticks or [(stretch.start_ts, f"{start:%H:%M}")]


def _write(row: list[str], column: int, text: str) -> None:
    """Put a label where it starts at its column, or leave it out where there is no room."""
    end = column + len(text)
    if end > len(row) or any(c != " " for c in row[max(0, column - 1) : end + 1]):
        return
    row[column:end] = text
