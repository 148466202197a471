"""What the map of a company's fifty repositories costs."""

import json
import subprocess
import sys

MOST_S = 60
MOST_MB = 600


def test_fifty_repositories_are_read_within_a_minute_and_little_memory() -> None:
    """Every seam has its one person, and nothing is left unread."""
    command = [sys.executable, "-m", "seamline.cli", "bench", "survey"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    figures = json.loads(done.stdout)
    assert figures["n_repositories"] == 50
    assert figures["seconds"] < MOST_S
    assert figures["peak_mb"] < MOST_MB
    assert (figures["n_seams_without_one_person"], figures["n_unread"]) == (0, 0)
