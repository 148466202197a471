"""Nezha's data (Yu et al., "Nezha", ESEC/FSE 2023; github.com/IntelligentDDS/Nezha).

A day, such as `rca_data/2022-08-22`, holds `DAY-fault_list.json`, faults by the hour; `metric/POD_metric.csv`, a row a
minute; and `log/HH_MM_log.csv` and `trace/HH_MM_trace.csv` for the minutes of the faults. `construct_data/DAY` beside it has
one minute without a fault, which each case gets at the beginning of its window. Faults follow each other closely: the samples
that lie in another fault are left out. The files of edges, of the front end and of dependencies in `metric` are not read.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Alert, Case, Watch
from seamline.bench.rca import rows, table
from seamline.bench.rca.files import broken, decoded
from seamline.bench.rca.place import Frame, Place
from seamline.bench.rca.published import calls
from seamline.bench.rca.rows import SpanRow, number
from seamline.bench.rca.table import Table
from seamline.bench.rca.truths import Truth
from seamline.model.errors import Fix

FAULTS = "-fault_list.json"
BEFORE_S = 2700.0  # of the window, before the injection
ALERT_S = 120.0  # after the injection
WATCHED_S = 300.0  # after the injection
FAULT_S = (-30.0, 390.0)  # around an injection nothing is normal
ENTRIES = ("frontend", "ts-ui-dashboard")
ALERTED = "latency_s_p90"

METRICS = {
    "CpuUsage(m)": "cpu",
    "CpuUsageRate(%)": "cpu_rate",
    "MemoryUsage(Mi)": "memory",
    "MemoryUsageRate(%)": "memory_rate",
    "SyscallRead": "syscall_read",
    "SyscallWrite": "syscall_write",
    "NetworkReceiveBytes": "network_rx",
    "NetworkTransmitBytes": "network_tx",
    "PodClientLatencyP90(s)": "client_latency_s_p90",
    "PodClientLatencyP95(s)": "client_latency_s_p95",
    "PodClientLatencyP99(s)": "client_latency_s_p99",
    "PodServerLatencyP90(s)": "latency_s_p90",
    "PodServerLatencyP95(s)": "latency_s_p95",
    "PodServerLatencyP99(s)": "latency_s_p99",
    "PodWorkload(Ops)": "requests",
    "PodSuccessRate(%)": "availability",
    "NodeCpuUsageRate(%)": "node_cpu",
    "NodeMemoryUsageRate(%)": "node_memory",
    "NodeNetworkReceiveBytes": "node_network_rx",
}
_IDS = re.compile(r"^\s*TraceID:\s*\S+\s+SpanID:\s*\S+\s*")


class _Fault(Struct, frozen=True):
    """`inject_timestamp` is hours off on some days; `inject_time` is UTC and right."""

    inject_time: str
    inject_pod: str
    inject_type: str

    def at_ts(self) -> float:
        return _ts(self.inject_time)


def places(folder: Path) -> list[Place]:
    """Every fault of the days below, by the day and its number there."""
    found = []
    for file in sorted(folder.rglob(f"*{FAULTS}")):
        n_faults = len(_faults(file.parent))
        found += [Place(f"{_day(file.parent)}-{n:02}", file.parent, str(n)) for n in range(1, n_faults + 1)]
    if not found:
        raise Fix(f"{folder}: no case in it", hint=f"Nezha's days are folders with a DAY{FAULTS}")
    return found


def frame(place: Place) -> Frame:
    """Entities are asked for; there is one pod a service, called after it, and no change."""
    return Frame(place.name, "entity", (), ())


def truth(place: Place) -> Truth:
    """The service of the pod that the fault was put into."""
    fault = _fault(place)
    return Truth((_service(fault.inject_pod),), None, fault.inject_type)


def read(place: Place) -> Case:
    """A fault with the quiet minutes before it."""
    injected_ts, notes = _fault(place).at_ts(), list[str]()
    window = (injected_ts - BEFORE_S, injected_ts + WATCHED_S)
    sampled = _quiet(_metrics(place.path / "metric"), place, window)
    minutes = [*_minutes(place.path, injected_ts), *_normal_minute(place.path)]
    move_s = {folder: window[0] - at_ts if folder != place.path else 0.0 for folder, at_ts in minutes}
    lines = [row for folder, at_ts in minutes for row in _lines(folder, at_ts, move_s[folder])]
    spans = [row for folder, at_ts in minutes for row in _spans(folder, at_ts, move_s[folder])]
    read_ = rows.as_spans((s for s in spans if s.at_ts <= window[1]), "traces", notes) if spans else None
    return Case(
        id=place.name,
        question="entity",
        step_s=table.step_s(sampled.times),
        from_ts=window[0],
        to_ts=window[1],
        alert=_alert(sampled, injected_ts + ALERT_S),
        times=sampled.times,
        watches=sampled.watches,
        values=sampled.values,
        links=calls.of(read_),
        lines=rows.as_lines((row for row in lines if row[0] <= window[1]), "logs", notes) if lines else None,
        spans=read_,
        notes=tuple(notes),
    )


def _day(folder: Path) -> str:
    return folder.resolve().name


def _faults(folder: Path) -> list[_Fault]:
    """The faults of a day, in order of time."""
    file = folder / f"{_day(folder)}{FAULTS}"
    hours = decoded(file, dict[str, list[_Fault]], file.read_bytes())
    found = sorted((fault for hour in hours.values() for fault in hour), key=_Fault.at_ts)
    if any(math.isnan(fault.at_ts()) for fault in found):
        raise broken(file, 0, "an inject_time is no time", "write it as 2022-08-22 03:51:01")
    return found


def _fault(place: Place) -> _Fault:
    return _faults(place.path)[int(place.part) - 1]


def _service(pod: str) -> str:
    """A pod's name without the marks of its replica set and of itself."""
    return pod.rsplit("-", 2)[0]


