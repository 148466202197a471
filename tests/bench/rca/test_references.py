"""The reference methods, against the published ones and against what they are meant to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seamline.bench.rca import folder, references
from seamline.bench.rca.prediction import Prediction
from tests.bench.rca.cases import START, STEP, at, csv_text, write

PUBLISHED = {"random": references.chance, **references.METHODS}


def first(said: Prediction) -> str:
    """What a prediction puts first."""
    assert said.ranking
    return said.ranking[0].entity


@pytest.mark.parametrize("name", ["nsigma", "baro", "nsigma_kind", "baro_kind", "traversal"])
def test_a_plain_fault_is_found(tmp_path: Path, name: str) -> None:
    """The one service whose latency rose, two calls below the alert."""
    (place,) = folder.places(write(tmp_path))
    text = csv_text(["time", "front:latency_s", "cart:latency_s", "stock-0:latency_s"], _rising())
    (tmp_path / "c-1" / "metrics.csv.gz").write_text(text, encoding="utf-8")
    assert first(references.METHODS[name](folder.read(place))) == "stock"


def _rising() -> list[list[object]]:
    return [
        [START + i * STEP, 1 + i % 3 + 5 * (i > 16), 1 + i % 3 + 6 * (i > 16), 1 + i % 3 + 40 * (i > 16)]
        for i in range(20)
    ]


@pytest.mark.parametrize("name", sorted(references.METHODS))
def test_a_case_with_nothing_in_it_has_no_answer(tmp_path: Path, name: str) -> None:
    """No alert, no metrics, no calls: an empty ranking, no error."""
    files = {"metrics.csv.gz": None, "topology.csv": None, "changes.jsonl": None}
    (place,) = folder.places(write(tmp_path, files=files, alert=None))
    assert references.METHODS[name](folder.read(place)).ranking == ()


def _copied(cases: Path, root: Path, n: int) -> None:
    """The first cases of a published set, by reference."""
    root.mkdir()
    for place in folder.places(cases)[:n]:
        (root / place.name).symlink_to(place.path.resolve(), target_is_directory=True)


def _with_changes(root: Path) -> None:
    lines = [
        {"id": f"r{r}#{n}", "kind": "deploy", "entity": e, "at": at(300 * r + 60 * n), "detail": {}}
        for r, e in enumerate(("front", "cart", "stock", "stock"))
        for n in (1, 2)
    ]
    changes = "\n".join(map(json.dumps, lines))
    write(root, question="change", files={"changes.jsonl": changes})


@pytest.mark.parametrize("set_name", ["petshop-low", "nezha-ob-0822", "changes"])
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_answers_are_the_published_ones(shared: Path, tmp_path: Path, set_name: str, name: str) -> None:
    """Every entity and change with the same probability, to nine digits."""
    program = shared / "rca" / "baselines.py"
    if not program.is_file():
        pytest.skip(f"the published reference methods are missing: {program}")
    root = tmp_path / set_name
    if set_name == "changes":
        _with_changes(root)
    else:
        _copied(shared / "rca" / set_name, root, 4)
    command = [sys.executable, str(program), "predict", name, str(root)]
    env = {**os.environ, "PYTHONHASHSEED": "0"}  # theirs goes through sets
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env)
    theirs = {said["case"]: said for said in map(json.loads, done.stdout.splitlines())}
    for place in folder.places(root):
        said, mine = theirs[place.name], PUBLISHED[name](folder.read(place))
        assert {e.entity: e.probability for e in mine.ranking or ()} == pytest.approx(
            {e["entity"]: e["probability"] for e in said["ranking"]}, abs=1e-9
        )
        assert {c.id: c.probability for c in mine.changes or ()} == pytest.approx(
            {c["id"]: c["probability"] for c in said.get("changes", [])}, abs=1e-9
        )
