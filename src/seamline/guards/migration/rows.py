"""Rows that a migration rewrites, and what it does that could not be read."""

from seamline.guards.migration._said import Weight, finding
from seamline.model.artefact import Operation, Table
from seamline.model.verdict import Finding

IDS = ("migration/rows-rewritten", "migration/unreadable")
_ROWS = Weight("note", "low", 0.6)
_OPAQUE = Weight("unknown", "medium", 0.9)


def check(_before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most."""
    if after.kind == "rewrite_data":
        what = ", ".join(f"{after.table}.{column}" for column in after.columns) or f"rows of {after.table}"
        return [
            finding(
                "rows-rewritten", _ROWS, after, f"values change: {what}",
                "tell who reads them directly; what loads by an updated-at column misses rows whose stamp stays as it is",
            )
        ]  # fmt: skip
    if after.kind == "opaque":
        where = f" to {after.table}" if after.table else ""
        return [
            finding(
                "unreadable", _OPAQUE, after, f"what {after.migration} does{where} can't be told without running it",
                "write it as plain operations or literal SQL, or let the seam's person read and pass it",
                missing=(f"what `{after.detail}` does" if after.detail else "what its code does",),
            )
        ]  # fmt: skip
    return []
