"""Tables made anew within one migration: what SQLite's tools write for an ALTER that it doesn't have.

CREATE TABLE new_t, INSERT INTO new_t SELECT ... FROM t, DROP TABLE t, ALTER TABLE new_t RENAME TO t: nothing is dropped
but the columns that the new table lacks.
"""

from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.schema import Schema, bare
from seamline.analysis.ddl.steps import Move, Step
from seamline.model.artefact import Column, Operation, OperationKind


def rebuilt(moves: Sequence[Move], schema: Schema) -> list[Move]:
    """The moves of one migration with such rebuilding told as what it does to the columns."""
    made = {bare(m.operation.table): m for m in _steps(moves, "create_table")}
    gone = {bare(m.operation.table) for m in _steps(moves, "drop_table")}
    swapped = {
        bare(m.operation.table): bare(m.operation.to)
        for m in _steps(moves, "rename_table")
        if bare(m.operation.table) in made
        and bare(m.operation.to) in gone
        and schema.columns(bare(m.operation.to))
    }
    if not swapped:
        return list(moves)
    out: list[Move] = []
    for move in moves:
        table = bare(move.operation.table) if isinstance(move, Step) else ""
        if not isinstance(move, Step) or (table not in swapped and not _drops(move, swapped)):
            out.append(move)
        elif move.operation.kind == "create_table":
            out.extend(_differences(move, swapped[table], schema))
    return out


def _steps(moves: Sequence[Move], kind: OperationKind) -> Iterator[Step]:
    return (m for m in moves if isinstance(m, Step) and m.operation.kind == kind)


def _drops(move: Step, swapped: dict[str, str]) -> bool:
    return move.operation.kind == "drop_table" and bare(move.operation.table) in swapped.values()


def _differences(step: Step, table: str, schema: Schema) -> Iterator[Step]:
    """What the new table changes in the columns of the old one."""
    before = {column.name: column for column in schema.columns(table)}
    after = {column.name: column for column in step.columns}
    for name in sorted(before.keys() - after.keys()) if not step.open else ():
        yield _step(step, "drop_column", table, Column(name))
    for name, column in after.items():
        if name not in before:
            yield _step(step, "add_column", table, column)
            continue
        was = before[name]
        if was.type != column.type:
            yield _step(step, "change_type", table, column)
        if was.nullable != column.nullable:
            yield _step(step, "drop_not_null" if column.nullable else "set_not_null", table, column)
        if was.has_default != column.has_default:
            yield _step(step, "set_default" if column.has_default else "drop_default", table, column)


def _step(step: Step, kind: OperationKind, table: str, column: Column) -> Step:
    old = step.operation
    operation = Operation(
        kind, table, old.migration, old.place, column.name, type=column.type, nullable=column.nullable,
        has_default=column.has_default, detail=old.detail,
    )  # fmt: skip
    return Step(operation, (column,))