def _metrics(folder: Path) -> Table:
    series: dict[Watch, dict[float, float]] = {}
    for file in sorted(folder.glob("*_metric.csv")):
        names = [*METRICS]
        for _, (time, stamp, pod, *cells) in rows.cells(file, ("Time", "TimeStamp", "PodName", *names)):
            at_ts = _ts(time) if time else number(stamp)
            for name, cell in zip(names, cells, strict=True):
                if cell and math.isfinite(at_ts):
                    watch = Watch(_service(pod), METRICS[name])
                    series.setdefault(watch, {})[float(round(at_ts))] = number(cell)
    return table.joined(series)


def _quiet(sampled: Table, place: Place, window: tuple[float, float]) -> Table:
    """The samples of the window that lie in no other fault."""
    kept = (sampled.times >= window[0]) & (sampled.times <= window[1])
    for n, other in enumerate(_faults(place.path), start=1):
        if str(n) != place.part:
            begin, end = (other.at_ts() + s for s in FAULT_S)
            kept &= ~((sampled.times >= begin) & (sampled.times <= end))
    return Table(sampled.times[kept], sampled.watches, np.ascontiguousarray(sampled.values[:, kept]))


def _alert(sampled: Table, at_ts: float) -> Alert | None:
    entries = [watch.entity for watch in sampled.watches if watch.entity in ENTRIES]
    return Alert(entries[0], ALERTED, at_ts) if entries else None


def _minutes(folder: Path, injected_ts: float) -> Iterator[tuple[Path, float]]:
    """The folder of a day and the minutes of a fault in it."""
    first = injected_ts // 60 * 60
    for n in range(int(WATCHED_S // 60) + 1):
        yield folder, first + n * 60


def _normal_minute(folder: Path) -> Iterator[tuple[Path, float]]:
    """The day's minute without a fault, if it is there."""
    other = folder.resolve().parent.parent / "construct_data" / _day(folder)
    for file in sorted((other / "log").glob("*_log.csv"))[:1]:
        yield other, _ts(f"{_day(folder)} {file.name[:5].replace('_', ':')}:00")


def _of_minute(folder: Path, kind: str, at_ts: float) -> Path | None:
    file = folder / kind / f"{datetime.fromtimestamp(at_ts, UTC):%H_%M}_{kind}.csv"
    return file if file.is_file() else None


def _lines(folder: Path, at_ts: float, move_s: float) -> Iterator[tuple[float, str, str]]:
    file = _of_minute(folder, "log", at_ts)
    for _, (time, nanos, pod, text) in (
        rows.cells(file, ("Timestamp", "TimeUnixNano", "PodName", "Log")) if file else ()
    ):
        seen_ts = _ts(time) if time else number(nanos) / 1e9
        yield seen_ts + move_s, _service(pod), _message(text)


def _spans(folder: Path, at_ts: float, move_s: float) -> Iterator[SpanRow]:
    file = _of_minute(folder, "trace", at_ts)
    names = (
        "StartTimeUnixNano",
        "EndTimeUnixNano",
        "TraceID",
        "SpanID",
        "ParentID",
        "PodName",
        "OperationName",
    )
    for _, (start, end, trace, span, parent, pod, operation) in rows.cells(file, names) if file else ():
        begun_ts = number(start) / 1e9
        took_s = number(end) / 1e9 - begun_ts
        known = "" if parent == "root" else parent
        yield SpanRow(begun_ts + move_s, trace, span, known, _service(pod), operation, took_s, "")


def _message(text: str) -> str:
    """What a service said: without the container's JSON, its own, and the ids that stand in columns already."""
    for key in ("log", "message"):
        try:
            inside = json.loads(text)
        except ValueError:
            break
        if not isinstance(inside, Mapping) or key not in inside:
            break
        text = str(inside[key])
    return _IDS.sub("", text).strip()


def _ts(text: str) -> float:
    """A time in UTC, whatever follows its seconds; NaN where it is none.

    >>> _ts("2022-08-22 03:51:00 +0000 UTC") == _ts("2022-08-22T03:51:00.000123456Z") - 0.000123
    True
    """
    parts = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,6})?)", text)
    return datetime.fromisoformat(f"{parts[1]}T{parts[2]}+00:00").timestamp() if parts else math.nan
