"""The layouts of public data sets, in miniature: written here as their authors describe them."""

import json
from pathlib import Path

import pytest

from seamline.analysis.inquiry.case import Alert, Case, Link, Watch
from seamline.bench.rca import truths
from seamline.bench.rca.place import reader
from seamline.bench.rca.truths import Truth
from seamline.model.errors import Fix
from tests.bench.rca.cases import csv_text

T0 = 1_661_140_200  # 2022-08-22T03:50:00Z


def put(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def only(folder: Path, layout: str) -> tuple[Case, Truth]:
    """The one case below a folder."""
    (place,) = reader(layout).places(folder)
    return reader(layout).read(place), truths.of(place, layout, None)


# -- RCAEval -------------------------------------------------------------------
def rcaeval(root: Path) -> Path:
    """A delay in the cart, injected in the middle of twenty minutes of samples every ten seconds."""
    case = root / "RE2-OB" / "cartservice_delay" / "1"
    columns = [
        "time",
        "frontend_latency-50",
        "frontend_latency-90",
        "cartservice_mem",
        "cartservice_diskio",
        "odd",
    ]
    rows = [[T0 + 10 * i, 0.01, 0.02, 50, "", 1] for i in range(121)]
    put(case / "simple_metrics.csv", csv_text(columns, rows))
    put(case / "inject_time.txt", f"{T0 + 600}\n")
    put(
        case / "logs.csv",
        csv_text(
            ["time", "timestamp", "container_name", "message", "level", "req_path", "error"],
            [
                ["x", (T0 + s) * 1_000_000_000, "cartservice", f"at {s}", "info", "", ""]
                for s in (700, 100, 1000)
            ],
        ),
    )
    us = (T0 + 650) * 1_000_000
    put(
        case / "traces.csv",
        csv_text(
            [
                "time",
                "traceID",
                "spanID",
                "serviceName",
                "operationName",
                "startTime",
                "duration",
                "statusCode",
                "parentSpanID",
            ],
            [
                ["x", "t", "a", "frontend", "GET /", us, 90_000, 0, ""],
                ["x", "t", "b", "cartservice", "Get", us, 80_000, 14, "a"],
            ],
        ),
    )
    return root


def test_rcaeval_is_read(tmp_path: Path) -> None:
    """Metrics, log lines and spans in our units, up to five minutes after the injection, which itself is not told."""
    case, truth = only(rcaeval(tmp_path), "rcaeval")
    assert case.id == "RE2-OB-cartservice_delay-1"
    assert truth == Truth(("cartservice",), None, "delay")
    assert case.watches == (
        Watch("frontend", "latency_s_p50"),
        Watch("frontend", "latency_s_p90"),
        Watch("cartservice", "memory"),
        Watch("cartservice", "disk"),
    )
    assert (case.from_ts, case.to_ts, case.step_s) == (T0, T0 + 900, 10)
    assert case.times[-1] == T0 + 900
    assert case.alert == Alert("frontend", "latency_s_p90", T0 + 660)
    assert case.links == (Link("frontend", "cartservice", "calls"),)
    assert case.lines is not None
    assert case.lines.messages == ("at 100", "at 700")
    assert case.spans is not None
    assert case.spans.durations_s.tolist() == [0.09, 0.08]


def test_rcaevals_first_set_is_metrics_alone(tmp_path: Path) -> None:
    """`data.csv`, wherever its time stands, and no alert where nobody is known to be the entry."""
    case_folder = tmp_path / "carts_cpu" / "3"
    put(
        case_folder / "data.csv",
        csv_text(["carts_cpu", "time", "carts_lat_50"], [[1, T0, 2], [3, T0 + 1, 4]]),
    )
    put(case_folder / "inject_time.txt", str(T0 + 1))
    case, truth = only(tmp_path, "rcaeval")
    assert case.watches == (Watch("carts", "cpu"), Watch("carts", "latency_s_p50"))
    assert case.values.tolist() == [[1, 3], [2, 4]]
    assert (case.alert, case.lines, case.spans, truth.root_entities) == (None, None, None, ("carts",))
    assert "no alert" in case.notes[0]


@pytest.mark.parametrize(("file", "content"), [("inject_time.txt", "soon"), ("data.csv", None)])
def test_what_rcaeval_lacks_is_told(tmp_path: Path, file: str, content: str | None) -> None:
    """File and mend."""
    case = tmp_path / "carts_cpu" / "3"
    put(case / "data.csv", csv_text(["time", "carts_cpu"], [[T0, 2]]))
    put(case / "inject_time.txt", str(T0))
    if content is None:
        (case / file).unlink()
    else:
        put(case / file, content)
    with pytest.raises(Fix) as told:
        only(tmp_path, "rcaeval")
    assert told.value.hint


# -- PetShop --------------------------------------------------------------------
def petshop(root: Path) -> Path:
    """A scenario of two nodes; the normal period was a year before the issue."""
    scenario = root / "low_traffic"
    names = [
        ",web,web,web,db_AWS::DynamoDB",
        ",latency,latency,availability,requests",
        ",Average,p95,Average,Sum",
    ]
    year_ago = T0 - 31_536_000
    normal = [f"{year_ago + 300 * i},0.1,0.2,100,{i}" for i in range(12)]
    put(scenario / "noissue" / "metrics.csv", "\n".join([*names, "timestamp,,,,", *normal]) + "\n")
    issue = [f"{T0 + 300 * i},0.9,,80,7" for i in range(3)]
    put(scenario / "test" / "issue1" / "metrics.csv", "\n".join([*names, *issue]) + "\n")
    put(scenario / "graph.csv", ",web,db_AWS::DynamoDB\nweb,0,1\ndb_AWS::DynamoDB,0,0\n")
    target = {
        "target": {"node": "web", "metric": "latency", "agg": "p95", "timestamp": T0 + 300},
        "root_cause": {"node": "db_AWS::DynamoDB", "metric": "latency"},
    }
    put(scenario / "test" / "issue1" / "target.json", json.dumps(target))
    return root


def test_petshop_is_read(tmp_path: Path) -> None:
    """The normal period ends where the issue begins, the graph's rows call its columns, and that is noted."""
    case, truth = only(petshop(tmp_path), "petshop")
    assert case.id == "low_traffic-test-issue1"
    assert truth == Truth(("db_AWS::DynamoDB",), None, "latency issue")
    assert case.watches[1:] == (
        Watch("web", "latency_s_p95"),
        Watch("web", "availability"),
        Watch("db_AWS::DynamoDB", "requests"),
    )
    assert case.times.tolist() == [T0 + 300 * i for i in range(-12, 3)]
    assert case.values[3].tolist() == [*range(12), 7, 7, 7]
    assert case.alert == Alert("web", "latency_s_p95", T0 + 300)
    assert case.links == (Link("web", "db_AWS::DynamoDB", "calls"),)
    assert case.step_s == 300


def test_petshops_tables_have_three_lines_of_names(tmp_path: Path) -> None:
    """One with fewer is told."""
    put(petshop(tmp_path) / "low_traffic" / "test" / "issue1" / "metrics.csv", ",web\n,latency\n")
    with pytest.raises(Fix, match="three lines of names"):
        only(tmp_path, "petshop")


# -- Nezha ------------------------------------------------------------------------
def nezha(root: Path) -> Path:
    """Two faults on one day, ten minutes apart, and the day's minute without a fault."""
    day = root / "rca_data" / "2022-08-22"
    faults = {
        "04": [
            {
                "inject_time": "2022-08-22 04:40:00",
                "inject_timestamp": "1",
                "inject_pod": "cart-5f7-x2",
                "inject_type": "cpu",
            }
        ],
        "03": [
            {
                "inject_time": "2022-08-22 04:20:00",
                "inject_timestamp": "1",
                "inject_pod": "frontend-1-2",
                "inject_type": "return",
            }
        ],
    }
    put(day / "2022-08-22-fault_list.json", json.dumps(faults))
    for pod in ("frontend-1-2", "cart-5f7-x2"):
        rows = [
            [
                f"2022-08-22 {3 + (50 + i) // 60:02}:{(50 + i) % 60:02}:00 +0000 UTC",
                1861140200,
                pod,
                i,
                0.1 * i,
            ]
            for i in range(60)
        ]
        head = ["Time", "TimeStamp", "PodName", "CpuUsage(m)", "PodServerLatencyP90(s)"]
        put(day / "metric" / f"{pod}_metric.csv", csv_text(head, rows))
    put(day / "metric" / "dependency.csv", "anything\n")
    for folder, minute, text in (
        (day, "04_41", "slow"),
        (root / "construct_data" / "2022-08-22", "03_51", "fine"),
    ):
        hour, past = minute.split("_")
        inner = json.dumps({"message": f"TraceID: t SpanID: b {text}", "severity": "info"})
        log = json.dumps({"log": inner}).replace('"', '""')
        stamp = f"2022-08-22T{hour}:{past}:09.036923751Z"
        put(
            folder / "log" / f"{minute}_log.csv",
            f'Timestamp,TimeUnixNano,PodName,SpanID,Log\n{stamp},1,cart-5f7-x2,b,"{log}"\n',
        )
        nanos = 1_000_000_000 * (T0 - 600 + (int(hour) - 3) * 3600 + (int(past) - 40) * 60)
        spans = [
            ["t", "a", "root", "frontend-1-2", "GET /", nanos, nanos + 90_000_000],
            ["t", "b", "a", "cart-5f7-x2", "Get", nanos, nanos + 80_000_000],
        ]
        head = [
            "TraceID",
            "SpanID",
            "ParentID",
            "PodName",
            "OperationName",
            "StartTimeUnixNano",
            "EndTimeUnixNano",
        ]
        put(folder / "trace" / f"{minute}_trace.csv", csv_text(head, spans))
    return root


def test_nezha_is_read(tmp_path: Path) -> None:
    """Faults in order of time; the second sees nothing of the first, and the quiet minute at its window's beginning."""
    places = reader("nezha").places(nezha(tmp_path) / "rca_data")
    assert [place.name for place in places] == ["2022-08-22-01", "2022-08-22-02"]
    assert truths.of(places[1], "nezha", None) == Truth(("cart",), None, "cpu")
    case = reader("nezha").read(places[1])
    injected_ts = T0 + 50 * 60
    assert (case.from_ts, case.to_ts) == (injected_ts - 2700, injected_ts + 300)
    assert set(case.watches) == {Watch(s, m) for s in ("frontend", "cart") for m in ("cpu", "latency_s_p90")}
    minutes = [round((t - T0) / 60) for t in case.times.tolist()]
    assert minutes == [*range(5, 30), *range(37, 56)]  # without the first fault's, from 04:19:30 to 04:26:30
    assert case.values[case.watches.index(Watch("cart", "cpu"))].tolist() == minutes
    assert case.alert == Alert("frontend", "latency_s_p90", injected_ts + 120)
    assert case.links == (Link("frontend", "cart", "calls"),)


def test_nezhas_lines_are_what_services_said(tmp_path: Path) -> None:
    """Without the container's JSON, their own, and the ids in front; times in UTC, the quiet minute moved."""
    place = reader("nezha").places(nezha(tmp_path) / "rca_data")[1]
    case = reader("nezha").read(place)
    assert case.lines is not None
    assert case.spans is not None
    assert case.lines.messages == ("fine", "slow")
    assert case.lines.entities == ("cart", "cart")
    assert case.lines.times.tolist() == pytest.approx(
        [case.from_ts + 9.036923, T0 + 51 * 60 + 9.036923], abs=1e-3
    )
    assert case.spans.parents == ("", "a", "", "a")
    assert case.spans.durations_s.tolist() == pytest.approx([0.09, 0.08, 0.09, 0.08])


@pytest.mark.parametrize("layout", ["rcaeval", "petshop", "nezha"])
def test_a_folder_of_something_else_is_told(tmp_path: Path, layout: str) -> None:
    """With what it should hold."""
    with pytest.raises(Fix, match="no case in it") as told:
        reader(layout).places(tmp_path)
    assert told.value.hint
