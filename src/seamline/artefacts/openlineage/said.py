"""What events say of the map, put together: each fact once, at the first place that says it."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from seamline.artefacts.openlineage.event import Event, Thing, items, mapping, named, text
from seamline.artefacts.openlineage.lineage import FACETS, source_of
from seamline.model.artefact import Column, Fact, Found, Ownership, Place, Query, Table

_DIALECTS = {
    "postgres": "postgres", "postgresql": "postgres", "mysql": "mysql", "snowflake": "snowflake", "bigquery": "bigquery",
    "redshift": "redshift", "trino": "trino", "presto": "presto", "mssql": "tsql", "sqlserver": "tsql", "hive": "hive",
    "oracle": "oracle", "awsathena": "athena", "duckdb": "duckdb", "clickhouse": "clickhouse", "databricks": "databricks",
}  # fmt: skip
_MANY = ("team:", "group:", "role:")


class _Columns(Struct, frozen=True):
    at: str  # eventTime; ISO 8601 in one zone sorts as text
    columns: tuple[Column, ...]
    place: Place
    complete: bool


class Sayings:
    """All events of one repository so far."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str, str], Fact] = {}
        self._owners: dict[tuple[str, str], Ownership] = {}
        self._tables: dict[str, _Columns] = {}
        self._queries: dict[tuple[str, str, str], Query] = {}

    def take(self, event: Event) -> None:
        """Add what one event says."""
        if event.job.ref:
            self._job(event)
        for dataset in event.datasets():
            self._fact(dataset.ref, "exists", event.place)
            self._own(dataset, event.place)
            for other in filter(
                None, map(named, items(mapping(dataset.facets.get("symlinks")).get("identifiers")))
            ):
                self._fact(dataset.ref, "same_as", event.place, other)
        for dataset in event.inputs:
            self._columns(dataset, event, complete=False)
        for dataset in (*event.outputs, *([event.dataset] if event.dataset else ())):
            self._columns(dataset, event, complete=True)
        self._derivations(event)

    def found(self) -> Iterator[Found]:
        """Facts, owners, tables and statements, each kind sorted."""
        yield from (self._facts[key] for key in sorted(self._facts))
        yield from (self._owners[key] for key in sorted(self._owners))
        for ref, said in sorted(self._tables.items()):
            yield Table(ref, said.columns, said.place, complete=said.complete)
        yield from (self._queries[key] for key in sorted(self._queries))

    def _fact(self, subject: str, predicate: str, place: Place, other: str = "") -> None:
        if subject != other:
            self._facts.setdefault((subject, predicate, other), Fact(subject, predicate, place, other))

    def _job(self, event: Event) -> None:
        job = event.job
        self._fact(job.ref, "exists", event.place)
        self._own(job, event.place)
        for predicate, datasets in (("reads", event.inputs), ("writes", event.outputs)):
            for dataset in datasets:
                self._fact(job.ref, predicate, event.place, dataset.ref)
        facet = mapping(job.facets.get("sql"))
        sql = text(facet.get("query")).strip()
        if sql:
            written = {dataset.ref for dataset in event.outputs}
            target = next(iter(written)) if len(written) == 1 else ""
            query = Query(job.ref, target, sql, _dialect(text(facet.get("dialect")), event), event.place)
            self._queries.setdefault((job.ref, target, sql), query)

    def _own(self, thing: Thing, place: Place) -> None:
        for owner in items(mapping(thing.facets.get("ownership")).get("owners")):
            name = text(owner.get("name")).strip()
            if name:
                spelled = _spelled(name)
                role = text(owner.get("type"))
                how = f"ownership facet as {role}" if role else "ownership facet"
                self._owners.setdefault((thing.ref, spelled), Ownership(thing.ref, spelled, place, how))

    def _columns(self, dataset: Thing, event: Event, *, complete: bool) -> None:
        """The `schema` facet; what is read is often described by the columns that are used alone."""
        fields = items(mapping(dataset.facets.get("schema")).get("fields"))
        columns = {
            name: Column(name, text(field.get("type")))
            for field in fields
            if (name := text(field.get("name")))
        }
        known = self._tables.get(dataset.ref)
        if columns and (known is None or (complete, event.at) > (known.complete, known.at)):
            self._tables[dataset.ref] = _Columns(event.at, tuple(columns.values()), event.place, complete)

    def _derivations(self, event: Event) -> None:
        """What is made of what: by the facets where they say it, else whatever was read into whatever was written."""
        targets = [(d.ref, mapping(d.facets.get(facet))) for d in event.datasets() for facet in FACETS]
        entries = items(mapping(event.job.facets.get("lineage")).get("entries"))
        targets += [(named(entry), entry) for entry in entries if entry.get("type", "DATASET") == "DATASET"]
        for target, said in targets:
            for origin in _origins(said) if target else ():
                source = source_of(origin, event.inputs)
                if source:
                    self._fact(target, "derives", event.place, source)
        for output in event.outputs:
            for read in event.inputs:
                self._fact(output.ref, "derives", event.place, read.ref)


def _origins(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that a facet, or an entry of a job's, names as an origin."""
    yield from items(said.get("dataset"))
    yield from items(said.get("inputs"))
    for field in mapping(said.get("fields")).values():
        yield from items(mapping(field).get("inputFields"))
        yield from items(mapping(field).get("inputs"))


def _spelled(owner: str) -> str:
    """An owner as `tool:name`: an address as such; a URN `team:data` keeps saying that it is a team."""
    kind, colon, name = owner.partition(":")
    if "@" in owner[1:]:
        return f"email:{(name or owner).lower()}" if colon else f"email:{owner.lower()}"
    if owner.lower().startswith(_MANY) or not colon:
        return f"openlineage:{owner}"
    return f"openlineage:{name}" if kind.lower() in ("user", "person") and name else f"openlineage:{owner}"


def _dialect(said: str, event: Event) -> str:
    """What the facet says, else what the datasets' namespaces show."""
    schemes = [dataset.namespace.partition(":")[0].lower() for dataset in (*event.outputs, *event.inputs)]
    return next((_DIALECTS[word] for word in (said.lower(), *schemes) if word in _DIALECTS), "")
