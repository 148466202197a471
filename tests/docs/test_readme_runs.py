"""README's and the quickstart's commands, run as they stand there."""

import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from seamline.cli import app
from seamline.terminal import exits

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/quickstart.md")
NOT_RUN = ("serve",)  # runs until it is stopped: tests/http start it


def _lines(page: str) -> Iterator[list[str]]:
    """The `seamline` lines of a page's shell blocks, as arguments."""
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("seamline "):
                yield shlex.split(line, comments=True)[1:]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files the pages speak of."""
    recording = files("seamline") / "demo" / "friday.jsonl.zst"
    (tmp_path / "recorded.jsonl.zst").write_bytes(recording.read_bytes())
    (tmp_path / "change.json").write_text('{"entity": "service:booking", "kind": "deploy", "title": "2.5.0"}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEAMLINE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_its_commands_run(page: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the first to the last, in order, in a fresh home; the gate may answer as it likes."""
    for arguments in _lines(page):
        if arguments[0] in NOT_RUN:
            continue
        code = exits.run(app, arguments)
        said = capsys.readouterr()
        allowed = {0, exits.HOLD, exits.UNKNOWN} if arguments[0] == "gate" else {0}
        assert code in allowed, f"{arguments}: {said.err}"
        assert said.out
    assert (place / "home" / "log.sqlite").exists()
