"""The command line: a person's way from plan to certificate, with and without a home."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seamline.app import migrate as verb
from seamline.app import outbox
from seamline.bootstrap import open_home

from .stand import Stand

PLAN = """
migration: amount-to-bigint
owner: ana@example.org
change:
  - change_type: {table: enc, column: amount, to: bigint}
code: {old: api@1, new: api@2, soak: 0s}
support: {banner: Slow, watch_tags: [billing]}
"""


@pytest.fixture
def plan(stand: Stand, tmp_path: Path) -> Path:
    """A plan, and the table that it is for."""
    stand.sql(
        "CREATE TABLE enc (id int PRIMARY KEY, amount int NOT NULL); INSERT INTO enc SELECT g, g FROM generate_series(1, 99) g"
    )
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN, encoding="utf-8")
    return file


def run(stand: Stand, *arguments: str, home: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """`seamline migrate ...` as a person runs it."""
    more = ["--home", str(home)] if home else []
    return subprocess.run(
        [sys.executable, "-m", "seamline.cli", "migrate", *arguments, *more],
        env={**os.environ, "SEAMLINE_DSN": stand.dsn}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_from_plan_to_certificate(stand: Stand, plan: Path) -> None:
    """Every command says what is next; the gate holds until READY; the certificate proves its own sum."""
    planned = run(stand, "plan", str(plan), "--calibrate", "0")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert "next: ana@example.org: seamline migrate approve amount-to-bigint" in planned.stdout
    assert "banner on: Slow" in planned.stdout
    assert "CREATE VIEW" in run(stand, "plan", str(plan), "--calibrate", "0", "--sql").stdout
    assert run(stand, "status", "amount-to-bigint", "--gate").returncode == 3
    assert run(stand, "start", str(plan)).returncode == 2
    assert run(stand, "approve", str(plan), "--as", "ana@example.org").returncode == 0
    started = run(stand, "start", str(plan))
    assert (started.returncode, started.stdout.splitlines()[0]) == (0, "amount-to-bigint: SOAK")
    assert run(stand, "status", "amount-to-bigint", "--gate").returncode == 0
    status = json.loads(run(stand, "status", "amount-to-bigint", "--json").stdout)
    assert {s["state"] for s in status["steps"] if s["phase"] != "CONTRACT"} == {"done"}
    assert status["rows_done"] == 99
    done = run(stand, "contract", "amount-to-bigint", "--wait", "20", "--json")
    certificate = json.loads(done.stdout)
    assert certificate["compared"][0]["rows"] == 99
    assert certificate["compared"][0]["old_hash"] == certificate["compared"][0]["new_hash"]
    assert "amount-to-bigint  DONE  ana@example.org" in run(stand, "status").stdout


def test_a_refusal_is_one_line_each_and_exit_2(stand: Stand, plan: Path) -> None:
    """What, and the mend in brackets."""
    stand.sql("DROP TABLE enc")
    done = run(stand, "plan", str(plan))
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["refused: there is no table enc (write it as schema.table)"]


def test_an_unknown_name_and_no_database_are_told_in_one_line(stand: Stand) -> None:
    """Neither is a traceback."""
    done = run(stand, "start", "nothing")
    assert done.returncode == 2
    assert "no migration 'nothing' in this database" in done.stderr
    away = Stand("host=127.0.0.1 port=1 dbname=x", "")
    assert run(away, "status").stderr.count("\n") == 1


def test_a_home_is_told_each_state_once(stand: Stand, plan: Path, tmp_path: Path) -> None:
    """One schema change of the table, in all its states, however often it is told."""
    home = tmp_path / "home"
    with open_home(home, write=True):
        pass
    for command in (["plan", str(plan), "--calibrate", "0"], ["approve", str(plan)], ["start", str(plan)]):
        done = run(stand, *command, home=home)
        assert (done.returncode, "note:" in done.stderr) == (0, False)
    with open_home(home, write=True) as opened:
        assert outbox.deliver(opened, stand.dsn, "amount-to-bigint") == 0
        bodies = [json.loads(d.body or b"") for d in opened.log.read() if d.source == "json"]
    assert {b["id"] for b in bodies} == {bodies[0]["id"]}
    assert bodies[0]["state"] == "announced"
    assert bodies[-1]["facts"]["state"] == "SOAK"
    assert bodies[0]["entity"].endswith(".public.enc")
    assert [m.state for m in verb.listed(stand.dsn)] == ["SOAK"]


def test_a_reader_on_the_map_refuses_the_contract(stand: Stand, plan: Path, tmp_path: Path) -> None:
    """A job that a home knows to be made out of the old column is named, with its owner; without the home nobody knows."""
    home = tmp_path / "home"
    with open_home(home, write=True) as opened:
        name = stand.sql("SELECT current_database()")[0][0]
        opened.log.append([opened.inbox.take("openlineage", {}, _lineage(name), opened.clock())])
    for command in (["plan", str(plan), "--calibrate", "0"], ["approve", str(plan)], ["start", str(plan)]):
        done = run(stand, *command, home=home)
        assert done.returncode == 0
        if command[0] == "plan":
            assert "warehouse" in done.stdout
    refused = run(stand, "contract", "amount-to-bigint", "--wait", "20", home=home)
    assert refused.returncode == 2
    assert "reads enc.amount" in refused.stderr
    assert run(stand, "contract", "amount-to-bigint", "--wait", "20").returncode == 0


def _lineage(database: str) -> bytes:
    """A run that makes a column of a warehouse out of the old one."""
    source = {"namespace": "postgres://db:5432", "name": f"{database}.public.enc"}
    made = {**source, "field": "amount"}
    facet = {
        "_producer": "https://example.org/p",
        "_schemaURL": "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json",
        "fields": {"total": {"inputFields": [made]}},
    }
    output = {"namespace": "duckdb", "name": "warehouse.main.totals", "facets": {"columnLineage": facet}}
    event = {
        "eventType": "COMPLETE", "eventTime": "2026-11-23T10:00:00Z", "producer": "https://example.org/p",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "01890000-0000-7000-8000-000000000001"}, "job": {"namespace": "warehouse", "name": "totals"},
        "inputs": [source], "outputs": [output],
    }  # fmt: skip
    return json.dumps(event).encode()


@pytest.mark.usefixtures("server")  # skips where PostgreSQL's programs are missing
def test_the_demonstration_keeps_its_promises() -> None:
    """A private server, traffic, two kills: nothing is lost, and nothing of it stays."""
    done = subprocess.run(
        [sys.executable, "-m", "seamline.cli", "migrate", "demo", "--rows", "20000"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("kill -9") == 2
    assert "Nothing was lost, nothing failed." in done.stdout
