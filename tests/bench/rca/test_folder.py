"""Case folders, as they should be and as they come."""

import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest

from seamline.analysis.inquiry.case import Alert, Case, Link, Watch
from seamline.bench.rca import files, folder
from seamline.bench.rca.place import Place
from seamline.model.errors import Fix
from tests.bench.rca.cases import START, STEP, at, csv_text, metrics, write


def read(path: Path) -> Case:
    """The one case at a path."""
    (place,) = folder.places(path)
    return folder.read(place)


def mended(case: Case) -> tuple[str, ...]:
    """What was noted, but for the alert: the tables here are not about it."""
    return tuple(note for note in case.notes if "alert" not in note)


def test_a_case_is_read_whole(tmp_path: Path) -> None:
    """Every part of a case is where the contract says."""
    case = read(write(tmp_path))
    assert (case.id, case.question, case.step_s) == ("c-1", "entity", STEP)
    assert case.alert == Alert("front", "latency_s", START + 17 * STEP)
    assert case.watches == (
        Watch("front", "latency_s"),
        Watch("cart", "latency_s"),
        Watch("stock", "latency_s"),
    )
    assert case.values.shape == (3, 20)
    assert case.values[2, -1] == pytest.approx(0.101)
    assert case.links[2] == Link("stock", "stock-0", "has_pod")
    assert (case.steps, case.lines, case.spans, case.notes) == ((), None, None, ())


def test_the_truth_is_never_opened(tmp_path: Path) -> None:
    """A truth that can't be read disturbs nobody."""
    path = write(tmp_path, truth=None)
    (path / "truth.json").mkdir()
    assert read(path).notes == ()


