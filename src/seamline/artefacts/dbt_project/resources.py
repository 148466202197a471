"""What a project's property files (`schema.yml` and its like) declare: models' properties, sources, exposures, groups."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from seamline.artefacts.documents import Doc
from seamline.model.artefact import Column, Place


class Properties(Struct, frozen=True):
    """What a file says of one model, seed or snapshot beside its SQL."""

    name: str
    config: Mapping[str, Any]
    columns: tuple[Column, ...]
    content: Mapping[str, Any]  # the entry as it stands
    place: Place


class SourceTable(Struct, frozen=True):
    """One declared table of a source."""

    source: str
    name: str
    database: str
    schema: str
    identifier: str
    columns: tuple[Column, ...]
    owner: Any
    content: Mapping[str, Any]
    place: Place


class Exposure(Struct, frozen=True):
    """Who uses the data, by the project's own word."""

    name: str
    label: str
    type: str
    owner: Any
    depends_on: tuple[str, ...]  # the Jinja calls: "ref('orders')"
    place: Place


class Declared(Struct):
    """Everything that property files declare. Of two entries of one name the first counts."""

    models: dict[str, Properties] = {}
    seeds: dict[str, Properties] = {}
    snapshots: dict[str, Properties] = {}
    sources: dict[tuple[str, str], SourceTable] = {}
    exposures: list[Exposure] = []
    groups: dict[str, Any] = {}  # name -> owner


def read(docs: Iterable[Doc]) -> Declared:
    """The declarations of these documents; what is of another shape is passed over."""
    declared = Declared()
    for doc in docs:
        if not isinstance(doc.content, dict):
            continue
        for kind, into in (
            ("models", declared.models),
            ("seeds", declared.seeds),
            ("snapshots", declared.snapshots),
        ):
            for i, entry in _entries(doc.content, kind):
                name = _text(entry.get("name"))
                if name:
                    into.setdefault(name, _properties(name, entry, doc.at(kind, i)))
        for i, entry in _entries(doc.content, "sources"):
            for table in _tables(entry, doc, i):
                declared.sources.setdefault((table.source, table.name), table)
        declared.exposures += [
            _exposure(e, doc.at("exposures", i)) for i, e in _entries(doc.content, "exposures")
        ]
        for _, entry in _entries(doc.content, "groups"):
            declared.groups.setdefault(_text(entry.get("name")), entry.get("owner"))
    return declared


def config_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of an entry, with what may stand beside it."""
    config = dict(entry["config"]) if isinstance(entry.get("config"), dict) else {}
    for key in ("meta", "group", "access", "docs", "tags", "contract", "enabled"):
        if key in entry and key not in config:
            config[key] = entry[key]
    return config


def _properties(name: str, entry: Mapping[str, Any], place: Place) -> Properties:
    return Properties(name, config_of(entry), _columns(entry), entry, place)


def _tables(entry: Mapping[str, Any], doc: Doc, i: int) -> Iterator[SourceTable]:
    source = _text(entry.get("name"))
    for j, table in _entries(entry, "tables"):
        name = _text(table.get("name"))
        if source and name:
            yield SourceTable(
                source=source,
                name=name,
                database=_text(table.get("database") or entry.get("database")),
                schema=_text(table.get("schema") or entry.get("schema")) or source,
                identifier=_text(table.get("identifier")) or name,
                columns=_columns(table),
                owner=_owner(table) or _owner(entry),
                content=table,
                place=doc.at("sources", i, "tables", j),
            )


def _owner(entry: Mapping[str, Any]) -> Any:
    meta = config_of(entry).get("meta")
    return meta.get("owner") if isinstance(meta, dict) else None


def _exposure(entry: Mapping[str, Any], place: Place) -> Exposure:
    needs = entry.get("depends_on")
    return Exposure(
        _text(entry.get("name")), _text(entry.get("label")), _text(entry.get("type")).lower(), entry.get("owner"),
        tuple(n for n in needs if isinstance(n, str)) if isinstance(needs, list) else (), place,
    )  # fmt: skip


def _columns(entry: Mapping[str, Any]) -> tuple[Column, ...]:
    named = [c for _, c in _entries(entry, "columns") if _text(c.get("name"))]
    return tuple(Column(_text(c.get("name")), _text(c.get("data_type"))) for c in named)


def _entries(content: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    found = content.get(key)
    return [(i, e) for i, e in enumerate(found) if isinstance(e, dict)] if isinstance(found, list) else []


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
