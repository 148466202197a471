"""A project's column edges, as they are kept: direct ones per column, indirect ones once per statement."""

from collections.abc import Iterator
from typing import NamedTuple

from seamline.analysis.lineage.project import OPEN, Project
from seamline.analysis.lineage.reading import Reading


class Edge(NamedTuple):
    """`relation.column` goes into `into.into_column`, or, with no `into_column`, decides rows of `into` as a whole.

    Not `sure`: nobody can say what of `into` the column, or with no `column` the relation as a whole, goes into.
    """

    relation: str
    column: str
    into: str
    into_column: str
    sure: bool = True


def edges_of(project: Project) -> Iterator[Edge]:
    """All edges, statement by statement in the project's order, into the id of what makes no relation."""
    for node_id in project.order:
        reading = project.readings.get(node_id)
        into = _into(project, node_id, reading)
        if reading is not None and not reading.unknown:
            yield from _read(reading, into)
        elif project.nodes[node_id].builds():
            yield from (Edge(relation, "", into, "", sure=False) for relation in project.reads(node_id))


def _into(project: Project, node_id: str, reading: Reading | None) -> str:
    """What a node makes, else what it fills, else itself."""
    filled = reading.target if reading is not None else ""
    return project.key_of[node_id] or project.known.get(filled, OPEN).key or filled or node_id


def _read(reading: Reading, into: str) -> Iterator[Edge]:
    for output in reading.outputs:
        for relation, column in output.direct:
            yield Edge(relation, column, into, output.name)
    for relation, column in reading.indirect:
        yield Edge(relation, column, into, "")
    for name, of in reading.unresolved:
        yield from (Edge(relation, name, into, "", sure=False) for relation in of)
