"""What the loader is set up to read, and where it lands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name and DuckDB type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Stream:
    """One source table and its raw copy.

    `columns` are those picked when the stream was set up: they exist in the raw table from the first
    load on, whatever the source has.
    """

    job: str
    schema: str
    table: str
    raw_table: str
    columns: tuple[Column, ...]


STREAMS = (
    Stream(
        "load.appt.visits",
        "public",
        "visits",
        "raw__appt__app__postgres__visits",
        (
            Column("visit_id", "BIGINT"),
            Column("patient_id", "BIGINT"),
            Column("referral_code", "VARCHAR"),
            Column("status", "VARCHAR"),
            Column("booked_at", "TIMESTAMP WITH TIME ZONE"),
        ),
    ),
    Stream(
        "load.inv.invoices",
        "public",
        "invoices",
        "raw__inv__app__postgres__invoices",
        (
            Column("invoice_id", "BIGINT"),
            Column("visit_id", "BIGINT"),
            Column("amount_cents", "BIGINT"),
            Column("issued_at", "TIMESTAMP WITH TIME ZONE"),
        ),
    ),
)

DUCKDB_TYPES = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "double precision": "DOUBLE",
    "numeric": "DECIMAL(18, 4)",
    "real": "FLOAT",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "timestamp without time zone": "TIMESTAMP",
    "uuid": "UUID",
}


def duckdb_type(postgres_type: str) -> str:
    """The DuckDB type for a PostgreSQL `information_schema` type; text for what has no match."""
    return DUCKDB_TYPES.get(postgres_type, "VARCHAR")
