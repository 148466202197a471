"""The real programs, run and recorded for a moment."""

import base64
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard

ROOT = Path(__file__).parents[2]
MINUTES = 0.75


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short calm recording, made by the command."""
    out = tmp_path_factory.mktemp("lab") / "calm.jsonl.zst"
    done = subprocess.run(
        [sys.executable, "-m", "lab", "record", "calm", "--seed", "5", "--minutes", str(MINUTES), "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def lines(recording: Path) -> list[dict[str, Any]]:
    """The deliveries of a recording."""
    text = zstandard.ZstdDecompressor().decompress(recording.read_bytes(), max_output_size=1 << 28).decode()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.lab
def test_every_tool_is_heard(recorded: Path) -> None:
    """Changes, Events, telemetry, tickets and data runs are all in a recording, in order of receipt."""
    deliveries = lines(recorded)
    counts = Counter(line["source"] for line in deliveries)
    assert {"github", "kubernetes", "prometheus", "zendesk", "openlineage"} <= set(counts)
    received = [line["received_at"] for line in deliveries]
    assert received == sorted(received)


@pytest.mark.lab
def test_no_address_of_this_run_is_recorded(recorded: Path) -> None:
    """No loopback address, no folder of this machine stands in any readable delivery."""
    for line in lines(recorded):
        text = json.dumps(line["headers"]) + line.get("body", "")
        text += base64.b64decode(line.get("body_b64", "")).decode("latin-1")
        assert "127.0.0.1" not in text
        assert "/tmp/" not in text


@pytest.mark.lab
def test_truth_of_calm_names_no_incident(recorded: Path) -> None:
    """Nothing happened, and all changes that were announced are harmless."""
    truth = json.loads(recorded.with_name("calm.truth.json").read_text())
    announced = sum(
        line["source"] == "github" and line["headers"]["X-GitHub-Event"] == "deployment"
        for line in lines(recorded)
    )
    assert truth["incidents"] == []
    assert len(truth["harmless_changes"]) >= announced >= 6
