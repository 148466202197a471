"""What stands against a plan that can be seen in the catalogue alone. Each with the mend; all of them at once."""

from collections import Counter
from collections.abc import Iterator, Sequence

from seamline.migrate import plan
from seamline.migrate.catalogue import Server, Table
from seamline.migrate.grouping import widens
from seamline.migrate.program import Refusal
from seamline.migrate.quoting import MAX_NAME


def of_server(server: Server) -> Iterator[Refusal]:
    """Whom the plan is asked of."""
    if server.is_replica:
        yield Refusal(f"{server.database} is a read replica", "name the primary in --dsn")
    if server.version < 130000:
        yield Refusal(f"PostgreSQL {server.version // 10000} is too old", "13 or later")
    if not server.may_create:
        yield Refusal(
            f"{server.role} may not create schemas in {server.database}",
            f"GRANT CREATE ON DATABASE {server.database} TO {server.role}",
        )


def of_table(
    table: Table,
    operations: Sequence[plan.Operation],
    server: Server,
    given: plan.Plan,
    *,
    silent: bool,
    shadowed: bool,
) -> Iterator[Refusal]:
    """One table and all that is to happen to it."""
    if table.kind not in "rp":
        yield Refusal(f"{table.name} is no table", "name the table itself")
        return
    yield from _rights(table, server)
    yield from _place(table, operations)
    yield from _names(table, operations)
    if shadowed:  # the shadow is another table, which takes everything with it
        return
    replaced = dict(_replaced(table, operations))
    for name, op in replaced.items():
        yield from _bound(table, name, op)
    if any(_rewrites(table, op) for op in operations):
        yield from _touching(table, given, silent=silent)


def _rights(table: Table, server: Server) -> Iterator[Refusal]:
    if not table.is_ours:
        yield Refusal(
            f"{table.name} belongs to {table.owner}",
            f"run as {table.owner}, or GRANT {table.owner} TO {server.role}",
        )
    if not table.may_create:
        yield Refusal(
            f"{server.role} may not create in schema {table.schema}",
            f"GRANT CREATE ON SCHEMA {table.schema} TO {server.role}",
        )
    if table.forced_security and not server.bypasses_rls:
        yield Refusal(
            f"row security is forced on {table.name}: rows that the role doesn't see would be left out",
            f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY while it is migrated, or a role with BYPASSRLS",
        )


def _place(table: Table, operations: Sequence[plan.Operation]) -> Iterator[Refusal]:
    if table.persistence == "t":
        yield Refusal(f"{table.name} is temporary", "it has no traffic; alter it")
    if table.is_partition:
        yield Refusal(f"{table.name} is a partition", "plan for its parent: all partitions have one shape")
    if table.kind == "r" and table.has_children:
        yield Refusal(f"other tables inherit from {table.name}", "take them out of the inheritance first")
    beside = (plan.AddIndex, plan.AddUnique, plan.AddForeignKey, plan.DropIndex)
    for op in operations if table.kind == "p" else ():
        if isinstance(op, beside):
            yield Refusal(
                f"{table.name} is partitioned, and PostgreSQL can't do {_tag(op)} beside the traffic there",
                "plan for each partition, then attach what was made",
            )


def _names(table: Table, operations: Sequence[plan.Operation]) -> Iterator[Refusal]:
    named = [name for op in operations for name in _columns(op)]
    for name in dict.fromkeys(named):
        if table.column(name) is None and name not in _made(operations):
            known = ", ".join(c.name for c in table.columns[:12])
            yield Refusal(f"{table.name} has no column {name}", f"it has: {known}")
    for name, n in Counter(_changed(operations)).items():
        if n > 1:
            yield Refusal(
                f"two operations change {table.name}.{name}", "one each; two plans, one after the other"
            )
    taken = (
        {c.name for c in table.columns}
        | {i.name for i in table.indexes}
        | {c.name for c in table.constraints}
    )
    for name in _new_names(operations):
        if len(name.encode()) > MAX_NAME:
            yield Refusal(f"{name} is longer than 63 bytes", "PostgreSQL would cut it; choose a shorter one")
        elif name in taken:
            yield Refusal(f"{table.name} has a {name} already", "choose another name")
    for op in operations:
        if isinstance(op, plan.DropIndex):
            yield from _index_to_drop(table, op.index)


def _index_to_drop(table: Table, name: str) -> Iterator[Refusal]:
    found = next((i for i in table.indexes if i.name == name), None)
    if found is None:
        yield Refusal(
            f"{table.name} has no index {name}", f"it has: {', '.join(i.name for i in table.indexes)}"
        )
    elif found.of_constraint:
        yield Refusal(f"index {name} belongs to a constraint", "the constraint needs it")


