"""Where a dataset and its columns come from, out of the facets `columnLineage` and `lineage`."""

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from seamline.model import refs
from seamline.sources.openlineage import facets, shape

Edge = tuple[str, str, str]  # what derives, what it derives from (refs), why


class Derivation(Struct, frozen=True):
    """What one dataset derives from.

    `columns` are column to column, by value. `whole` are dataset to column or dataset: a filter or a join
    touches every column alike, so it is said once of the whole and not once per column.
    """

    columns: tuple[Edge, ...]
    whole: tuple[Edge, ...]


def of_dataset(dataset: shape.Dataset, inputs: Collection[shape.Dataset]) -> Derivation:
    """What the facets of a dataset say; `inputs` are the event's own, to complete clipped names by."""
    edges: list[tuple[bool, Edge]] = []
    for facet in ("columnLineage", "lineage"):
        lineage = dataset.facet(facet, facets.Lineage)
        if lineage is not None:
            whole = [*(lineage.dataset or ()), *(lineage.inputs or ())]
            edges += _edges(dataset.ref(), facet, lineage.fields, whole, inputs)
    return _derivation(edges)


def of_job(job: shape.Job | None, inputs: Collection[shape.Dataset]) -> Iterator[Derivation]:
    """What the job's own `lineage` facet says of each dataset. Jobs as targets or origins are passed over."""
    lineage = shape.facet(job.facets, "lineage", facets.JobLineage) if job else None
    for entry in lineage.entries if lineage else ():
        target = shape.Dataset(entry.namespace, entry.name).ref() if entry.type == "DATASET" else ""
        if target:
            yield _derivation(_edges(target, "lineage", entry.fields, entry.inputs or (), inputs))


def _derivation(edges: Iterable[tuple[bool, Edge]]) -> Derivation:
    unique = dict.fromkeys(edges)
    return Derivation(
        columns=tuple(edge for by_value, edge in unique if by_value),
        whole=tuple(edge for by_value, edge in unique if not by_value),
    )


def _edges(
    target: str,
    facet: str,
    fields: dict[str, facets.FieldLineage] | None,
    whole: Iterable[facets.Origin],
    inputs: Collection[shape.Dataset],
) -> Iterator[tuple[bool, Edge]]:
    """(by value, edge) for every origin; every column edge also says that the datasets derive."""
    for field, came_from in (fields or {}).items():
        for origin in [*(came_from.input_fields or ()), *(came_from.inputs or ())]:
            source = _source(origin, inputs)
            if source and origin.field and origin.direct():
                column, source_column = refs.column(target, field), refs.column(source, origin.field)
                yield True, (column, source_column, facet)
                yield False, (target, source, facet)
            elif source:
                yield from _whole(target, source, origin, facet)
    for origin in whole:
        source = _source(origin, inputs)
        if source:
            yield from _whole(target, source, origin, facet)


def _whole(target: str, source: str, origin: facets.Origin, facet: str) -> Iterator[tuple[bool, Edge]]:
    yield False, (target, source, facet)
    if origin.field:
        how = sorted({t.subtype or t.type for t in origin.transformations or ()})
        why = f"{facet}, whole dataset: {', '.join(how)}" if how else f"{facet}, whole dataset"
        yield False, (target, refs.column(source, origin.field), why)


def _source(origin: facets.Origin, inputs: Collection[shape.Dataset]) -> str:
    """The dataset an origin names; "" for a job or a name that is missing.

    Some producers clip the database off the name (OpenLineage#1665): an input of the event that ends in the
    clipped name is what is meant, when there is exactly one.
    """
    if origin.type != "DATASET":
        return ""
    named = shape.Dataset(origin.namespace, origin.name)
    known = {i.name for i in inputs if i.namespace == origin.namespace}
    if named.name not in known:
        longer = [name for name in known if name and name.endswith(f".{named.name}")]
        if len(longer) == 1:
            return shape.Dataset(origin.namespace, longer[0]).ref()
    return named.ref()
