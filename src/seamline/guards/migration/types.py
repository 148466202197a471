"""Columns whose type changes: narrower, of another family, wider."""

from seamline.analysis.ddl.column_types import turn
from seamline.guards.migration._said import Weight, finding, named, touch
from seamline.model.artefact import Operation, Table
from seamline.model.verdict import Finding

IDS = (
    "migration/type-narrowed",
    "migration/type-changed",
    "migration/type-widened",
    "migration/type-unknown",
)
_NARROWED = Weight("hold", "high", 0.85)
_CHANGED = Weight("hold", "high", 0.9)
_WIDENED = Weight("note", "low", 0.6)
_UNKNOWN = Weight("unknown", "medium", 0.5)


def check(before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most; none where the type stays what it is."""
    if after.kind != "change_type":
        return []
    was = after.type_before or _type_in(before, after.column)
    touches = touch("change_type", after, after.type)
    from_to = (
        f"{named(after)}: {was or 'a type that is not known'} becomes {after.type or 'one that is not known'}"
    )
    kind = turn(was, after.type)
    if kind == "narrowed":
        do = (
            f"expand: add a column of type {after.type} and write both; migrate: look for values that don't fit, copy the "
            f"rest, move readers over; contract: drop the old one"
        )
        return [finding("type-narrowed", _NARROWED, after, f"{from_to}, which holds less", do, touches)]
    if kind == "changed":
        do = (
            f"expand: add a column of type {after.type} and write both; migrate: copy the rows, move readers and the types "
            "that loads declare; contract: drop the old one"
        )
        return [finding("type-changed", _CHANGED, after, f"{from_to}, of another family", do, touches)]
    if kind == "widened":
        do = "see that loads and models downstream declare a type that holds as much"
        return [finding("type-widened", _WIDENED, after, f"{from_to}, which holds more", do, touches)]
    if kind == "unknown":
        do = "say which type it was and becomes, or let the seam's person pass it"
        missing = (f"the type of {named(after)} {'before' if after.type else 'after'} this migration",)
        return [finding("type-unknown", _UNKNOWN, after, from_to, do, touches, missing)]
    return []


def _type_in(before: Table | None, column: str) -> str:
    columns = before.columns if before else ()
    return next((c.type for c in columns if c.name.lower() == column.lower()), "")
