"""The facets that are read, each by its own schema: https://openlineage.io/spec/facets/

What a schema requires is required here too, so that a facet of another shape counts as absent.
"""

from msgspec import Struct

from seamline.sources.openlineage.shape import Job


class Named(Struct, frozen=True):
    """Anything of which only the name is read."""

    name: str


class Schema(Struct, frozen=True):
    """Facet `schema`. Producers that don't know the columns send an empty list."""

    fields: list[Named]


class Statistics(Struct, frozen=True, rename="camel"):
    """Facets `outputStatistics` and `inputStatistics`: rows moved by this run."""

    row_count: int | None = None


class ColumnMetrics(Struct, frozen=True, rename="camel"):
    """What was measured of one column."""

    null_count: int | None = None


class Metrics(Struct, frozen=True, rename="camel"):
    """Facet `dataQualityMetrics`: rows and NULLs counted over the same rows."""

    row_count: int | None = None
    column_metrics: dict[str, ColumnMetrics] | None = None


class Assertion(Struct, frozen=True):
    """One test of a dataset, or of a column of it."""

    assertion: str
    success: bool
    column: str | None = None


class Assertions(Struct, frozen=True):
    """Facet `dataQualityAssertions`."""

    assertions: list[Assertion]


class Transformation(Struct, frozen=True):
    """How a column was used: DIRECT (its value) or INDIRECT (filter, join, sort ...)."""

    type: str
    subtype: str | None = None


class Origin(Struct, frozen=True):
    """What a dataset or column comes from. `type` JOB occurs in the `lineage` facet only."""

    namespace: str | None = None
    name: str | None = None
    field: str | None = None
    type: str = "DATASET"
    transformations: list[Transformation] | None = None

    def direct(self) -> bool:
        """Whether the value itself goes in; producers that don't tell mean that."""
        return not self.transformations or any(t.type.upper() == "DIRECT" for t in self.transformations)


class FieldLineage(Struct, frozen=True, rename="camel"):
    """Where one column comes from: `inputFields` in facet `columnLineage`, `inputs` in facet `lineage`."""

    input_fields: list[Origin] | None = None
    inputs: list[Origin] | None = None


class Lineage(Struct, frozen=True):
    """Facets `columnLineage` (`dataset`: origins of the whole) and `lineage` (`inputs`: the same)."""

    fields: dict[str, FieldLineage] | None = None
    dataset: list[Origin] | None = None
    inputs: list[Origin] | None = None


class LineageEntry(Struct, frozen=True):
    """A target that a job's `lineage` facet names, with its origins."""

    type: str
    namespace: str | None = None
    name: str | None = None
    fields: dict[str, FieldLineage] | None = None
    inputs: list[Origin] | None = None


class JobLineage(Struct, frozen=True):
    """Facet `lineage` of a job."""

    entries: list[LineageEntry]


class Identifier(Struct, frozen=True):
    """Another name of a dataset."""

    namespace: str
    name: str


class Symlinks(Struct, frozen=True):
    """Facet `symlinks`."""

    identifiers: list[Identifier]


class Lifecycle(Struct, frozen=True, rename="camel"):
    """Facet `lifecycleStateChange`."""

    lifecycle_state_change: str
    previous_identifier: Identifier | None = None


class Owner(Struct, frozen=True):
    """One owner; the specification recommends a URN such as `team:data`."""

    name: str
    type: str | None = None


class Ownership(Struct, frozen=True):
    """Facet `ownership` of a job or a dataset."""

    owners: list[Owner]


class Parent(Struct, frozen=True):
    """Facet `parent` of a run."""

    job: Job


class ErrorMessage(Struct, frozen=True):
    """Facet `errorMessage` of a run."""

    message: str


class Tag(Struct, frozen=True):
    """One tag of a run or a job."""

    key: str
    value: str


class Tags(Struct, frozen=True):
    """Facet `tags`."""

    tags: list[Tag]
