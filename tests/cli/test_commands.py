"""The program as people run it: arguments in, lines and exit codes out."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

import pytest

from seamline.bootstrap import open_home

Run = Callable[..., Any]  # see conftest

HELP_S = 0.4  # the promise; a fresh interpreter alone takes a tenth of it

DELIVERY = json.dumps(
    {
        "source": "github",
        "received_at": "2026-03-06T15:00:00Z",
        "headers": {"x-github-event": "ping"},
        "body": "{}",
    }
)


def test_help_lists_the_commands_quickly(program: Run) -> None:
    """`--help` names every command and takes less than 0.4 s of processor time."""
    took = []
    for _ in range(3):
        before = getrusage(RUSAGE_CHILDREN)
        done = program("--help")
        after = getrusage(RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert done.returncode == 0
    assert "loose-ends" in done.stdout
    assert median(took) < HELP_S


def test_help_imports_nothing_heavy() -> None:
    """What only some commands need is not imported for `--help`."""
    script = "import sys, seamline.cli; print(sorted({'numpy','sqlglot','yaml','rich','litestar','cryptography'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_arguments_show_the_help(seamline: Run) -> None:
    """Called bare, the program says what it can do."""
    done = seamline()
    assert "Usage: seamline" in done.stdout + done.stderr


def test_init_puts_the_owner_in_force(seamline: Run) -> None:
    """After `init` the tree has its one root."""
    done = seamline("init", "--owner", "Mara Vogel", "--name", "Clinic")
    assert done.returncode == 0, done.stderr
    assert "Next:" in done.stdout
    tree = json.loads(seamline("org", "--json").stdout)
    assert [(p["id"], p["name"], p["reports_to"]) for p in tree["people"]] == [
        ("mara-vogel", "Mara Vogel", "")
    ]
    assert tree["name"] == "Clinic"


def test_init_overwrites_nothing(seamline: Run, home: Path) -> None:
    """A second `init` is refused and the map stays as it is."""
    seamline("init", "--owner", "Mara")
    before = (home / "seamline.toml").read_bytes()
    done = seamline("init", "--owner", "Somebody Else")
    assert done.returncode == 2
    assert (home / "seamline.toml").read_bytes() == before


@pytest.mark.parametrize("name", ['Åsa "Q" Öberg', "back\\slash", "line\nfeed", "]] = #"])
def test_any_owner_name_makes_a_valid_map(seamline: Run, name: str) -> None:
    """Quotes, backslashes and the like in names can't break the starter file."""
    assert seamline("init", "--owner", name).returncode == 0
    assert json.loads(seamline("org", "--json").stdout)["people"][0]["name"] == name


def test_home_may_stand_before_or_after_the_command(seamline: Run, tmp_path: Path) -> None:
    """`--home` is taken in both places; after the command it wins."""
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    assert seamline("--home", one, "init", "--owner", "Ann").returncode == 0
    assert seamline("init", "--owner", "Ben", "--home", two).returncode == 0
    assert "Ann" in seamline("org", "--home", one).stdout
    assert "Ben" in seamline("--home", one, "org", "--home", two).stdout


def test_a_missing_home_is_one_line(seamline: Run) -> None:
    """Reading where nothing is: one line with the mend, exit 2, and no home is left behind."""
    done = seamline("incidents")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "seamline init" in done.stderr


@pytest.mark.parametrize("view", ["incidents", "seams", "entities", "loose-ends", "deliveries", "decisions"])
def test_an_empty_home_reads_as_empty(seamline: Run, view: str) -> None:
    """Every list of a fresh home is valid JSON and a plain sentence."""
    seamline("init", "--owner", "Mara")
    answer = json.loads(seamline(view, "--json").stdout)
    assert set(answer) == {"as_of", view.replace("-", "_")}
    shown = seamline(view)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip()


def test_ingest_twice_takes_nothing_twice(seamline: Run, tmp_path: Path) -> None:
    """A recording that is there already adds nothing."""
    seamline("init", "--owner", "Mara")
    file = tmp_path / "recorded.jsonl"
    file.write_text(DELIVERY + "\n")
    assert "1 deliveries, 1 new" in seamline("ingest", str(file)).stdout
    assert "1 deliveries, 0 new" in seamline("ingest", str(file)).stdout


def test_ingest_reads_standard_input(seamline: Run) -> None:
    """`-` is standard input."""
    seamline("init", "--owner", "Mara")
    assert "1 new" in seamline("ingest", "-", stdin=DELIVERY + "\n").stdout


