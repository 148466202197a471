"""dbt: agreement with OpenLineage's names, tests that fail on their table, and manifests of some size."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Claim, DatasetState, Event, MapFact, Run
from seamline.sources import dbt, openlineage
from seamline.sources.dbt import names
from seamline.sources.dbt.shape import Metadata

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden" / "dbt"
SERVERS = {
    "bigquery": "bigquery",
    "duckdb": "duckdb:///database/jaffle_shop.duckdb",
    "postgres": "postgres://POSTGRES_HOST:1234",
    "snowflake": "snowflake://ASDF1234.eu-central-1.aws",
}


def read(artefact: Any) -> list[Event]:
    """The events of an artefact, or of several."""
    return list(dbt.parse(Delivery(1, "dbt", "", "", {}, NOW, json.dumps(artefact).encode())))


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.delivery.json").read_text())["body"]


def runs(events: list[Event]) -> dict[str, Run]:
    """Runs by job."""
    return {event.job: event for event in events if isinstance(event, Run)}


def facts(events: list[Event]) -> set[tuple[str, str, str]]:
    return {(e.subject, e.predicate, e.object) for e in events if isinstance(e, MapFact)}


def fixture(shared: Path, project: str, kind: str) -> Any:
    """One of the artefacts that OpenLineage tests its own client with."""
    folder = shared / "payloads" / "dbt" / "openlineage-fixtures"
    return json.loads((folder / f"{project}.{kind}.json").read_text())


def with_settings(artefact: dict[str, Any], **env: str) -> dict[str, Any]:
    """As dbt writes it when the project sets DBT_ENV_CUSTOM_ENV_*."""
    return {**artefact, "metadata": {**artefact["metadata"], "env": env}}


def with_kinds(manifest: dict[str, Any], results: dict[str, Any]) -> dict[str, Any]:
    return {"manifest": manifest, "run_results": results}


@pytest.mark.parametrize(
    "project", ["alias", "build", "compiled_code", "duckdb", "fail", "large", "postgres", "small"]
)
def test_datasets_and_jobs_are_those_of_openlineage(shared: Path, project: str) -> None:
    """What the client of OpenLineage says of a real invocation is said of the same datasets, and of joined jobs."""
    manifest = fixture(shared, project, "manifest")
    env = {
        "DATASET_NAMESPACE": SERVERS[manifest["metadata"]["adapter_type"]],
        "JOB_NAMESPACE": "job-namespace",
    }
    events = read(
        with_kinds(
            with_settings(manifest, **env), with_settings(fixture(shared, project, "run_results"), **env)
        )
    )
    theirs: dict[str, Run] = {}
    for event in fixture(shared, project, "result"):
        body = json.dumps(event).encode()
        said = openlineage.parse(Delivery(1, "openlineage", "", "", {}, NOW, body))
        theirs |= {run.job: run for run in said if isinstance(run, Run) and run.state != "START"}
    same = {there: here for here, predicate, there in facts(events) if predicate == "same_as"}
    ours = runs(events)
    for job, run in theirs.items():
        mine = ours[same[job]]
        assert mine.state == ("COMPLETE" if job.endswith(".test") else run.state)
        if run.outputs and project != "compiled_code":  # there its expectation names the wrong table
            assert {o.dataset for o in mine.outputs} == {o.dataset for o in run.outputs}
            assert {i.dataset for i in run.inputs} <= {i.dataset for i in mine.inputs}


def test_a_real_failing_test_fails_on_its_table(shared: Path) -> None:
    """dbt's own artefacts of a build with a failing not_null: the table's, in OpenLineage's spelling."""
    folder = shared / "payloads" / "dbt" / "captured"
    manifest, results = (json.loads((folder / f"{k}.json").read_text()) for k in ("manifest", "run_results"))
    events = read(with_kinds(manifest, results))
    tests = runs(events)["job:lab/model.lab.stg_visits.test"]
    assert tests.state == "COMPLETE"
    assert tests.inputs == (
        DatasetState("dataset:dbt/lab.main.stg_visits", failed_assertions=("not_null(patient_id)",)),
    )
    assert ("dashboard:emr_dashboard", "reads", "dataset:dbt/lab.main.fct_patient") in facts(events)
    assert {(e.entity, e.owner) for e in events if isinstance(e, Claim)} >= {
        ("dataset:dbt/lab.main.stg_visits", "dana"),
        ("dashboard:emr_dashboard", "Dana"),
    }


