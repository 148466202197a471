"""What a command does when nobody can take what it prints, or two would print into one another."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full to write to: run it on Linux"
)
def test_a_full_disk_is_one_line_and_no_defect(tmp_path: Path) -> None:
    """Exit code 2, with what to do."""
    command = [
        str(Path(sys.executable).with_name("seamline")),
        "init",
        str(tmp_path),
        "--owner",
        "Mara",
        "--json",
    ]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "defect" not in done.stderr


@pytest.mark.parametrize("both", [("--json", "--sarif", "-"), ("--sarif", "-", "--markdown", "-")])
def test_two_answers_on_stdout_are_refused(tmp_path: Path, both: tuple[str, ...]) -> None:
    """Neither could be read by a program."""
    command = [sys.executable, "-m", "seamline.cli", "check", str(tmp_path), *both]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "on stdout" in done.stderr