def test_a_broken_recording_names_file_and_line(seamline: Run, tmp_path: Path) -> None:
    """A bad line is named; the good one before it is kept."""
    seamline("init", "--owner", "Mara")
    file = tmp_path / "recorded.jsonl"
    file.write_text(DELIVERY + "\n{oops\n")
    done = seamline("ingest", str(file))
    assert done.returncode == 2
    assert f"{file}:2" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (
        len(json.loads(seamline("deliveries", "--json").stdout)["deliveries"]) == 2
    )  # the map, and the ping


def test_a_broken_map_leaves_the_last_one_in_force(seamline: Run, home: Path) -> None:
    """A cycle in seamline.toml is told of in one line; the tree before it stays."""
    seamline("init", "--owner", "Mara")
    (home / "seamline.toml").write_text(
        '[organisation]\nname="x"\n[[person]]\nid="a"\nname="A"\nreports_to="a"\n'
    )
    done = seamline("ingest", "-", stdin=DELIVERY + "\n")
    assert done.returncode == 0
    assert done.stderr.startswith("warning: seamline.toml")
    assert json.loads(seamline("org", "--json").stdout)["people"][0]["id"] == "mara"


def test_what_others_wrote_does_not_steer_the_terminal(seamline: Run, home: Path) -> None:
    """Control characters in a file are not part of the line that refuses it."""
    seamline("init", "--owner", "Mara")
    (home / "seamline.toml").write_text('[[person]]\nid = "mara"\n[[person]]\nid = "\\u001b[2J\\u202e"\n')
    done = seamline("ingest", "-", stdin="")
    assert "two roots" in done.stderr
    assert done.stderr.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    ("year", "said"), [("2200", "too far in the future"), ("0001", "before 1970"), ("1969", "before 1970")]
)
def test_a_delivery_of_no_time_is_refused(seamline: Run, tmp_path: Path, year: str, said: str) -> None:
    """One wrong year would move the home's time past everything that comes after it."""
    file = tmp_path / "recorded.jsonl"
    future = json.dumps(json.loads(DELIVERY) | {"received_at": f"{year}-01-01T00:00:00Z"})
    file.write_text(f"{DELIVERY}\n{future}\n")
    done = seamline("ingest", str(file))
    assert done.returncode == 2
    assert f"{file}:2: received_at {year}-01-01 lies {said}" in done.stderr
    assert len(json.loads(seamline("deliveries", "--json").stdout)["deliveries"]) == 1


def test_lost_views_are_formed_anew(seamline: Run, home: Path) -> None:
    """A reader needs the log only; what it prints is the same."""
    seamline("init", "--owner", "Mara")
    with (home / "seamline.toml").open("a") as file:
        file.write('[[entity]]\nref = "service:booking"\n')
    seamline("ingest", "-", stdin=DELIVERY + "\n")
    before = json.loads(seamline("entities", "--json").stdout)["entities"]
    for path in home.glob("views.sqlite*"):
        path.unlink()
    assert [e["ref"] for e in before] == ["service:booking"]
    assert json.loads(seamline("entities", "--json").stdout)["entities"] == before


def test_a_log_that_was_lost_is_not_begun_anew(seamline: Run, home: Path) -> None:
    """An empty log beside views that know more means that something is gone: nothing is written over it."""
    seamline("init", "--owner", "Mara")
    seamline("ingest", "-", stdin=DELIVERY + "\n")
    for path in home.glob("log.sqlite*"):
        path.unlink()
    done = seamline("ingest", "-", stdin=DELIVERY + "\n")
    assert done.returncode == 2
    assert "its views had come to 2" in done.stderr


