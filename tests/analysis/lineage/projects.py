"""Projects of a few lines of SQL, as tests need them."""

from collections.abc import Sequence

from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.node import Declared, Node, NodeKind, Use
from seamline.analysis.lineage.opened import opened
from seamline.model.schema_change import Impact, SchemaChange


def source(name: str, columns: str = "", *, complete: bool = False) -> Node:
    """A source `raw.NAME` with these columns."""
    return Node(
        f"source.{name}", "source", f'"raw"."{name}"', columns=tuple(columns.split()), complete=complete
    )


def model(
    name: str,
    sql: str,
    parents: str = "",
    *,
    kind: NodeKind = "model",
    dialect: str = "duckdb",
    why: str = "",
) -> Node:
    """A model `main.NAME`; parents are ids, all of them named in its SQL or not."""
    return Node(f"model.{name}", kind, f'"main"."{name}"', sql, dialect, tuple(parents.split()), why=why)


def project(*nodes: Node, uses: Sequence[Use] = ()) -> Asked:
    """These nodes, read."""
    return opened(Declared(nodes, tuple(uses)))


def drop(asked: Asked, column: str) -> Impact:
    """What follows from dropping `relation.column`."""
    relation, _, name = column.rpartition(".")
    return asked.impact(SchemaChange("drop_column", relation, name)).impact
