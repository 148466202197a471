"""The four functions in one plan: what code, platform, support and data each do, and when. Words, worked out once."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from seamline.migrate.catalogue import Table
from seamline.migrate.plan import Plan
from seamline.migrate.program import Program, Subject

GATE_OPEN = ("READY", "CUTOVER", "SOAK", "CONTRACT", "DONE")


class Line(Struct, frozen=True):
    """What one function has to know or do, from a state on."""

    function: str  # code | platform | support | data
    phase: str
    says: str


def lines(plan: Plan, program: Program, tables: Mapping[int, Table], n_bytes: int) -> tuple[Line, ...]:
    """All four columns of a plan. `tables`: the catalogue's, by oid; `n_bytes`: what the tables may grow by."""
    return (
        *_code(plan, program),
        *_platform(plan, n_bytes),
        *_support(plan),
        *_data(plan, program, tables),
    )


def _code(plan: Plan, program: Program) -> Iterator[Line]:
    old, new = plan.code.old or "the old version", plan.code.new or "the new version"
    yield Line("code", "PLANNED", f"hold {new} until READY: seamline migrate status {plan.id} --gate")
    for s in program.subjects:
        yield from (Line("code", "PLANNED", what) for what in _cautions(s))
    faces = [s.shape for s in program.subjects if s.has_new_face]
    if faces:
        yield Line(
            "code",
            "READY",
            f"{new} sets search_path to {faces[0].version}, then what {old} has; the gate is open",
        )
    else:
        yield Line("code", "READY", f"{new} may be deployed; the gate is open")
    yield Line("code", "SOAK", f"roll {new} back whenever needed: both versions are served, revert is a flip")
    if any(s.shape.by_view for s in program.subjects):
        yield Line(
            "code", "CONTRACT", f"refused until no statement of {old} was seen for {plan.soak_s:.0f} s"
        )
    elif plan.code.drained_when:
        yield Line("code", "CONTRACT", f"refused until the owner says: {plan.code.drained_when}")
    yield Line("code", "DONE", f"take what only {old} needed out of the code")


def _cautions(s: Subject) -> Iterator[str]:
    name = s.shape.name
    if s.shape.by_view:
        yield (
            f"from EXPAND to CONTRACT {name} is a view: COPY into it, TRUNCATE, ON CONFLICT ON CONSTRAINT, ctid and "
            "xmin don't go through it; code.clients: table avoids that"
        )
    elif s.shape.groups or s.has_new_face:
        yield (
            f"{name} shows more columns: prepared SELECT * fails once with 'cached plan must not change result type'"
        )
    if s.shape.twins:
        yield f"after CONTRACT the changed columns of {name} stand last: name columns in INSERT and SELECT, or stay on the view"
    if s.shadow is not None:
        yield f"at CUTOVER {name} has the new types under its own name: see that both versions can read them; a prepared statement that returns one fails once"
    if any(o.down and not o.down.total for g in s.groups for o in g.olds):
        yield f"until CONTRACT the new version can't write what has no value for the old columns of {name}"


def _platform(plan: Plan, n_bytes: int) -> Iterator[Line]:
    if n_bytes:
        yield Line(
            "platform", "PLANNED", f"up to {2 * n_bytes / 2**20:.0f} MB of disk, table and WAL together"
        )
    yield Line(
        "platform",
        "SYNC",
        "throttled by a canary's latency; stops for wraparound vacuums and a failing archiver",
    )
    if plan.platform.freeze:
        what = ", ".join(plan.platform.freeze)
        yield Line("platform", " ".join(plan.platform.during).upper(), f"freeze {what}")
        yield Line("platform", "DONE", f"unfreeze {what}")


def _support(plan: Plan) -> Iterator[Line]:
    s = plan.support
    if s.macro:
        yield Line("support", "PLANNED", f"macro: {s.macro}")
    if s.banner:
        yield Line("support", "READY", f"banner on: {s.banner}")
        yield Line("support", "DONE", "banner off")
    if s.watch_tags:
        rate = f"; more than {s.max_ticket_rate} is a reason to turn back" if s.max_ticket_rate else ""
        yield Line(
            "support", "EXPAND", f"tickets tagged {', '.join(s.watch_tags)} belong to this change{rate}"
        )


def _data(plan: Plan, program: Program, tables: Mapping[int, Table]) -> Iterator[Line]:
    for s in program.subjects:
        table = tables.get(s.shape.oid)
        going = {o.name for o in s.shape.olds} | set(s.shape.hidden)
        if table is None:
            continue
        for p in table.publications:
            yield Line(
                "data", "EXPAND", f"publication {p}: subscribers get new columns only after they add them"
            )
        for view in table.views:
            if going & set(view.columns):
                what = f"view {view.schema}.{view.name} reads {', '.join(sorted(going & set(view.columns)))}"
                yield Line("data", "CONTRACT", f"{what}: refused until it doesn't")
    if plan.data.notify not in ("auto", "none", ""):
        yield Line("data", "EXPAND", f"tell {plan.data.notify}")
