"""`seamline bench rca`, as it is typed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seamline.analysis import inquiry
from seamline.analysis.inquiry.case import Case, Finding, Suspect
from seamline.cli import app
from seamline.terminal import exits
from tests.bench.rca.cases import metrics, write

Run = Callable[..., tuple[int, list[str], str]]


def blames_stock(case: Case) -> Finding:
    """An inquiry that always finds the same."""
    if case.id == "c-odd":
        raise ZeroDivisionError("no samples")
    suspects = (Suspect("stock", 0.75), Suspect("cart", 0.125))
    return Finding(suspects, (), ("stock",), "entity", 0.125, case.to_ts, "look at stock")


@pytest.fixture
def seamline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, lines of stdout, and stderr of `seamline bench ARGUMENTS`, with an inquiry that is made up."""
    monkeypatch.setattr(inquiry, "inquire", blames_stock, raising=False)

    def run(*arguments: object) -> tuple[int, list[str], str]:
        code = exits.run(app, ["bench", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return run


def test_one_line_per_case_as_it_is_scored(tmp_path: Path, seamline: Run) -> None:
    """The form that the score reads, keys and all, in order of the cases."""
    write(tmp_path, "b")
    write(tmp_path, "a")
    code, lines, err = seamline("rca", tmp_path, "--json")
    first = json.loads(lines[0])
    assert (code, err, [json.loads(line)["case"] for line in lines]) == (0, "", ["a", "b"])
    assert first.pop("seconds") > 0
    assert first == {
        "case": "a",
        "ranking": [{"entity": "stock", "probability": 0.75}, {"entity": "cart", "probability": 0.125}],
        "changes": [],
        "accuse": ["stock"],
        "verdict": "entity",
    }


def test_a_case_that_fails_costs_only_itself(tmp_path: Path, seamline: Run) -> None:
    """It is told, has a line without a ranking, and the exit code says that something was wrong."""
    for name in ("c-1", "c-odd", "c-2"):
        write(tmp_path, name)
    write(tmp_path, "c-torn", files={"metrics.csv.gz": "time,a:x\nnever,1\n"})
    code, lines, err = seamline("rca", tmp_path, "--json")
    said = {p["case"]: (p["ranking"], p["verdict"]) for p in map(json.loads, lines)}
    assert code == 1
    assert said["c-odd"] == said["c-torn"] == ([], "unknown")
    assert all(said[name][0] for name in ("c-1", "c-2"))
    assert "c-odd: ZeroDivisionError: no samples" in err
    assert "metrics.csv.gz:2: time is 'never'" in err


def test_people_get_a_sentence(tmp_path: Path, seamline: Run) -> None:
    """Case, verdict, who is named, how sure, and what was mended."""
    write(tmp_path, alert=None)
    _, lines, _ = seamline("rca", tmp_path)
    assert lines[0].startswith("c-1 entity stock (first: stock 75%)")
    assert lines[1].strip() == "there is no alert"


@pytest.mark.parametrize(
    "arguments", [("rca",), ("rca", "no-such-folder"), ("rca", ".", "--format", "tarot")]
)
def test_a_mistake_is_told(seamline: Run, arguments: tuple[str, ...]) -> None:
    """Exit 2, and what to do."""
    code, lines, err = seamline(*arguments)
    assert (code, lines) == (2, [])
    assert "rror" in err


def test_the_other_measurements_keep_their_way(seamline: Run) -> None:
    """Each is a command with a sentence, takes KEY=VALUE, and an unknown setting is told."""
    _, lines, _ = seamline("list")
    assert {"lineage", "series", "rca"} <= set(lines)
    code, _, err = seamline("lineage", "colour=red")
    assert (code, "no such setting" in err) == (2, True)
    code, lines, _ = seamline("lineage", "--help")
    assert "KEY=VALUE" in "\n".join(lines)


def _two(tmp_path: Path) -> Path:
    write(tmp_path / "set", "c-1")
    write(tmp_path / "set", "c-2", truth={"root_entities": [], "fault": "", "guilty_change": None})
    return tmp_path / "set"


def test_a_report_scores_what_was_answered(tmp_path: Path, seamline: Run) -> None:
    """The made-up inquiry is right where stock is guilty, and accuses falsely where nobody is."""
    code, lines, _ = seamline("rca", _two(tmp_path), "--report", "--list-misses", "--by", "fault")
    text = "\n".join(lines)
    assert (code, lines[0]) == (0, "set 2 cases, 1 without a fault")
    assert any(line.startswith("seamline") and "1.00 [1.00 1.00]" in line for line in lines)
    assert "c-2     no fault" in text
    assert "cpu" in text


def test_a_report_is_json_for_programs(tmp_path: Path, seamline: Run) -> None:
    """The same figures with their intervals."""
    _, lines, _ = seamline("rca", _two(tmp_path), "--report", "--json")
    (report,) = json.loads("\n".join(lines))
    ours = report["standings"][0]
    assert (ours["method"], ours["scores"]["figures"]["FA"]["value"], ours["peak_mb"] > 0) == (
        "seamline",
        1.0,
        True,
    )


def test_given_predictions_are_scored_against_kept_truths(tmp_path: Path, seamline: Run) -> None:
    """Nothing is run, and the truth may lie elsewhere, flat or by set."""
    cases, kept = _two(tmp_path), tmp_path / "kept"
    (kept / "set").mkdir(parents=True)
    (cases / "c-1" / "truth.json").rename(kept / "c-1.json")
    (cases / "c-2" / "truth.json").rename(kept / "set" / "c-2.json")
    said = tmp_path / "said.jsonl"
    line = '{"case":"c-1","ranking":[{"entity":"stock-0","probability":0.4}]}\n{"case":"strange"}\n'
    said.write_text(line, encoding="utf-8")
    code, lines, err = seamline("rca", cases, "--predictions", said, "--truth", kept)
    assert (code, lines[0]) == (0, "set 2 cases, 1 without a fault, 1 without a prediction")
    assert "1 predictions are of no case here, such as strange" in err
    assert any(line.startswith("given ") and "1.00 [1.00 1.00]" in line for line in lines)


def test_a_missing_truth_is_told(tmp_path: Path, seamline: Run) -> None:
    """With where it was looked for."""
    write(tmp_path, truth=None)
    code, _, err = seamline("rca", tmp_path, "--report")
    assert (code, "c-1: its truth is missing" in err, "--truth" in err) == (2, True, True)


def test_a_page_is_written(tmp_path: Path, seamline: Run) -> None:
    """Where it was asked for; a folder that is not there is told."""
    cases = _two(tmp_path)
    assert seamline("rca", cases, "--html", tmp_path / "r.html")[0] == 0
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    code, _, err = seamline("rca", cases, "--html", tmp_path / "no" / "r.html")
    assert (code, "can't be written" in err) == (2, True)


def test_cases_of_one_name_are_refused(tmp_path: Path, seamline: Run) -> None:
    """Their predictions could not be told apart."""
    code, _, err = seamline("rca", write(tmp_path), tmp_path, "--json")
    assert (code, "two cases are called c-1" in err) == (2, True)


def test_a_folder_may_be_a_setting(tmp_path: Path, seamline: Run) -> None:
    """As other measurements have it."""
    write(tmp_path)
    assert len(seamline("rca", f"folder={tmp_path}", "--json")[1]) == 1


def test_the_program_answers_with_its_own_inquiry(tmp_path: Path) -> None:
    """The real command in processes of its own: a plain fault two calls below the alert is named."""
    write(tmp_path, "a")
    write(tmp_path, "b", files={"metrics.csv.gz": metrics(guilty="cart")})
    command = [sys.executable, "-m", "seamline.cli", "bench", "rca", str(tmp_path), "--json", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["ranking"][0]["entity"] for line in done.stdout.splitlines()] == [
        "stock",
        "cart",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "not said: out"),
        (["n=-1"], "n=-1"),
        (["kind=odd"], "no such kind of case"),
    ],
)
def test_cases_that_cannot_be_written_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """With exit 2, and nothing is left behind."""
    out = [f"out={tmp_path / 'out'}"] if arguments else []
    code = exits.run(app, ["bench", "rca_cases", *out, *arguments])
    err = capsys.readouterr().err
    assert (code, said in err, err.count("\n")) == (2, True, 1)
    assert not (tmp_path / "out").exists()


def test_cases_are_not_mixed_with_older_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds something, or is none, is not written to."""
    (tmp_path / "file").write_text("")
    for out in (tmp_path, tmp_path / "file"):
        assert exits.run(app, ["bench", "rca_cases", f"out={out}", "n=1"]) == 2
        assert "there is something already" in capsys.readouterr().err