def _bound(table: Table, name: str, op: plan.Operation) -> Iterator[Refusal]:
    """What is bound to a column that goes, and could not go with it."""
    column = table.column(name)
    if column is None:
        return
    if column.identity:
        yield Refusal(
            f"{table.name}.{name} is an identity column",
            "leave the engine to us: a shadow table keeps it",
        )
    if column.generated:
        yield Refusal(f"{table.name}.{name} is a generated column", "change the columns it is made of")
    if name in table.primary_key:
        yield Refusal(
            f"{table.name}.{name} is in the primary key",
            "leave the engine to us: change_type makes a shadow table of it",
        )
    for r in table.referrers:
        if name in r.columns:
            yield Refusal(
                f"foreign key {r.name} of {r.table} leads to {table.name}.{name}", "it would have to go first"
            )
    for c in table.constraints:
        if c.kind == "x" and name in c.columns:
            yield Refusal(
                f"exclusion constraint {c.name} uses {name}", "drop it, and make it anew afterwards"
            )
    for kind, names in _texts(table, name):
        yield Refusal(f"{kind} {names} speaks of {table.name}.{name}", "drop it, and make it anew afterwards")
    if isinstance(op, plan.DropColumn) and column.not_null and not column.default and not op.down:
        yield Refusal(
            f"the new version can't write rows without {table.name}.{name}: it is NOT NULL and has no default",
            "say what the old version finds there: down",
        )


def _texts(table: Table, name: str) -> Iterator[tuple[str, str]]:
    yield from (
        ("generated column", c.name) for c in table.columns if c.generated and _speaks(c.default, name)
    )
    yield from (("policy", policy) for policy, text in table.policies if _speaks(text, name))
    yield from (("statistics object", s) for s, _, columns in table.statistics if name in columns)
    yield from (("trigger", t.name) for t in table.triggers if name in t.columns or _when(t.definition, name))


def _when(definition: str, name: str) -> bool:
    return _speaks(definition.partition(" WHEN ")[2].partition(" EXECUTE ")[0], name)


def _speaks(text: str, name: str) -> bool:
    import re

    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def _touching(table: Table, given: plan.Plan, *, silent: bool) -> Iterator[Refusal]:
    """The backfill updates rows, and a user's triggers would take that for a change."""
    firing = [t.name for t in table.triggers if t.on_row_update and not t.columns]
    if firing and not silent and given.triggers != "fire":
        yield Refusal(
            f"trigger {', '.join(firing)} on {table.name} would fire for every row that the backfill touches",
            "GRANT SET ON PARAMETER session_replication_role (PostgreSQL 15), or triggers: fire if that does no harm",
        )


# -- what operations speak of -----------------------------------------------------------
def _tag(op: plan.Operation) -> str:
    return str(op.__struct_config__.tag)


def _columns(op: plan.Operation) -> Iterator[str]:
    match op:
        case (
            plan.ChangeType()
            | plan.SetNotNull()
            | plan.DropNotNull()
            | plan.DropColumn()
            | plan.RenameColumn()
        ):
            yield op.column
        case plan.SplitColumn():
            yield op.column
        case plan.MergeColumns() | plan.AddUnique() | plan.AddForeignKey():
            yield from op.columns


def _changed(operations: Sequence[plan.Operation]) -> Iterator[str]:
    for op in operations:
        if not isinstance(op, plan.AddUnique | plan.AddForeignKey):
            yield from _columns(op)


def _made(operations: Sequence[plan.Operation]) -> set[str]:
    return {name for op in operations for name in _new_columns(op)}


def _new_columns(op: plan.Operation) -> Iterator[str]:
    match op:
        case plan.AddColumn() | plan.MergeColumns():
            yield op.name
        case plan.RenameColumn():
            yield op.to
        case plan.SplitColumn():
            yield from op.into


def _new_names(operations: Sequence[plan.Operation]) -> Iterator[str]:
    for op in operations:
        yield from _new_columns(op)
        if isinstance(op, plan.AddCheck | plan.AddForeignKey | plan.AddUnique | plan.AddIndex):
            yield op.name
        elif isinstance(op, plan.RenameTable):
            yield op.to


def _replaced(table: Table, operations: Sequence[plan.Operation]) -> Iterator[tuple[str, plan.Operation]]:
    for op in operations:
        if not _rewrites(table, op) and not isinstance(op, plan.DropColumn):
            continue
        for name in _columns(op):
            found = table.column(name)
            if found is not None:
                yield found.name, op


def _rewrites(table: Table, op: plan.Operation) -> bool:
    """Whether rows get twins."""
    match op:
        case plan.ChangeType():
            column = table.column(op.column)
            return column is None or op.engine == "E1" or not widens(column.type, op.to)
        case plan.SetNotNull():
            return bool(op.up)
        case plan.AddColumn():
            return bool(op.up)
        case plan.SplitColumn() | plan.MergeColumns():
            return True
    return False
