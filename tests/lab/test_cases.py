"""Case folders made of recordings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab import cases
from lab.recording import truth_path
from seamline.analysis.inquiry.contrast import contrast
from seamline.bench.rca import folder
from seamline.model.errors import Fix

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "lab" / "recordings"


def test_a_canary_has_its_steps_and_its_truth(tmp_path: Path) -> None:
    """The guilty release is a rollout in steps with pods of both versions, and the truth names it."""
    (made,) = cases.make([RECORDED / "canary.jsonl.zst"], tmp_path)
    place = folder.places(made)[0]
    case, truth = folder.read(place), json.loads((made / "truth.json").read_text())
    steps = [step for step in case.steps if step.rollout == truth["guilty_change"]]
    assert len(steps) >= 3
    assert steps[0].new
    assert steps[0].old
    assert truth["root_entities"] == [steps[0].entity]
    assert case.alert is not None
    assert case.alert.entity == "service:booking"
    assert case.times[-1] <= case.to_ts


def test_the_guilty_canary_stands_out(tmp_path: Path) -> None:
    """Its new pods beside its old ones tell it from two other releases in the same minute."""
    (made,) = cases.make([RECORDED / "canary.jsonl.zst"], tmp_path)
    terms = contrast(folder.read(folder.places(made)[0]), None)
    nats = {rollout: sum(term.nats for term in of_one) for rollout, of_one in terms.items()}
    assert (
        max(nats, key=lambda one: nats[one]) == json.loads((made / "truth.json").read_text())["guilty_change"]
    )


def test_nothing_is_guilty_where_nothing_happened(tmp_path: Path) -> None:
    """A calm recording has a page, for its largest excursion, and no root."""
    (made,) = cases.make([RECORDED / "calm.jsonl.zst"], tmp_path)
    truth = json.loads((made / "truth.json").read_text())
    assert (truth["root_entities"], truth["guilty_change"], truth["fault"]) == ([], None, "none")
    assert json.loads((made / "case.json").read_text())["alert"] is not None


def test_a_fault_without_a_change_has_no_guilty_one(tmp_path: Path) -> None:
    """Eight harmless changes and a lock in the database: the root is named, no change is."""
    (made,) = cases.make([RECORDED / "many.jsonl.zst"], tmp_path)
    truth = json.loads((made / "truth.json").read_text())
    assert truth["root_entities"]
    assert truth["guilty_change"] is None


def test_a_recording_without_its_truth_is_refused(tmp_path: Path) -> None:
    """With what is missing, and where."""
    alone = tmp_path / "alone.jsonl.zst"
    alone.write_bytes((RECORDED / "calm.jsonl.zst").read_bytes())
    with pytest.raises(Fix, match="its truth is missing") as refused:
        cases.make([alone], tmp_path / "out")
    assert truth_path(alone).name in refused.value.hint


def test_the_command_names_what_it_made(tmp_path: Path) -> None:
    """One folder a line; exit code 2 and one line for what can't be read."""
    command = [sys.executable, "-m", "lab", "cases", "--out", str(tmp_path)]
    done = subprocess.run(
        [*command, str(RECORDED / "two.jsonl.zst")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [str(tmp_path / "two")]
    broken = subprocess.run(
        [*command, "none.jsonl.zst"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (broken.returncode, len(broken.stderr.splitlines())) == (2, 1)
