"""A manifest, and a catalog where there is one, as the nodes that lineage is read from."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from seamline.analysis.lineage.node import Declared, Node, NodeKind, Use
from seamline.artefacts.dbt import shape, uncompiled
from seamline.artefacts.dbt.dialects import of_adapter
from seamline.artefacts.dbt.owners import owner_of
from seamline.artefacts.dbt.shape import Catalog, CatalogTable, Manifest

EPHEMERAL = "ephemeral"
CTE = "__dbt__cte__"  # what dbt calls an ephemeral model inside its readers
SNAPSHOT_ADDS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
RELATIONS = (shape.SOURCE, shape.SEED, shape.MODEL, shape.SNAPSHOT)


def declared(
    manifest: Manifest,
    catalog: Catalog | None = None,
    dialect: str = "",
    compiled: Mapping[str, str] = MappingProxyType({}),
) -> Declared:
    """All nodes with a relation, and what uses them.

    `dialect` overrides what the manifest says; `compiled` is SQL by unique id, for nodes that the manifest has none of.
    """
    tables = catalog.nodes | catalog.sources if catalog else {}
    texts = _Texts(manifest, compiled)
    troubles = [
        f"{unique_id}: left out, it has an odd shape ({why})" for unique_id, why in manifest.odd.items()
    ]
    nodes = [
        _node(manifest, texts, unique_id, node, tables.get(unique_id), dialect)
        for unique_id, node in manifest.nodes.items()
        if type_of(unique_id) in RELATIONS and not (node.config and node.config.enabled is False)
    ]
    return Declared(tuple(nodes), tuple(_uses(manifest)), tuple(troubles))


def type_of(unique_id: str) -> str:
    """The first part of a unique id: model, test, source ..."""
    return unique_id.partition(".")[0]


def relation_of(node: shape.Node) -> str:
    """A node's relation as the warehouse spells it: dbt's own word, else put together from its parts."""
    if node.relation_name:
        return node.relation_name
    parts = (node.database, node.schema, node.alias or node.identifier or node.name)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)


def _node(
    manifest: Manifest,
    texts: "_Texts",
    unique_id: str,
    node: shape.Node,
    real: CatalogTable | None,
    dialect: str,
) -> Node:
    kind = cast(NodeKind, EPHEMERAL if node.materialized() == EPHEMERAL else type_of(unique_id))
    documented = tuple(c.name or key for key, c in (node.columns or {}).items())
    known = real.names() if real else documented if kind in ("source", "seed") else ()
    sql, why = texts.of(unique_id, node) if kind in ("model", "snapshot", EPHEMERAL) else ("", "")
    return Node(
        id=unique_id,
        kind=kind,
        relation=CTE + (node.name or "") if kind == EPHEMERAL else relation_of(node),
        sql=sql,
        dialect=dialect or _said(node) or of_adapter(manifest.metadata.adapter_type),
        parents=tuple(dict.fromkeys(node.parents())),
        columns=known,
        complete=bool(real),
        adds=_adds(node) if kind == "snapshot" else (),
        why=why,
        owner=owner_of(manifest, node),
        path=node.original_file_path or "",
    )


def _said(node: shape.Node) -> str:
    """The dialect that a model's own `meta` names: projects over several warehouses say it there."""
    for meta in (node.config.meta if node.config else None, node.meta):
        if isinstance(meta, dict) and isinstance(said := meta.get("dialect"), str):
            return said.lower()
    return ""


def _adds(node: shape.Node) -> tuple[str, ...]:
    """What dbt adds to a snapshot's own columns, under the names that the project gives them."""
    named: Mapping[str, Any] = (node.config.snapshot_meta_column_names if node.config else None) or {}
    return tuple(str(named.get(name) or name) for name in SNAPSHOT_ADDS)


class _Texts:
    """The SQL of a manifest's nodes, templates filled in where that is safe."""

    def __init__(self, manifest: Manifest, compiled: Mapping[str, str]) -> None:
        own = {f"macro.{manifest.metadata.project_name}.{name}" for name in ("ref", "source")}
        self._plain_refs = not own & manifest.macros  # else `ref` means what the project made of it
        self._names = _names(manifest)
        self._compiled = compiled

    def of(self, unique_id: str, node: shape.Node) -> tuple[str, str]:
        """(SQL, ""), or ("", why there is none)."""
        if (node.language or "sql").lower() != "sql":
            return "", f"a {node.language} model"
        if compiled := node.compiled_code or node.compiled_sql or self._compiled.get(unique_id):
            return compiled, ""
        raw = node.raw_code or node.raw_sql or ""
        if not raw.strip():
            return "", "the manifest holds no SQL of it"
        filled = uncompiled.filled(raw, self._names) if self._plain_refs else raw
        if filled is None or "{{" in filled or "{%" in filled:
            return "", "the manifest holds its template only: run `dbt compile`"
        return filled, ""


def _names(manifest: Manifest) -> dict[tuple[str, ...], str]:
    names: dict[tuple[str, ...], str] = {}
    doubtful: set[tuple[str, ...]] = set()
    for unique_id, node in manifest.nodes.items():
        kind = type_of(unique_id)
        if kind not in RELATIONS or not node.name or (node.version not in (None, node.latest_version)):
            continue
        relation = CTE + node.name if node.materialized() == EPHEMERAL else relation_of(node)
        short = (shape.SOURCE, node.source_name or "", node.name) if kind == shape.SOURCE else (node.name,)
        if names.setdefault(short, relation) != relation:
            doubtful.add(short)
        if kind != shape.SOURCE and node.package_name:
            names[(node.package_name, node.name)] = relation
    return {name: relation for name, relation in names.items() if name not in doubtful}


def _uses(manifest: Manifest) -> Iterator[Use]:
    for unique_id, node in (manifest.nodes | manifest.uses).items():
        kind = type_of(unique_id)
        if kind in RELATIONS or kind in ("operation", "sql_operation"):
            continue
        owner = owner_of(manifest, node)
        name = node.label or node.name or unique_id
        reads = (node.attached_node,) if node.attached_node else node.parents()
        yield Use(unique_id, kind, name, tuple(reads), _tested(node), owner)


def _tested(node: shape.Node) -> tuple[str, ...]:
    """The columns that a generic test names."""
    kwargs = node.test_metadata.kwargs if node.test_metadata else None
    said = kwargs if isinstance(kwargs, dict) else {}
    found = [node.column_name, said.get("column_name")]
    for name in ("combination_of_columns", "column_list", "columns"):
        if isinstance(many := said.get(name), list):
            found += many
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str) and one))
