"""Reading and shaping warehouse tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from lab.warehouse.streams import Column

DATABASE_FILE = "warehouse.duckdb"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a table holds: its columns in order, its rows, and per column the number of NULLs."""

    columns: tuple[Column, ...]
    n_rows: int
    n_nulls: dict[str, int]


def connect(home: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse of a home, created when missing. One process at a time; never touches the network."""
    offline = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(str(home / DATABASE_FILE), config={**offline, "threads": "1"})


def quoted(*parts: str) -> str:
    """A dotted SQL identifier."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def columns_of(warehouse: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[Column, ...]:
    """The table's columns in order; empty when there is no such table."""
    rows = warehouse.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = ? and table_name = ? order by ordinal_position",
        [schema, table],
    ).fetchall()
    return tuple(Column(str(name), str(type_)) for name, type_ in rows)


def profile(warehouse: duckdb.DuckDBPyConnection, schema: str, table: str) -> Profile:
    """Count a table's rows and NULLs in one scan."""
    columns = columns_of(warehouse, schema, table)
    counts = "".join(f", count(*) - count({quoted(column.name)})" for column in columns)
    row = warehouse.execute(f"select count(*){counts} from {quoted(schema, table)}").fetchall()[0]
    n_nulls = {column.name: int(n) for column, n in zip(columns, row[1:], strict=True)}
    return Profile(columns, int(row[0]), n_nulls)
