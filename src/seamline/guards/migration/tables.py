"""Tables and views that go or come under another name."""

from seamline.guards.migration._said import Weight, finding, touch
from seamline.model.artefact import Operation, Table
from seamline.model.verdict import Finding

IDS = ("migration/table-dropped", "migration/table-renamed", "migration/view-dropped")
_GONE = Weight("hold", "high", 0.95)


def check(_before: Table | None, after: Operation) -> list[Finding]:
    """One finding at most."""
    if after.kind in ("drop_table", "drop_view"):
        kind = after.kind.removeprefix("drop_")
        return [
            finding(
                f"{kind}-dropped", _GONE, after, f"{kind} {after.table} goes",
                "contract last: move readers and loads off it and release that; rename it for a while, so that a reader "
                "who was missed is noticed; then drop it",
                touch("drop_table", after),
            )
        ]  # fmt: skip
    if after.kind == "rename_table":
        return [
            finding(
                "table-renamed", _GONE, after, f"table {after.table} is called {after.to} from now on",
                f"expand: leave a view called {after.table} over {after.to}; migrate: move readers and loads over; "
                "contract: drop the view",
                touch("drop_table", after, after.to),
            )
        ]  # fmt: skip
    return []
