"""Columns of models without a contract, and how models take columns on."""

from collections.abc import Iterator

from seamline.guards.dbt._node import HOLD, NOTE, SLIGHT, Node, final, finding, outputs, touch
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

IDS = (
    "dbt/column-removed", "dbt/column-renamed", "dbt/star-passes-through", "dbt/new-column-ignored",
    "dbt/materialized-view-edited", "dbt/materialization-changed",
)  # fmt: skip
_KEEPS = ("ignore", "")  # on_schema_change: what dbt does when nothing is said


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings on the step from one model to the next. A column more is no break (dbt-core#7332)."""
    if before is None or after is None:
        return []
    was, now = Node(before), Node(after)
    if not was.is_model or not now.enabled:
        return []
    return [*_columns(was, now), *_taken_on(was, now)]


def _columns(was: Node, now: Node) -> Iterator[Finding]:
    old, new = outputs(was), outputs(now)
    if old is None or new is None:
        query = final(now)
        if was.sql != now.sql and query is not None and query.is_star:
            reason = f"{now.name} ends in `select *`: a column that goes upstream goes here without an error"
            yield finding("star-passes-through", SLIGHT, now, reason, "list the columns in the final select")
        return
    here = {name.lower() for name in new}
    gone = [name for name in old if name and name.lower() not in here]
    there = {name.lower() for name in old}
    added = [name for name in new if name and name.lower() not in there]
    if (
        len(gone) == 1
        and len(added) == 1
        and len(old) == len(new)
        and list(old).index(gone[0]) == list(new).index(added[0])
    ):
        reason = f"{now.name}.{gone[0]} is called {added[0]} from now on"
        do = f"expand: give both columns; migrate: move readers to {added[0]}; contract: take {gone[0]} out"
        yield finding("column-renamed", HOLD, now, reason, do, touch("rename_column", now, gone[0], added[0]))
        return
    for name in gone:
        do = f"expand: mark {name} as deprecated; migrate: move readers off it; contract: take it out"
        yield finding(
            "column-removed", HOLD, now, f"{now.name}.{name} goes", do, touch("drop_column", now, name)
        )


def _taken_on(was: Node, now: Node) -> Iterator[Finding]:
    """What a plain `dbt build` does not take on from an edited model."""
    if was.materialized != now.materialized:
        reason = f"{now.name} becomes a {now.materialized}, and was a {was.materialized}"
        do = "build it once with --full-refresh, and look for grants, row counts and latencies that readers rely on"
        if not was.enforced:
            yield finding("materialization-changed", SLIGHT, now, reason, do)
        return
    if now.materialized == "materialized_view" and was.sql != now.sql:
        reason = f"{now.name} is a materialized view: a plain build leaves it as it is, its new columns are not there"
        do = "build it with --full-refresh before anything that reads its new shape is released"
        yield finding("materialized-view-edited", NOTE, now, reason, do)
    old, new = outputs(was), outputs(now)
    policy = str(now.config.get("on_schema_change") or "")
    if now.materialized == "incremental" and policy in _KEEPS and old is not None and new is not None:
        there = {name.lower() for name in old}
        added = [name for name in new if name and name.lower() not in there]
        if added:
            reason = f"{now.name} is incremental and ignores changes of its schema: {', '.join(added)} will silently be missing"
            do = "set on_schema_change to append_new_columns, or build it once with --full-refresh"
            yield finding("new-column-ignored", NOTE, now, reason, do)
