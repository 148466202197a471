"""The parts of dbt's manifest and catalog that are read. Schemas: https://schemas.getdbt.com

A manifest can be hundreds of megabytes, most of it macros and docs: everything not named here is skipped by the
decoder, and nodes are taken one by one, so that one of an odd shape costs itself only.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from seamline.model.errors import Fix

T = TypeVar("T")
SOURCE, MODEL, SEED, SNAPSHOT = "source", "model", "seed", "snapshot"


class Metadata(Struct, frozen=True):
    """What every artefact says of itself. `env` holds DBT_ENV_CUSTOM_ENV_*, without that prefix."""

    dbt_schema_version: str | None = None
    adapter_type: str | None = None
    project_name: str | None = None
    env: dict[str, Any] | None = None


class Owner(Struct, frozen=True):
    """An owner of an exposure or a group; an address may be one or a list."""

    name: Any = None
    email: Any = None


class Config(Struct, frozen=True):
    """How a node is built. `meta` is free: anything may stand in it."""

    enabled: bool | None = None
    materialized: str | None = None
    meta: Any = None
    group: str | None = None
    on_schema_change: Any = None
    contract: Any = None
    access: Any = None
    snapshot_meta_column_names: dict[str, Any] | None = None
    severity: Any = None
    freshness: Any = None


class DependsOn(Struct, frozen=True):
    """What a node is made out of, by unique id."""

    nodes: tuple[str, ...] | None = None


class Column(Struct, frozen=True):
    """A column as somebody documented it."""

    name: str | None = None
    data_type: str | None = None
    quote: bool | None = None
    constraints: Any = None


class TestMetadata(Struct, frozen=True):
    """Which generic test it is; its arguments are free."""

    name: str | None = None
    kwargs: Any = None


class Checksum(Struct, frozen=True):
    """Of a node's own file."""

    checksum: str | None = None


class Node(Struct, frozen=True):
    """A model, seed, snapshot, source, test, exposure, metric, semantic model or saved query.

    The compiled text is `compiled_sql`, and the template `raw_sql`, up to manifest v6.
    """

    name: str | None = None
    alias: str | None = None
    identifier: str | None = None
    database: str | None = None
    schema: str | None = None
    relation_name: str | None = None
    source_name: str | None = None
    package_name: str | None = None
    original_file_path: str | None = None
    patch_path: str | None = None
    language: str | None = None
    config: Config | None = None
    meta: Any = None
    source_meta: Any = None
    group: str | None = None
    depends_on: DependsOn | None = None
    columns: dict[str, Column] | None = None
    compiled_code: str | None = None
    compiled_sql: str | None = None
    raw_code: str | None = None
    raw_sql: str | None = None
    test_metadata: TestMetadata | None = None
    column_name: str | None = None
    attached_node: str | None = None
    type: str | None = None
    label: str | None = None
    owner: Owner | None = None
    version: Any = None
    latest_version: Any = None
    deprecation_date: Any = None
    access: Any = None
    contract: Any = None
    constraints: Any = None
    freshness: Any = None
    checksum: Checksum | None = None

    def parents(self) -> tuple[str, ...]:
        """The unique ids it depends on."""
        return (self.depends_on.nodes if self.depends_on else None) or ()

    def materialized(self) -> str:
        """view, table, incremental, ephemeral ...; "" where nothing is said."""
        return (self.config.materialized if self.config else None) or ""


class Group(Struct, frozen=True):
    """A group of nodes with one owner."""

    name: str | None = None
    owner: Owner | None = None


class _Manifest(Struct, frozen=True):
    metadata: Metadata
    nodes: dict[str, Raw] = {}
    sources: dict[str, Raw] = {}
    exposures: dict[str, Raw] | None = None
    metrics: dict[str, Raw] | None = None
    semantic_models: dict[str, Raw] | None = None
    saved_queries: dict[str, Raw] | None = None
    groups: dict[str, Raw] | None = None
    macros: dict[str, "_Skipped"] | None = None


class _Skipped(Struct, frozen=True):
    """Something of which only the key is wanted."""