def test_a_set_is_its_cases_in_order(tmp_path: Path) -> None:
    """Folders without `case.json` are no cases, and files no folders."""
    write(tmp_path, "b")
    write(tmp_path, "a")
    (tmp_path / "notes").mkdir()
    (tmp_path / "LICENSE").touch()
    assert [place.name for place in folder.places(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize("name", ["", "no-such-folder"])
def test_where_no_case_is_that_is_said(tmp_path: Path, name: str) -> None:
    """An empty folder, and none at all."""
    with pytest.raises(Fix, match=r"no case in it|no such folder"):
        folder.places(tmp_path / name)


def test_edges_urls_and_colons_are_told_apart(tmp_path: Path) -> None:
    """The last colon parts entity and metric; what stands before `>` calls what stands behind it."""
    columns = ["time", "a>https://q.example:443/jobs_AWS::SQS:requests", "AWS::Lambda:errors", '"x,y:cpu"']
    case = read(write(tmp_path, files={"metrics.csv.gz": csv_text(columns, [[START, 1, 2, 3]])}))
    assert case.watches == (
        Watch("https://q.example:443/jobs_AWS::SQS", "requests", "a"),
        Watch("AWS::Lambda", "errors"),
        Watch("x,y", "cpu"),
    )


def test_empty_cells_are_not_sampled(tmp_path: Path) -> None:
    """Empty, blank, quoted and worded nothing alike, at each end of a row and beside each other."""
    rows = [
        [START, "", "", 1],
        [START + 60, 2, "", ""],
        [START + 120, " ", '"4"', "NaN"],
        [START + 180, "", "null", ""],
    ]
    case = read(write(tmp_path, files={"metrics.csv.gz": csv_text(["time", "a:x", "b:x", "c:x"], rows)}))
    nan = math.nan
    assert np.array_equal(
        case.values, [[nan, 2, nan, nan], [nan, nan, 4, nan], [1, nan, nan, nan]], equal_nan=True
    )


def test_an_all_empty_column_stays(tmp_path: Path) -> None:
    """A series of which nothing was sampled is a fact too."""
    text = csv_text(["time", "a:x", "b:x"], [[START, 1, ""], [START + 60, 2, ""]])
    case = read(write(tmp_path, files={"metrics.csv.gz": text}))
    assert np.isnan(case.values[1]).all()
    assert mended(case) == ()


def test_one_sample_and_none_are_cases(tmp_path: Path) -> None:
    """Arrays keep their form however little there is."""
    one = read(write(tmp_path, "one", files={"metrics.csv.gz": csv_text(["time", "a:x"], [[START, 1]])}))
    none = read(write(tmp_path, "none", files={"metrics.csv.gz": "time,a:x\n"}))
    missing = read(write(tmp_path, "missing", files={"metrics.csv.gz": None}))
    assert [c.values.shape for c in (one, none, missing)] == [(1, 1), (1, 0), (0, 0)]
    assert mended(missing) == ("there are no metrics",)


def test_unordered_and_double_times_are_mended_and_noted(tmp_path: Path) -> None:
    """Times ascend strictly; of two samples at one time the later row's counts, where it has one."""
    rows = [[START + 60, 3, 4], [START, 1, 2], [START + 60, 5, ""]]
    case = read(write(tmp_path, files={"metrics.csv.gz": csv_text(["time", "a:x", "b:x"], rows)}))
    assert case.times.tolist() == [START, START + 60]
    assert case.values.tolist() == [[1, 5], [2, 4]]
    assert len(mended(case)) == 2
    assert "order of time" in mended(case)[0]


def test_doubled_columns_are_one(tmp_path: Path) -> None:
    """The first counts, the second fills its gaps, and that is noted."""
    rows = [[START, 1, 7, 9], [START + 60, "", 8, 9]]
    case = read(write(tmp_path, files={"metrics.csv.gz": csv_text(["time", "a:x", "a:x", "b:x"], rows)}))
    assert case.watches == (Watch("a", "x"), Watch("b", "x"))
    assert case.values.tolist() == [[1, 8], [9, 9]]
    assert "1 columns were there already" in mended(case)[0]


def test_infinite_cells_and_nameless_columns_are_left_out(tmp_path: Path) -> None:
    """Neither is evidence; both are noted."""
    case = read(
        write(tmp_path, files={"metrics.csv.gz": csv_text(["time", "a:x", "load"], [[START, "inf", 1]])})
    )
    assert case.watches == (Watch("a", "x"),)
    assert np.isnan(case.values).all()
    assert len(mended(case)) == 2


def test_what_lies_after_the_window_is_left_out(tmp_path: Path) -> None:
    """Samples, changes and log lines that nobody could have known."""
    later = {
        "metrics.csv.gz": metrics(22),
        "changes.jsonl": f'{{"id":"r#1","kind":"deploy","entity":"cart","at":"{at(9999)}"}}\n',
        "logs.csv.gz": f"time,entity,message\n{START},cart,now\n{START + 19 * STEP + 90},cart,later\n",
    }
    case = read(write(tmp_path, files=later))
    assert (len(case.times), case.steps, case.lines and case.lines.messages) == (20, (), ("now",))
    assert len(mended(case)) == 3


def test_an_alert_may_be_missing_or_elsewhere(tmp_path: Path) -> None:
    """Both are noted, and the alert is handed on as it is."""
    without = read(write(tmp_path, "without", alert=None))
    late = read(write(tmp_path, "late", alert={"entity": "front", "metric": "cpu", "at": at(86_400)}))
    assert (without.alert, without.notes) == (None, ("there is no alert",))
    assert late.alert == Alert("front", "cpu", START + 86_400)
    assert "after the window" in late.notes[0]
    assert late.notes[1] == "the alerted series, front:cpu, was not sampled"


def test_a_source_whose_clock_is_ten_hours_off_is_set(tmp_path: Path) -> None:
    """Log lines of one service, ahead; they are brought back among the others, and that is noted."""
    lines = [
        [START + i * STEP + 36_000 * (name == "cart"), name, f"line {i}"]
        for i in range(20)
        for name in ("front", "cart")
    ]
    case = read(write(tmp_path, files={"logs.csv.gz": csv_text(["time", "entity", "message"], lines)}))
    assert case.lines is not None
    assert case.lines.times.tolist() == [START + i * STEP for i in range(20) for _ in range(2)]
    assert case.notes == ("logs: the clock of cart is 10 h ahead, and was set",)


@pytest.mark.parametrize("hours", [10, -10])
def test_series_whose_clock_is_ten_hours_off_are_set(tmp_path: Path, hours: int) -> None:
    """One service's samples stand in rows of their own, and come back beside the others'."""
    own = [[START + i * STEP, 1, ""] for i in range(20)]
    off = [[START + i * STEP + hours * 3600, "", i] for i in range(20)]
    text = csv_text(["time", "a:x", "b:x"], sorted(own + off))
    case = read(write(tmp_path, files={"metrics.csv.gz": text}))
    assert case.times.tolist() == [START + i * STEP for i in range(20)]
    assert case.values.tolist() == [[1] * 20, list(range(20))]
    assert len(mended(case)) == 1


def test_logs_and_spans_may_lack_cells(tmp_path: Path) -> None:
    """What is missing is empty, what has no time is left out and counted, and order is that of time."""
    files = {
        "logs.csv.gz": f'time,entity,message\n{START + 5},a,"two\nlines"\n,a,never\n{START + 1}\n',
        "spans.csv.gz": f"time,trace_id,span_id,parent_id,entity,operation,duration_ms,status\n{START},t,s,,a,get,250\n{START},t,s2,s,a,,,\n",
    }
    case = read(write(tmp_path, files=files))
    assert case.lines is not None
    assert case.spans is not None
    assert case.lines.messages == ("", "two\nlines")
    assert case.notes == ("logs.csv.gz: 1 rows without a time are left out",)
    assert case.spans.durations_s[0] == 0.25
    assert math.isnan(case.spans.durations_s[1])
    assert case.spans.parents == ("", "s")


def test_steps_are_those_of_the_rollout_in_order(tmp_path: Path) -> None:
    """Pods of both versions come along; what else a change tells is not needed."""
    line = '{{"id":"r#{n}","kind":"deploy","entity":"cart","at":"{at}","detail":{{"step":{n},"new":["cart-2"],"old":["cart-1"],"by":"x"}}}}'
    text = "\n".join(line.format(n=n, at=at(n * 60)) for n in (2, 1))
    case = read(write(tmp_path, files={"changes.jsonl": text}))
    assert [(s.id, s.rollout, s.new, s.old, s.removed) for s in case.steps] == [
        ("r#1", "r", ("cart-2",), ("cart-1",), ()),
        ("r#2", "r", ("cart-2",), ("cart-1",), ()),
    ]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("metrics.csv.gz", "time,a:x\n1,2\n3,4,5\n", r"metrics.csv.gz:3: 3 cells under 2 names"),
        ("metrics.csv.gz", "time,a:x\n1,fast\n", r"metrics.csv.gz:2: a:x is 'fast'"),
        ("metrics.csv.gz", "a:x\n1\n", r"metrics.csv.gz:1: there is no column time"),
        ("metrics.csv.gz", "", r"metrics.csv.gz:1: there is no column time"),
        ("metrics.csv.gz", b"\x1f\x8b\x08\x00torn", r"metrics.csv.gz: can't be read"),
        ("topology.csv", "source,target,kind\na,b\n", r"topology.csv:2: a relation lacks a cell"),
        ("topology.csv", "from,to\na,b\n", r"topology.csv:1: there is no column source"),
        ("changes.jsonl", "\n{]\n", r"changes.jsonl:2: is not what it should be"),
        (
            "changes.jsonl",
            '{"id":"r","kind":"deploy","entity":"a","at":"2026-01-01T00:00:00"}',
            "no time zone",
        ),
        ("logs.csv.gz", b"time,entity,message\n1,a,\xff\n", r"logs.csv.gz:2: is not UTF-8"),
        ("case.json", "{", r"case.json: is not what it should be"),
        (
            "case.json",
            '{"window":{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}}',
            "ends before",
        ),
    ],
)
def test_what_is_broken_is_said_with_file_line_and_mend(
    tmp_path: Path, file: str, content: str | bytes, said: str
) -> None:
    """No traceback, no guess: somebody has to mend it, and is told where."""
    with pytest.raises(Fix, match=said) as told:
        read(write(tmp_path, files={file: content}))
    assert told.value.hint