def test_run_results_alone_are_joined_by_the_manifest() -> None:
    """What is known by unique id only in one file is the same as a named table in the other."""
    joined = {there: here for here, p, there in facts(read(golden("manifest"))) if p == "same_as"}
    alone = runs(read(golden("run_results")))
    (seed,) = alone["job:shop/seed.shop.raw_orders"].outputs
    failed = [s for s in alone["job:shop/test"].inputs if s.failed_assertions]
    assert joined[seed.dataset] == "dataset:postgres://db:5432/shop.raw.raw_orders"
    assert [joined[s.dataset] for s in failed] == ["dataset:postgres://db:5432/shop.mart.fct_orders"]


def test_tests_that_could_not_run_say_nothing_of_the_data() -> None:
    """A test that erred is a failed run, not a failed assertion; beside one that ran it is neither."""
    both = golden("build_with_manifest")
    for result in both["run_results"]["results"]:
        if result["unique_id"].startswith("test."):
            result |= {"status": "error", "message": "Compilation Error"}
    tests = runs(read(both))["job:shop/model.shop.orders.test"]
    assert (tests.state, tests.error) == ("FAIL", "Compilation Error; Compilation Error")
    assert tests.inputs[0].failed_assertions == ()


@pytest.mark.parametrize(
    ("response", "rows"),
    [
        ({"rows_affected": 100, "code": "SELECT"}, 100),
        ({"rows_affected": 0, "code": "INSERT"}, 0),
        ({"rows_affected": -1, "code": "CREATE VIEW"}, None),
        ({"rows_affected": 1, "code": "SUCCESS"}, None),
        ({"rows_affected": True}, None),
        ({"_message": "OK"}, None),
        ("CREATE TABLE", None),
        (None, None),
    ],
)
def test_rows_are_those_that_moved(response: Any, rows: int | None) -> None:
    """A view moves none, and Snowflake's one row is its word "SUCCESS"."""
    results = golden("run_results")
    results["results"] = [
        {"unique_id": "model.shop.orders", "status": "success", "adapter_response": response}
    ]
    (output,) = runs(read(results))["job:shop/model.shop.orders"].outputs
    assert output.n_rows == rows


