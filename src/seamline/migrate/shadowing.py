"""What engine E2 makes of one table: the shadow, what is bound to it, and the steps. And when it can't."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from seamline.migrate import metadata, plan, shadow
from seamline.migrate.catalogue import Constraint, Index, Table
from seamline.migrate.face import Grant
from seamline.migrate.grouping import Columns, known, widens
from seamline.migrate.program import Refusal, Step
from seamline.migrate.quoting import dotted, listed, quoted, suffixed, text
from seamline.migrate.shadow import Bound, Cell, Shadow
from seamline.migrate.shape import ROW, Expression, Shape, Twin

_BESIDE, _RETIRED = "_seam", "_seam_old"
_ENABLED = {"O": "", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


class Around(Struct, frozen=True):
    """What the catalogue says beside the table itself. `views`: (name, kind, text, options)."""

    views: tuple[tuple[str, str, str, str], ...] = ()
    publications: tuple[tuple[str, bool], ...] = ()  # name, whether the role may change it
    grants: tuple[Grant, ...] = ()


def wanted(table: Table, operations: Sequence[plan.Operation]) -> bool:
    """Whether the plan says so, or a twin can't do it: a primary key, an identity, a column that others refer to."""
    for op in operations:
        if isinstance(op, plan.PartitionTable):
            return True
        if isinstance(op, plan.ChangeType) and op.engine in ("auto", "E2"):
            column = table.column(op.column)
            if column and op.engine == "auto" and widens(column.type, op.to):
                continue
            referred = any(column and column.name in r.columns for r in table.referrers)
            if op.engine == "E2" or (
                column and (column.identity or column.name in table.primary_key or referred)
            ):
                return True
    return False


def refusals(table: Table, operations: Sequence[plan.Operation], around: Around) -> Iterator[Refusal]:
    """What stands against a shadow."""
    changed = {op.column for op in operations if isinstance(op, plan.ChangeType)}
    if any(not isinstance(op, plan.ChangeType | plan.PartitionTable) for op in operations):
        yield Refusal(
            f"the shadow table of {table.name} takes change_type and partition_table alone",
            "the other operations in a second plan",
        )
    if not table.primary_key:
        yield Refusal(
            f"{table.name} has no primary key",
            "the shadow's rows are found by it: add one first, or engine: E1",
        )
    found = {
        "is partitioned": table.kind == "p",
        "has row security": table.row_security or bool(table.policies),
        "has extended statistics": bool(table.statistics),
        "has rewrite rules": table.has_rules,
        "lies in a tablespace": bool(table.tablespace),
        "has an exclusion constraint": any(c.kind == "x" for c in table.constraints),
        "refers to itself": any(c.kind == "f" and c.other == table.oid for c in table.constraints),
        "is identified to replicas by an index": table.replica_identity == "i",
        "is clustered": any(i.clustered for i in table.indexes),
        "has its row type in use": bool(table.row_type_users),
    }
    for what, so in found.items():
        if so:
            yield Refusal(
                f"{table.name} {what}, which a shadow table doesn't carry over",
                "take that away first, and make it anew afterwards",
            )
    if parts_of(operations):
        yield from _against_parts(table)
    for name, kind, _, _ in around.views:
        if kind == "m":
            yield Refusal(
                f"materialized view {name} reads {table.name}", "drop it, and make it anew afterwards"
            )
    for view in table.views:
        if changed & set(view.columns):
            yield Refusal(
                f"view {view.schema}.{view.name} shows {', '.join(sorted(changed & set(view.columns)))}",
                "a view's columns keep their types: drop it, and make it anew afterwards",
            )
    for name, may in around.publications:
        if not may:
            yield Refusal(
                f"publication {name} is not the role's to change",
                f"ALTER PUBLICATION {name} OWNER TO the role",
            )


def parts_of(operations: Sequence[plan.Operation]) -> plan.PartitionTable | None:
    """How the table is to be partitioned, if it is."""
    return next((op for op in operations if isinstance(op, plan.PartitionTable)), None)


def _against_parts(table: Table) -> Iterator[Refusal]:
    for r in table.referrers:
        yield Refusal(
            f"foreign key {r.name} of {r.table} leads to {table.name}",
            "its key would have more columns: drop it first",
        )
    if table.replica_identity != "d":
        yield Refusal(
            f"{table.name} has a replica identity of its own", "set it on each partition afterwards"
        )


def shadow_of(
    table: Table, shape: Shape, columns: Columns, around: Around, operations: Sequence[plan.Operation]
) -> Shadow:
    """The table with its counterpart."""
    parts = parts_of(operations)
    new_key = tuple(known(table, c).name for c in parts.key) if parts and parts.key else table.primary_key
    changed = {g.olds[0].name: (g.twins[0], g.olds[0].down) for g in columns.groups}
    cells = []
    for c in table.columns:
        twin, down = changed.get(c.name, (None, None))
        cells.append(
            Cell(
                c.name, twin.type if twin else c.type, twin.up if twin else None,
                _by_name(down, twin, c.name) if twin and down else None, c.has_equality, bool(c.generated),
                bool(c.identity),
            )
        )  # fmt: skip
    name = table.name
    return Shadow(
        table.schema, name, suffixed(name, _BESIDE), suffixed(name, _RETIRED), table.primary_key, new_key, tuple(cells),
        shape.key, _bound(table, around),
    )  # fmt: skip


