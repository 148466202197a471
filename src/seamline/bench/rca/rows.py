"""The long tables of a case: relations, changes, log lines and spans, a row each.

Telemetry may lack cells, and a row of it that has no time is counted and left out. Relations and changes are
written by hand or by a program, so what is wrong with them is said.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Lines, Link, Spans, Step
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
    for line, (source, target, kind) in cells(path, ("source", "target", "kind")):
        if not (source and target and kind):
            raise broken(path, line, "a relation lacks a cell", "write source,target,kind")
        found[Link(source, target, kind)] = None
    return tuple(found)


def steps(path: Path | None) -> tuple[Step, ...]:
    """Changes and steps of rollouts, in order of time, then as they stand in the file."""
    if path is None:
        return ()
    read = []
    for line, change in json_lines(path, _Change):
        if change.at.tzinfo is None:
            raise broken(path, line, f"{change.at} has no time zone", "write times as 2026-03-06T16:40:00Z")
        pods = change.detail or _Versions()
        at_ts = change.at.timestamp()
        read.append(Step(change.id, change.kind, change.entity, at_ts, pods.new, pods.old, pods.removed))
    return tuple(sorted(read, key=lambda step: step.at_ts))


def log_lines(path: Path | None, notes: list[str]) -> Lines | None:
    """Log lines in order of time."""
    if path is None:
        return None
    read = cells(path, ("time", "entity", "message"))
    found = ((number(time), entity, message) for _, (time, entity, message) in read)
    return as_lines(found, path.name, notes)


def spans(path: Path | None, notes: list[str]) -> Spans | None:
    """Spans in order of their start; a duration that is missing is NaN."""
    if path is None:
        return None
    names = ("time", "trace_id", "span_id", "parent_id", "entity", "operation", "duration_ms", "status")
    read = (
        SpanRow(number(time), trace, span, parent, entity, operation, number(ms) / 1000, status)
        for _, (time, trace, span, parent, entity, operation, ms, status) in cells(path, names)
    )
    return as_spans(read, path.name, notes)


class SpanRow(NamedTuple):
    """One span, as `Spans` has it in columns."""

    at_ts: float
    trace: str
    id: str
    parent: str
    entity: str
    operation: str
    duration_s: float
    status: str


def as_lines(found: Iterable[tuple[float, str, str]], what: str, notes: list[str]) -> Lines:
    """Time, entity and message of each line, sorted; those without a time are counted in a note and left out."""
    kept = _timed(found, what, notes)
    times, entities, messages = _columns(kept, 3)
    return Lines(np.array(times, dtype=np.float64), entities, messages)


def as_spans(found: Iterable[SpanRow], what: str, notes: list[str]) -> Spans:
    """The same for spans."""
    kept = _timed(found, what, notes)
    times, traces, ids, parents, entities, operations, durations_s, statuses = _columns(kept, 8)
    return Spans(
        np.array(times, dtype=np.float64),
        traces,
        ids,
        parents,
        entities,
        operations,
        np.array(durations_s, dtype=np.float64),
        statuses,
    )


def _timed(found: Iterable[tuple[Any, ...]], what: str, notes: list[str]) -> list[tuple[Any, ...]]:
    """Rows by their first cell, the time."""
    rows = list(found)
    kept = [row for row in rows if math.isfinite(row[0])]
    if len(kept) < len(rows):
        notes.append(f"{what}: {len(rows) - len(kept)} rows without a time are left out")
    return sorted(kept, key=lambda row: row[0])


def _columns(rows: list[tuple[Any, ...]], n: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * n


def cells(path: Path, names: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and cells of each row, in the order of `names`, blank where the row or the whole file lacks one."""
    reader = csv.reader(text_lines(path))
    try:
        head = [name.strip() for name in next(reader, [])]
        if names[0] not in head:
            mend = f"begin with: {','.join(names)}"
            raise broken(path, 1, f"there is no column {names[0]}", mend)
        places = [head.index(name) if name in head else -1 for name in names]
        for row in reader:
            if row:
                yield reader.line_num, tuple(row[p] if 0 <= p < len(row) else "" for p in places)
    except csv.Error as error:
        raise broken(
            path, reader.line_num, f"can't be read as CSV ({error})", "write the row anew"
        ) from error


def number(text: str) -> float:
    """A cell as a number, NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
