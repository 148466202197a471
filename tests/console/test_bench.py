"""The console's own measurement."""

import json
import subprocess
import sys
from typing import Any

import pytest

from seamline.bench import console
from seamline.model.errors import Fix


@pytest.mark.usefixtures("browser")
def test_every_event_is_a_mark_in_the_browser() -> None:
    """And frames are counted. In a process of its own: playwright runs once per thread."""
    command = [sys.executable, "-m", "seamline.cli", "bench", "console", "events=60", "drags=1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    figures: Any = json.loads(ended.stdout)
    assert figures["marks"] == 240
    assert figures["panning"]["frames"] > 10


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what mends it."""
    monkeypatch.setenv("SEAMLINE_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(Fix, match="no Chromium here") as caught:
        console.run(events=1)
    assert "apt install" in caught.value.hint