def _by_name(down: Expression, twin: Twin, column: str) -> Expression:
    """In the shadow the new column has the old one's name."""
    sql = down.sql
    for spelled in (quoted(twin.name), twin.name):
        sql = sql.replace(f"{ROW}.{spelled}", f"{ROW}.{quoted(column)}")
    return Expression(sql, down.columns, down.total)


def _bound(table: Table, around: Around) -> Bound:
    return Bound(
        tuple(_names(table)),
        tuple((t.name, t.definition, _ENABLED[t.enabled]) for t in table.triggers),
        tuple(
            f"CREATE OR REPLACE VIEW {name}{f' WITH ({options})' if options else ''} AS {said.rstrip().rstrip(';')}"
            for name, _, said, options in around.views
        ),
        tuple(name for name, _ in around.publications),
        tuple((r.oid, r.name, r.definition.removesuffix(" NOT VALID")) for r in table.referrers),
        tuple((c.sequence, c.name) for c in table.columns if c.sequence and not c.identity),
        tuple((_plain(c.sequence), c.name) for c in table.columns if c.sequence and c.identity),
    )  # fmt: skip


def _names(table: Table) -> Iterator[tuple[str, str, str, str]]:
    for c in table.constraints:
        if c.kind in "pu":
            yield "constraint", c.name, suffixed(c.name, _BESIDE), suffixed(c.name, _RETIRED)
    for i in table.indexes:
        if not i.of_constraint:
            yield "index", i.name, suffixed(i.name, _BESIDE), suffixed(i.name, _RETIRED)
    for column in table.columns:
        if column.identity and column.sequence:
            name = _plain(column.sequence)
            yield "sequence", name, suffixed(name, _BESIDE), suffixed(name, _RETIRED)


def _plain(spelled: str) -> str:
    """A sequence's name without its schema and quotes."""
    name = spelled.rpartition(".")[2] if not spelled.endswith('"') else spelled[spelled.rfind('"', 0, -1) :]
    return name.strip('"').replace('""', '"')


# -- steps -----------------------------------------------------------------------
def steps(
    table: Table,
    s: Shadow,
    columns: Columns,
    grants: Sequence[Grant],
    n: int,
    operations: Sequence[plan.Operation],
) -> Iterator[Step]:
    """From the empty shadow to the end of the old table."""
    name, parts = table.name, parts_of(operations)
    drop = (
        *shadow.drop_triggers(s, s.sql),
        f"DROP FUNCTION IF EXISTS seam.sync_{s.digest}()",
        f"DROP TABLE IF EXISTS {s.shadow}",
    )
    yield Step(
        f"shadow-{name}", "EXPAND", "transaction", f"{name}: an empty table of the new shape, and a trigger that writes to it", n,
        do=(*create(table, s, columns, grants, parts), shadow.function(s, s.shadow, back=False), *shadow.triggers(s, s.sql)),
        undo=(drop,), locks=(s.sql,),
    )  # fmt: skip
    yield Step(
        f"backfill-{name}",
        "SYNC",
        "backfill",
        "each row is copied, held against deletion until it is there",
        n,
    )
    if (
        parts is None
    ):  # a partitioned table has its indexes from the beginning: none can be built beside the traffic
        yield from (_index(s, index, n) for index in table.indexes if not index.primary)
        yield from (step for constraint in table.constraints for step in _constraint(s, constraint, n))
    yield Step(
        f"analyze-{name}",
        "SYNC",
        "transaction",
        "the planner knows the shadow",
        n,
        do=(f"ANALYZE {s.shadow}",),
    )
    yield Step(f"verify-{name}", "VERIFY", "verify", "every row, both tables, in one snapshot", n)
    proof = tuple(shadow.validate_referrers(s))
    back = (tuple(shadow.swap_back(s)), *((one,) for one in proof))
    held = (s.sql, s.shadow, *dict.fromkeys(r.table for r in table.referrers))
    yield Step(
        f"swap-{name}", "CUTOVER", "swap", f"{name} is the new shape from here on; the old one is kept true behind it", n,
        do=tuple(shadow.swap(s)), undo=back, locks=held, undo_locks=(s.sql, s.old, *held[2:]),
    )  # fmt: skip
    for number, one in enumerate(proof, 1):
        about = "a foreign key that leads here is proved, beside the traffic"
        yield Step(f"referrer-{number}-{name}", "SOAK", "transaction", about, n, do=(one,))
    yield Step(
        f"contract-{name}", "CONTRACT", "contract", f"{name}: the old table goes", n,
        do=(*shadow.drop_triggers(s, s.sql), f"DROP FUNCTION seam.sync_{s.digest}()", f"DROP TABLE {s.old}"),
        locks=(s.sql,),
    )  # fmt: skip


