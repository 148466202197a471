"""The publisher: a report table into the dashboard that people read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lab.warehouse.lineage import (
    Lineage,
    Outcome,
    identity_facet,
    measured_input,
    measured_output,
    warehouse_table,
)
from lab.warehouse.tables import connect, profile, quoted

DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True)
class Report:
    """A published report: the table it shows, the mart behind it, and the figure its readers need."""

    name: str
    mart: str
    table: str
    figure: str

    @property
    def job(self) -> str:
        return f"publish.{self.name}"


REPORTS = {
    "referrals": Report("referrals", "mart_referrals", "report_referrals", "n_referrals"),
    "revenue": Report("revenue", "mart_revenue", "report_revenue", "revenue_eur"),
}


def publish(report: Report, home: Path, lineage: Lineage, *, fail: bool = False) -> None:
    """Copy the report into the dashboard, in the warehouse and as the extract that readers open.

    `fail` asks for a table that isn't there. Raises JobFailed; readers then keep the last extract.
    """
    mart = warehouse_table("main", report.mart)
    shown = warehouse_table("main", report.table)
    target = warehouse_table(DASHBOARD, report.name)
    table = f"{report.table}__missing" if fail else report.table

    def copy() -> Outcome:
        with connect(home) as warehouse:
            warehouse.execute(f"create schema if not exists {DASHBOARD}")
            warehouse.execute(
                f"create or replace table {quoted(DASHBOARD, report.name)} as from {quoted('main', table)}"
            )
            write_extract(warehouse, report, home)
            aggregated = profile(warehouse, "main", report.mart)
            written = profile(warehouse, DASHBOARD, report.name)
        copied = identity_facet(shown, [column.name for column in written.columns])
        inputs = (measured_input(shown, written), measured_input(mart, aggregated))
        return Outcome(inputs, (measured_output(target, written, copied),))

    lineage.run(report.job, [shown, mart], [target], copy)


def extract_path(home: Path, report: Report) -> Path:
    return home / DASHBOARD / f"{report.name}.json"


def write_extract(warehouse: duckdb.DuckDBPyConnection, report: Report, home: Path) -> None:
    """Put the dashboard's rows beside the warehouse, at once: readers never wait for DuckDB's one writer."""
    found = warehouse.execute(f"from {quoted(DASHBOARD, report.name)}")
    names = [str(column[0]) for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    path = extract_path(home, report)
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(rows, default=str))
    os.replace(fresh, path)
