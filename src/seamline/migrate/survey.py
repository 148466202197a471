"""The dry run: the plan against the real tables, every row of them, and what it would cost. Nothing is changed.

All that is written is the plan itself, its program and its estimate, in schema `seam`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate import (
    calibrate,
    catalogue,
    catalogue_sql,
    compile,
    expression,
    grouping,
    journal,
    pace,
    plan,
    refusal,
    scan,
    shadowing,
)
from seamline.migrate.catalogue import Server, Table
from seamline.migrate.compile import Read
from seamline.migrate.face import Grant
from seamline.migrate.pace import Cost, Estimate
from seamline.migrate.program import Program, Refusal, Step, Subject, in_order
from seamline.migrate.session import check_no_pooler
from seamline.migrate.shadowing import Around
from seamline.migrate.shape import Shape
from seamline.model.errors import Fix

if TYPE_CHECKING:
    from psycopg import Connection


class Surveyed(Struct, frozen=True):
    """What a dry run found. A plan with refusals has no program that could be started."""

    plan: plan.Plan
    server: Server
    program: Program
    refusals: tuple[Refusal, ...]
    estimate: Estimate
    cost: Cost
    n_bytes_needed: int
    reads: tuple[Read, ...] = ()


def survey(
    connection: "Connection[Any]",
    dsn: str,
    given: plan.Plan,
    *,
    calibrate_s: float,
    others: Mapping[str, str],
) -> Surveyed:
    """Everything that can be known beforehand. `others`: tables in other open migrations, by their name."""
    server = catalogue.server(connection)
    if why := check_no_pooler(dsn):
        return _refused(
            given, server, [Refusal(why, "connect past it: a migration needs sessions of its own")]
        )
    silent = _may_silence(connection, server)
    reads, refusals = _read(connection, server, given, others, silent=silent)
    if refusals:
        return _refused(given, server, refusals)
    program, refusals = _compile(connection, server, given, reads, silent=silent)
    refusals += _rows(connection, server, program, reads) if not refusals else []
    cost = (
        calibrate.calibrate(connection, server, program, calibrate_s) if not refusals else calibrate.UNKNOWN
    )
    estimate = _estimate(program, cost)
    needed = sum(s.n_bytes for s in program.subjects)
    refusals += [*_too_much(given, estimate, program), *_too_big(given, needed)] if not refusals else []
    return Surveyed(given, server, program, tuple(refusals), estimate, cost, needed, tuple(reads))


def may_install(connection: "Connection[Any]", given: plan.Plan) -> Surveyed | None:
    """What stands against keeping anything here at all; None when nothing does."""
    server = catalogue.server(connection)
    found = [*refusal.of_server(server)]
    return _refused(given, server, found) if found else None


def _refused(given: plan.Plan, server: Server, refusals: Sequence[Refusal]) -> Surveyed:
    return Surveyed(given, server, Program((), ()), tuple(refusals), Estimate(0, 0), calibrate.UNKNOWN, 0)


def _may_silence(connection: "Connection[Any]", server: Server) -> bool:
    """Whether the role may keep a user's triggers quiet for its own session."""
    if server.version >= 150000:
        asked = "SELECT has_parameter_privilege('session_replication_role', 'SET')"
    else:
        asked = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    row = connection.execute(asked).fetchone()
    return bool(row and row[0])


# -- tables -----------------------------------------------------------------------
def _read(
    connection: "Connection[Any]",
    server: Server,
    given: plan.Plan,
    others: Mapping[str, str],
    *,
    silent: bool,
) -> tuple[list[Read], list[Refusal]]:
    refusals: list[Refusal] = []
    tables: dict[int, Table] = {}
    operations: dict[int, list[plan.Operation]] = {}
    for op in given.change:
        oid = catalogue.find(connection, op.table)
        if oid is None:
            refusals.append(Refusal(f"there is no table {op.table}", "write it as schema.table"))
            continue
        tables[oid] = tables.get(oid) or catalogue.table(connection, oid)
        operations.setdefault(oid, []).append(op)
    reads = []
    for oid, table in tables.items():
        if f"{table.schema}.{table.name}" in others:
            other = others[f"{table.schema}.{table.name}"]
            refusals.append(
                Refusal(
                    f"{table.name} is in migration {other}",
                    f"wait for it, or: seamline migrate revert {other}",
                )
            )
            continue
        shadowed = shadowing.wanted(table, operations[oid])
        refusals += refusal.of_table(table, operations[oid], server, given, silent=silent, shadowed=shadowed)
        reads.append(_one(connection, server, given, table, operations[oid], refusals))
    return reads, refusals


