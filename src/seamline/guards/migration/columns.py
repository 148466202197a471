"""Columns that go, come under another name, or come in the middle."""

from seamline.guards.migration._said import Weight, finding, named, touch
from seamline.model.artefact import Operation, Table
from seamline.model.verdict import Finding

IDS = ("migration/column-dropped", "migration/column-renamed", "migration/column-inserted")
_DROPPED = Weight("hold", "high", 0.95)
_INSERTED = Weight("note", "medium", 0.5)


def check(before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most. A column that the table is known not to have had can't be missed by anyone."""
    if after.kind == "drop_column":
        return [] if _never_there(before, after) else [_dropped(after)]
    if after.kind == "rename_column":
        return [] if _never_there(before, after) else [_renamed(after)]
    if after.kind == "add_column" and len(after.columns) > 1:
        return [_inserted(after)]
    return []


def _never_there(before: Table | None, after: Operation) -> bool:
    return (
        before is not None
        and before.complete
        and after.column.lower() not in {column.name.lower() for column in before.columns}
    )


def _dropped(after: Operation) -> Finding:
    return finding(
        "column-dropped", _DROPPED, after, f"{named(after)} goes",
        f"contract last: have every reader stop naming {after.column}, and loads and exports leave it out; release that; "
        "then drop it in a migration of its own",
        touch("drop_column", after),
    )  # fmt: skip


def _renamed(after: Operation) -> Finding:
    return finding(
        "column-renamed", _DROPPED, after, f"{named(after)} is called {after.to} from now on",
        f"expand: add {after.to} beside {after.column} and write both; migrate: copy the rows, move readers over; "
        f"contract: drop {after.column} when nobody reads it",
        touch("rename_column", after, after.to),
    )  # fmt: skip


def _inserted(after: Operation) -> Finding:
    return finding(
        "column-inserted", _INSERTED, after, f"{named(after)} comes before {after.columns[1]}",
        "put it last; INSERT without a column list, and unions of `select *`, take columns by their position",
    )  # fmt: skip
