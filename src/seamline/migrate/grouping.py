"""A plan's operations on one table as what they do to its columns: which become others, which only get another name."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from seamline.migrate import plan
from seamline.migrate.catalogue import Column, Table
from seamline.migrate.expression import GENERIC, Understand
from seamline.migrate.quoting import MAX_NAME, digest, quoted
from seamline.migrate.shape import ROW, Expression, Group, Twin, plain_old
from seamline.model.errors import Fix

_NEW = "_new"


class Added(Struct, frozen=True):
    """A column that PostgreSQL adds without touching a row."""

    name: str
    type: str
    default: str
    not_null: bool


class Columns(Struct, frozen=True):
    """What becomes of a table's columns."""

    groups: tuple[Group, ...]
    added: tuple[Added, ...]
    renamed: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    fills: tuple[tuple[str, Expression], ...]
    retyped: tuple[tuple[str, str], ...]  # E0: (column, wider type)


def twin_name(table: Table, column: str) -> str:
    """How a column's successor is called while both are there: `<column>_new` where that is free and short enough."""
    name = column + _NEW
    if len(name.encode()) <= MAX_NAME and table.column(name) is None:
        return name
    return f"seam_{digest(table.schema, table.name, column)}"


def new_columns(table: Table, operations: Sequence[plan.Operation], *, by_view: bool) -> dict[str, str]:
    """Columns that expressions may speak of beside the table's own: name to type."""
    found: dict[str, str] = {}
    for op in operations:
        for name, type_ in _new_of(table, op, by_view):
            found[name] = type_
    return found


def _new_of(table: Table, op: plan.Operation, by_view: bool) -> Iterator[tuple[str, str]]:
    match op:
        case plan.AddColumn(name=name, type=type_):
            yield name, type_
        case plan.ChangeType(column=column, to=to):
            yield twin_name(table, column), to
            yield from _generic(table, column, to)
        case plan.SetNotNull(column=column, up=up) if up:
            yield twin_name(table, column), known(table, column).type
        case plan.RenameColumn(column=column, to=to) if not by_view:
            yield to, known(table, column).type
        case plan.SplitColumn(into=into):
            yield from ((name, part.type) for name, part in into.items())
        case plan.MergeColumns(name=name, type=type_):
            yield name, type_


def _generic(table: Table, column: str, type_: str) -> Iterator[tuple[str, str]]:
    """The twin by the names a plan may call it, where its own is another."""
    if table.column(GENERIC) is None:
        yield GENERIC, type_
    written = column + _NEW
    if len(written.encode()) <= MAX_NAME and table.column(written) is None:
        yield written, type_


def known(table: Table, name: str) -> Column:
    """The column of that name. Raises Fix."""
    found = table.column(name)
    if found is None:
        names = ", ".join(c.name for c in table.columns[:12])
        raise Fix(f"{table.schema}.{table.name} has no column {name!r}", hint=f"it has: {names}")
    return found


def columns_of(
    table: Table,
    operations: Sequence[plan.Operation],
    understand: Understand,
    *,
    by_view: bool,
    volatile: Mapping[str, bool],
) -> Columns:
    """What the operations make of the columns. `volatile`: defaults of added columns that differ from row to row."""
    groups: list[Group] = []
    added, renamed, hidden, fills, retyped = [], [], [], [], []
    for op in operations:
        match op:
            case plan.AddColumn():
                group = _computed(op, understand, volatile.get(op.name, False))
                if group is None:
                    added.append(Added(op.name, op.type, op.default, op.not_null))
                else:
                    groups.append(group)
            case plan.ChangeType() if widens(known(table, op.column).type, op.to) and op.engine in (
                "auto",
                "E0",
            ):
                retyped.append((known(table, op.column).name, op.to))
            case plan.ChangeType():
                groups.append(_changed(table, op, understand))
            case plan.SetNotNull() if op.up:
                groups.append(_filled(table, op, understand))
            case plan.RenameColumn() if by_view:
                renamed.append((known(table, op.column).name, op.to))
            case plan.RenameColumn():
                groups.append(_both_names(table, op, understand))
            case plan.DropColumn():
                name = known(table, op.column).name
                hidden.append(name)
                if op.down:
                    what = f"drop_column {name}: down"
                    fills.append((name, understand(what, op.down, known(table, name).type)))
            case plan.SplitColumn():
                groups.append(_split(table, op, understand))
            case plan.MergeColumns():
                groups.append(_merged(table, op, understand))
    return Columns(tuple(groups), tuple(added), tuple(renamed), tuple(hidden), tuple(fills), tuple(retyped))