def _one(
    connection: "Connection[Any]", server: Server, given: plan.Plan, table: Table,
    operations: Sequence[plan.Operation], refusals: list[Refusal],
) -> Read:  # fmt: skip
    if shadowing.wanted(table, operations):
        around = _around(connection, table)
        refusals += shadowing.refusals(table, operations, around)
        return Read(table, around.grants, tuple(operations), False, {}, {}, around)
    against = compile.against_view(table, server)
    wanted = given.code.clients
    by_view = wanted != "table" and (wanted == "view" or compile.needs_view(table, operations))
    if by_view and against and wanted == "view":
        refusals.append(
            Refusal(f"{table.name} can't be served through a view: {against}", "code: {clients: table}")
        )
    by_view = by_view and not against
    if not by_view:
        refusals += _only_by_view(table, operations, against)
    grants = _grants(connection, table)
    leads_to = {}
    for op in operations:
        if isinstance(op, plan.AddForeignKey):
            oid = catalogue.find(connection, op.references)
            if oid is None:
                refusals.append(Refusal(f"there is no table {op.references}", "write it as schema.table"))
            else:
                leads_to[op.references] = oid
    return Read(table, grants, tuple(operations), by_view, {}, leads_to)


def _grants(connection: "Connection[Any]", table: Table) -> tuple[Grant, ...]:
    rows = connection.execute(catalogue_sql.GRANTS, {"oid": table.oid}).fetchall()
    return tuple(Grant(*r) for r in rows)


def _around(connection: "Connection[Any]", table: Table) -> Around:
    given = {"oid": table.oid}
    with connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")  # a view's text names everything in full
        views = connection.execute(catalogue_sql.VIEW_TEXTS, given).fetchall()
    publications = connection.execute(catalogue_sql.OWN_PUBLICATIONS, given).fetchall()
    return Around(
        tuple((r[0], r[1], r[2], r[3]) for r in views),
        tuple((r[0], r[1]) for r in publications),
        _grants(connection, table),
    )


def _only_by_view(table: Table, operations: Sequence[plan.Operation], against: str) -> Iterator[Refusal]:
    why = against or "the plan says clients: table"
    for op in operations:
        if isinstance(op, plan.RenameTable):
            yield Refusal(
                f"two names for {table.name} need a view, and {why}", "let clients go through views"
            )
        if isinstance(op, plan.ChangeType | plan.SetNotNull):
            column = table.column(op.column)
            rewrites = isinstance(op, plan.ChangeType) or op.up
            if rewrites and column and column.default and not column.not_null:
                yield Refusal(
                    f"{table.name}.{op.column} has a default and may be NULL: without a view nobody can tell a NULL "
                    f"of the new version from a default of the old one, and {why}",
                    f"ALTER TABLE {table.name} ALTER COLUMN {op.column} DROP DEFAULT first, or let clients go through views",
                )


# -- program ----------------------------------------------------------------------
def _compile(
    connection: "Connection[Any]", server: Server, given: plan.Plan, reads: Sequence[Read], *, silent: bool
) -> tuple[Program, list[Refusal]]:
    subjects: list[Subject] = []
    steps: list[Step] = []
    refusals: list[Refusal] = []
    for n, read in enumerate(reads):
        try:
            subject, made = _subject(connection, server, given, read, n, silent=silent)
        except Fix as error:
            refusals.append(Refusal(str(error), error.hint))
            continue
        subjects.append(subject)
        steps += made
    return Program(tuple(subjects), in_order(steps)), refusals


def _subject(
    connection: "Connection[Any]", server: Server, given: plan.Plan, read: Read, n: int, *, silent: bool
) -> tuple[Subject, list[Step]]:
    new = grouping.new_columns(read.table, read.operations, by_view=read.by_view)
    defaults = frozenset(
        op.default for op in read.operations if isinstance(op, plan.AddColumn) and op.default
    )
    stable = given.stable == "refuse"
    with expression.understanding(
        connection, read.table, new, volatile=defaults, stable=stable
    ) as understand:
        volatile = {
            op.name: expression.differs_by_row(connection, read.table, op.type, op.default)
            for op in read.operations
            if isinstance(op, plan.AddColumn) and op.default and not op.up
        }
        columns = grouping.columns_of(
            read.table, read.operations, understand, by_view=read.by_view, volatile=volatile
        )
        shape = compile.shape_of(read, columns, given.id, silent=silent and given.triggers == "refuse")
        _check_free(connection, shape)
        n_bytes = read.table.n_pages * server.block_size if shape.groups else 0
        if read.around is not None:
            faces = journal.faces(connection)
            return _rehearsed(
                connection, compile.shadowed(read, shape, columns, n, n_bytes, faces), read, columns
            )
        steps = compile.steps_of(read, shape, columns, server, n, understand)
        return compile.subject_of(read, shape, columns, n_bytes, journal.faces(connection)), steps


