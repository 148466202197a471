"""A plan and the catalogue become a program. Pure but for the expressions, which PostgreSQL itself has to understand."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from seamline.migrate import dependants, face, grouping, metadata, plan, shadowing, twin
from seamline.migrate.catalogue import Server, Table, facts
from seamline.migrate.expression import Understand
from seamline.migrate.face import Grant
from seamline.migrate.program import Step, Subject
from seamline.migrate.quoting import digest, quoted, suffixed, text
from seamline.migrate.shadowing import Around
from seamline.migrate.shape import Old, Shape

_SHAPING = (
    plan.ChangeType, plan.DropColumn, plan.RenameColumn, plan.RenameTable, plan.SplitColumn, plan.MergeColumns,
)  # fmt: skip


class Read(Struct, frozen=True):
    """One table of the plan as it is, and what the plan does to it."""

    table: Table
    grants: tuple[Grant, ...]
    operations: tuple[plan.Operation, ...]
    by_view: bool
    volatile: dict[str, bool]
    others: dict[str, int]  # oids of the tables that foreign keys lead to
    around: Around | None = None  # for engine E2


def needs_view(table: Table, operations: Sequence[plan.Operation]) -> bool:
    """Whether a name of the old version means something else, or nothing, in the new one."""
    for op in operations:
        if isinstance(op, plan.ChangeType):
            column = table.column(op.column)
            wider = column is not None and grouping.widens(column.type, op.to) and op.engine != "E1"
            if not wider:
                return True
        elif isinstance(op, _SHAPING) or (isinstance(op, plan.SetNotNull) and op.up):
            return True
    return False


def against_view(table: Table, server: Server) -> str:
    """Why the old version can't be served through a view, "" when it can."""
    if table.publications:
        return f"publication {table.publications[0]} would send the table under another name"
    if table.row_security and server.version < face.INVOKER_SINCE:
        return "before PostgreSQL 15 a view can't keep row security"
    if table.row_type_users:
        return f"{table.row_type_users[0]} uses the table's row type"
    if table.has_rules:
        return "the table has rewrite rules"
    return ""


def shape_of(read: Read, columns: grouping.Columns, migration: str, *, silent: bool) -> Shape:
    """The table between its two versions."""
    t = read.table
    to = next((op.to for op in read.operations if isinstance(op, plan.RenameTable)), "")
    base = (to or suffixed(t.name, dependants.SUFFIX)) if read.by_view else t.name
    foreign = sorted(
        {c.type_schema for c in t.columns if c.type_schema not in ("pg_catalog", "information_schema")}
    )
    path = ", ".join(["pg_catalog", *map(quoted, foreign)]) if foreign and columns.groups else ""
    return Shape(
        t.oid, t.schema, t.name, base, read.by_view, migration.replace("-", "_"),
        digest(migration, t.schema, t.name), tuple(c.name for c in t.columns), columns.groups, columns.renamed,
        columns.hidden, tuple(Old(name, down) for name, down in columns.fills), to, silent, path,
    )  # fmt: skip


def steps_of(
    read: Read, shape: Shape, columns: grouping.Columns, server: Server, n: int, understand: Understand
) -> list[Step]:
    """All steps on one table, each phase in its own order."""
    steps = [*_expand(read, shape, columns, server, n)]
    if shape.groups:
        steps += _sync(read, shape, n)
        steps.append(
            Step(f"verify-{read.table.name}", "VERIFY", "verify", "every row, both sides, in one snapshot", n)
        )
    steps += _constraints(read, shape, n, understand)
    if shape.synced:
        steps.append(
            Step(
                f"steady-{read.table.name}", "READY", "transaction", "every row is filled: the trigger only follows", n,
                do=(twin.function(shape, steady=True),),
            )
        )  # fmt: skip
    steps += _contract(read, shape, n)
    return steps


# -- expand ----------------------------------------------------------------------
def _expand(read: Read, shape: Shape, columns: grouping.Columns, server: Server, n: int) -> Iterator[Step]:
    do = [*_grow(shape, columns), *_sides(read, shape, columns, server)]
    if do:
        yield Step(
            f"expand-{read.table.name}", "EXPAND", "transaction", _what_grows(shape, columns), n,
            do=tuple(do), undo=(tuple(_ungrow(read, shape, columns)),), locks=(shape.face,),
        )  # fmt: skip
    for op in read.operations:
        if isinstance(op, plan.DropNotNull):
            yield metadata.null_allowed(shape, n, grouping.known(read.table, op.column).name)


def _what_grows(shape: Shape, columns: grouping.Columns) -> str:
    parts = [f"{t.name} {t.type}" for t in shape.twins] + [f"{c.name} {c.type}" for c in columns.added]
    said = f"{shape.name}: " + (", ".join(parts) + " beside the old columns" if parts else "both shapes")
    return said + (", the old shape through a view that counts" if shape.by_view else "")


