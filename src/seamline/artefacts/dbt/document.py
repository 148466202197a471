"""A node as plain data, for the rules that hold one state of a project against another. Keys are the manifest's."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from seamline.artefacts.dbt.project import relation_of, type_of
from seamline.artefacts.dbt.shape import Manifest, Node

FORMAT = "dbt"
_PLAIN = (
    "name", "original_file_path", "language", "group", "version", "latest_version", "deprecation_date", "access",
    "contract", "constraints", "freshness",
)  # fmt: skip
_CONFIG = ("materialized", "on_schema_change", "contract", "access", "severity", "freshness")


def content(
    unique_id: str, node: Node, sql: str, tests: Sequence[Mapping[str, Any]], outputs: Sequence[str] = ()
) -> dict[str, Any]:
    """What a rule may look at. `sql` is "" where there is none to read; `outputs` are a catalog's columns."""
    found: dict[str, Any] = {"unique_id": unique_id, "resource_type": type_of(unique_id)}
    found |= {key: value for key in _PLAIN if (value := getattr(node, key)) is not None}
    config = {key: value for key in _CONFIG if (value := getattr(node.config, key, None)) is not None}
    found |= {"config": config, "relation_name": relation_of(node), "sql": sql, "tests": list(tests)}
    found["columns"] = {
        (column.name or key): {
            name: value
            for name in ("data_type", "constraints")
            if (value := getattr(column, name)) is not None
        }
        for key, column in (node.columns or {}).items()
    }
    found["checksum"] = (node.checksum.checksum if node.checksum else None) or ""
    if outputs:
        found["catalog_columns"] = list(outputs)
    return msgspec.to_builtins(found)  # type: ignore[no-any-return]


def tests_by_node(manifest: Manifest) -> dict[str, list[dict[str, Any]]]:
    """The tests of each node, sorted by their ids."""
    found: dict[str, list[dict[str, Any]]] = {}
    for unique_id, node in sorted(manifest.nodes.items()):
        if type_of(unique_id) != "test":
            continue
        generic = node.test_metadata.name if node.test_metadata else None
        severity = (node.config.severity if node.config else None) or "error"
        told = {
            "unique_id": unique_id, "name": generic or node.name or "", "column_name": node.column_name or "",
            "severity": str(severity).lower(),
        }  # fmt: skip
        for about in (node.attached_node,) if node.attached_node else node.parents():
            found.setdefault(about, []).append(told)
    return found