class Manifest(Struct, frozen=True):
    """manifest.json, versions 1 to 12. `odd`: ids of entries that could not be read, with the reason."""

    metadata: Metadata
    nodes: dict[str, Node]  # with the sources
    uses: dict[str, Node]  # exposures, metrics, semantic models, saved queries
    groups: dict[str, Group]
    macros: frozenset[str]
    odd: dict[str, str]


class CatalogColumn(Struct, frozen=True):
    """One column as the warehouse has it."""

    name: str | None = None
    index: int | float | None = None
    type: str | None = None


class CatalogTable(Struct, frozen=True):
    """A table and its columns."""

    columns: dict[str, CatalogColumn] = {}

    def names(self) -> tuple[str, ...]:
        """Its columns in the warehouse's order."""
        found = [(c.index or 0, c.name or key) for key, c in self.columns.items()]
        return tuple(name for _, name in sorted(found, key=lambda pair: pair[0]))


class Catalog(Struct, frozen=True):
    """catalog.json: what the warehouse answered when dbt asked it."""

    metadata: Metadata
    nodes: dict[str, CatalogTable] = {}
    sources: dict[str, CatalogTable] = {}


class _Result(Struct, frozen=True):
    unique_id: str = ""
    compiled_code: str | None = None


class _Results(Struct, frozen=True):
    results: tuple[_Result, ...] = ()


def compiled(data: bytes) -> dict[str, str]:
    """The SQL that run_results.json (v5 and later) says was run, by unique id; empty where it says none."""
    try:
        found = msgspec.json.decode(data, type=_Results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return {one.unique_id: one.compiled_code for one in found.results if one.compiled_code}


def kind_of(data: bytes) -> str:
    """manifest, catalog, run-results ... by the address of its schema; "" for what is no artefact of dbt."""
    try:
        top = msgspec.json.decode(data, type=_Top)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    parts = ((top.metadata.dbt_schema_version if top.metadata else None) or "").split("/")
    return parts[-2] if len(parts) > 1 else ""


class _Top(Struct, frozen=True):
    metadata: Metadata | None = None


def manifest(data: bytes, name: str) -> Manifest:
    """What a manifest says. Raises Fix with the mend for what is none; `name` is what people call the file."""
    top = _decoded(data, _Manifest, name)
    odd: dict[str, str] = {}
    return Manifest(
        top.metadata,
        dict(_each(top.nodes | top.sources, Node, odd)),
        dict(_each(_uses(top), Node, odd)),
        dict(_each(top.groups or {}, Group, odd)),
        frozenset(top.macros or ()),
        odd,
    )


def catalog(data: bytes, name: str) -> Catalog:
    """What a catalog says. Raises Fix with the mend for what is none."""
    return _decoded(data, Catalog, name)


def _decoded(data: bytes, shape: type[T], name: str) -> T:
    wanted = "manifest" if shape is _Manifest else "catalog"
    again = "dbt compile" if wanted == "manifest" else "dbt docs generate"
    try:
        found = msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        raise Fix(
            f"{name}: not dbt's {wanted} ({error})", hint=f"target/{wanted}.json of `{again}`"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fix(f"{name}: broken JSON ({error})", hint=f"write it again with `{again}`") from error
    kind = kind_of(data)
    if kind != wanted:
        raise Fix(
            f"{name}: not dbt's {wanted}, but {kind or 'some other JSON'}",
            hint=f"target/{wanted}.json of `{again}`",
        )
    return found


def _uses(top: _Manifest) -> dict[str, Raw]:
    groups = (top.exposures, top.metrics, top.semantic_models, top.saved_queries)
    return {unique_id: raw for group in groups for unique_id, raw in (group or {}).items()}


def _each(raw: dict[str, Raw], shape: type[T], odd: dict[str, str]) -> Iterator[tuple[str, T]]:
    decoder = msgspec.json.Decoder(shape)
    for unique_id, text in raw.items():
        try:
            yield unique_id, decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            odd[unique_id] = str(error)