def _grow(shape: Shape, columns: grouping.Columns) -> Iterator[str]:
    """On the table while it still has its own name."""
    at = f"ALTER TABLE {shape.face}"
    for name, type_ in columns.retyped:
        yield f"{at} ALTER COLUMN {quoted(name)} TYPE {type_}"
    for c in columns.added:
        default = f" DEFAULT {c.default}" if c.default else ""
        yield f"{at} ADD COLUMN {quoted(c.name)} {c.type}{default}{' NOT NULL' if c.not_null else ''}"
    for t in shape.twins:
        yield f"{at} ADD COLUMN {quoted(t.name)} {t.type}"
        if t.comment:
            yield f"COMMENT ON COLUMN {shape.face}.{quoted(t.name)} IS {text(t.comment)}"
    if shape.synced:
        yield twin.function(shape, steady=False)
        yield from twin.trigger(shape, shape.face)


def _sides(read: Read, shape: Shape, columns: grouping.Columns, server: Server) -> Iterator[str]:
    if not has_faces(read, shape):
        return
    owner, grants = read.table.owner, read.grants
    if shape.by_view:
        yield from face.marker(shape)
        yield from face.old_face(shape, owner, grants, server.version)
    yield from face.new_face(shape, owner, grants, server.version, [c.name for c in columns.added])


def has_faces(read: Read, shape: Shape) -> bool:
    """Whether the new version has a view of its own. What is only added can be seen in the table itself."""
    return shape.by_view or needs_view(read.table, read.operations)


def _ungrow(read: Read, shape: Shape, columns: grouping.Columns) -> Iterator[str]:
    """All that was grown goes, and the table is what it was."""
    if has_faces(read, shape):
        yield from face.drop_faces(shape)
        yield face.drop_schema_if_empty(shape)
    at = f"ALTER TABLE {shape.face}"
    if shape.synced:
        yield f"DROP TRIGGER IF EXISTS {quoted(shape.trigger)} ON {shape.face}"
        yield f"DROP FUNCTION IF EXISTS {shape.function}()"
    for t in shape.twins:
        yield f"{at} DROP COLUMN IF EXISTS {quoted(t.name)}"
    for c in columns.added:
        yield f"{at} DROP COLUMN IF EXISTS {quoted(c.name)}"
    for name, _ in columns.retyped:
        yield f"{at} ALTER COLUMN {quoted(name)} TYPE {grouping.known(read.table, name).type}"
    if shape.by_view:
        for old in shape.olds:
            if old.default:
                yield f"{at} ALTER COLUMN {quoted(old.name)} SET DEFAULT {old.default}"
        yield f"DROP TABLE IF EXISTS {shape.marker}"


# -- sync ------------------------------------------------------------------------
def _sync(read: Read, shape: Shape, n: int) -> Iterator[Step]:
    name = read.table.name
    yield Step(f"backfill-{name}", "SYNC", "backfill", "each row is touched once; the trigger fills it", n)
    twins = ", ".join(quoted(t.name) for t in shape.twins)
    yield Step(
        f"analyze-{name}", "SYNC", "transaction", "the planner knows the new columns", n,
        do=(f"ANALYZE {shape.sql} ({twins})",),
    )  # fmt: skip
    yield from dependants.steps(read.table, shape, n)
    for t in shape.twins:
        if t.not_null:
            said = f"CHECK ({quoted(t.name)} IS NOT NULL)"
            yield from metadata.validated(
                shape, n, _no_null(t.name), said, f"{t.name} IS NOT NULL", undo=False
            )


def _no_null(twin_: str) -> str:
    return suffixed(twin_, "_seam_not_null")


def _constraints(read: Read, shape: Shape, n: int, understand: Understand) -> Iterator[Step]:
    """Operations that only bind or find rows; they may speak of columns that the plan adds."""
    columns = {c.name for c in read.table.columns} | {t.name for t in shape.twins}
    for op in read.operations:
        match op:
            case plan.SetNotNull() if not op.up:
                yield from metadata.not_null(shape, n, grouping.known(read.table, op.column).name)
            case plan.AddCheck():
                condition = understand(f"add_check {op.name}", op.check, "boolean")
                yield from metadata.check(shape, n, op, condition)
            case plan.AddForeignKey():
                yield from metadata.foreign_key(shape, n, op, read.others[op.references])
            case plan.AddUnique():
                yield from metadata.unique(shape, n, op.name, op.columns)
            case plan.AddIndex():
                built = metadata.create_index(shape, op, columns)
                yield metadata.index(shape, n, op.name, built, f"index {op.name}, beside the traffic")


# -- contract --------------------------------------------------------------------
def _contract(read: Read, shape: Shape, n: int) -> Iterator[Step]:
    for op in read.operations:
        if isinstance(op, plan.DropIndex):
            yield metadata.dropped_index(shape, n, op.index)
    do = [*_shrink(read, shape)]
    if do:
        yield Step(
            f"contract-{read.table.name}", "CONTRACT", "contract", f"{shape.name}: the old shape goes", n,
            do=tuple(do), locks=(shape.sql,),
        )  # fmt: skip


