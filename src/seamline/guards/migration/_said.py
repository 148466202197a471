"""How findings on migrations are put: where, of what, and how to do it in steps that break nobody."""

from typing import Literal

from msgspec import Struct

from seamline.model.artefact import Operation
from seamline.model.refs import column as column_ref
from seamline.model.refs import dataset
from seamline.model.schema_change import SchemaChange, SchemaChangeKind
from seamline.model.verdict import Finding


class Weight(Struct, frozen=True):
    """How much a rule counts."""

    outcome: Literal["hold", "unknown", "note"]
    severity: Literal["low", "medium", "high"]
    confidence: float


def finding(
    rule: str, weight: Weight, operation: Operation, reason: str, do: str,
    touches: tuple[SchemaChange, ...] = (), missing: tuple[str, ...] = (),
) -> Finding:  # fmt: skip
    """A finding on an operation; its entity is the column, else the table, else the repository's migrations."""
    return Finding(
        f"migration/{rule}", weight.outcome, weight.severity, weight.confidence, None, reason, do, missing,
        (f"{operation.migration}: {operation.detail}" if operation.detail else operation.migration,),
        entity(operation), operation.place, touches,
    )  # fmt: skip


def entity(operation: Operation) -> str:
    if not operation.table:
        return f"repo:{operation.place.repository}"
    table = dataset(f"app://{operation.place.repository}", operation.table.removeprefix("public."))
    return column_ref(table, operation.column) if operation.column else table


def touch(kind: SchemaChangeKind, operation: Operation, to: str = "") -> tuple[SchemaChange, ...]:
    """The change as those who read the table meet it; none where the table is not known."""
    if not operation.table:
        return ()
    column = "" if kind == "drop_table" else operation.column
    return (SchemaChange(kind, operation.table, column, to),)


def named(operation: Operation) -> str:
    """`table.column`, as people say it."""
    table = operation.table or "a table"
    return f"{table}.{operation.column}" if operation.column else table
