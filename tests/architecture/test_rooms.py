"""The rooms: who may import whom is checked, and so is that the check is complete."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "seamline"
PURE = ("model", "analysis", "guards", "sources")
DATA_ONLY = ("demo",)  # recordings, no code
VAGUE = {"utils", "common", "helpers", "manager", "base", "core", "util", "helper", "misc"}
MAX_LINES = 400

SOURCES = sorted(p for p in PACKAGE.rglob("*.py"))


def _settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _contract(name: str) -> dict[str, Any]:
    contracts = _settings()["tool"]["importlinter"]["contracts"]
    return next(c for c in contracts if c["id"] == name)


def _lint(config: Path) -> "subprocess.CompletedProcess[str]":
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--no-logo",
        "--no-cache",
        "--config",
        str(config),
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_rooms_import_downwards_only() -> None:
    """Every contract of import-linter is kept."""
    done = _lint(ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stdout


def test_a_room_without_a_place_fails(tmp_path: Path) -> None:
    """Were a room taken out of the layers, as a new one is not in them, the check would fail and name it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    config = tmp_path / "pyproject.toml"
    config.write_text(text.replace('    "bootstrap",\n', ""), encoding="utf-8")
    done = _lint(config)
    assert done.returncode != 0
    assert "bootstrap" in done.stdout


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without `__init__.py` would escape the check of the rooms."""
    folders = {p.parent for p in SOURCES}
    assert [f for f in sorted(folders) if not (f / "__init__.py").exists()] == []


def test_folders_of_data_hold_no_code() -> None:
    """What the layers don't name is data."""
    assert [p for p in SOURCES if p.relative_to(PACKAGE).parts[0] in DATA_ONLY] == []


def test_every_pure_room_is_barred_from_input_and_output() -> None:
    """model, analysis and, as soon as they are there, guards stand in the contract of the pure rooms."""
    barred = set(_contract("pure")["source_modules"])
    there = {
        f"seamline.{r}" for r in ("model", "analysis", "guards") if (PACKAGE / r / "__init__.py").exists()
    }
    assert there <= barred


@pytest.mark.parametrize("room", PURE)
@pytest.mark.parametrize(
    "line",
    [
        "import datetime\nNOW = datetime.datetime.now()",
        "from datetime import date\nTODAY = date.today()",
        "import time\nNOW = time.time()",
        "import random",
        "from random import random",
        "import numpy as np\nRNG = np.random.default_rng()",
        "from os import environ",
    ],
)
def test_the_clock_and_chance_are_banned_in_pure_rooms(room: str, line: str) -> None:
    """ruff refuses the clock, chance and the environment there."""
    command = [
        str(Path(sys.executable).parent / "ruff"), "check", "--select", "TID251", "--no-cache",
        "--stdin-filename", str(PACKAGE / room / "deep" / "made_up.py"), "-",
    ]  # fmt: skip
    done = subprocess.run(command, input=line + "\n", capture_output=True, text=True, cwd=ROOT, check=False)
    assert "TID251" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_short_and_named_for_something(path: Path) -> None:
    """No file is longer than 400 lines or named for nothing in particular."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_functions_are_short(path: Path) -> None:
    """No function is longer than 60 lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno >= 60]
    assert long == []


def test_a_blind_except_lives_in_doors_and_the_inbox_only() -> None:
    """`except Exception` is caught where one bad delivery, request or action must not end everything."""
    rooms = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.ExceptHandler)
                and isinstance(node.type, ast.Name)
                and node.type.id == "Exception"
            ):
                rooms.add(path.relative_to(PACKAGE).as_posix())
    allowed = (
        "http/",
        "console/",
        "mcp/",
        "terminal/",
        "bench/",
        "app/ingest.py",
        "app/erase.py",
        "app/heed.py",
        "app/perform.py",
        "app/survey.py",
        # what a foreign parser or a template raises is not ours to list
        "analysis/lineage/statement.py",
        "analysis/lineage/parsing.py",
        "artefacts/dbt_project/jinja.py",
    )
    assert [room for room in sorted(rooms) if not room.startswith(allowed)] == []