def _shrink(read: Read, shape: Shape) -> Iterator[str]:
    """One transaction of names and nothing else: no row is read."""
    at = f"ALTER TABLE {shape.sql}"
    if shape.by_view:
        yield f"DROP VIEW {shape.face}"
    if shape.synced:
        yield f"DROP TRIGGER {quoted(shape.trigger)} ON {shape.sql}"
        yield f"DROP FUNCTION {shape.function}()"
    for t in shape.twins:
        if t.not_null:
            yield f"{at} ALTER COLUMN {quoted(t.name)} SET NOT NULL"
            yield f"{at} DROP CONSTRAINT {quoted(_no_null(t.name))}"
    yield from _sequences(shape)
    for name in (*(o.name for o in shape.olds), *shape.hidden):
        yield f"{at} DROP COLUMN {quoted(name)}"
    for t in shape.twins:
        if t.name != t.becomes:
            yield f"{at} RENAME COLUMN {quoted(t.name)} TO {quoted(t.becomes)}"
        if t.default:
            yield f"{at} ALTER COLUMN {quoted(t.becomes)} SET DEFAULT {t.default}"
    for old, new in shape.renamed:
        yield f"{at} RENAME COLUMN {quoted(old)} TO {quoted(new)}"
    yield from dependants.take_names(read.table, shape)
    if shape.by_view:
        if shape.base != (shape.to or shape.name):
            yield f"{at} RENAME TO {quoted(shape.name)}"
        yield f"DROP TABLE {shape.marker}"


def _sequences(shape: Shape) -> Iterator[str]:
    """A sequence that an old column owned goes on, with its successor."""
    for group in shape.groups:
        for old in group.olds:
            if old.sequence and len(group.twins) == 1:
                column = f"{shape.sql}.{quoted(group.twins[0].name)}"
                yield f"ALTER SEQUENCE {old.sequence} OWNED BY {column}"


# -- what may differ in the end --------------------------------------------------
def shadowed(
    read: Read, shape: Shape, columns: grouping.Columns, n: int, n_bytes: int, faces: Mapping[str, str]
) -> tuple[Subject, list[Step]]:
    """The table as engine E2 goes about it. `shape` has no twins: both shapes have tables of their own."""
    assert read.around is not None
    made = shadowing.shadow_of(read.table, shape, columns, read.around, read.operations)
    bare = structs.replace(shape, groups=())
    subject = subject_of(read, shape, columns, n_bytes, faces)
    ends = structs.replace(subject, shape=bare, engine="E2", shadow=made, has_new_face=False)
    return ends, [*shadowing.steps(read.table, made, columns, read.grants, n, read.operations)]


def subject_of(
    read: Read, shape: Shape, columns: grouping.Columns, n_bytes: int, faces: Mapping[str, str]
) -> Subject:
    """The table as the program remembers it."""
    found = facts(read.table, faces)
    return Subject(
        shape, "E1" if shape.groups else "E0", tuple((k, name, said) for (k, name), said in found.items()),
        tuple(sorted({*_intended(read, shape, columns)})),
        tuple((t.becomes, t.type, t.not_null) for t in shape.twins),
        read.table.n_rows, read.table.n_pages, n_bytes, read.table.primary_key,
        has_faces(read, shape), groups=columns.groups,
    )  # fmt: skip


def _intended(read: Read, shape: Shape, columns: grouping.Columns) -> Iterator[tuple[str, str]]:
    gone = {o.name for o in shape.olds} | set(shape.hidden)
    moved = dict(shape.renamed) | {o.name: t.becomes for g in shape.groups for o in g.olds for t in g.twins}
    moved = {old: new for old, new in moved.items() if old != new}
    names = {
        *gone, *moved, *moved.values(), *(t.becomes for t in shape.twins), *(c.name for c in columns.added),
        *(c for c, _ in columns.retyped),
    }  # fmt: skip
    yield from (("column", name) for name in names)
    kept = {r.name for r in dependants.rebuilt(read.table, shape) if r.plain}
    for i in read.table.indexes:
        if names & set(i.uses) and (i.name not in kept or moved.keys() & set(i.uses)):
            yield "index", i.name
    for c in read.table.constraints:
        if names & set(c.columns) and (c.name not in kept or moved.keys() & set(c.columns)):
            yield "constraint", c.name
    if shape.to:
        yield from (
            (k, name) for k, name in facts(read.table) if k in ("index", "trigger", "constraint", "referrer")
        )
    yield from _intended_of(read)


def _intended_of(read: Read) -> Iterator[tuple[str, str]]:
    for op in read.operations:
        match op:
            case plan.SetNotNull() | plan.DropNotNull():
                yield "column", grouping.known(read.table, op.column).name
            case plan.AddCheck() | plan.AddForeignKey():
                yield "constraint", op.name
            case plan.AddUnique():
                yield "constraint", op.name
                yield "index", op.name
            case plan.AddIndex():
                yield "index", op.name
            case plan.DropIndex():
                yield "index", op.index
            case plan.PartitionTable():
                yield "table", ""
                yield from ((k, name) for k, name in facts(read.table) if k in ("index", "constraint"))
