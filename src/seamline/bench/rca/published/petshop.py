"""The PetShop data set (Hardt et al., "The PetShop Dataset", CLeaR 2024; amazon-science/petshop-root-cause-analysis).

A scenario, such as `low_traffic`, holds `graph.csv`, the adjacency of the call graph (a row calls its columns),
`noissue/metrics.csv`, and a folder `train/ISSUE` or `test/ISSUE` with `metrics.csv` and `target.json` for each issue. A
table has three lines of names: node, metric, statistic. The normal period was recorded long before the issues, so each case
has it moved to end one step before its own samples.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Alert, Case, Link, Watch
from seamline.bench.rca import table
from seamline.bench.rca.files import broken, decoded, text_lines
from seamline.bench.rca.place import Frame, Place
from seamline.bench.rca.rows import number
from seamline.bench.rca.table import Table
from seamline.bench.rca.truths import Truth
from seamline.model.errors import Fix

TARGET = "target.json"
NAME_LINES = 3
METRICS = {"latency": "latency_s", "requests": "requests", "availability": "availability"}


class _Alerted(Struct, frozen=True):
    node: str
    metric: str
    agg: str = ""
    timestamp: float | str | None = None


class _Root(Struct, frozen=True):
    node: str
    metric: str = ""


class _Target(Struct, frozen=True):
    target: _Alerted
    root_cause: _Root


def places(folder: Path) -> list[Place]:
    """Every issue below a scenario, or below a folder of scenarios."""
    found = sorted(file.parent for file in folder.rglob(TARGET))
    if not found:
        raise Fix(f"{folder}: no case in it", hint=f"PetShop's issues are folders with a {TARGET}")
    return [Place("-".join(path.resolve().parts[-3:]), path) for path in found]


def frame(place: Place) -> Frame:
    """Entities are asked for; pods and changes there are none."""
    return Frame(place.name, "entity", (), ())


def truth(place: Place) -> Truth:
    """The node that the issue was put into; its kind is the alerted metric."""
    said = _target(place)
    return Truth((said.root_cause.node,), None, f"{said.target.metric} issue")


def read(place: Place) -> Case:
    """An issue behind its scenario's normal period."""
    scenario, said = place.path.parent.parent, _target(place).target
    normal, issue = _table(scenario / "noissue" / "metrics.csv"), _table(place.path / "metrics.csv")
    notes = ["the normal period was moved to end where the issue's samples begin"]
    sampled = _spliced(normal, issue, notes)
    begun_ts = float(issue.times[0])
    return Case(
        id=place.name,
        question="entity",
        step_s=table.step_s(normal.times),
        from_ts=float(sampled.times[0]),
        to_ts=float(sampled.times[-1]),
        alert=Alert(said.node, _metric(said.metric, said.agg), _alerted_ts(said, begun_ts)),
        times=sampled.times,
        watches=sampled.watches,
        values=sampled.values,
        links=_calls(scenario / "graph.csv"),
        notes=tuple(notes),
    )


def _target(place: Place) -> _Target:
    file = place.path / TARGET
    return decoded(file, _Target, file.read_bytes())


def _alerted_ts(said: _Alerted, begun_ts: float) -> float:
    """As the target says, the issue's first sample where it doesn't."""
    at_ts = said.timestamp if isinstance(said.timestamp, float) else _ts(said.timestamp or "")
    return at_ts if math.isfinite(at_ts) else begun_ts


def _metric(metric: str, statistic: str) -> str:
    """One word for metric and statistic.

    >>> _metric("latency", "p95"), _metric("latency", "Average"), _metric("requests", "Sum")
    ('latency_s_p95', 'latency_s', 'requests')
    """
    word = METRICS.get(metric, metric)
    return f"{word}_{statistic}" if statistic.startswith("p") else word


def _table(file: Path) -> Table:
    lines = _cells(file)
    heads = [next(lines, (0, []))[1][1:] for _ in range(NAME_LINES)]
    if len({len(head) for head in heads}) != 1 or not heads[0]:
        raise broken(
            file, 1, "there are not three lines of names", "node, metric and statistic of each column"
        )
    watches = [
        Watch(node, _metric(metric, statistic)) for node, metric, statistic in zip(*heads, strict=True)
    ]
    samples: dict[Watch, dict[float, float]] = {watch: {} for watch in watches}
    for _, (time, *cells) in lines:
        at_ts = _ts(time)
        for watch, cell in zip(watches, cells, strict=False):
            if math.isfinite(at_ts):  # the line that names the index has none
                samples[watch][at_ts] = number(cell)
    read_ = table.joined(samples)
    if not len(read_.times):
        raise broken(file, 0, "there is no sample in it", "write it anew")
    return read_


def _spliced(normal: Table, issue: Table, notes: list[str]) -> Table:
    """Both, one behind the other; series that only one of them has would give the issue away, and are left out."""
    both = tuple(watch for watch in normal.watches if watch in set(issue.watches))
    n_left = len({*normal.watches, *issue.watches}) - len(both)
    if n_left:
        notes.append(f"{n_left} series that only the normal or only the issue's samples have are left out")
    moved = normal.times - normal.times[-1] + issue.times[0] - table.step_s(normal.times)
    values = np.hstack(
        [part.values[[part.watches.index(watch) for watch in both]] for part in (normal, issue)]
    )
    return Table(np.concatenate([moved, issue.times]), both, np.ascontiguousarray(values))


def _calls(file: Path) -> tuple[Link, ...]:
    lines = _cells(file)
    names = next(lines, (0, []))[1][1:]
    found: Mapping[Link, None] = {
        Link(caller, callee, "calls"): None
        for _, (caller, *cells) in lines
        for callee, cell in zip(names, cells, strict=False)
        if number(cell) > 0
    }
    return tuple(found)


def _cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text_lines(file))
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise broken(
            file, reader.line_num, f"can't be read as CSV ({error})", "write the row anew"
        ) from error


def _ts(text: str) -> float:
    """Epoch seconds, or an ISO time, UTC unless it says else; NaN where it is neither."""
    if math.isfinite(number(text)):
        return number(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
