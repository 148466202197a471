"""Engine E0: what PostgreSQL can do without touching a row, or beside the traffic. Statements only."""

import re
from collections.abc import Iterator

from msgspec import structs

from seamline.migrate import plan
from seamline.migrate.program import Step
from seamline.migrate.quoting import dotted, listed, quoted, suffixed, text
from seamline.migrate.shape import Expression, Shape


def validated(
    shape: Shape, n: int, name: str, definition: str, about: str, *, undo: bool = True
) -> Iterator[Step]:
    """A constraint that binds what is written from now on first, and is proved for what was there afterwards."""
    return _validated(shape.sql, n, name, definition, about, undo=undo)


def _validated(at: str, n: int, name: str, definition: str, about: str, *, undo: bool) -> Iterator[Step]:
    called = quoted(name)
    gone = ((f"ALTER TABLE {at} DROP CONSTRAINT IF EXISTS {called}",),) if undo else ()
    yield Step(
        f"bind-{name}", "SYNC", "transaction", f"{about} binds new rows", n,
        do=(f"ALTER TABLE {at} ADD CONSTRAINT {called} {definition} NOT VALID",), undo=gone, locks=(at,),
    )  # fmt: skip
    yield Step(
        f"validate-{name}", "SYNC", "transaction", f"{about} is proved for every row, beside the traffic", n,
        do=(f"ALTER TABLE {at} VALIDATE CONSTRAINT {called}",),
    )  # fmt: skip


def not_null(shape: Shape, n: int, column: str) -> Iterator[Step]:
    """SET NOT NULL that has nothing left to scan: a proved CHECK says it already."""
    check = suffixed(column, "_seam_not_null")
    yield from validated(
        shape, n, check, f"CHECK ({quoted(column)} IS NOT NULL)", f"{column} IS NOT NULL", undo=False
    )
    at = f"ALTER TABLE {shape.sql}"
    yield Step(
        f"not-null-{column}", "SYNC", "transaction", f"{column} is NOT NULL; its check goes", n,
        do=(
            f"{at} ALTER COLUMN {quoted(column)} SET NOT NULL",
            f"{at} DROP CONSTRAINT {quoted(check)}",
        ),
        undo=((f"{at} ALTER COLUMN {quoted(column)} DROP NOT NULL",),),
        locks=(shape.sql,),
    )  # fmt: skip


def undo_not_null(shape: Shape, column: str) -> tuple[str, ...]:
    """What takes the unfinished check of `not_null` away."""
    check = suffixed(column, "_seam_not_null")
    return (f"ALTER TABLE {shape.sql} DROP CONSTRAINT IF EXISTS {quoted(check)}",)


def null_allowed(shape: Shape, n: int, column: str) -> Step:
    """DROP NOT NULL. Its reversal proves first that no NULL came in, and is no long lock either."""
    at, name = f"ALTER TABLE {shape.sql}", quoted(column)
    check = quoted(suffixed(column, "_seam_not_null"))
    return Step(
        f"null-{column}", "EXPAND", "transaction", f"{column} may be NULL", n,
        do=(f"{at} ALTER COLUMN {name} DROP NOT NULL",),
        undo=(
            (f"{at} DROP CONSTRAINT IF EXISTS {check}", f"{at} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID"),
            (f"{at} VALIDATE CONSTRAINT {check}",),
            (f"{at} ALTER COLUMN {name} SET NOT NULL", f"{at} DROP CONSTRAINT {check}"),
        ),
        locks=(shape.sql,),
    )  # fmt: skip


def check(shape: Shape, n: int, op: plan.AddCheck, condition: Expression) -> Iterator[Step]:
    """A CHECK constraint."""
    # a table constraint names its own columns without a prefix
    said = condition.sql.replace("seam_row_.", "")
    yield from validated(shape, n, op.name, f"CHECK ({said})", f"check {op.name}")


def foreign_key(shape: Shape, n: int, op: plan.AddForeignKey, other: int) -> Iterator[Step]:
    """A FOREIGN KEY. `other`: oid of the table it leads to."""
    to = f" ({listed(op.ref_columns)})" if op.ref_columns else ""
    own = f"FOREIGN KEY ({listed(op.columns)})"
    rest = f"{to} ON DELETE {op.on_delete.upper()}"
    yield from refers(shape, n, op.name, own, other, rest, f"foreign key {op.name}")


