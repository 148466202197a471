"""Clocks that are whole hours off: a time zone taken for another is the usual defect of telemetry that was put together.

The window is known, so a source that goes on after its end gives its clock away: nobody can have seen what is to come.
One that ended before the beginning may as well have been silent since, so its clock is only held to be behind when whole
hours bring its last entry to the window's last minutes. What still lies after the window is left out.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Floats, Lines, Spans
from seamline.bench.rca.table import Table

HOUR_S = 3600.0
LATE_S = 1800.0  # further behind the window's end is no late sample but another clock
JITTER_S = 60.0
LAST_S = 600.0  # where the last entry of a source lies that is still there
MOST_H = 26  # between the time zones that are furthest apart

Window = tuple[float, float]


def hours_off(last_ts: float, window: Window) -> int:
    """How many hours ahead (negative: behind) the clock of a source is whose last entry is at `last_ts`.

    >>> [hours_off(t, (0.0, 7200.0)) for t in (7190.0, 7300.0, 43190.0, -28810.0, 9e9)]
    [0, 0, 10, -10, 0]
    """
    begin, end = window
    if last_ts > end + LATE_S:
        hours = math.ceil((last_ts - end - JITTER_S) / HOUR_S)
    elif last_ts < begin and (end - last_ts) % HOUR_S <= LAST_S:
        hours = -math.floor((end - last_ts) / HOUR_S)
    else:
        return 0
    return hours if abs(hours) <= MOST_H else 0


def set_table(table: Table, window: Window, notes: list[str]) -> Table:
    """The table on the window's clock, without what lies after it."""
    off = _hours_of_columns(table, window)
    if off:
        table = _shifted(table, off)
        notes += _told("metrics", {_source(table, row): hours for row, hours in off.items()})
    kept = table.times <= window[1]
    if kept.all():
        return table
    notes.append(f"metrics: {np.count_nonzero(~kept)} sample times after the window are left out")
    return Table(table.times[kept], table.watches, np.ascontiguousarray(table.values[:, kept]), table.notes)


def set_lines(lines: Lines | None, window: Window, notes: list[str]) -> Lines | None:
    """Log lines on the window's clock."""
    if lines is None:
        return None
    times, order = _set(lines.times, lines.entities, window, "logs", notes)
    return Lines(times, _picked(lines.entities, order), _picked(lines.messages, order))


def set_spans(spans: Spans | None, window: Window, notes: list[str]) -> Spans | None:
    """Spans on the window's clock."""
    if spans is None:
        return None
    times, order = _set(spans.times, spans.entities, window, "spans", notes)
    return Spans(
        times,
        _picked(spans.traces, order),
        _picked(spans.ids, order),
        _picked(spans.parents, order),
        _picked(spans.entities, order),
        _picked(spans.operations, order),
        spans.durations_s[order],
        _picked(spans.statuses, order),
    )


def _set(
    times: Floats, entities: tuple[str, ...], window: Window, what: str, notes: list[str]
) -> tuple[Floats, NDArray[np.intp]]:
    """Set times that ascend, and where each of them stood."""
    last = dict(zip(entities, times.tolist(), strict=True))  # of each entity the last, as times ascend
    off = {entity: hours for entity, at_ts in last.items() if (hours := hours_off(at_ts, window))}
    if off:
        notes += _told(what, off)
        times = times - HOUR_S * np.array([off.get(entity, 0) for entity in entities])
    order = np.argsort(times, kind="stable")
    kept = order[times[order] <= window[1]]
    if len(kept) < len(order):
        notes.append(f"{what}: {len(order) - len(kept)} entries after the window are left out")
    return times[kept], kept


def _hours_of_columns(table: Table, window: Window) -> dict[int, int]:
    """The hours that rows of the values are off, of those that are: an entity's series share its clock."""
    if not table.times.size or (table.times[-1] <= window[1] + LATE_S and table.times[0] >= window[0]):
        return {}
    last: dict[str, float] = {}
    for row, watch in enumerate(table.watches):
        sampled = np.flatnonzero(~np.isnan(table.values[row]))
        if sampled.size:
            last[watch.entity] = max(last.get(watch.entity, -math.inf), float(table.times[sampled[-1]]))
    off = {entity: hours_off(at_ts, window) for entity, at_ts in last.items()}
    return {row: off[w.entity] for row, w in enumerate(table.watches) if off.get(w.entity)}


def _shifted(table: Table, off: dict[int, int]) -> Table:
    """The same samples, those of each row that is off so many hours earlier."""
    hours = set(off.values()) | {0}
    times = np.unique(np.concatenate([table.times - HOUR_S * h for h in hours]))
    values = np.full((len(table.watches), len(times)), math.nan)
    for h in hours:
        rows = [row for row in range(len(table.watches)) if off.get(row, 0) == h]
        places = np.searchsorted(times, table.times - HOUR_S * h)
        values[np.array(rows, dtype=np.intp)[:, None], places] = table.values[rows]
    sampled = ~np.isnan(values).all(axis=0)
    return Table(times[sampled], table.watches, np.ascontiguousarray(values[:, sampled]), table.notes)


def _source(table: Table, row: int) -> str:
    return table.watches[row].entity


def _picked(column: tuple[str, ...], order: NDArray[np.intp]) -> tuple[str, ...]:
    return tuple(column[i] for i in order.tolist())


def _told(what: str, off: dict[str, int]) -> Iterable[str]:
    for hours in sorted(set(off.values())):
        names = sorted(entity for entity, h in off.items() if h == hours)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        way = "ahead" if hours > 0 else "behind"
        yield f"{what}: the clock of {shown} is {abs(hours)} h {way}, and was set"