def test_an_edited_map_comes_into_force(seamline: Run, home: Path) -> None:
    """The next command that writes takes the edited file."""
    seamline("init", "--owner", "Mara")
    with (home / "seamline.toml").open("a") as file:
        file.write('\n[[person]]\nid = "ben"\nname = "Ben"\nreports_to = "mara"\n')
    seamline("ingest", "-", stdin=DELIVERY + "\n")
    assert {p["id"] for p in json.loads(seamline("org", "--json").stdout)["people"]} == {"mara", "ben"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["why", "I-99"],
        ["acknowledge", "I-99"],
        ["hand-over", "I-99", "--to", "mara", "--why", "x"],
        ["correct", "I-99", "confirmed"],
        ["gate", "no-such-file.json"],
        ["gate", "{not json"],
        ["gate", "{}"],
        ["gate", '{"a":' * 9_000 + "1" + "}" * 9_000],
        ["erase", "x", "--why", "y"],
        ["bench", "no-such-thing"],
        ["incidents", "--as-of", "yesterday"],
        ["ingest", "no-such-file"],
        ["no-such-command"],
    ],
)
def test_a_mistake_is_told_without_a_traceback(seamline: Run, arguments: list[str]) -> None:
    """Whatever the caller gets wrong ends with exit 2 and no traceback."""
    seamline("init", "--owner", "Mara")
    done = seamline(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "rror" in done.stderr


def test_a_defect_is_one_line_and_its_own_exit_code(
    seamline: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that can't be read as expected never shows a traceback unless it was asked for."""
    seamline("init", "--owner", "Mara")
    (home / "log.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    for path in home.glob("log.sqlite-*"):
        path.unlink()
    done = seamline("incidents")
    assert done.returncode in (2, 70)
    assert done.stderr.count("\n") == 1
    monkeypatch.setenv("SEAMLINE_DEBUG", "1")
    assert "Traceback" in seamline("incidents").stderr


def test_as_of_looks_back(seamline: Run) -> None:
    """Before the first delivery nothing is known."""
    seamline("init", "--owner", "Mara")
    seamline("ingest", "-", stdin=DELIVERY + "\n")
    answer = json.loads(seamline("deliveries", "--json", "--as-of", "2026-03-06T14:00:00Z").stdout)
    assert [d for d in answer["deliveries"] if d["source"] == "github"] == []
    assert answer["as_of"] == "2026-03-06T14:00:00Z"


def test_replay_is_the_same_under_any_hash_seed(program: Run) -> None:
    """Two rebuilds of one log are equal, byte for byte."""
    program("init", "--owner", "Mara")
    one = program("replay", "--export", PYTHONHASHSEED="1")
    two = program("replay", "--export", PYTHONHASHSEED="2")
    assert one.returncode == 0, one.stderr
    assert one.stdout == two.stdout


def test_a_terminal_without_unicode_is_served(seamline: Run, program: Run) -> None:
    """A name that the terminal can't print costs a question mark, not the command."""
    seamline("init", "--owner", "Łucja")
    done = program("org", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "?ucja" in done.stdout


def test_a_closed_pipe_is_no_error(home: Path, seamline: Run) -> None:
    """`seamline ... | head` ends quietly."""
    seamline("init", "--owner", "Mara")
    command = f'"{sys.executable}" -m seamline.cli --home "{home}" org --json | head -c 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_gate_answers_beside_a_running_writer(seamline: Run, home: Path) -> None:
    """A pipeline gets its verdict while another process writes; it is told that nothing was recorded."""
    seamline("init", "--owner", "Mara")
    question = ("gate", '{"entity": "service:booking", "rollback": true}')
    with open_home(home, write=True) as held:
        before = held.log.position()
        beside = seamline(*question)
        assert held.log.position() == before
    alone = seamline(*question)
    assert (beside.returncode, beside.stdout) == (0, alone.stdout)
    assert "not on record" in beside.stderr
    assert alone.stderr == ""


def test_a_file_that_is_not_there_is_told_in_words(seamline: Run) -> None:
    """No error number stands in the line."""
    seamline("init", "--owner", "Mara")
    said = seamline("gate", "no-such-file.json").stderr
    assert said.startswith("error: no-such-file.json: can't be read (No such file or directory)")


def test_an_edit_of_the_map_is_told_of_until_it_is_in_force(seamline: Run, home: Path) -> None:
    """What reads the map says that the file says something else, until `configure` puts it into force."""
    seamline("init", "--owner", "Mara")
    assert seamline("org").stderr == ""
    config = home / "seamline.toml"
    config.write_text(
        config.read_text() + '\n[[entity]]\nref = "service:shop"\nowner = "mara"\n', encoding="utf-8"
    )
    assert "not in force yet" in seamline("org").stderr
    assert "not in force yet" in seamline("seams").stderr
    done = seamline("configure")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 people, 1 entities" in done.stdout
    after = seamline("org")
    assert ("service:shop" in after.stdout, after.stderr) == (True, "")


def test_a_wrong_map_does_not_come_into_force(seamline: Run, home: Path) -> None:
    """`configure` says in one line what is wrong and ends with 2; the last valid map stays."""
    seamline("init", "--owner", "Mara")
    (home / "seamline.toml").write_text('[[person]]\nid = "mara"\nreports_to = "mira"\n', encoding="utf-8")
    done = seamline("configure")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "mira" in done.stderr
    assert "Mara (mara)" in seamline("org").stdout


def test_the_version_is_printed(seamline: Run) -> None:
    """One line: the program's name and its version."""
    done = seamline("--version")
    assert (done.returncode, done.stdout) == (0, f"seamline {version('seamline')}\n")