def refers(
    shape: Shape, n: int, name: str, own: str, other: int, rest: str, about: str, *, undo: bool = True
) -> Iterator[Step]:
    """A foreign key by the other table's oid: a view may have that one's name when the step's time comes."""
    return refers_at(shape.sql, n, name, own, other, rest, about, undo=undo)


def refers_at(
    at: str, n: int, name: str, own: str, other: int, rest: str, about: str, *, undo: bool
) -> Iterator[Step]:
    """The same, on a table as SQL spells it."""
    bind, proof = _validated(at, n, name, f"{own} REFERENCES @@{rest}", about, undo=undo)
    before, after = (text(part) for part in bind.do[0].split("@@"))
    called = f"DO $seam$ BEGIN EXECUTE {before} || {other}::regclass::text || {after}; END $seam$"
    yield structs.replace(bind, do=(called,))
    yield proof


_TARGET = re.compile(r'(?:"(?:[^"]|"")*"|[^"(\s])+')


def behind_the_table(other: str) -> str:
    """What follows the table's name in `REFERENCES other`.

    >>> behind_the_table('public."t (1)"(id) ON DELETE CASCADE')
    '(id) ON DELETE CASCADE'
    """
    return _TARGET.sub("", other, count=1)


def index(shape: Shape, n: int, name: str, statement: str, about: str, undo: bool = True) -> Step:
    """An index that is built beside the traffic; one that a death left half-built is dropped and built anew.

    `statement` is a CREATE INDEX CONCURRENTLY.
    """
    made = index_at(shape.schema, n, name, statement, about)
    gone = ((f"DROP INDEX IF EXISTS {dotted(shape.schema, name)}",),) if undo else ()
    return structs.replace(made, undo=gone)


def index_at(schema: str, n: int, name: str, statement: str, about: str) -> Step:
    """The same without an undo: it goes with its table, or with its column."""
    at = dotted(schema, name)
    return Step(
        f"index-{name}", "SYNC", "outside", about, n,
        do=(statement,), probe=valid_index(schema, name), clear=f"DROP INDEX CONCURRENTLY IF EXISTS {at}",
    )  # fmt: skip


def unique(shape: Shape, n: int, name: str, columns: tuple[str, ...]) -> Iterator[Step]:
    """A UNIQUE constraint over an index that was built beside the traffic."""
    built = f"CREATE UNIQUE INDEX CONCURRENTLY {quoted(name)} ON {shape.sql} ({listed(columns)})"
    yield index(shape, n, name, built, f"unique index {name}, beside the traffic")
    yield Step(
        f"unique-{name}", "SYNC", "transaction", f"constraint {name} uses the index", n,
        do=(f"ALTER TABLE {shape.sql} ADD CONSTRAINT {quoted(name)} UNIQUE USING INDEX {quoted(name)}",),
        undo=((f"ALTER TABLE {shape.sql} DROP CONSTRAINT IF EXISTS {quoted(name)}",),),
        locks=(shape.sql,),
    )  # fmt: skip


def create_index(shape: Shape, op: plan.AddIndex, known: set[str]) -> str:
    """CREATE INDEX CONCURRENTLY of a plan's operation; parts that are columns are quoted, others stand as written."""
    parts = ", ".join(quoted(c) if c in known else c for c in op.columns)
    kind = "UNIQUE INDEX" if op.unique else "INDEX"
    where = f" WHERE {op.where}" if op.where else ""
    return f"CREATE {kind} CONCURRENTLY {quoted(op.name)} ON {shape.sql} USING {quoted(op.using)} ({parts}){where}"


def dropped_index(shape: Shape, n: int, name: str) -> Step:
    """An index goes, at the contract: nothing brings it back quickly."""
    at = dotted(shape.schema, name)
    return Step(
        f"drop-index-{name}", "CONTRACT", "outside", f"index {name} goes", n,
        do=(f"DROP INDEX CONCURRENTLY IF EXISTS {at}",),
        probe=f"SELECT to_regclass({text(at)}) IS NULL",
    )  # fmt: skip


def valid_index(schema: str, name: str) -> str:
    """Whether an index is there and whole."""
    return (
        "SELECT EXISTS (SELECT 1 FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        f"JOIN pg_namespace n ON n.oid = i.relnamespace WHERE n.nspname = {text(schema)} "
        f"AND i.relname = {text(name)} AND x.indisvalid)"
    )
