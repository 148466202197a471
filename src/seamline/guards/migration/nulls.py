"""NOT NULL and defaults: what writers meet that still run the old code."""

from seamline.guards.migration._said import Weight, finding, named, touch
from seamline.model.artefact import Column, Operation, Table
from seamline.model.verdict import Finding

IDS = (
    "migration/not-null-column-added", "migration/not-null-column-filled", "migration/became-not-null",
    "migration/default-dropped",
)  # fmt: skip
_BREAKS_WRITERS = Weight("hold", "medium", 0.8)
_NOTE = Weight("note", "medium", 0.6)
_SLIGHT = Weight("note", "low", 0.5)
_IN_STEPS = (
    "expand: add {} as nullable or with a default in the database; migrate: release what writes it, fill the rows; "
    "contract: set NOT NULL"
)


def check(before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most."""
    if after.kind == "add_column" and after.nullable is False and not after.has_default:
        return [_added(after)]
    if after.kind == "set_not_null":
        return [_became(before, after)]
    if after.kind == "drop_default":
        column = _column(before, after)
        required = after.nullable is False or column.nullable is False
        return [_default_dropped(after, required)]
    return []


def _added(after: Operation) -> Finding:
    do = _IN_STEPS.format(after.column)
    if after.has_default is None:  # filled by the tool that migrates, which leaves no default behind
        reason = f"{named(after)} comes as NOT NULL; the rows are filled, but the database gives no default"
        return finding("not-null-column-filled", _NOTE, after, f"{reason}: old code can't insert", do)
    reason = f"{named(after)} comes as NOT NULL without a default: a table with rows refuses it, old code can't insert"
    return finding("not-null-column-added", _BREAKS_WRITERS, after, reason, do, touch("add_not_null", after))


def _became(before: Table | None, after: Operation) -> Finding:
    if _is_new(before, after):
        reason = f"{named(after)} is new, is filled and then NOT NULL: old code can't insert"
        return finding("not-null-column-filled", _NOTE, after, reason, _IN_STEPS.format(after.column))
    default = after.has_default or _column(before, after).has_default
    do = (
        f"first release code that always writes {after.column} and fill the rows that lack it; then add CHECK "
        f"({after.column} IS NOT NULL) NOT VALID, validate it, and set NOT NULL"
    )
    reason = f"{named(after)} may no longer be NULL"
    if default:
        return finding(
            "became-not-null", _SLIGHT, after, f"{reason}; the default covers who leaves it out", do
        )
    return finding(
        "became-not-null",
        _BREAKS_WRITERS,
        after,
        f"{reason}: writers that leave it out fail",
        do,
        touch("add_not_null", after),
    )


def _is_new(before: Table | None, after: Operation) -> bool:
    """Whether the column came with the same change: the table, known in full, did not have it."""
    return (
        before is not None
        and before.complete
        and after.column.lower() not in {c.name.lower() for c in before.columns}
    )


def _default_dropped(after: Operation, required: bool) -> Finding:
    gets = "fails" if required else "writes NULL"
    return finding(
        "default-dropped", _NOTE if required else _SLIGHT, after,
        f"{named(after)} has no default any more: who leaves it out {gets}",
        f"first release code that always writes {after.column}; then drop the default",
    )  # fmt: skip


def _column(before: Table | None, after: Operation) -> Column:
    columns = before.columns if before else ()
    found = (c for c in columns if c.name.lower() == after.column.lower())
    return next(found, Column(after.column))
