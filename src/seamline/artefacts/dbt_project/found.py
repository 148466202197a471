"""What a rendered project says of the map: tables, what makes them, what reads them, whose they are."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seamline.artefacts.dbt import names as called
from seamline.artefacts.dbt.owners import claims
from seamline.artefacts.dbt_project.objects import quoted
from seamline.artefacts.dbt_project.project import Model, Project
from seamline.artefacts.dbt_project.resources import Exposure, SourceTable
from seamline.model import refs
from seamline.model.artefact import Column, Document, Fact, Found, Query, Table, Unread

_COMPILE = "dbt compile, and give target/manifest.json"
_KEPT = ("materialized", "on_schema_change", "contract", "access", "severity", "freshness")
_SAID = ("group", "latest_version", "deprecation_date", "access", "constraints", "freshness")


class Statement:
    """The findings of one project, in the order of its files."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._of_source = {project.unique_source(t): t for t in project.declared.sources.values()}
        self._of_model: dict[str, Model] = {}

    def found(self, texts: Mapping[str, str]) -> Iterator[Found]:
        """Sources, then models, then exposures."""
        for table in self._of_source.values():
            yield from self._source(table)
        models = self._project.models(texts)
        self._of_model = {m.unique_id: m for m in models}
        for model in models:
            yield from self._model(model)
        for exposure in self._project.declared.exposures:
            yield from self._exposure(exposure)

    def _source(self, table: SourceTable) -> Iterator[Found]:
        ref = self._dataset(self._project.source_relation(table))
        yield Fact(ref, "exists", table.place)
        yield Fact(ref, "same_as", table.place, called.by_id(self._project.unique_source(table)))
        yield Table(ref, table.columns, table.place)
        yield from claims(ref, table.owner, "meta.owner", table.place)
        kept = {"freshness": table.content.get("freshness"), "columns": _columns(table.columns)}
        yield Document(ref, "dbt", {"resource_type": "source", "name": table.name, **kept}, table.place)

    def _model(self, model: Model) -> Iterator[Found]:
        ref, job = self._dataset(model.relation), called.job(model.unique_id)
        yield Fact(ref, "exists", model.place)
        yield Fact(ref, "same_as", model.place, called.by_id(model.unique_id))
        yield Fact(job, "exists", model.place)
        yield Fact(job, "writes", model.place, ref)
        for parent in model.parents:
            above = self._ref_of(parent)
            if above and above != ref:
                yield Fact(job, "reads", model.place, above)
                yield Fact(ref, "derives", model.place, above)
        yield from self._text(model, ref, job)
        for entity in (ref, job):
            yield from self._owner(entity, model)
        yield Document(ref, "dbt", _content(model), model.place)

    def _text(self, model: Model, ref: str, job: str) -> Iterator[Found]:
        """Its statement; of a seed its columns."""
        if model.resource == "seed":
            header = next(csv.reader(model.raw.splitlines()), [])
            yield Table(
                ref, tuple(Column(name.strip()) for name in header), model.place, complete=bool(header)
            )
            return
        told = model.rendered
        if told.failed:
            yield Unread(model.place, f"its template could not be rendered: {told.failed}", _COMPILE)
        if told.missing:
            yield Unread(
                model.place, f"calls what is not in the repository: {', '.join(told.missing[:5])}", _COMPILE
            )
        partial = told.failed or (f"calls {told.missing[0]}" if told.missing else "")
        yield Query(job, ref, told.text, self._project.settings.dialect, model.place, partial)

    def _owner(self, entity: str, model: Model) -> Iterator[Found]:
        meta = model.config.get("meta")
        if isinstance(meta, dict) and meta.get("owner"):
            yield from claims(entity, meta["owner"], "meta.owner", model.place)
            return
        group = model.config.get("group")
        if isinstance(group, str) and group in self._project.declared.groups:
            owner = self._project.declared.groups[group]
            yield from claims(entity, owner, f"owner of group {group}", model.place)

    def _exposure(self, exposure: Exposure) -> Iterator[Found]:
        if not exposure.name:
            return
        kind, predicate = called.exposed(exposure.type)
        ref = f"{kind}:{exposure.name}"
        yield Fact(ref, "exists", exposure.place)
        if exposure.label:
            yield Fact(ref, "named", exposure.place, exposure.label)
        for parent in self._project.parents_of(exposure.depends_on):
            if above := self._ref_of(parent):
                yield Fact(ref, predicate, exposure.place, above)
        yield from claims(ref, exposure.owner, "exposure's owner", exposure.place)

    def _ref_of(self, unique_id: str) -> str:
        """The dataset of a node; of one that is not in the repository, its id."""
        if unique_id in self._of_source:
            return self._dataset(self._project.source_relation(self._of_source[unique_id]))
        if unique_id in self._of_model:
            return self._dataset(self._of_model[unique_id].relation)
        return called.by_id(unique_id)

    def _dataset(self, relation: Iterable[str]) -> str:
        return refs.dataset(called.UNKNOWN, ".".join(relation))


def _content(model: Model) -> dict[str, Any]:
    """What rules compare, with the keys of dbt's manifest."""
    said = model.properties.content if model.properties else {}
    kept = {key: said[key] for key in _SAID if said.get(key) is not None}
    columns = [c for c in said.get("columns") or () if isinstance(c, dict) and isinstance(c.get("name"), str)]
    return kept | {
        "unique_id": model.unique_id, "resource_type": model.resource, "name": model.name,
        "config": {key: model.config[key] for key in _KEPT if key in model.config},
        "relation_name": quoted(model.relation, ""), "sql": model.rendered.text if model.resource != "seed" else "",
        "tests": said.get("data_tests") or said.get("tests") or [],
        "columns": {c["name"]: {k: c[k] for k in ("data_type", "constraints") if k in c} for c in columns},
    }  # fmt: skip


def _columns(columns: Iterable[Column]) -> dict[str, dict[str, str]]:
    return {c.name: {"name": c.name, "data_type": c.type} for c in columns}