@pytest.mark.parametrize(
    ("spelled", "dataset"),
    [
        ('"lab"."main"."stg_visits"', "dataset:dbt/lab.main.stg_visits"),
        ("`project`.`set`.`table`", "dataset:dbt/project.set.table"),
        ("`project.set.table`", "dataset:dbt/project.set.table"),
        ("[db].[dbo].[t]", "dataset:dbt/db.dbo.t"),
        ("main.stg_visits", "dataset:dbt/main.stg_visits"),
        ('"a b"."c"', "dataset:dbt/a b.c"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_relation_is_spelled_as_its_adapter_quotes(spelled: str | None, dataset: str) -> None:
    """Quoted names give the table whatever the adapter quotes with."""
    assert names.relation(names.names(Metadata()), spelled) == dataset


@pytest.mark.parametrize(("which", "n_runs"), [("build", 5), ("compile", 0), ("generate", 0), (None, 5)])
def test_only_commands_that_do_something_are_runs(which: str | None, n_runs: int) -> None:
    """`dbt compile` and `dbt docs generate` write run results of nodes they only looked at."""
    results = golden("run_results")
    results["args"]["which"] = which
    assert len(runs(read(results))) == n_runs


PROJECT = {
    "dbt_project.yml": """
        name: clinic
        version: "1.0"
        profile: clinic
        models: {clinic: {+materialized: table}}
        """,
    "profiles.yml": """
        clinic: {target: dev, outputs: {dev: {type: duckdb, path: clinic.duckdb}}}
        """,
    "models/visits.sql": "select 1 as id, cast(null as int) as code",
    "models/daily.sql": "select id, code from {{ ref('visits') }}",
    "models/schema.yml": """
        models:
          - {name: daily, columns: [{name: code, data_tests: [not_null]}]}
        """,
}


def test_dbt_itself_is_read(tmp_path: Path) -> None:
    """What the real dbt leaves behind after a build with a failing test, redacted: the runs, the table, its test."""
    pytest.importorskip("dbt.adapters.duckdb", reason="pip install dbt-duckdb")
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(dedent(text).strip())
    server = "duckdb:///var/clinic.duckdb"
    settings = {"DATASET_NAMESPACE": server, "ENVIRONMENT": "production"}
    said = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "build"],
        cwd=tmp_path,
        env={**os.environ, "DO_NOT_TRACK": "1"} | {f"DBT_ENV_CUSTOM_ENV_{k}": v for k, v in settings.items()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "PASS=2 WARN=0 ERROR=1" in said.stdout, said.stdout
    sent = {
        kind: json.loads((tmp_path / "target" / f"{kind}.json").read_text())
        for kind in ("manifest", "run_results")
    }
    events = read(json.loads(dbt.redact({}, json.dumps(sent).encode(), lambda _: "p_aaaaaaaaaaaa")))
    done = runs(events)
    table = f"dataset:{server}/clinic.main.daily"
    assert done["job:clinic/model.clinic.daily"].outputs == (DatasetState(table),)
    assert done["job:clinic/model.clinic.daily.test"].inputs == (
        DatasetState(table, failed_assertions=("not_null(code)",)),
    )
    assert {tuple(run.dims.items()) for run in done.values()} == {(("environment", "production"),)}
    assert (table, "derives", f"dataset:{server}/clinic.main.visits") in facts(events)


def test_ephemeral_models_stand_for_what_they_are_made_of() -> None:
    """Two that read each other end as well."""
    manifest = golden("manifest")
    one, two = manifest["nodes"]["model.shop.int_orders"], manifest["nodes"]["model.shop.stg_orders"]
    one["depends_on"]["nodes"] = ["model.shop.stg_orders"]
    two["depends_on"]["nodes"] = ["model.shop.int_orders", "source.shop.app.orders"]
    two["config"] = {"materialized": "ephemeral"}
    read_by = {
        t for job, p, t in facts(read(manifest)) if (job, p) == ("job:shop/model.shop.orders", "reads")
    }
    assert read_by == {"dataset:postgres://db:5432/shop.public.orders_v2"}


def test_a_delivery_is_known_by_its_invocation() -> None:
    """The artefacts of one invocation are deliveries of their own; posting one again is none."""
    keys = [
        dbt.key({}, json.dumps(golden(name)).encode())
        for name in ("manifest", "run_results", "build_with_manifest")
    ]
    assert keys[0].startswith("manifest d66297ec")
    assert keys[1].startswith("run_results d66297ec")
    assert keys[2] == ""
    assert dbt.key({}, b"\xff") == ""


@pytest.mark.parametrize(
    "body", [{}, {"metadata": None}, {"metadata": {"dbt_schema_version": "x/y/v1.json"}}]
)
def test_other_files_say_what_they_lack(body: Any) -> None:
    """A file that is none of the four artefacts is unreadable, and redaction seals it."""
    for use in (lambda: read(body), lambda: dbt.redact({}, json.dumps(body).encode(), str)):
        with pytest.raises(Unreadable, match="no dbt artefact"):
            use()


def test_redaction_leaves_code_and_bytes_alone() -> None:
    """An artefact without people comes back byte for byte, spaces and all."""
    body = b'{"metadata": {"dbt_schema_version": "a/manifest/v12.json"},  "nodes": {"model.a.b": {"raw_code": "x"}}}'
    assert dbt.redact({}, body, str) == body


def large_manifest(n_models: int, n_bytes: int) -> bytes:
    """A manifest of so many models with two tests each, filled up with code."""
    model: Mapping[str, Any] = golden("manifest")["nodes"]["model.shop.orders"]
    test: Mapping[str, Any] = golden("manifest")["nodes"]["test.shop.not_null_orders_id.e269"]
    code = "select * from {{ ref('x') }} where y is not null -- " * (n_bytes // n_models // 52 // 2)
    nodes: dict[str, Any] = {}
    for i in range(n_models):
        own, parents = f"model.shop.m{i}", [f"model.shop.m{j}" for j in (i // 2, i // 3) if j < i]
        nodes[own] = {**model, "name": f"m{i}", "alias": f"m{i}", "raw_code": code, "compiled_code": code}
        nodes[own]["depends_on"] = {"nodes": parents}
        for kind in ("not_null", "unique"):
            nodes[f"test.shop.{kind}_m{i}"] = {**test, "attached_node": own}
    return json.dumps({**golden("manifest"), "nodes": nodes}).encode()


def test_a_large_manifest_is_read_and_redacted() -> None:
    """669 models in 20 MB."""
    body = large_manifest(669, 20_000_000)
    assert len(body) > 20_000_000
    redacted = dbt.redact({}, body, lambda _: "p_aaaaaaaaaaaa")
    events = list(dbt.parse(Delivery(1, "dbt", "", "", {}, NOW, redacted)))
    assert len([f for f in facts(events) if f[1] == "writes"]) == 669


def test_a_test_among_the_sources_is_read_where_it_stands() -> None:
    """A manifest that lists a test beside its sources, and nowhere else, says what that test is about."""
    manifest = golden("manifest")
    test = manifest["nodes"].pop("test.shop.not_null_orders_id.e269")
    manifest["sources"]["test.shop.not_null_orders_id.e269"] = test
    assert facts(read(manifest)) >= facts(read(golden("manifest")))
