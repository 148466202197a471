"""Writes a case into a folder, in the form that `seamline bench rca` reads. Equal cases give equal bytes."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Case, Watch

_DIGITS = 6


class Truth(Struct, frozen=True):
    """What a case is about. `joint`: changes that did harm only together, the guilty one among them."""

    roots: tuple[str, ...]
    fault: str
    guilty: str = ""
    joint: tuple[str, ...] = ()


def write(folder: Path, case: Case, system: str, truth: Truth) -> None:
    """One folder of one case. Logs and spans are left out. Raises OSError where the disk doesn't take it."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "case.json", _head(case, system))
    _write_json(folder / "truth.json", _truth(truth))
    links = [("source", "target", "kind"), *((one.source, one.target, one.kind) for one in case.links)]
    (folder / "topology.csv").write_text(_lines(links), encoding="utf-8")
    changes = "".join(json.dumps(line) + "\n" for line in _changes(case))
    (folder / "changes.jsonl").write_text(changes, encoding="utf-8")
    (folder / "metrics.csv.gz").write_bytes(gzip.compress(_table(case).encode(), 6, mtime=0))


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _iso(ts: float) -> str:
    return datetime.fromtimestamp(round(ts, 3), UTC).isoformat().replace("+00:00", "Z")


def _head(case: Case, system: str) -> Mapping[str, object]:
    alert = case.alert
    return {
        "id": case.id,
        "system": system,
        "question": case.question,
        "step_s": case.step_s,
        "window": {"from": _iso(case.from_ts), "to": _iso(case.to_ts)},
        "alert": alert and {"entity": alert.entity, "metric": alert.metric, "at": _iso(alert.at_ts)},
    }


def _truth(truth: Truth) -> Mapping[str, object]:
    out = {"root_entities": list(truth.roots), "fault": truth.fault, "guilty_change": truth.guilty or None}
    return {**out, "collision": list(truth.joint)} if truth.joint else out


def _changes(case: Case) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for step in case.steps:
        n = step.id.partition("#")[2]
        pods = {"new": list(step.new), "old": list(step.old), "removed": list(step.removed)}
        detail = {**({"step": int(n)} if n.isdigit() else {}), **(pods if any(pods.values()) else {})}
        line = {
            "id": step.id,
            "kind": step.kind,
            "entity": step.entity,
            "at": _iso(step.at_ts),
            "detail": detail,
        }
        found.append(line)
    return found


def _lines(rows: Sequence[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _column(watch: Watch) -> str:
    return (
        f"{watch.caller}>{watch.entity}:{watch.metric}" if watch.caller else f"{watch.entity}:{watch.metric}"
    )


def _table(case: Case) -> str:
    lines = [_lines([("time", *(_column(watch) for watch in case.watches))])]
    for at, row in zip(case.times.tolist(), np.asarray(case.values).T.tolist(), strict=True):
        cells = ("" if x != x else f"{x:.{_DIGITS}g}" for x in row)
        lines.append(",".join((f"{at:.15g}", *cells)) + "\n")
    return "".join(lines)
