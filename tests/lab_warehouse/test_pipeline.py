"""The pipeline as a whole: real PostgreSQL, real dbt, events as they arrive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab_warehouse.running import Event, Ran, warehouse

SOURCE = ("postgres://visits-db:5432", "clinic.public.visits")
WAREHOUSE = "duckdb://warehouse.duckdb"
RAW_VISITS = "warehouse.raw.raw__appt__app__postgres__visits"
RAW_INVOICES = "warehouse.raw.raw__inv__app__postgres__invoices"


def hops(events: list[Event], start: tuple[str, str]) -> dict[tuple[str, str], int]:
    """Datasets reachable from one by job inputs and outputs, with the number of jobs between."""
    found, frontier = {start: 0}, [start]
    while frontier:
        here = frontier.pop(0)
        for event in events:
            if here in {(d["namespace"], d["name"]) for d in event["inputs"]}:
                for output in event["outputs"]:
                    there = (output["namespace"], output["name"])
                    if there not in found:
                        found[there] = found[here] + 1
                        frontier.append(there)
    return found


def null_share(event: Event, column: str) -> float:
    quality = event["outputs"][0]["facets"]["dataQualityMetrics"]
    return float(quality["columnMetrics"][column]["nullCount"] / quality["rowCount"])


@pytest.mark.parametrize("report", ["referrals", "revenue"])
def test_chain(history: dict[str, Ran], report: str) -> None:
    """The events alone lead from the raw table over four models to the dashboard."""
    raw = RAW_VISITS if report == "referrals" else RAW_INVOICES
    reached = hops(history["good"].events, (WAREHOUSE, raw))
    assert reached[WAREHOUSE, f"warehouse.main.report_{report}"] == 4
    assert (WAREHOUSE, f"warehouse.dashboard.{report}") in reached


def test_source_is_joined(history: dict[str, Ran]) -> None:
    """The report hangs on the clinic's own table, named as PostgreSQL's datasets are named."""
    assert hops(history["good"].events, SOURCE)[WAREHOUSE, "warehouse.main.report_referrals"] == 5


def test_namespaces(history: dict[str, Ran]) -> None:
    """Every job is in one namespace and no event carries a path of the machine."""
    events = history["good"].events
    assert {event["job"]["namespace"] for event in events} == {"warehouse"}
    datasets = [d for event in events for d in (*event["inputs"], *event["outputs"])]
    assert {d["namespace"] for d in datasets} == {WAREHOUSE, SOURCE[0]}
    assert str(Path.home()) not in json.dumps(events)
    assert "/tmp/" not in json.dumps(events)


def test_model_columns(history: dict[str, Ran]) -> None:
    """Each hop says from which column the referral figure comes."""
    job = "warehouse.main.clinic.int_referrals.build.run"
    facets = history["good"].completed(job)["outputs"][0]["facets"]
    (origin,) = facets["columnLineage"]["fields"]["partner"]["inputFields"]
    assert (origin["name"], origin["field"]) == ("warehouse.main.stg_visits", "referral_code")
    assert "partner" in {column["name"] for column in facets["schema"]["fields"]}


def test_good_reports(history: dict[str, Ran]) -> None:
    """With all columns there both reports carry their figures."""
    referrals, revenue = history["good"].reports["referrals"], history["good"].reports["revenue"]
    assert not referrals["hurt"]
    assert {row["partner"]: row["n_referrals"] for row in referrals["rows"]} == {
        "NORD": 10,
        "KIDS": 10,
        None: None,
    }
    assert not revenue["hurt"]
    assert [row["revenue_eur"] for row in revenue["rows"]] == [100.0]


def test_columns_gone_silently(history: dict[str, Ran]) -> None:
    """A renamed and a dropped column are NULL in every raw row, and every job still succeeds."""
    gone = history["columns gone"]
    assert gone.code == 0
    assert not gone.error
    assert {event["eventType"] for event in gone.events} == {"START", "COMPLETE"}
    assert null_share(history["good"].completed("load.appt.visits"), "referral_code") < 0.5
    assert null_share(gone.completed("load.appt.visits"), "referral_code") == 1.0
    assert null_share(gone.completed("load.appt.visits"), "referral_ref") < 0.5
    assert null_share(gone.completed("load.inv.invoices"), "amount_cents") == 1.0


def test_columns_gone_hurt(history: dict[str, Ran]) -> None:
    """Three hops down the readers find both figures empty, and the publisher measured it."""
    gone = history["columns gone"]
    for report, figure in (("referrals", "n_referrals"), ("revenue", "revenue_eur")):
        assert gone.reports[report]["hurt"]
        assert gone.reports[report]["why"] == f"{figure} is empty in every row"
        shown = gone.completed(f"publish.{report}")["inputs"][0]
        quality = shown["inputFacets"]["dataQualityMetrics"]
        assert shown["name"] == f"warehouse.main.report_{report}"
        assert quality["columnMetrics"][figure]["nullCount"] == quality["rowCount"] > 0


def test_load_fails(history: dict[str, Ran]) -> None:
    """A load made to fail ends the run with exit 3, one line and a FAIL that says why."""
    failed = history["load failed"]
    assert failed.code == 3
    assert failed.error.count("\n") == 1
    assert failed.states("load.inv.invoices") == ["START", "FAIL"]
    assert "does not exist" in failed.events[-1]["run"]["facets"]["errorMessage"]["message"]
    assert not failed.states("publish.revenue")


def test_model_fails(history: dict[str, Ran]) -> None:
    """A model made to fail is a FAIL from dbt itself; the reports stay as last published."""
    failed = history["model failed"]
    assert failed.code == 3
    assert "mart_revenue" in failed.error
    assert failed.states("warehouse.main.clinic.mart_revenue.build.run") == ["START", "FAIL"]
    assert failed.reports == history["good"].reports


def test_retry_completes(history: dict[str, Ran]) -> None:
    """The run after a failed one completes the jobs that failed."""
    retried = history["retried"]
    assert retried.code == 0
    assert retried.states("load.inv.invoices") == ["START", "COMPLETE"]
    assert retried.states("warehouse.main.clinic.mart_revenue.build.run") == ["START", "COMPLETE"]
    assert retried.states("publish.revenue") == ["START", "COMPLETE"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lineage-url", "nowhere"], "'nowhere' is not http(s)"),
        (
            ["--lineage-url", "http://127.0.0.1:9/lineage", "--fail-job", "nobody"],
            "'nobody' is none of load.",
        ),
    ],
)
def test_usage(tmp_path: Path, arguments: list[str], says: str) -> None:
    """A wrong argument is one line with exit 2, and nothing is begun."""
    done = warehouse("run", "--dsn", "", "--dir", str(tmp_path / "home"), *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()
