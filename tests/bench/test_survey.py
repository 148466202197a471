"""The map of a company's fifty repositories; what it costs is the benchmark's to say."""

import json
import subprocess
import sys


def test_fifty_repositories_are_a_map_without_gaps() -> None:
    """Every seam has its one person, and nothing is left unread."""
    command = [sys.executable, "-m", "seamline.cli", "bench", "survey", "models=20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    figures = json.loads(done.stdout)
    assert figures["n_repositories"] == 51  # beside them a dbt project as wide as asked
    assert (figures["n_seams_without_one_person"], figures["n_unread"]) == (0, 0)
