"""A project's column edges, as they are kept: direct ones per column, indirect ones once per statement."""

from collections.abc import Iterator
from typing import NamedTuple

from seamline.analysis.lineage.project import Project


class Edge(NamedTuple):
    """`relation.column` goes into `into.into_column`, or, with no `into_column`, decides rows of `into` as a whole."""

    relation: str
    column: str
    into: str
    into_column: str


def edges_of(project: Project) -> Iterator[Edge]:
    """All edges, statement by statement in the project's order. What can't be read has none."""
    for node_id in project.order:
        reading, into = project.readings.get(node_id), project.key_of[node_id]
        if reading is None or not into:
            continue
        for output in reading.outputs:
            for relation, column in output.direct:
                yield Edge(relation, column, into, output.name)
        for relation, column in reading.indirect:
            yield Edge(relation, column, into, "")
