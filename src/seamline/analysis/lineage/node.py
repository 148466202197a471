"""What a project is made of, before its SQL is read."""

from typing import Literal

from msgspec import Struct

from seamline.analysis.lineage.reading import Reading

NodeKind = Literal["source", "seed", "model", "snapshot", "ephemeral", "query"]


class Node(Struct, frozen=True):
    """One thing that makes a relation or reads some.

    `columns`: what is known of its relation besides its SQL, in order; `complete`: there are no others.
    """

    id: str
    kind: NodeKind
    relation: str = ""  # as the artefact spells it; "" for what writes none
    sql: str = ""
    dialect: str = ""  # sqlglot's name, "" when unknown
    parents: tuple[str, ...] = ()  # ids, as declared
    columns: tuple[str, ...] = ()
    complete: bool = False
    adds: tuple[str, ...] = ()  # columns that its relation has and its SQL does not give
    why: str = ""  # why there is no SQL to read, where there should be
    told: Reading | None = None  # what somebody else read of it, where there is no SQL; names as declared
    owner: str = ""
    path: str = ""  # where it is written
    repository: str = ""

    def builds(self) -> bool:
        """Whether it is run by itself: what is only declared is not, nor what is written into its readers."""
        return self.kind in ("model", "snapshot", "query")


class Use(Struct, frozen=True):
    """What uses relations and is no relation: a test, an exposure, a metric. `columns`: those that it names."""

    id: str
    kind: str
    name: str
    reads: tuple[str, ...]  # node ids
    columns: tuple[str, ...] = ()
    owner: str = ""


class Declared(Struct, frozen=True):
    """A project as its artefacts declare it. `troubles`: what was left out, one line each."""

    nodes: tuple[Node, ...] = ()
    uses: tuple[Use, ...] = ()
    troubles: tuple[str, ...] = ()
