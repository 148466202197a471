"""Keys that readers count on: unique, primary, foreign."""

from seamline.guards.migration._said import Weight, finding
from seamline.model.artefact import Operation, Table
from seamline.model.verdict import Finding

IDS = ("migration/primary-key-changed", "migration/unique-dropped", "migration/foreign-key-dropped")
_PRIMARY = Weight("hold", "high", 0.7)
_UNIQUE = Weight("note", "medium", 0.6)
_FOREIGN = Weight("note", "low", 0.6)


def check(_before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most. Keys that are added bind writers of the same release, not readers."""
    columns = ", ".join(after.columns) or after.column
    what = f"({columns})" if columns else ""
    if after.kind == "drop_primary_key":
        return [
            finding(
                "primary-key-changed", _PRIMARY, after, f"{after.table} loses its primary key {what}".rstrip(),
                "stop change data capture and loads that merge by the key, change it, then load the table anew under the "
                "new key; or keep the old key and add a unique one beside it",
            )
        ]  # fmt: skip
    if after.kind == "drop_unique":
        return [
            finding(
                "unique-dropped", _UNIQUE, after, f"{after.table} {what} need not be unique any more".replace("  ", " "),
                "look for who counts on it: unique tests, upserts (ON CONFLICT needs the constraint), MERGE keys, joins "
                "that then give a row twice",
            )
        ]  # fmt: skip
    if after.kind == "drop_foreign_key":
        to = f" into {after.to}" if after.to else ""
        return [
            finding(
                "foreign-key-dropped", _FOREIGN, after, f"{after.table} {what} may point to nothing{to}".replace("  ", " "),
                "look for inner joins over it, which then lose rows, and for relationship tests",
            )
        ]  # fmt: skip
    return []
