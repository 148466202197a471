"""The parts of dbt's artefacts that are read. Schemas: https://schemas.getdbt.com

A manifest is tens of megabytes of which little is read: everything else is skipped by the decoder.
"""

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import Stamp, decode

SOURCE = "dbt"
KINDS = {"manifest": "manifest", "run-results": "run_results", "catalog": "catalog", "sources": "sources"}
_NONE = Raw(b"")


class Metadata(Struct, frozen=True):
    """What every artefact says of itself. `env` holds DBT_ENV_CUSTOM_ENV_*, without that prefix."""

    dbt_schema_version: str | None = None
    generated_at: Stamp = None
    invocation_id: str | None = None
    adapter_type: str | None = None
    project_name: str | None = None
    env: dict[str, Any] | None = None


class Top(Struct, frozen=True):
    """An artefact, or several under their own names."""

    metadata: Metadata | None = None
    manifest: Raw = _NONE
    run_results: Raw = _NONE
    catalog: Raw = _NONE
    sources: Raw = _NONE


class OfOwner(Struct, frozen=True):
    """An owner of an exposure or a group; an address may be one or a list."""

    name: Any = None
    email: Any = None


class Meta(Struct, frozen=True):
    """The one conventional key of the free part of a node."""

    owner: Any = None


class Config(Struct, frozen=True):
    """How a node is built."""

    materialized: str | None = None
    meta: Meta | None = None


class DependsOn(Struct, frozen=True):
    """What a node is made out of, by unique id."""

    nodes: tuple[str, ...] | None = None


class TestArguments(Struct, frozen=True):
    """The arguments of a generic test."""

    column_name: Any = None


class TestMetadata(Struct, frozen=True):
    """Which generic test it is."""

    name: str
    kwargs: TestArguments | None = None


class Node(Struct, frozen=True):
    """A model, seed, snapshot, source, test or exposure."""

    name: str | None = None
    alias: str | None = None
    identifier: str | None = None
    database: str | None = None
    schema: str | None = None
    config: Config | None = None
    meta: Meta | None = None
    source_meta: Meta | None = None
    group: str | None = None
    depends_on: DependsOn | None = None
    test_metadata: TestMetadata | None = None
    column_name: str | None = None
    attached_node: str | None = None
    type: str | None = None
    label: str | None = None
    owner: OfOwner | None = None

    def parents(self) -> tuple[str, ...]:
        """The unique ids it depends on."""
        return (self.depends_on.nodes if self.depends_on else None) or ()


class Group(Struct, frozen=True):
    """A group of nodes with one owner."""

    name: str
    owner: OfOwner | None = None


class Manifest(Struct, frozen=True):
    """manifest.json, versions 1 to 12."""

    metadata: Metadata
    nodes: dict[str, Node] = {}
    sources: dict[str, Node] = {}
    exposures: dict[str, Node] | None = None
    groups: dict[str, Group] | None = None

    def node(self, unique_id: str) -> Node | None:
        """A node or source."""
        return self.nodes.get(unique_id) or self.sources.get(unique_id)


class Timing(Struct, frozen=True):
    """One phase of a node's execution."""

    name: str | None = None
    started_at: Stamp = None
    completed_at: Stamp = None


class Result(Struct, frozen=True):
    """What became of one node."""

    unique_id: str
    status: str
    timing: tuple[Timing, ...] | None = None
    message: str | None = None
    adapter_response: Any = None
    relation_name: str | None = None


class Arguments(Struct, frozen=True):
    """How dbt was called."""

    which: str | None = None


class RunResults(Struct, frozen=True):
    """run_results.json, versions 1 to 6."""

    metadata: Metadata
    results: tuple[Result, ...]
    args: Arguments | None = None


class CatalogColumn(Struct, frozen=True):
    """One column as the warehouse has it."""

    index: int | float | None = None


class CatalogTable(Struct, frozen=True):
    """Where a table is, in the warehouse's own spelling."""

    name: str
    schema: str | None = None
    database: str | None = None


class CatalogNode(Struct, frozen=True):
    """A table and its columns."""

    metadata: CatalogTable
    columns: dict[str, CatalogColumn] = {}


class Catalog(Struct, frozen=True):
    """catalog.json."""

    metadata: Metadata
    nodes: dict[str, CatalogNode] = {}
    sources: dict[str, CatalogNode] = {}


class FreshnessResult(Struct, frozen=True):
    """How old the newest row of a source was."""

    unique_id: str
    status: str | None = None
    max_loaded_at: Stamp = None
    snapshotted_at: Stamp = None
    error: Any = None


class Freshness(Struct, frozen=True):
    """sources.json."""

    metadata: Metadata
    results: tuple[FreshnessResult, ...]


class Artefacts(Struct, frozen=True):
    """What one delivery holds, each still packed; b"" for those that are not in it."""

    manifest: bytes = b""
    run_results: bytes = b""
    catalog: bytes = b""
    sources: bytes = b""


class Said(Struct, frozen=True):
    """Where and when something was read."""

    seq: int
    at: datetime


def artefacts(body: bytes | None) -> Artefacts:
    """The artefacts in a body. Raises Unreadable when there is none."""
    top = decode(body, Top)
    kind = kind_of(top.metadata)
    if kind:
        return Artefacts(**{kind: body or b""})
    found = Artefacts(bytes(top.manifest), bytes(top.run_results), bytes(top.catalog), bytes(top.sources))
    if found == Artefacts():
        raise Unreadable("no dbt artefact: metadata.dbt_schema_version names none of " + ", ".join(KINDS))
    return found


def kind_of(metadata: Metadata | None) -> str:
    """Which artefact it is, by the address of its schema; "" for none of those that are read."""
    parts = ((metadata.dbt_schema_version if metadata else None) or "").split("/")
    return KINDS.get(parts[-2], "") if len(parts) > 1 else ""
