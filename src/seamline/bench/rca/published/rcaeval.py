"""RCAEval's sets (Pham et al., "RCAEval", WWW 2025; github.com/phamquiluan/RCAEval).

A case is `SERVICE_FAULT/N/` with `inject_time.txt` and one of `simple_metrics.csv`, `data.csv` and `metrics.csv`, whose
columns are `<service>_<metric>`; from the second set on `logs.csv` and `traces.csv` too. Times are epoch seconds in the
tables, nanoseconds in the logs, microseconds in the traces.
"""

import re
from pathlib import Path

from seamline.analysis.inquiry.case import Alert, Case, Lines, Spans, Watch
from seamline.bench.rca import clocks, rows, table
from seamline.bench.rca.files import broken
from seamline.bench.rca.place import Frame, Place
from seamline.bench.rca.published import calls
from seamline.bench.rca.rows import SpanRow, number
from seamline.bench.rca.truths import Truth
from seamline.model.errors import Fix

INJECTED = "inject_time.txt"
TABLES = ("simple_metrics.csv", "data.csv", "metrics.csv")  # the first there is
ALERT_S = 60.0  # after the injection
WATCHED_S = 300.0  # after the injection
ENTRIES = ("frontend", "front-end", "ts-ui-dashboard")  # where users come in, in the three systems

METRICS = {
    "cpu": "cpu",
    "mem": "memory",
    "diskio": "disk",
    "load": "requests",
    "workload": "requests",
    "error": "errors",
    "latency": "latency_s",
}
_COLUMN = re.compile(r"(?P<service>.+?)_(?P<metric>lat_\d+|[^_]+)")
_PERCENTILE = re.compile(r"lat(?:ency)?[-_](\d+)")


def places(folder: Path) -> list[Place]:
    """Every folder below with an injection, named by its way there."""
    found = sorted(file.parent for file in folder.rglob(INJECTED))
    if not found:
        raise Fix(f"{folder}: no case in it", hint=f"RCAEval's cases are folders with an {INJECTED}")
    return [Place("-".join(_way(folder, path)), path) for path in found]


def frame(place: Place) -> Frame:
    """Entities are asked for; pods and changes there are none."""
    return Frame(place.name, "entity", (), ())


def truth(place: Place) -> Truth:
    """Service and fault are the name of the folder above."""
    service, _, fault = place.path.resolve().parent.name.rpartition("_")
    return Truth((service,), None, fault)


def read(place: Place) -> Case:
    """A case up to five minutes after the injection."""
    injected_ts, notes = _injected_ts(place.path), list[str]()
    metrics = next((place.path / name for name in TABLES if (place.path / name).is_file()), None)
    if metrics is None:
        raise broken(place.path, 0, "no metrics", f"one of {', '.join(TABLES)}")
    sampled = table.read(metrics, watch)
    notes += sampled.notes
    window = (float(sampled.times[0]) if len(sampled.times) else injected_ts, injected_ts + WATCHED_S)
    sampled = clocks.set_table(sampled, window, notes)
    spans = clocks.set_spans(_spans(place.path / "traces.csv", notes), window, notes)
    return Case(
        id=place.name,
        question="entity",
        step_s=table.step_s(sampled.times),
        from_ts=window[0],
        to_ts=window[1],
        alert=_alert(sampled, injected_ts + ALERT_S, notes),
        times=sampled.times,
        watches=sampled.watches,
        values=sampled.values,
        links=calls.of(spans),
        lines=clocks.set_lines(_lines(place.path / "logs.csv", notes), window, notes),
        spans=spans,
        notes=tuple(notes),
    )


def watch(column: str) -> Watch | None:
    """What a column is of.

    >>> watch("cartservice_latency-90"), watch("front-end_lat_50"), watch("ts-order-service_mem")
    (Watch(entity='cartservice', metric='latency_s_p90', caller=''), Watch(entity='front-end', metric='latency_s_p50', caller=''), Watch(entity='ts-order-service', metric='memory', caller=''))
    """
    parts = _COLUMN.fullmatch(column)
    if parts is None:
        return None
    word = parts["metric"]
    percentile = _PERCENTILE.fullmatch(word)
    return Watch(parts["service"], f"latency_s_p{percentile[1]}" if percentile else METRICS.get(word, word))


def _way(folder: Path, path: Path) -> tuple[str, ...]:
    parts = path.relative_to(folder).parts
    return parts if len(parts) > 1 else (path.resolve().parent.name, path.resolve().name)


def _injected_ts(path: Path) -> float:
    file = path / INJECTED
    try:
        return float(file.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError) as error:
        raise broken(file, 0, "holds no time", "one epoch second") from error


def _alert(sampled: table.Table, at_ts: float, notes: list[str]) -> Alert | None:
    """The entry's latency, the slowest percentile there is; none where no entry is known."""
    slow = [w for w in sampled.watches if w.entity in ENTRIES and w.metric.startswith("latency_s")]
    if not slow:
        notes.append("there is no alert: nobody is known to be where users come in")
        return None
    watched = max(slow, key=lambda w: w.metric)
    return Alert(watched.entity, watched.metric, at_ts)


def _lines(file: Path, notes: list[str]) -> Lines | None:
    if not file.is_file():
        return None
    read_ = rows.cells(file, ("timestamp", "container_name", "message"))
    found = ((number(ns) / 1e9, entity, message) for _, (ns, entity, message) in read_)
    return rows.as_lines(found, file.name, notes)


def _spans(file: Path, notes: list[str]) -> Spans | None:
    if not file.is_file():
        return None
    names = (
        "startTime", "traceID", "spanID", "parentSpanID", "serviceName", "operationName", "duration", "statusCode",
    )  # fmt: skip
    found = (
        SpanRow(number(us) / 1e6, trace, span, parent, entity, operation, number(took_us) / 1e6, status)
        for _, (us, trace, span, parent, entity, operation, took_us, status) in rows.cells(file, names)
    )
    return rows.as_spans(found, file.name, notes)
