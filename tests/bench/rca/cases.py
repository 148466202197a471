"""Small case folders, written to disk as the format says, with whatever is wrong with them."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

START = 1_700_000_040  # 2023-11-14T22:14:00Z
STEP = 60
SYSTEM = ("front", "cart", "stock")


def at(seconds: float) -> str:
    """An instant so many seconds after the start of the window."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(START + seconds, UTC).isoformat().replace("+00:00", "Z")


def csv_text(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lines of plain cells."""
    return "\n".join([",".join(head), *(",".join(map(str, row)) for row in rows)]) + "\n"


def metrics(n: int = 20, *, guilty: str = "stock") -> str:
    """Latencies of three services, a row a minute; in the last three rows the guilty one's is tenfold."""
    rows = []
    for i in range(n):
        values = [0.01 * (10 if i >= n - 3 and name == guilty else 1) + 0.001 * (i % 3) for name in SYSTEM]
        rows.append([START + i * STEP, *(f"{v:.4f}" for v in values)])
    return csv_text(["time", *(f"{name}:latency_s" for name in SYSTEM)], rows)


def head(n: int = 20, **changed: object) -> dict[str, object]:
    """What `case.json` says of such a case."""
    return {
        "id": "c-1",
        "system": "shop",
        "question": "entity",
        "step_s": STEP,
        "window": {"from": at(0), "to": at((n - 1) * STEP)},
        "alert": {"entity": "front", "metric": "latency_s", "at": at((n - 3) * STEP)},
        **changed,
    }


FILES: Mapping[str, str] = {
    "metrics.csv.gz": metrics(),
    "topology.csv": "source,target,kind\nfront,cart,calls\ncart,stock,calls\nstock,stock-0,has_pod\n",
    "changes.jsonl": "",
}
TRUTH = {"root_entities": ["stock"], "fault": "cpu", "guilty_change": None}


def write(
    folder: Path,
    name: str = "c-1",
    *,
    files: Mapping[str, str | bytes | None] | None = None,
    truth: Mapping[str, object] | None = TRUTH,
    **changed: object,
) -> Path:
    """A case below `folder`. `files` replaces files, None takes one away; keywords replace parts of `case.json`."""
    case = folder / name
    case.mkdir(parents=True)
    (case / "case.json").write_text(json.dumps(head(**changed)), encoding="utf-8")
    if truth is not None:
        (case / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    for file, content in {**FILES, **(files or {})}.items():
        if content is not None:
            data = content.encode() if isinstance(content, str) else content
            (case / file).write_bytes(
                gzip.compress(data) if file.endswith(".gz") and isinstance(content, str) else data
            )
    return case
