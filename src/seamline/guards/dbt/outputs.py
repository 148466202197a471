"""Columns of models without a contract, and how models take columns on."""

from collections.abc import Iterable, Iterator, Sequence

from seamline.guards.dbt._node import HOLD, NOTE, SLIGHT, UNSURE, Node, Shape, finding, shapes, touch, unbound
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

IDS = (
    "dbt/column-removed", "dbt/column-renamed", "dbt/star-passes-through", "dbt/new-column-ignored",
    "dbt/materialized-view-edited", "dbt/materialization-changed", "dbt/columns-unread", "dbt/columns-hidden", "dbt/star-narrowed",
    "dbt/does-not-bind",
)  # fmt: skip
_COMPILE = "dbt compile and dbt docs generate, and give target/manifest.json and target/catalog.json"
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
    if was.sql == now.sql and was.content.get("catalog_columns") == now.content.get("catalog_columns"):
        return
    if lost := sorted(unbound(now) - unbound(was)):
        reason = f"{now.name} names what nothing gives that it reads: {', '.join(lost)}"
        yield finding("does-not-bind", HOLD, now, reason, "give it, or take it out of the model's own SQL")
    old, new = shapes(was, now)
    if old is None or new is None:
        reason = f"{now.name} changed, and which columns it gives can't be read from its SQL"
        yield finding("columns-unread", UNSURE, now, reason, _COMPILE, missing=("its columns",))
        return
    yield from _starred(old, new, now)
    gone, added = _missing(old.names, new.names), _missing(new.names, old.names)
    if not old.stars and not new.stars and _in_place(old.names, new.names, gone, added):
        reason = f"{now.name}.{gone[0]} is called {added[0]} from now on"
        do = f"expand: give both columns; migrate: move readers to {added[0]}; contract: take {gone[0]} out"
        yield finding("column-renamed", HOLD, now, reason, do, touch("rename_column", now, gone[0], added[0]))
        return
    if gone and new.stars - old.stars:
        reason = f"{now.name} no longer names {', '.join(gone)}: they may come through `select *`, or go"
        yield finding(
            "columns-hidden",
            UNSURE,
            now,
            reason,
            "list the columns in the final select",
            missing=("the columns behind the star",),
        )
        return
    for name in (*gone, *(_missing(sorted(new.left_out - old.left_out), new.names) if new.stars else ())):
        do = f"expand: mark {name} as deprecated; migrate: move readers off it; contract: take it out"
        yield finding(
            "column-removed", HOLD, now, f"{now.name}.{name} goes", do, touch("drop_column", now, name)
        )


def _starred(old: Shape, new: Shape, now: Node) -> Iterator[Finding]:
    """What is to be said of columns that nobody names."""
    if new.stars:
        reason = f"{now.name} ends in `select *`: a column that goes upstream goes here without an error"
        yield finding("star-passes-through", SLIGHT, now, reason, "list the columns in the final select")
    if old.stars - new.stars:
        whose = ", ".join(sorted(old.stars - new.stars))
        reason = f"{now.name} gave all columns of {whose}, and no longer does: which of them go can't be told"
        yield finding("star-narrowed", UNSURE, now, reason, _COMPILE, missing=(f"the columns of {whose}",))


def _missing(names: Iterable[str], of: Iterable[str]) -> list[str]:
    """Those of the names that are not among the others, in any case."""
    there = {name.lower() for name in of}
    return [name for name in names if name and name.lower() not in there]


def _in_place(old: Sequence[str], new: Sequence[str], gone: Sequence[str], added: Sequence[str]) -> bool:
    """Whether one column stands where another one stood."""
    if not (len(gone) == len(added) == 1 and len(old) == len(new)):
        return False
    return list(old).index(gone[0]) == list(new).index(added[0])


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
    old, new = shapes(was, now)
    policy = str(now.config.get("on_schema_change") or "")
    if now.materialized != "incremental" or policy not in _KEEPS or old is None or new is None or old.stars:
        return
    if added := _missing(new.names, old.names):
        reason = f"{now.name} is incremental and ignores changes of its schema: {', '.join(added)} will silently be missing"
        do = "set on_schema_change to append_new_columns, or build it once with --full-refresh"
        yield finding("new-column-ignored", NOTE, now, reason, do)
