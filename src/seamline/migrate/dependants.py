"""What is bound to a column that becomes another: indexes and constraints grow beside the twin, and take the old
ones' names at the contract. None has an undo of its own: all go with the twin."""

from collections.abc import Iterator

from msgspec import Struct

from seamline.migrate import metadata
from seamline.migrate.catalogue import Constraint, Index, Table
from seamline.migrate.program import Step
from seamline.migrate.quoting import quoted, suffixed
from seamline.migrate.shape import Shape, respelled

SUFFIX = "_seam"


class Rebuilt(Struct, frozen=True):
    """Something of the old shape that has a counterpart: (its name, the counterpart's while both are there)."""

    kind: str  # index | constraint
    name: str
    beside: str
    plain: bool  # whether it must read the same in the end


def replacements(shape: Shape) -> dict[str, str]:
    """Columns with exactly one successor, which takes their place in indexes and constraints."""
    return {g.olds[0].name: g.twins[0].name for g in shape.groups if len(g.olds) == len(g.twins) == 1}


def rebuilt(table: Table, shape: Shape) -> list[Rebuilt]:
    """What has to grow again, in the catalogue's order."""
    names = replacements(shape)
    found = [
        Rebuilt("constraint", c.name, suffixed(c.name, SUFFIX), c.kind == "u")
        for c in table.constraints
        if c.kind in "cfu" and names.keys() & set(c.columns)
    ]
    return found + [
        Rebuilt("index", i.name, suffixed(i.name, SUFFIX), i.plain)
        for i in table.indexes
        if not i.of_constraint and names.keys() & set(i.uses)
    ]


def steps(table: Table, shape: Shape, n: int) -> Iterator[Step]:
    """The steps that make them, after the backfill."""
    names = replacements(shape)
    for index in table.indexes:
        if names.keys() & set(index.uses) and (not index.of_constraint or index.unique):
            yield _index(shape, n, index, names)
    for constraint in table.constraints:
        if names.keys() & set(constraint.columns) and constraint.kind in "cfu":
            yield from _constraint(shape, n, constraint, names)


def _index(shape: Shape, n: int, index: Index, names: dict[str, str]) -> Step:
    beside = suffixed(index.name, SUFFIX)
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    method = "USING " + index.definition.partition(" USING ")[2]
    built = f"CREATE {kind} CONCURRENTLY {quoted(beside)} ON {shape.sql} {respelled(method, names)}"
    about = f"index {index.name} of the new shape, beside the traffic"
    return metadata.index(shape, n, beside, built, about, undo=False)


def _constraint(shape: Shape, n: int, constraint: Constraint, names: dict[str, str]) -> Iterator[Step]:
    beside = suffixed(constraint.name, SUFFIX)
    if constraint.kind == "u":
        later = (
            " DEFERRABLE" + constraint.definition.partition(" DEFERRABLE")[2] if constraint.deferrable else ""
        )
        yield Step(
            f"unique-{beside}", "SYNC", "transaction", f"constraint {constraint.name} of the new shape", n,
            do=(f"ALTER TABLE {shape.sql} ADD CONSTRAINT {quoted(beside)} UNIQUE USING INDEX {quoted(beside)}{later}",),
            locks=(shape.sql,),
        )  # fmt: skip
        return
    definition = constraint.definition.removesuffix(" NOT VALID")
    if constraint.kind == "f":
        own, _, other = definition.partition(" REFERENCES ")
        rest = metadata.behind_the_table(other)
        yield from metadata.refers(
            shape, n, beside, respelled(own, names), constraint.other, rest, f"constraint {constraint.name}",
            undo=False,
        )  # fmt: skip
        return
    said = respelled(definition, names)
    yield from metadata.validated(shape, n, beside, said, f"constraint {constraint.name}", undo=False)


def take_names(table: Table, shape: Shape) -> Iterator[str]:
    """At the contract, when the old ones are gone: their names go to what grew beside them."""
    for one in rebuilt(table, shape):
        if one.kind == "constraint":
            yield f"ALTER TABLE {shape.sql} RENAME CONSTRAINT {quoted(one.beside)} TO {quoted(one.name)}"
        else:
            at = f"{quoted(shape.schema)}.{quoted(one.beside)}"
            yield f"ALTER INDEX {at} RENAME TO {quoted(one.name)}"
