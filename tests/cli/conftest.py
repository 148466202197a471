"""A home of the test's own, and the command line on it: in this process, or as the real program."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from seamline.cli import app
from seamline.terminal import exits


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that is no home yet."""
    return tmp_path / "home"


@pytest.fixture
def seamline(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line on that home: `seamline("init", "--owner", "Mara")`."""
    monkeypatch.setenv("SEAMLINE_HOME", str(home))

    def run(*arguments: str, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = exits.run(app, list(arguments))
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def program(home: Path) -> Run:
    """The same as a process of its own; keywords are environment variables."""

    def run(*arguments: str, **environment: str) -> Done:
        command = [sys.executable, "-m", "seamline.cli", *arguments]
        env = {**os.environ, "SEAMLINE_HOME": str(home), "PYTHONWARNINGS": "error", **environment}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return run
