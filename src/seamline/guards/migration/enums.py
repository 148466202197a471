"""Values that a column may have: of an enumeration type, or of choices that the application keeps."""

from seamline.analysis.ddl.column_types import spelled
from seamline.guards.migration._said import Weight, finding, named, touch
from seamline.model.artefact import Operation, Table
from seamline.model.verdict import Finding

IDS = ("migration/enum-value-added", "migration/enum-value-dropped", "migration/choice-dropped")
_ADDED = Weight("note", "low", 0.6)
_DROPPED = Weight("hold", "medium", 0.7)
_CHOICE = Weight("note", "medium", 0.6)
_PLAIN = (
    "varchar",
    "text",
    "char",
    "integer",
    "smallint",
    "bigint",
    "boolean",
)  # no enumeration of the database's


def check(_before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most."""
    if after.kind not in ("add_enum_value", "drop_enum_value"):
        return []
    where = named(after) if after.table else f"type {after.type}"
    value = f"the value {after.to!r}" if after.to else "many values"
    if after.kind == "add_enum_value":
        do = "first see that CASE expressions, accepted_values tests and mappings downstream take it"
        return [finding("enum-value-added", _ADDED, after, f"{where} may have {value} now", do)]
    do = (
        f"first rewrite the rows that have it and move readers that compare with it; then take {value} away; what is "
        "loaded already keeps it"
    )
    reason = f"{where} can't have {value} any more"
    if spelled(after.type).startswith(_PLAIN):
        return [finding("choice-dropped", _CHOICE, after, f"{reason}, by the application's rule", do)]
    return [
        finding("enum-value-dropped", _DROPPED, after, reason, do, touch("change_type", after, after.type))
    ]