def create(
    table: Table, s: Shadow, columns: Columns, grants: Sequence[Grant], parts: plan.PartitionTable | None
) -> Iterator[str]:
    """The empty shadow, with all that costs nothing while it is empty. Only reads the old table's catalogue."""
    at = f"ALTER TABLE {s.shadow}"
    unlogged = "UNLOGGED " if table.persistence == "u" else ""
    like = f"CREATE {unlogged}TABLE {s.shadow} (LIKE {s.sql} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)"
    if parts:
        like += f" PARTITION BY {parts.by}"
    yield like
    for group in columns.groups:
        twin, old = group.twins[0], group.olds[0]
        name = quoted(old.name)
        identity = known(table, old.name).identity
        if old.default and not identity:
            yield f"{at} ALTER COLUMN {name} DROP DEFAULT"
        yield f"{at} ALTER COLUMN {name} TYPE {twin.type} USING NULL::{twin.type}"
        if twin.default and not identity:
            yield f"{at} ALTER COLUMN {name} SET DEFAULT {twin.default}"
    for sequence, column in s.bound.identities:
        yield (
            f"DO $seam$ BEGIN EXECUTE 'ALTER SEQUENCE ' || pg_get_serial_sequence({text(s.shadow)}, {text(column)}) "
            f"|| {text(f' RENAME TO {quoted(suffixed(sequence, _BESIDE))}')}; END $seam$"
        )
    key = next(c for c in table.constraints if c.kind == "p")
    yield f"{at} ADD CONSTRAINT {quoted(suffixed(key.name, _BESIDE))} PRIMARY KEY ({listed(s.new_key)})"
    if parts:
        yield from _partitions(table, s, parts)
    elif table.options:
        yield f"{at} SET ({', '.join(table.options.split(' '))})"
    if table.comment:
        yield f"COMMENT ON TABLE {s.shadow} IS {text(table.comment)}"
    if table.replica_identity in "fn":
        yield f"{at} REPLICA IDENTITY {'FULL' if table.replica_identity == 'f' else 'NOTHING'}"
    yield f"{at} OWNER TO {quoted(table.owner)}"
    yield from (g.on(s.shadow) for g in grants)


def _partitions(table: Table, s: Shadow, parts: plan.PartitionTable) -> Iterator[str]:
    """The parts, and what can only be made while they are empty."""
    for name, bounds in parts.partitions.items():
        options = f" WITH ({', '.join(table.options.split(' '))})" if table.options else ""
        part = dotted(s.schema, name)
        yield f"CREATE TABLE {part} PARTITION OF {s.shadow} {bounds}{options}"
        yield f"ALTER TABLE {part} OWNER TO {quoted(table.owner)}"
    for index in table.indexes:
        if not index.of_constraint:
            kind = "UNIQUE INDEX" if index.unique else "INDEX"
            method = "USING " + index.definition.partition(" USING ")[2]
            yield f"CREATE {kind} {quoted(suffixed(index.name, _BESIDE))} ON {s.shadow} {method}"
    for c in table.constraints:
        if c.kind == "u":
            yield f"ALTER TABLE {s.shadow} ADD CONSTRAINT {quoted(suffixed(c.name, _BESIDE))} {c.definition}"
        elif c.kind == "f":
            said = c.definition.removesuffix(" NOT VALID")
            yield f"ALTER TABLE {s.shadow} ADD CONSTRAINT {quoted(c.name)} {said}"


def _index(s: Shadow, index: Index, n: int) -> Step:
    beside = suffixed(index.name, _BESIDE)
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    method = "USING " + index.definition.partition(" USING ")[2]
    built = f"CREATE {kind} CONCURRENTLY {quoted(beside)} ON {s.shadow} {method}"
    return metadata.index_at(
        s.schema, n, beside, built, f"index {index.name} of the shadow, beside the traffic"
    )


def _constraint(s: Shadow, constraint: Constraint, n: int) -> Iterator[Step]:
    if constraint.kind == "u":
        beside = quoted(suffixed(constraint.name, _BESIDE))
        later = (
            " DEFERRABLE" + constraint.definition.partition(" DEFERRABLE")[2] if constraint.deferrable else ""
        )
        yield Step(
            f"unique-{constraint.name}", "SYNC", "transaction", f"constraint {constraint.name} of the shadow", n,
            do=(f"ALTER TABLE {s.shadow} ADD CONSTRAINT {beside} UNIQUE USING INDEX {beside}{later}",),
        )  # fmt: skip
    elif constraint.kind == "f":
        own, _, other = constraint.definition.removesuffix(" NOT VALID").partition(" REFERENCES ")
        yield from metadata.refers_at(
            s.shadow, n, constraint.name, own, constraint.other, metadata.behind_the_table(other),
            f"foreign key {constraint.name} of the shadow", undo=False,
        )  # fmt: skip
