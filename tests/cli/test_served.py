"""People act on a home while its server runs: the same commands, done by the server."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seamline.store.sqlite import SqliteLog
from seamline.store.writer_lock import WriterLock
from tests.app.world import SEAM, TREE, toml
from tests.checkouts.test_git import commit, run

Run = Callable[..., "subprocess.CompletedProcess[str]"]

FAR = "2999-01-01"
SERVE = [sys.executable, "-m", "seamline.cli", "serve", "--port", "0"]
OF_NOBODY = '{"entity": "service:of-nobody"}'


@pytest.fixture
def clinic(seamline: Run, home: Path) -> Run:
    """A home where the seam is Dario's and Mara is the whole-stack owner."""
    seamline("init", "--owner", "Mara")
    (home / "seamline.toml").write_text(toml(TREE))
    assert seamline("configure").returncode == 0
    return seamline


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "SEAMLINE_HOME": str(home)}


@pytest.fixture
def served(clinic: Run, home: Path) -> Iterator[Run]:
    """The same, with its server running."""
    with serving(home):
        yield clinic


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """While its server runs."""
    server = subprocess.Popen(SERVE, stdout=subprocess.PIPE, text=True, env=_environment(home))
    try:
        assert server.stdout is not None
        assert re.search(r"http://", server.stdout.readline())
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


def test_every_act_goes_through_the_running_server(served: Run) -> None:
    """Handed down, accepted, given back, judged, decided: as without a server, on record when the line is printed."""
    offered = served("hand-down", *SEAM, "--to", "ben", "--until", FAR, "--as", "dario")
    assert (offered.returncode, offered.stderr) == (0, "")
    assert "accepted by ben" in served("accept", *SEAM, "--as", "ben").stdout
    (seam,) = json.loads(served("seams", "--json").stdout)["seams"]
    assert seam["accountable"] == "ben"
    assert "given back by ben" in served("decline", *SEAM, "--as", "ben").stdout
    asked = served("gate", "--json", OF_NOBODY)
    assert (asked.returncode, asked.stderr) == (4, "")
    verdict = json.loads(asked.stdout)
    passed = served("decide", verdict["change"], "--pass", "--why", "a spike", "--as", verdict["accountable"])
    assert passed.returncode == 0, passed.stderr
    assert served("gate", OF_NOBODY).returncode == 0
    choices = [d.get("choice") for d in json.loads(served("decisions", "--json").stdout)["decisions"]]
    assert "pass" in choices


def test_an_edited_map_is_put_into_force_by_the_server(served: Run, home: Path) -> None:
    """`configure` prints what it prints without a server, and a file that is not valid is refused with one line."""
    file = home / "seamline.toml"
    file.write_text(toml(TREE) + '\n[[entity]]\nref = "service:new"\nowner = "ben"\n')
    done = served("configure")
    assert (done.returncode, done.stderr) == (0, "")
    assert "is in force" in done.stdout
    (last, *_) = [d for d in SqliteLog(home / "log.sqlite", write=False).read() if b"service:new" in d.body]
    assert last.key.startswith("config:")
    file.write_text("[[person")
    refused = served("configure")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)


def test_whose_word_it_is_is_kept(served: Run, home: Path) -> None:
    """The envelope names who entered another's word, as when no server runs."""
    served("hand-down", *SEAM, "--to", "ben", "--until", FAR, "--as", "dario")
    last = list(SqliteLog(home / "log.sqlite", write=False).read())[-1]
    assert last.headers["x-seamline-entered-by"] == "mara"


REFUSED = [
    (["hand-down", *SEAM, "--to", "ben", "--until", FAR], "belongs to dario"),
    (["accept", *SEAM, "--as", "daryo"], "did you mean dario?"),
    (["acknowledge", "I-7"], "no incident 'I-7'"),
    (["hand-over", "I-7", "--to", "ben", "--why", "his"], "no incident 'I-7'"),
    (["correct", "I-7", "confirmed"], "no incident 'I-7'"),
    (["decide", "0123456789abcdef", "--pass", "--why", "x"], "there is no verdict"),
    (["erase", "1", "--why", "x"], "record of Seamline's own"),
    (["gate", "{"], "neither an event id"),
]


def test_a_refusal_is_the_same_line(served: Run) -> None:
    """What the server refuses is told like what this process refuses: one line, exit 2."""
    done = [(served(*arguments), what) for arguments, what in REFUSED]
    assert [(d.returncode, what in d.stderr, d.stderr.count("\n")) for d, what in done] == [
        (2, True, 1)
    ] * len(REFUSED)


def test_without_a_server_the_one_who_writes_is_named(clinic: Run, home: Path) -> None:
    """Another command that writes is waited for; the gate answers all the same, and says what that means."""
    lock = WriterLock(home / "log.sqlite.lock")
    try:
        refused = clinic("accept", *SEAM, "--as", "ben")
        judged = clinic("gate", OF_NOBODY)
    finally:
        lock.release()
    assert refused.returncode == 2
    assert f"process {os.getpid()} already writes" in refused.stderr
    assert "try again when it has ended" in refused.stderr
    assert (judged.returncode, "not on record" in judged.stderr) == (4, True)


def test_actions_that_cannot_be_meant_stop_the_start(clinic: Run, home: Path) -> None:
    """Before anything listens: one line with the file and the mend, and no token in it."""
    assert clinic("seams").returncode == 0
    file = home / "actions.toml"
    file.write_text('[zendesk]\nhost = "clinic.example"\ntoken = "s3cret"')
    file.chmod(0o600)
    done = subprocess.run(
        SERVE, capture_output=True, text=True, timeout=30, env=_environment(home), check=False
    )
    assert (done.returncode, done.stderr.count("\n"), "s3cret" in done.stderr) == (2, 1, False), done.stderr
    assert "actions.toml: [zendesk]: host = 'clinic.example' is no Zendesk account" in done.stderr


def test_a_check_is_put_on_record_by_the_server(clinic: Run, home: Path, tmp_path: Path) -> None:
    """So that it can be decided on while the server holds the home."""
    repository = tmp_path / "booking"
    repository.mkdir()
    run(repository, "init", "-q", "-b", "main")
    commit(repository, "first", **{"manage.py": "", "clinic__migrations__0001_first.py": "A = 1\n"})
    with serving(home):
        commit(repository, "second", **{"clinic__migrations__0001_first.py": "A = ("})
        asked = clinic("check", str(repository), "--base", "HEAD~1", "--home", str(home), "--json")
        assert (asked.returncode, "note" in asked.stderr) == (4, False), asked.stderr
        verdict = json.loads(asked.stdout)["verdict"]
        passed = clinic(
            "decide", verdict["change"], "--pass", "--why", "a spike", "--as", verdict["accountable"]
        )
        assert (passed.returncode, passed.stderr) == (0, "")
        again = clinic("check", str(repository), "--base", "HEAD~1", "--home", str(home))
        assert again.returncode == 0
