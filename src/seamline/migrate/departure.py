"""Whether the old shape may go: nobody uses it, nobody downstream reads it, and its owner says so."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seamline.migrate import catalogue, catalogue_sql
from seamline.migrate.catalogue import View
from seamline.migrate.drain import Reading
from seamline.migrate.plan import Plan
from seamline.migrate.program import Program, Refusal, Subject

if TYPE_CHECKING:
    from psycopg import Connection


def against(
    connection: "Connection[Any]", plan: Plan, program: Program, readings: Sequence[Reading], *, drained: bool
) -> list[Refusal]:
    """All that stands against the contract; empty when the old shape may go. `drained`: the owner's word for it."""
    found = [*_used(plan, readings, drained=drained)]
    if plan.data.refuse_contract_if == "readers_of_old":
        for subject in program.subjects:
            found += readers(connection, subject)
    return found


def _used(plan: Plan, readings: Sequence[Reading], *, drained: bool) -> Iterator[Refusal]:
    for r in readings:
        if r.counted and r.still_s < plan.soak_s:
            yield Refusal(
                f"the old version of {r.table} was used {r.still_s:.0f} s ago ({r.n_uses} statements so far); "
                f"it has to stand still for {plan.soak_s:.0f} s",
                "drain its clients, then again; --wait waits for it",
            )
        elif not r.counted and not drained:
            word = (
                f"that {plan.code.drained_when!r} is so" if plan.code.drained_when else "that they are gone"
            )
            yield Refusal(
                f"clients of the old version use {r.table} itself, where nobody can count them",
                f"see {word}, then --drained says it on record",
            )


def waits_only(refusals: Sequence[Refusal]) -> bool:
    """Whether nothing but time stands against it."""
    return all("--wait" in r.mend for r in refusals)


def readers(connection: "Connection[Any]", subject: Subject) -> Iterator[Refusal]:
    """Views and functions that read what goes. A function is found by its text, and may mean a namesake."""
    going = {o.name for o in subject.shape.olds} | set(subject.shape.hidden)
    for view in _views(connection, subject):
        read = going & set(view.columns)
        if read and view.schema != subject.shape.version:
            yield Refusal(
                f"view {view.schema}.{view.name} reads {subject.shape.name}.{', '.join(sorted(read))}",
                f"make it read {subject.shape.new_face} instead",
            )
    for name, body in catalogue.routines_with(connection, subject.shape.name):
        for column in sorted(going | {old for old, _ in subject.shape.renamed}):
            if _speaks(body, column):
                yield Refusal(
                    f"function {name} seems to read {subject.shape.name}.{column}",
                    "make it read the new shape; data: {refuse_contract_if: never} if it is a namesake",
                )


def _views(connection: "Connection[Any]", subject: Subject) -> list[View]:
    """Over the table, and over the view that has its name meanwhile."""
    found = []
    for oid in {
        subject.shape.oid,
        catalogue.find(connection, f"{subject.shape.schema}.{subject.shape.name}"),
    }:
        if oid is not None:
            rows = connection.execute(catalogue_sql.VIEWS, {"oid": oid}).fetchall()
            found += [View(r[0], r[1], r[2], tuple(r[3])) for r in rows]
    own = (subject.shape.schema, subject.shape.name)
    return [v for v in found if (v.schema, v.name) != own]


def _speaks(body: str, column: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", body, re.IGNORECASE) is not None
