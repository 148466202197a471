"""The first write of a home, stopped half-way: by kill -9 at any moment, and by a disk that is full."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from seamline.app import views
from seamline.bootstrap import open_home
from seamline.model.errors import Stop
from tests.checkouts.test_git import commit, run
from tests.cli.conftest import Run

INIT = ("init", "{src}", "--owner", "Mara Vogel", "--home", "{home}")
MAKE = ("init", "--owner", "Mara Vogel", "--home", "{home}")
COMPOSE = "services:\n  visits-db: {image: 'postgres:16'}\n" + "".join(
    f"  desk-{n}: {{build: ., environment: {{DATABASE_URL: 'postgres://app@visits-db:5432/visits'}}}}\n"
    for n in range(60)  # so that the log's own write is what has no room
)
_PASSING = re.compile(r"-(wal|shm)$")  # SQLite takes them away when it is closed
_OWN = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|\bp_[a-z2-7]{12}\b")  # times, pseudonyms


class Contents(NamedTuple):
    """What a home holds, but for what is of its own time and keys."""

    declared: str
    log: list[tuple[str, str]]
    entities: list[str]
    seams: list[str]


def contents(folder: Path) -> Contents:
    with open_home(folder, write=False) as home:
        log = [(d.source, _OWN.sub("", (d.body or b"").decode())) for d in home.log.read()]
        entities, seams = [e.ref for e in views.entities(home)], [str(s.key()) for s in views.seams(home)]
        return Contents(home.config.read_text(), log, entities, seams)


def files(folder: Path) -> list[str]:
    """By name, but for those that SQLite takes away when it is closed."""
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if not _PASSING.search(f.name))


def found_in(folder: Path) -> Contents | None:
    """What a reader finds who comes upon it: everything that the home was made for, or None. Nothing else may be."""
    try:
        with open_home(folder, write=False) as home:
            if not home.log.position():
                assert (views.entities(home), views.seams(home)) == ([], [])
                return None
    except Stop as refused:
        return None if refused.hint else contents(folder)
    return contents(folder)


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """A checkout with an owner who is nobody's person yet, so that a pseudonym and its key are made."""
    src = tmp_path / "src" / "booking"
    src.mkdir(parents=True)
    run(src, "init", "-q", "-b", "main")
    commit(src, "first", CODEOWNERS="* @ben ann@clinic.example\n", README="x")
    (src / "compose.yaml").write_text(COMPOSE)
    return src


def stopped(how: str, folder: Path, moments: range, arguments: list[str]) -> list[tuple[Path, int]]:
    """The homes of all runs, and the exit code of each; see `tests.cli.cut_off`."""
    folder.mkdir()
    numbers = [str(n) for n in (moments.start, moments.stop, moments.step)]
    command = [sys.executable, "-m", "tests.cli.cut_off", how, str(folder), *numbers, *arguments]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=root, check=True)
    runs = [line.split() for line in done.stdout.splitlines()]
    return [(folder / n, int(code)) for n, code in runs]


@pytest.mark.parametrize(("command", "step"), [(INIT, 29), (MAKE, 3)])
def test_a_home_cut_off_by_kill_9_is_made_by_the_same_command(
    seamline: Run, src: Path, tmp_path: Path, command: tuple[str, ...], step: int
) -> None:
    """Until then a reader finds nothing, is refused with the mend, or has all of it: never the half."""
    given = [a.replace("{src}", str(src)) for a in command]
    runs = stopped("kill", tmp_path / "killed", range(1, 5000, step), given)
    whole = tmp_path / "killed" / "whole"
    assert {code for _, code in runs[:-1]} == {-9}
    assert len(runs) > 20
    for folder, _ in runs:
        assert found_in(folder) in (None, contents(whole)), folder
        again = seamline(*(a.replace("{home}", str(folder)) for a in given))
        assert (again.returncode, again.stderr) == (0, ""), folder
        assert (contents(folder), files(folder)) == (contents(whole), files(whole)), folder


@pytest.mark.parametrize("command", [INIT, MAKE])
def test_a_full_disk_is_one_line_and_a_home_as_soon_as_there_is_room(
    seamline: Run, src: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Wherever the room ends: exit code 2, what to do, nothing half-written."""
    given = [a.replace("{src}", str(src)) for a in command]
    runs = stopped("full", tmp_path / "full", range(0, 2**20, 2**13), given)
    whole = tmp_path / "full" / "whole"
    assert {code for _, code in runs[:-1]} == {2}
    for folder, _ in runs[:-1]:
        said = (folder.parent / f"{folder.name}.err").read_text()
        assert re.fullmatch(r"error: .*room.*\n", said), said
        assert found_in(folder) in (None, contents(whole)), folder
        again = seamline(*(a.replace("{home}", str(folder)) for a in given))
        assert (again.returncode, again.stderr) == (0, ""), folder
        assert (contents(folder), files(folder)) == (contents(whole), files(whole)), folder