def _computed(op: plan.AddColumn, understand: Understand, volatile: bool) -> Group | None:
    if op.up:
        up = understand(f"add_column {op.name}: up", op.up, op.type)
        twin = Twin(op.name, op.name, op.type, up, not_null=op.not_null, default=op.default)
        return Group((twin,), ())
    if volatile:
        up = understand(f"add_column {op.name}: default", op.default, op.type)
        twin = Twin(op.name, op.name, op.type, up, not_null=op.not_null, default=up.sql)
        return Group((twin,), (), "filled")
    return None


def _changed(table: Table, op: plan.ChangeType, understand: Understand) -> Group:
    column = known(table, op.column)
    twin = twin_name(table, column.name)
    up = understand(f"change_type {column.name}: up", op.up or quoted(column.name), op.to)
    down = understand(f"change_type {column.name}: down", op.down or quoted(twin), column.type)
    default = _default(column, up)
    made = Twin(twin, column.name, op.to, up, column.has_equality, column.not_null, default, column.comment)
    return Group((made,), (plain_old(column, _named(down, twin, column.name + _NEW)),))


def _named(down: Expression, twin: str, *written: str) -> Expression:
    """`down` with the twin's real name, whichever the plan used."""
    sql = down.sql
    for name in (*written, GENERIC):
        for spelled in (quoted(name), name):
            sql = sql.replace(f"{ROW}.{spelled}", f"{ROW}.{quoted(twin)}") if _whole(sql, spelled) else sql
    return Expression(sql, down.columns, down.total)


def _whole(sql: str, name: str) -> bool:
    import re

    return re.search(rf"{ROW}\.{re.escape(name)}(?![\w$])", sql) is not None


def _default(column: Column, up: Expression) -> str:
    """What the new version's rows hold that don't say: the old default, taken up the same way."""
    if not column.default:
        return ""
    if set(up.columns) != {column.name}:
        return ""
    sql = up.sql
    for spelled in (quoted(column.name), column.name):
        sql = sql.replace(f"{ROW}.{spelled}", f"({column.default})")
    return sql


def _filled(table: Table, op: plan.SetNotNull, understand: Understand) -> Group:
    column = known(table, op.column)
    twin = twin_name(table, column.name)
    up = understand(f"set_not_null {column.name}: up", op.up, column.type)
    down = understand(f"set_not_null {column.name}: down", quoted(twin), column.type)
    default = _default(column, up)
    made = Twin(twin, column.name, column.type, up, column.has_equality, True, default, column.comment)
    return Group((made,), (plain_old(column, down),), loses=True)


def _both_names(table: Table, op: plan.RenameColumn, understand: Understand) -> Group:
    column = known(table, op.column)
    up = understand(f"rename_column {column.name}", quoted(column.name), column.type)
    down = understand(f"rename_column {op.to}", quoted(op.to), column.type)
    made = Twin(
        op.to, op.to, column.type, up, column.has_equality, column.not_null, column.default, column.comment
    )
    return Group((made,), (plain_old(column, down),))


def _split(table: Table, op: plan.SplitColumn, understand: Understand) -> Group:
    column = known(table, op.column)
    twins = tuple(
        Twin(name, name, part.type, understand(f"split_column {name}: up", part.up, part.type))
        for name, part in op.into.items()
    )
    down = understand(f"split_column {column.name}: down", op.down, column.type)
    return Group(twins, (plain_old(column, down),))


def _merged(table: Table, op: plan.MergeColumns, understand: Understand) -> Group:
    olds = []
    for name in op.columns:
        column = known(table, name)
        if name not in op.down:
            raise Fix(f"merge_columns {op.name}: no way down to {name}", hint=f"down: {{{name}: ...}}")
        what = f"merge_columns {op.name}: down to {name}"
        olds.append(plain_old(column, understand(what, op.down[name], column.type)))
    up = understand(f"merge_columns {op.name}: up", op.up, op.type)
    return Group((Twin(op.name, op.name, op.type, up),), tuple(olds))


def widens(old: str, new: str) -> bool:
    """Whether PostgreSQL takes every value of a type as one of the other without reading a row.

    >>> widens("character varying(10)", "varchar(20)"), widens("integer", "bigint")
    (True, False)
    >>> widens("numeric(10,2)", "numeric(12,2)"), widens("numeric(10,2)", "numeric(12,4)")
    (True, False)
    """
    (name, sizes), (to, larger) = _parts(old), _parts(new)
    if name == "varchar" and to in ("varchar", "text"):
        return to == "text" or not larger or bool(sizes and larger[0] >= sizes[0])
    if name == to == "numeric" and sizes:
        scale, wider = (*sizes, 0)[1], (*larger, 0)[1:2]
        return not larger or (larger[0] >= sizes[0] and wider == (scale,))
    return False


def _parts(type_: str) -> tuple[str, tuple[int, ...]]:
    name, _, rest = (
        type_.lower().replace("character varying", "varchar").replace("decimal", "numeric").partition("(")
    )
    sizes = tuple(int(n) for n in rest.rstrip(") ").split(",") if n.strip().isdigit())
    return name.strip(), sizes
