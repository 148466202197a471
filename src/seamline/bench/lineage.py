"""Lineage at size: a generated project read cold, warm and with one model changed; a graph of a million columns kept and asked.

Each reading is a process of its own, as people run it, so that loading the parser counts.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from seamline.analysis.lineage.graph import ColumnGraph, Numbered
from seamline.bench import _wide
from seamline.store.lineage import KeptColumns

T = TypeVar("T")
Figures = dict[str, object]
N_QUESTIONS = 1000


def run(
    models: int = 1000, columns: int = 1_000_000, edges: int = 1_800_000, starts: int = 300, seed: int = 1
) -> Figures:
    """`models` in the project; `columns` and `edges` in the graph, asked from `starts` of its columns."""
    with TemporaryDirectory(prefix="seamline-lineage-") as folder:
        return {
            "project": _project(Path(folder), models, seed) if models else None,
            "graph": _graph(Path(folder), columns, edges, starts, seed) if columns else None,
        }


def _project(folder: Path, models: int, seed: int) -> Figures:
    project = _wide.manifest(models, seed)
    file, questions = folder / "manifest.json", folder / "changes.jsonl"
    file.write_text(json.dumps(project), encoding="utf-8")
    questions.write_text("\n".join(_questions(project, seed)), encoding="utf-8")
    cold = _asked(folder, file)
    warm = _asked(folder, file)
    _wide.edited(project)
    file.write_text(json.dumps(project), encoding="utf-8")
    changed = _asked(folder, file)
    many = _asked(folder, file, questions)
    return {
        "models": models,
        "manifest_mb": round(file.stat().st_size / 1e6, 1),
        "cold_s": cold,
        "warm_s": warm,
        "one_model_changed_s": changed,
        f"{N_QUESTIONS}_questions_s": round(max(0.0, many - warm), 2),
        "most_resident_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }


def _questions(project: dict[str, dict[str, dict[str, dict[str, object]]]], seed: int) -> list[str]:
    rng = random.Random(seed)
    sources = list(project["sources"].values())
    return [
        json.dumps(
            {
                "kind": "drop_column",
                "relation": one["relation_name"],
                "column": rng.choice(list(one["columns"])),
            }
        )
        for one in rng.choices(sources, k=N_QUESTIONS)
    ]


def _asked(folder: Path, manifest: Path, questions: Path | None = None) -> float:
    """Seconds that the command takes, its cache in this folder."""
    question = '{"kind":"drop_column","relation":"w.raw.s0","column":"id"}'
    what = ["--changes", str(questions)] if questions else ["--change", question]
    command = [sys.executable, "-m", "seamline.cli", "impact", "--manifest", str(manifest), "--json", *what]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment(folder))
    return round(time.perf_counter() - began, 2)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}


def _graph(folder: Path, columns: int, edges: int, starts: int, seed: int) -> Figures:
    """Drawn, kept in a file as a home keeps it, read from there, and asked."""
    drawn, file = Numbered(*_wide.graph(columns, edges, seed)), folder / "lineage.sqlite"
    names = {table: (table,) for table in drawn.tables}
    kept = KeptColumns(file)
    _, keep_s = _took(lambda: kept.put(1, drawn, names, ()))
    (numbers, _), read_s = _took(kept.read)
    graph, build_s = _took(lambda: ColumnGraph(*numbers))
    rng = np.random.default_rng(seed)
    at = rng.integers(0, graph.n_columns, starts).tolist()
    reach = [len(graph.downstream(one)) for one in at]
    return {
        "columns": graph.n_columns,
        "edges": edges,
        "keep_s": round(keep_s, 2),
        "file_mb": round(file.stat().st_size / 1e6, 1),
        "read_s": round(read_s, 2),
        "build_s": round(build_s, 2),
        "index_mb": round(graph.n_bytes / 1e6, 1),
        "starts": starts,
        "reach_median": sorted(reach)[starts // 2],
        "reach_p95": sorted(reach)[int(starts * 0.95)],
        "reach_most": max(reach),
        "downstream_ms": _timed(graph.downstream, at),
        "upstream_ms": _timed(graph.upstream, at),
    }


def _took(step: Callable[[], T]) -> tuple[T, float]:
    """A step's outcome, and its seconds."""
    began = time.perf_counter()
    return step(), time.perf_counter() - began


def _timed(ask: Callable[[int], object], starts: Sequence[int]) -> dict[str, float]:
    took = []
    for start in starts:
        began = time.perf_counter()
        ask(start)
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    return {
        "median": round(took[len(took) // 2], 2),
        "p95": round(took[int(len(took) * 0.95)], 2),
        "worst": round(took[-1], 2),
    }
