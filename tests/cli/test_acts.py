"""People take and give seams and decide about changes, as they type it."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.world import SEAM, TREE, toml

Run = Callable[..., "subprocess.CompletedProcess[str]"]

FAR = "2999-01-01"


@pytest.fixture
def clinic(seamline: Run, home: Path) -> Run:
    """A home where the seam is Dario's and Mara is the whole-stack owner."""
    seamline("init", "--owner", "Mara")
    (home / "seamline.toml").write_text(toml(TREE))
    assert seamline("ingest", "-").returncode == 0
    return seamline


def whose(seamline: Run) -> tuple[str, str]:
    """The seam's person, and how they were named."""
    (seam,) = json.loads(seamline("seams", "--json").stdout)["seams"]
    return seam["accountable"], seam["named"]


def test_a_seam_goes_down_and_comes_back(clinic: Run) -> None:
    """Handed down, accepted, given back: each on one line, and `seams` follows."""
    done = clinic("hand-down", *SEAM, "--to", "ben", "--until", FAR, "--as", "dario")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert whose(clinic) == ("dario", "rule")
    assert clinic("accept", *SEAM, "--as", "ben").returncode == 0
    assert whose(clinic) == ("ben", "hand-down")
    assert "given back by ben" in clinic("decline", *SEAM, "--as", "ben").stdout
    assert whose(clinic) == ("dario", "rule")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["hand-down", *SEAM, "--to", "ben", "--until", FAR], "belongs to dario"),
        (["hand-down", *SEAM, "--to", "ilse", "--until", FAR, "--as", "dario"], "not at or below dario"),
        (["hand-down", *SEAM, "--to", "ben", "--until", "2020-01-01", "--as", "dario"], "is past"),
        (["hand-down", *SEAM, "--to", "ben", "--until", FAR, "--as", "daryo"], "did you mean dario?"),
        (
            ["hand-down", "booking", "visits-db", "uses", "--to", "ben", "--until", FAR],
            "did you mean service:",
        ),
        (["accept", *SEAM, "--as", "ben"], "nothing is offered to ben"),
        (["decline", *SEAM], "nothing is handed down to mara"),
        (["decide", "0123456789abcdef", "--pass", "--why", "x"], "there is no verdict"),
    ],
)
def test_a_refusal_is_one_line(clinic: Run, arguments: list[str], what: str) -> None:
    """What, where and the mend on one line of stderr; exit 2."""
    done = clinic(*arguments)
    assert done.returncode == 2
    assert what in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_decision_needs_a_choice(clinic: Run) -> None:
    """Neither `--pass` nor `--hold`: usage, not a guess."""
    assert clinic("decide", "0123456789abcdef", "--why", "x").returncode == 2


def test_the_gate_honours_a_decision(clinic: Run) -> None:
    """What the gate can't know, its decider passes: exit 4 becomes 0, and the output names them."""
    change = '{"entity": "service:of-nobody"}'
    asked = clinic("gate", "--json", change)
    assert asked.returncode == 4
    verdict = json.loads(asked.stdout)
    decider = verdict["accountable"]
    done = clinic("decide", verdict["change"], "--pass", "--why", "a spike", "--as", decider, "--review", FAR)
    assert done.returncode == 0, done.stderr
    answer = clinic("gate", change)
    assert answer.returncode == 0
    assert f"{decider} decided to pass it" in " ".join(answer.stdout.split())
    choices = [d.get("choice") for d in json.loads(clinic("decisions", "--json").stdout)["decisions"]]
    assert "pass" in choices


def test_a_decision_is_listed_with_its_reason(clinic: Run) -> None:
    """A verdict that passes by somebody's word names that word, not what spoke against it."""
    change = '{"entity": "service:of-nobody"}'
    verdict = json.loads(clinic("gate", "--json", change).stdout)
    asked = clinic("decisions").stdout.splitlines()[-1]
    assert re.search(r"the gate +\S+ +unknown .*; \w+ decides", asked)  # nobody's word yet
    clinic("decide", verdict["change"], "--pass", "--why", "a spike", "--as", verdict["accountable"])
    clinic("gate", change)
    last = clinic("decisions").stdout.splitlines()[-1]
    assert "decided to pass it" in last
    assert "joined to nothing" not in last


def test_whose_word_on_an_incident(seamline: Run, home: Path) -> None:
    """Acknowledged, handed over and corrected as `--as` names them; a cause that nothing can mean is refused."""
    assert seamline("demo", "--no-serve", "--home", str(home)).returncode == 0
    assert "acknowledged by dario" in seamline("acknowledge", "I-1", "--as", "dario").stdout
    assert (
        "from dario to ben"
        in seamline("hand-over", "I-1", "--to", "ben", "--why", "his", "--as", "dario").stdout
    )
    wrong = seamline("correct", "I-1", "wrong_cause", "--cause", "nosuch")
    assert (wrong.returncode, "its causes: collision:" in wrong.stderr) == (2, True)
    latent = ("correct", "I-1", "wrong_cause", "--cause", "latent:database:visits-db")
    assert seamline(*latent).returncode == 0
    assert "confirmed, by ben" in seamline("correct", "I-1", "confirmed", "--as", "ben").stdout
    nobody = seamline("acknowledge", "I-1", "--as", "daryo")
    assert nobody.returncode == 2
    assert "did you mean dario?" in nobody.stderr
