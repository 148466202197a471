"""The loader: one PostgreSQL table into its raw copy, whole, as an extract-and-load tool does it.

It reads the columns that exist now. A column that is new in the source is added to the raw table; one that
vanished stays there and is NULL in every row, and nobody is told: that is the lab's silent failure.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
from openlineage.client.event_v2 import InputDataset
from psycopg import sql
from psycopg.rows import TupleRow

from lab.warehouse.lineage import (
    DatasetName,
    Lineage,
    Outcome,
    identity_facet,
    measured_output,
    schema_facet,
    warehouse_table,
)
from lab.warehouse.streams import Column, Stream, duckdb_type
from lab.warehouse.tables import columns_of, connect, profile, quoted

CONNECT_FOR_S = 60.0
RETRY_AFTER_S = 0.5
RAW = "raw"
NULL_MARK = r"\N"


@dataclass(frozen=True, slots=True)
class Source:
    """The clinic's database: how to reach it and what lineage calls it."""

    dsn: str
    namespace: str


def load(stream: Stream, source: Source, home: Path, lineage: Lineage, *, fail: bool = False) -> None:
    """Replace the raw copy of a stream by what the source holds now.

    `fail` asks for a table that isn't there. Raises JobFailed; the raw copy is then as it was.
    """
    origin = DatasetName(source.namespace, f"clinic.{stream.schema}.{stream.table}")
    target = warehouse_table(RAW, stream.raw_table)
    table = f"{stream.table}__missing" if fail else stream.table

    def copy() -> Outcome:
        landing = home / "landing" / f"{stream.raw_table}.csv"
        landing.parent.mkdir(exist_ok=True)
        columns = extract(source.dsn, stream.schema, table, landing)
        with connect(home) as warehouse:
            replace(warehouse, stream, columns, landing)
            written = profile(warehouse, RAW, stream.raw_table)
        copied = identity_facet(origin, [column.name for column in columns])
        read = InputDataset(
            namespace=origin.namespace, name=origin.name, facets={"schema": schema_facet(columns)}
        )
        return Outcome((read,), (measured_output(target, written, copied),))

    lineage.run(stream.job, [origin], [target], copy)


def extract(dsn: str, schema: str, table: str, landing: Path) -> tuple[Column, ...]:
    """Copy a table to a CSV file with a header; its columns in order, typed as DuckDB will hold them."""
    with reach(dsn) as postgres:
        postgres.execute("set time zone 'UTC'")
        rows = postgres.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = %s and table_name = %s order by ordinal_position",
            (schema, table),
        ).fetchall()
        columns = tuple(Column(name, duckdb_type(type_)) for name, type_ in rows)
        query = sql.SQL("copy (select {} from {}) to stdout (format csv, header, null {})").format(
            sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
            sql.Identifier(schema, table),
            sql.Literal(NULL_MARK),
        )
        with landing.open("wb") as file, postgres.cursor().copy(query) as lines:
            for line in lines:
                file.write(line)
    return columns


def reach(dsn: str) -> psycopg.Connection[TupleRow]:
    """A connection, asked for again for a minute: a crowded database is no reason to skip a load."""
    deadline_s = time.monotonic() + CONNECT_FOR_S
    while True:
        try:
            return psycopg.connect(dsn, connect_timeout=5, application_name="loader")
        except psycopg.OperationalError:
            if time.monotonic() >= deadline_s:
                raise
            time.sleep(RETRY_AFTER_S)


def replace(
    warehouse: duckdb.DuckDBPyConnection, stream: Stream, columns: tuple[Column, ...], landing: Path
) -> None:
    """Swap the raw table's rows for those of the file, in one transaction."""
    raw = quoted(RAW, stream.raw_table)
    warehouse.begin()
    held = widen(warehouse, stream, columns)
    typed = {column.name: held[column.name] for column in columns}
    warehouse.execute(f"delete from {raw}")
    warehouse.execute(
        f"insert into {raw} by name select * from read_csv(?, header = true, columns = ?,"
        " nullstr = ?, allow_quoted_nulls = false)",
        [str(landing), typed, NULL_MARK],
    )
    warehouse.commit()


def widen(
    warehouse: duckdb.DuckDBPyConnection, stream: Stream, columns: tuple[Column, ...]
) -> dict[str, str]:
    """Give the raw table every column it lacks; all its columns and types. It never loses one."""
    warehouse.execute(f"create schema if not exists {RAW}")
    raw = quoted(RAW, stream.raw_table)
    known = ", ".join(f"{quoted(column.name)} {column.type}" for column in stream.columns)
    warehouse.execute(f"create table if not exists {raw} ({known})")
    for column in columns:
        warehouse.execute(f"alter table {raw} add column if not exists {quoted(column.name)} {column.type}")
    return {column.name: column.type for column in columns_of(warehouse, RAW, stream.raw_table)}
