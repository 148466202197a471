"""Cases over several processes."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from seamline.analysis.inquiry.case import Case
from seamline.bench.rca import answer, folder, references
from seamline.bench.rca.prediction import Prediction
from tests.bench.rca.cases import write

ROOT = Path(__file__).parents[3]


def test_processes_answer_as_one_would(tmp_path: Path) -> None:
    """In the order of the cases, with time and memory; what one fails on is its own."""
    for name in ("c-3", "c-1", "c-2"):
        write(tmp_path, name)
    write(tmp_path, "c-4", files={"metrics.csv.gz": "time,a:x\nnever,1\n"})
    places = folder.places(tmp_path)
    alone = list(answer.answers(places, references.nsigma))
    together = list(answer.answers(places, references.nsigma, jobs=2))
    assert [a.prediction.case for a in together] == ["c-1", "c-2", "c-3", "c-4"]
    assert [a.prediction.ranking for a in together] == [a.prediction.ranking for a in alone]
    assert [bool(a.trouble) for a in together] == [False, False, False, True]
    assert all(a.peak_mb and a.prediction.seconds is not None for a in together)


def ends_its_process(_case: Case) -> Prediction:
    """A method that is killed, as by the kernel when memory is short."""
    os._exit(9)


def test_a_killed_process_costs_answers_but_not_the_run(tmp_path: Path) -> None:
    """Every case has its line, and is told."""
    for name in ("c-1", "c-2", "c-3"):
        write(tmp_path, name)
    answers = list(answer.answers(folder.places(tmp_path), ends_its_process, jobs=2))
    assert [(a.prediction.case, a.prediction.ranking) for a in answers] == [
        ("c-1", ()),
        ("c-2", ()),
        ("c-3", ()),
    ]
    assert all("process" in a.trouble for a in answers)


def ends_its_process_once(case: Case) -> Prediction:
    """A method that is killed at one case of several."""
    if case.id == "c-2":
        os._exit(9)
    return Prediction(case.id, ())


def test_a_killed_process_costs_its_own_case_alone(tmp_path: Path) -> None:
    """Those that were under way beside it, and those behind it, are answered."""
    for name in ("c-1", "c-2", "c-3", "c-4", "c-5"):
        write(tmp_path, name)
    answers = list(answer.answers(folder.places(tmp_path), ends_its_process_once, jobs=2))
    assert [(a.prediction.case, bool(a.trouble)) for a in answers] == [
        ("c-1", False), ("c-2", True), ("c-3", False), ("c-4", False), ("c-5", False),
    ]  # fmt: skip


def waits_for_ever(_case: Case) -> Prediction:
    """A method that is still at it when its command is killed."""
    print("at it", flush=True)
    threading.Event().wait()
    raise AssertionError


RUN = """\
import sys
from pathlib import Path
from seamline.bench.rca import answer, folder
from tests.bench.rca.test_answer import waits_for_ever
if __name__ == "__main__":
    list(answer.answers(folder.places(Path(sys.argv[1])), waits_for_ever, jobs=2))
"""


def test_no_worker_outlives_its_command(tmp_path: Path) -> None:
    """Not even one that is killed: what the workers hold open is closed."""
    for name in ("c-1", "c-2"):
        write(tmp_path / "set", name)
    script = tmp_path / "run.py"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(tmp_path / "set")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "at it\n"
        running.kill()
        running.communicate(timeout=60)  # ends when nobody holds it open


def test_the_traceback_is_there_for_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEAMLINE_DEBUG=1, as for every command."""

    def fails(case: Case) -> Prediction:
        raise ZeroDivisionError(case.id)

    monkeypatch.setenv("SEAMLINE_DEBUG", "1")
    (answered,) = answer.answers(folder.places(write(tmp_path)), fails)
    assert answered.trouble == "c-1: ZeroDivisionError: c-1 (a defect)"
    assert "Traceback" in capsys.readouterr().err
