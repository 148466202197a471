"""A node as the reader of dbt prunes it, and findings on it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import sqlglot
from msgspec import Struct
from sqlglot import exp

from seamline.analysis.lineage.opened import read
from seamline.analysis.lineage.reading import Reading
from seamline.model.artefact import Document
from seamline.model.schema_change import SchemaChange, SchemaChangeKind
from seamline.model.verdict import Finding

_DIALECTS = ("duckdb", "snowflake", "bigquery", "postgres", "redshift")
_LEAVES_OUT = re.compile(r"\*\s*(except|exclude)\b", re.IGNORECASE)


class Weight(Struct, frozen=True):
    """How much a rule counts."""

    outcome: Literal["hold", "unknown", "note"]
    severity: Literal["low", "medium", "high"]
    confidence: float


HOLD = Weight("hold", "high", 0.9)
NOTE = Weight("note", "medium", 0.7)
UNSURE = Weight("unknown", "medium", 0.7)
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


class Shape(Struct, frozen=True):
    """The columns that a model gives, in order: those with a name, and the relations of which all come through.

    `left_out`: names that a star leaves out somewhere.
    """

    names: tuple[str, ...]
    stars: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


def shapes(was: Node, now: Node) -> tuple[Shape | None, Shape | None]:
    """What a model gave and gives: by a catalog, but for one that is as it was while the SQL is not.

    None where it can't be known.
    """
    old, new = _catalogued(was), _catalogued(now)
    if old and new and (old != new or was.sql == now.sql):
        return old, new
    return _written(was), _written(now)


def _catalogued(node: Node) -> Shape | None:
    catalog = node.content.get("catalog_columns")
    if isinstance(catalog, list) and catalog and all(isinstance(name, str) for name in catalog):
        return Shape(tuple(catalog))
    return None


def _written(node: Node) -> Shape | None:
    """By its SQL, stars over its own common tables resolved."""
    found = _read(node.sql)
    if found is None:
        return None
    reading, dialect = found
    stars = frozenset(reading.stars or ("a table that is not named",))
    names = tuple(output.name for output in reading.outputs)
    return Shape(names, frozenset() if reading.outputs_complete else stars, _left_out(node.sql, dialect))


def unbound(node: Node) -> set[str]:
    """Names in a model's SQL that belong to nothing it reads, in whatever dialect it is read.

    None of one that pivots: its columns are named by values.
    """
    if "pivot" in node.sql.lower():
        return set()
    found = [{name for name, of in reading.unresolved if not of} for reading, _ in _readings(node.sql)]
    return set.intersection(*found) if found else set()


def _read(sql: str) -> tuple[Reading, str] | None:
    """A query as the first dialect has it that can read it, and that dialect; None where none can."""
    return next(iter(_readings(sql)), None)


@lru_cache(16)  # two states of a model, each asked for a few times
def _readings(sql: str) -> tuple[tuple[Reading, str], ...]:
    if not sql or "{{" in sql or "{%" in sql:
        return ()
    readings = ((read(sql, dialect, {}), dialect) for dialect in _DIALECTS)
    return tuple(found for found in readings if not found[0].unknown and not found[0].target)


def _left_out(sql: str, dialect: str) -> frozenset[str]:
    """
    >>> sorted(_left_out("select * exclude (a, B), c from t", "duckdb"))
    ['a', 'b']
    """
    if not _LEAVES_OUT.search(sql):
        return frozenset()
    found = [
        item
        for star in sqlglot.parse_one(sql, dialect=dialect).find_all(exp.Star)
        for item in star.args.get("except_") or star.args.get("except") or ()
    ]
    return frozenset(item.name.lower() for item in found if isinstance(item, exp.Expression))


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
