"""Case folders in the neutral form (docs/reference/rca-cases.md). Nothing here opens a truth."""

import math
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field

from seamline.analysis.inquiry.case import Alert, Case, Floats, Question, Step, Watch
from seamline.bench.rca import clocks, rows, table
from seamline.bench.rca.files import broken, decoded, either
from seamline.bench.rca.place import Frame, Place
from seamline.model.errors import Fix

HEAD = "case.json"


class _Window(Struct, frozen=True):
    begin: datetime = field(name="from")
    end: datetime = field(name="to")


class _Alert(Struct, frozen=True):
    entity: str
    at: datetime
    metric: str = ""


class _Head(Struct, frozen=True):
    window: _Window
    id: str = ""
    question: Question = "entity"
    step_s: float | None = None
    alert: _Alert | None = None


def places(folder: Path) -> list[Place]:
    """The case folders of a set, sorted by name, or the one case that the folder is. Raises Fix when there is none."""
    if (folder / HEAD).is_file():
        return [Place(folder.resolve().name, folder)]  # as predictions and truths call it
    if not folder.is_dir():
        raise Fix(f"{folder}: no such folder", hint="name a case, or a folder of cases")
    found = sorted(child for child in folder.iterdir() if (child / HEAD).is_file())
    if not found:
        raise Fix(f"{folder}: no case in it", hint=f"a case is a folder with a {HEAD}")
    return [Place(child.name, child) for child in found]


def frame(place: Place) -> Frame:
    """The small part of a case."""
    path = place.path
    links = rows.links(either(path, "topology.csv"))
    steps = rows.steps(either(path, "changes.jsonl"))
    return Frame(place.name, _head(path).question, links, steps)


def read(place: Place) -> Case:
    """A case folder. What was mended or left out is noted; what can't be is Fix, with file, line and mend.

    Metrics, topology, changes, logs and spans may be missing. O(cells); 14 million take 4 s and 500 MB.
    """
    path, notes = place.path, list[str]()
    head = _head(path)
    window = (_ts(path, head.window.begin), _ts(path, head.window.end))
    if window[0] > window[1]:
        raise broken(path / HEAD, 0, "the window ends before it begins", "swap window.from and window.to")
    metrics = either(path, "metrics.csv")
    sampled = table.read(metrics) if metrics else table.EMPTY
    notes += sampled.notes if metrics else ("there are no metrics",)
    sampled = clocks.set_table(sampled, window, notes)
    lines = rows.log_lines(either(path, "logs.csv"), notes)
    spans = rows.spans(either(path, "spans.csv"), notes)
    alert = _alert(path, head, window, notes)
    if alert is not None and Watch(alert.entity, alert.metric) not in sampled.watches:
        notes.append(f"the alerted series, {alert.entity}:{alert.metric}, was not sampled")
    return Case(
        id=place.name,
        question=head.question,
        step_s=_step_s(head, sampled.times, notes),
        from_ts=window[0],
        to_ts=window[1],
        alert=alert,
        times=sampled.times,
        watches=sampled.watches,
        values=sampled.values,
        links=rows.links(either(path, "topology.csv")),
        steps=_known_steps(rows.steps(either(path, "changes.jsonl")), window[1], notes),
        lines=clocks.set_lines(lines, window, notes),
        spans=clocks.set_spans(spans, window, notes),
        notes=tuple(notes),
    )


def _head(path: Path) -> _Head:
    file = path / HEAD
    try:
        return decoded(file, _Head, file.read_bytes())
    except OSError as error:
        raise broken(file, 0, f"can't be read ({error.strerror})", "a case is a folder with it") from error


def _ts(path: Path, at: datetime) -> float:
    if at.tzinfo is None:
        raise broken(path / HEAD, 0, f"{at} has no time zone", "write times as 2026-03-06T16:40:00Z")
    return at.timestamp()


def _alert(path: Path, head: _Head, window: clocks.Window, notes: list[str]) -> Alert | None:
    if head.alert is None:
        notes.append("there is no alert")
        return None
    at_ts = _ts(path, head.alert.at)
    if not window[0] <= at_ts <= window[1]:
        where = "before" if at_ts < window[0] else "after"
        notes.append(f"the alert, at {head.alert.at:%Y-%m-%d %H:%M:%S}, is {where} the window")
    return Alert(head.alert.entity, head.alert.metric, at_ts)


def _step_s(head: _Head, times: Floats, notes: list[str]) -> float:
    """As the case says it, else the median distance of samples, else a minute."""
    if head.step_s is not None and math.isfinite(head.step_s) and head.step_s > 0:
        return head.step_s
    step_s = table.step_s(times)
    notes.append(f"step_s is not said; taken as {step_s:g} s")
    return step_s


def _known_steps(steps: tuple[Step, ...], to_ts: float, notes: list[str]) -> tuple[Step, ...]:
    known = tuple(step for step in steps if step.at_ts <= to_ts)
    if len(known) < len(steps):
        notes.append(f"{len(steps) - len(known)} changes after the window are left out")
    return known