def test_a_wide_table_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """Two thousand columns of 720 samples; ten times as many are measured in docs/measured.md."""
    rng = np.random.default_rng(1)
    rows = [[START + i * STEP, *np.round(rng.normal(100, 10, 2000), 4)] for i in range(720)]
    columns = ["time", *(f"svc{i // 100}:m{i % 100}" for i in range(2000))]
    path = write(
        tmp_path,
        files={"metrics.csv.gz": csv_text(columns, rows)},
        window={"from": at(0), "to": at(719 * STEP)},
    )
    case = folder.read(Place("wide", path))
    assert case.values.shape == (2000, 720)
    assert case.values.flags.c_contiguous
    assert np.allclose(case.values[:, 7], rows[7][1:])


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a hundred times its size, and not little, is nobody's measurements."""
    monkeypatch.setattr(files, "MOST_SMALL", 10_000)
    place = write(tmp_path)
    (place / "metrics.csv.gz").write_bytes(gzip.compress(b"time,front:latency_s\n" + b"1,1\n" * 1_000_000))
    with pytest.raises(Fix, match="unpacks to more than"):
        read(place)


def test_a_line_without_an_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded by what a line may have."""
    monkeypatch.setattr(files, "MOST_LINE", 1 << 20)
    place = write(tmp_path)
    (place / "metrics.csv.gz").write_bytes(gzip.compress(b"0" * (3 << 20)))
    with pytest.raises(Fix, match="is longer than 1 MiB"):
        read(place)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    """A device, a pipe or a link that leads nowhere is not waited for, and not passed over."""
    for n, make in enumerate(
        (lambda p: p.symlink_to("/dev/zero"), os.mkfifo, lambda p: p.symlink_to("nowhere"))
    ):
        place = write(tmp_path / str(n))
        (place / "metrics.csv.gz").unlink()
        make(place / "metrics.csv.gz")
        with pytest.raises(Fix, match="is no plain file"):
            read(place)