def _check_free(connection: "Connection[Any]", shape: Shape) -> None:
    """The names that the table and the new version's view have meanwhile must be nobody's."""
    for schema, name in ((shape.schema, shape.base), (shape.version, shape.to or shape.name)):
        taken = catalogue.find(connection, f"{schema}.{name}")
        if taken is not None and taken != shape.oid:
            raise Fix(
                f"there is a {schema}.{name} already", hint="rename or drop it: the migration needs the name"
            )


def _rehearsed(
    connection: "Connection[Any]", made: tuple[Subject, list[Step]], read: Read, columns: grouping.Columns
) -> tuple[Subject, list[Step]]:
    """The empty shadow is made once, and rolled back: what PostgreSQL refuses of it, it refuses now."""
    import psycopg

    shadow = made[0].shadow
    assert shadow is not None
    try:
        with connection.transaction(force_rollback=True):
            for statement in shadowing.create(
                read.table, shadow, columns, read.grants, shadowing.parts_of(read.operations)
            ):
                connection.execute(statement)
    except psycopg.Error as error:
        raise Fix(
            f"{read.table.name}: its shadow can't be made: {expression.said(error)}",
            hint="mend what it names",
        ) from None
    return made


# -- rows -------------------------------------------------------------------------
def _rows(
    connection: "Connection[Any]", server: Server, program: Program, reads: Sequence[Read]
) -> list[Refusal]:
    """Every row, read once: what would be lost, raise, be NULL, be there twice."""
    found: list[Refusal] = []
    for subject, read in zip(program.subjects, reads, strict=True):
        for group in subject.groups:
            found += scan.group(connection, server, read.table, group)
        for op in read.operations:
            found += scan.operation(connection, read, op)
    return found


# -- cost -------------------------------------------------------------------------
def _estimate(program: Program, cost: Cost) -> Estimate:
    pages = sum(s.n_pages for s in program.subjects if s.has_rows_to_go_over)
    built = [s for s in program.steps if s.kind == "outside" and s.phase == "SYNC"]
    scanned = [s for s in program.steps if s.name.startswith("validate-")]
    sizes = {n: s.n_pages * 8192 * (1.6 if s.shape.groups else 1) for n, s in enumerate(program.subjects)}
    n_bytes = sum(sizes[s.subject] for s in built) + sum(sizes[s.subject] / 8 for s in scanned)
    return pace.estimate(cost, pages, n_bytes)


def _too_much(given: plan.Plan, estimate: Estimate, program: Program) -> Iterator[Refusal]:
    if estimate.p90_s <= given.budget_s:
        return
    said = f"it takes {estimate.p90_s / 60:.1f} minutes at p90 ({estimate.p50_s / 60:.1f} at p50)"
    wider = estimate.p90_s * 1.2 / 60
    ways = [f"budget: {wider:.0f}m in an off-peak window"]
    if any(s.engine == "E1" for s in program.subjects):
        ways.append("engine E2, the shadow table, which copies about three times as fast")
    if len(program.subjects) > 1:
        ways.append("one plan for each table")
    else:
        ways.append("one plan for each operation, or partition by partition")
    yield Refusal(f"{said}, the budget is {given.budget_s / 60:.1f}", "; or ".join(ways))


def _too_big(given: plan.Plan, needed: int) -> Iterator[Refusal]:
    if not given.platform.disk_free:
        return
    free = plan.n_bytes(given.platform.disk_free, "platform.disk_free")
    if 2 * needed > free:  # the table's growth, and the WAL of it
        yield Refusal(
            f"it may need {2 * needed / 2**20:.0f} MB of disk, and {given.platform.disk_free} are free",
            "make room, or partition by partition",
        )


def drift(connection: "Connection[Any]", program: Program) -> list[str]:
    """How the tables differ from what they were when the plan was made."""
    found = []
    for s in program.subjects:
        before = {(kind, name): said for kind, name, said in s.facts}
        now = catalogue.facts(catalogue.table(connection, s.shape.oid), journal.faces(connection))
        found += [f"{s.shape.name}: {what}" for what in catalogue.unexpected(before, now, ())]
    return found
