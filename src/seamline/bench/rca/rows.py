"""The long tables of a case: relations, changes, log lines and spans, a row each.

Telemetry may lack cells, and a row of it that has no time is counted and left out. Relations and changes are
written by hand or by a program, so what is wrong with them is said.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Floats, Lines, Link, Spans, Step
from seamline.bench.rca.files import broken, json_lines, text_lines

csv.field_size_limit(1 << 24)  # a log line may hold a document


class _Versions(Struct, frozen=True):
    """The pods of a step; what else a change tells of itself is for people."""

    new: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class _Change(Struct, frozen=True):
    id: str
    kind: str
    entity: str
    at: datetime
    detail: _Versions | None = None


def links(path: Path | None) -> tuple[Link, ...]:
    """Relations in the order of the file, each once. None where no file is."""
    if path is None:
        return ()
    found: dict[Link, None] = {}
    for number, cells in _rows(path, ("source", "target", "kind")):
        if not all(cells):
            raise broken(path, number, "a relation lacks a cell", "write source,target,kind")
        found[Link(*cells)] = None
    return tuple(found)


def steps(path: Path | None) -> tuple[Step, ...]:
    """Changes and steps of rollouts, in order of time, then as they stand in the file."""
    if path is None:
        return ()
    read = []
    for number, change in json_lines(path, _Change):
        if change.at.tzinfo is None:
            raise broken(path, number, f"{change.at} has no time zone", "write times as 2026-03-06T16:40:00Z")
        pods = change.detail or _Versions()
        at_ts = change.at.timestamp()
        read.append(Step(change.id, change.kind, change.entity, at_ts, pods.new, pods.old, pods.removed))
    return tuple(sorted(read, key=lambda step: step.at_ts))


def log_lines(path: Path | None, notes: list[str]) -> Lines | None:
    """Log lines in order of time."""
    if path is None:
        return None
    times, rows = _timed(path, ("time", "entity", "message"), notes)
    entities, messages = _columns(rows, 2)
    return Lines(times, entities, messages)


def spans(path: Path | None, notes: list[str]) -> Spans | None:
    """Spans in order of their start; a duration that is missing is NaN."""
    if path is None:
        return None
    names = ("time", "trace_id", "span_id", "parent_id", "entity", "operation", "duration_ms", "status")
    times, rows = _timed(path, names, notes)
    traces, ids, parents, entities, operations, durations, statuses = _columns(rows, 7)
    durations_s = np.array([_number(d) for d in durations], dtype=np.float64) / 1000
    return Spans(times, traces, ids, parents, entities, operations, durations_s, statuses)


def _timed(path: Path, names: Sequence[str], notes: list[str]) -> tuple[Floats, list[tuple[str, ...]]]:
    """Times that ascend, and of each row what stands behind the time."""
    times, rows = [], []
    n_untimed = 0
    for _, (time, *rest) in _rows(path, names):
        at_ts = _number(time)
        if math.isfinite(at_ts):
            times.append(at_ts)
            rows.append(tuple(rest))
        else:
            n_untimed += 1
    if n_untimed:
        notes.append(f"{path.name}: {n_untimed} rows without a time are left out")
    order = sorted(range(len(times)), key=times.__getitem__)
    return np.array([times[i] for i in order], dtype=np.float64), [rows[i] for i in order]


def _columns(rows: list[tuple[str, ...]], n: int) -> list[tuple[str, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * n


def _rows(path: Path, names: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and cells of each row, in the order of `names`, blank where the row or the whole file lacks one."""
    reader = csv.reader(text_lines(path))
    try:
        head = [name.strip() for name in next(reader, [])]
        if names[0] not in head:
            mend = f"begin with: {','.join(names)}"
            raise broken(path, 1, f"there is no column {names[0]}", mend)
        places = [head.index(name) if name in head else -1 for name in names]
        for cells in reader:
            if cells:
                yield reader.line_num, tuple(cells[p] if 0 <= p < len(cells) else "" for p in places)
    except csv.Error as error:
        raise broken(
            path, reader.line_num, f"can't be read as CSV ({error})", "write the row anew"
        ) from error


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
