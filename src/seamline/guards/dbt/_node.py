"""A node as the reader of dbt prunes it, and findings on it."""

from collections.abc import Mapping
from typing import Any, Literal

import sqlglot
from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import SqlglotError

from seamline.model.artefact import Document
from seamline.model.schema_change import SchemaChange, SchemaChangeKind
from seamline.model.verdict import Finding


class Weight(Struct, frozen=True):
    """How much a rule counts."""

    outcome: Literal["hold", "unknown", "note"]
    severity: Literal["low", "medium", "high"]
    confidence: float


HOLD = Weight("hold", "high", 0.9)
NOTE = Weight("note", "medium", 0.7)
SLIGHT = Weight("note", "low", 0.6)


class Node:
    """One state of a node; what it does not say is empty."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.content: Mapping[str, Any] = mapping(document.content)
        self.config = mapping(self.content.get("config"))
        self.columns = {
            str(name): mapping(told) for name, told in mapping(self.content.get("columns")).items()
        }

    def text(self, key: str) -> str:
        """A word that the node, else its configuration, says of itself."""
        found = self.content.get(key, self.config.get(key))
        return found if isinstance(found, str) else ""

    @property
    def id(self) -> str:
        return self.text("unique_id") or self.document.entity

    @property
    def name(self) -> str:
        return self.text("name") or self.id.rpartition(".")[2]

    @property
    def relation(self) -> str:
        return self.text("relation_name") or self.name

    @property
    def is_model(self) -> bool:
        return self.text("resource_type") in ("", "model", "snapshot")

    @property
    def enforced(self) -> bool:
        """Whether a contract is enforced. dbt says so in the configuration; older manifests beside it."""
        told = mapping(self.config.get("contract")) or mapping(self.content.get("contract"))
        return told.get("enforced") is True

    @property
    def materialized(self) -> str:
        return str(self.config.get("materialized") or "view")

    @property
    def enabled(self) -> bool:
        return self.config.get("enabled") is not False

    @property
    def sql(self) -> str:
        """The SQL of the model: compiled, else raw where that is plain."""
        for key in ("sql", "compiled_code", "compiled_sql", "raw_code", "raw_sql"):
            found = self.content.get(key)
            if isinstance(found, str) and found.strip():
                return found
        return ""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def outputs(node: Node) -> tuple[str, ...] | None:
    """The columns that a model's final SELECT names, in order; None where a star or Jinja hides them."""
    catalog = node.content.get("catalog_columns")
    if isinstance(catalog, list) and catalog and all(isinstance(name, str) for name in catalog):
        return tuple(catalog)
    query = final(node)
    return None if query is None or query.is_star else tuple(query.named_selects)


def final(node: Node) -> exp.Query | None:
    """The model's outermost query; None where the SQL is none that can be read."""
    sql = node.sql
    if not sql or "{{" in sql or "{%" in sql:
        return None
    for dialect in (None, "snowflake", "bigquery"):
        try:
            tree = sqlglot.parse_one(sql, dialect=dialect)
        except (SqlglotError, RecursionError, ValueError):
            continue
        return tree if isinstance(tree, exp.Query) else None
    return None


def finding(
    rule: str, weight: Weight, node: Node, reason: str, do: str, touches: tuple[SchemaChange, ...] = (),
    missing: tuple[str, ...] = (),
) -> Finding:  # fmt: skip
    return Finding(
        f"dbt/{rule}", weight.outcome, weight.severity, weight.confidence, None, reason, do, missing, (node.id,),
        node.document.entity, node.document.place, touches,
    )  # fmt: skip


def touch(kind: SchemaChangeKind, node: Node, column: str = "", to: str = "") -> tuple[SchemaChange, ...]:
    return (SchemaChange(kind, node.relation, column, to),)
