"""Where columns come from, out of the facets `columnLineage` and `lineage`."""

from collections.abc import Iterable, Iterator
from typing import Any

from seamline.artefacts.openlineage.event import Event, Thing, items, mapping, named, text
from seamline.model import refs
from seamline.model.artefact import ColumnEdge

FACETS = ("columnLineage", "lineage")


def edges(event: Event) -> Iterator[ColumnEdge]:
    """Column to column by value; what decides rows (INDIRECT, or said of the whole dataset) once of the whole."""
    for dataset in event.datasets():
        for facet in FACETS:
            said = mapping(dataset.facets.get(facet))
            whole = [*items(said.get("dataset")), *items(said.get("inputs"))]
            yield from _edges(dataset.ref, mapping(said.get("fields")), whole, event)
    for entry in items(mapping(event.job.facets.get("lineage")).get("entries")):
        if entry.get("type", "DATASET") == "DATASET" and named(entry):
            yield from _edges(named(entry), mapping(entry.get("fields")), items(entry.get("inputs")), event)


def _edges(
    target: str, fields: dict[str, Any], whole: Iterable[dict[str, Any]], event: Event
) -> Iterator[ColumnEdge]:
    for column, said in fields.items():
        origins = mapping(said)
        for origin in [*items(origins.get("inputFields")), *items(origins.get("inputs"))]:
            yield from _edge(target, column if _by_value(origin) else "", origin, event)
    for origin in whole:
        yield from _edge(target, "", origin, event)


def _edge(target: str, column: str, origin: dict[str, Any], event: Event) -> Iterator[ColumnEdge]:
    source, field = source_of(origin, event.inputs), text(origin.get("field"))
    if source and field:
        yield ColumnEdge(target, column, source, field, event.job.ref, event.place)


def _by_value(origin: dict[str, Any]) -> bool:
    """Whether the value itself goes in; producers that don't tell mean that."""
    types = [text(one.get("type")).upper() for one in items(origin.get("transformations"))]
    return not any(types) or "DIRECT" in types


def source_of(origin: dict[str, Any], inputs: Iterable[Thing]) -> str:
    """The dataset that an origin names; "" for a job or a missing name.

    Some producers clip the database off the name (OpenLineage#1665): the one input of the event that ends in the
    clipped name is what is meant.
    """
    if origin.get("type", "DATASET") != "DATASET" or not named(origin):
        return ""
    space, name = text(origin.get("namespace")), text(origin.get("name"))
    known = {thing.name for thing in inputs if thing.namespace == space}
    longer = [other for other in known if other.endswith(f".{name}")] if name not in known else []
    return refs.dataset(space, longer[0]) if len(longer) == 1 else named(origin)
