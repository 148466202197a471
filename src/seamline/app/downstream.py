"""Who reads a table that is migrated, as the map of a home has it: dbt, OpenLineage, jobs and services anywhere."""

from collections.abc import Iterator

from msgspec import Struct

from seamline.analysis.opinion import base_of
from seamline.analysis.stackmap import StackMap
from seamline.app import views
from seamline.app.home import Home
from seamline.migrate.program import Program, Subject
from seamline.model.refs import kind_of, name_of, whole_of

_READING = ("reads", "derives")


class Reader(Struct, frozen=True):
    """Something downstream. `column` "": it reads the table, and nobody said which columns."""

    ref: str
    owner: str
    table: str
    column: str

    @property
    def said(self) -> str:
        """For people."""
        what = f"{self.table}.{self.column}" if self.column else self.table
        return f"{self.ref} ({self.owner}) reads {what}"


def readers(home: Home, database: str, program: Program) -> list[Reader]:
    """All of them, sorted; columns that stay are nobody's trouble. The server's address may be spelled in any way."""
    stack = base_of(views.facts_of(home)).stack
    found = {r for s in program.subjects for r in _of(stack, database, s)}
    return sorted(found, key=lambda r: (r.table, r.column, r.ref))


def _of(stack: StackMap, database: str, subject: Subject) -> Iterator[Reader]:
    shape = subject.shape
    name = f"/{database}.{shape.schema}.{shape.name}"
    going = (
        {o.name for g in subject.groups for o in g.olds}
        | set(shape.hidden)
        | {old for old, _ in shape.renamed}
    )
    for ref in stack.entities:
        column = name_of(ref).rpartition("#")[2] if kind_of(ref) == "column" else ""
        whole = whole_of(ref) or ref
        if (
            not whole.endswith(name)
            or kind_of(ref) not in ("dataset", "column")
            or (column and column not in going)
        ):
            continue
        for relation in stack.to(ref):
            if relation.kind in _READING and not _is_part(relation.source, whole):
                yield Reader(relation.source, stack.owner(relation.source), shape.name, column)


def _is_part(ref: str, whole: str) -> bool:
    return whole_of(ref) == whole
