"""One simulated case: a system, a story that is told until somebody is paged, and the folder that holds it."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from seamline.bench._system.flow import Floats, Pods
from seamline.bench._system.play import Play
from seamline.bench._system.sampling import Column

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Page:
    """What somebody is paged for."""

    entity: str
    metric: str
    at_ts: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The truth of a case. `joint`: changes that did harm only together."""

    roots: tuple[str, ...]
    fault: str
    guilty: str = ""
    joint: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A case as it is written down."""

    play: Play
    pods: Pods
    columns: Sequence[Column]
    page: Page
    until_ts: float
    question: str
    per_pod: bool
    answer: Answer


def excursion(front: Sequence[Column], times: Floats, good: NDArray[np.bool_]) -> tuple[Floats, list[int]]:
    """How far the user's series are from what `good` samples were, the farthest per sample, and which one that is."""
    far, which = np.zeros(len(times)), [0] * len(times)
    for at, column in enumerate(front):
        if column.name.endswith("requests"):
            continue
        distance = _distance(column, good)
        nearer = distance > far
        far = np.where(nearer, distance, far)
        which = [at if here else was for here, was in zip(nearer, which, strict=True)]
    return far, which


def _distance(column: Column, good: NDArray[np.bool_]) -> Floats:
    x = column.values
    if "latency" in column.name:
        x, floor = np.log(np.maximum(x, 1e-6)), 0.05
    elif "availability" in column.name:
        x, floor = 1.0 - x, 0.004
    elif "error_rate" in column.name:
        floor = 0.004
    else:
        floor = max(1.0, 0.004 * float(np.nanmax(x, initial=1.0)))
    usual = x[good & np.isfinite(x)]
    if len(usual) < 5:
        return np.zeros(len(x))
    middle = float(np.median(usual))
    scale = max(floor, 1.48 * float(np.median(np.abs(usual - middle))))
    return np.nan_to_num((x - middle) / scale)


def write(folder: Path, id_: str, told: Told) -> None:
    """The folder of one case, as docs/reference/rca-cases.md has it."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "case.json", _head(id_, told))
    _write_json(folder / "truth.json", _truth(told.answer))
    (folder / "topology.csv").write_text("\n".join(_topology(told)) + "\n", encoding="utf-8")
    changes = "".join(json.dumps(line) + "\n" for line in _changes(told))
    (folder / "changes.jsonl").write_text(changes, encoding="utf-8")
    (folder / "metrics.csv.gz").write_bytes(gzip.compress(_table(told).encode(), 6, mtime=0))


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _iso(ts: float) -> str:
    return datetime.fromtimestamp(round(ts), UTC).isoformat().replace("+00:00", "Z")


def _head(id_: str, told: Told) -> dict[str, object]:
    return {
        "id": id_,
        "system": told.play.system.services[0].name,
        "question": told.question,
        "step_s": told.play.step_s,
        "window": {"from": _iso(told.play.times[0]), "to": _iso(told.until_ts)},
        "alert": {"entity": told.page.entity, "metric": told.page.metric, "at": _iso(told.page.at_ts)},
    }


def _truth(answer: Answer) -> dict[str, object]:
    out: dict[str, object] = {
        "root_entities": list(answer.roots),
        "fault": answer.fault,
        "guilty_change": answer.guilty or None,
    }
    return {**out, "collision": list(answer.joint)} if answer.joint else out


def _topology(told: Told) -> list[str]:
    services = told.play.system.services
    calls = [f"{services[c.caller].name},{services[c.callee].name},calls" for c in told.play.system.calls]
    pods = [
        f"{services[whole].name},{name},has_pod"
        for name, whole in zip(told.pods.names, told.pods.service, strict=True)
    ]
    return ["source,target,kind", *calls, *(pods if told.per_pod else [])]


def _changes(told: Told) -> list[dict[str, object]]:
    lines: list[tuple[float, dict[str, object]]] = []
    for release in told.play.releases:
        for n, (at_ts, new, old, removed) in enumerate(release.steps, 1):
            if at_ts > told.until_ts:
                continue
            pods = (
                {"step": n, "new": new, "old": old, "removed": removed}
                if release.births and told.per_pod
                else {}
            )
            line: dict[str, object] = {
                "id": f"{release.id}#{n}" if len(release.steps) > 1 else release.id,
                "kind": release.kind,
                "entity": told.play.system.services[release.service].name,
                "at": _iso(at_ts),
                "detail": pods,
            }
            lines.append((at_ts, line))
    return [line for _, line in sorted(lines, key=lambda pair: (pair[0], str(pair[1]["id"])))]


def _table(told: Told) -> str:
    shown = told.play.times <= told.until_ts
    kept = [c for c in told.columns if np.isfinite(c.values[shown]).any()]
    values = np.stack([c.values[shown] for c in kept], axis=1)
    lines = [",".join(["time", *(c.name for c in kept)])]
    for at, row in zip(told.play.times[shown], values, strict=True):
        cells = ("" if x != x else f"{x:.{_DIGITS}g}" for x in row.tolist())
        lines.append(f"{at:.0f}," + ",".join(cells))
    return "\n".join(lines) + "\n"


def chance(rng: Generator, probability: float) -> bool:
    """Whether something of this probability happens."""
    return bool(rng.random() < probability)
