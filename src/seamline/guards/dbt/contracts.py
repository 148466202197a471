"""What dbt itself calls breaking: of models whose contract is enforced, and of those that go."""

from collections.abc import Iterator
from typing import Any

from seamline.analysis.ddl.column_types import turn
from seamline.guards.dbt._node import HOLD, NOTE, Node, finding, listed, mapping, touch
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

IDS = (
    "dbt/contract-dropped", "dbt/contract-column-removed", "dbt/contract-type-changed", "dbt/contract-constraint-removed",
    "dbt/contract-materialization-changed", "dbt/contracted-model-removed", "dbt/model-removed", "dbt/access-narrowed",
)  # fmt: skip
_ACCESS = {"public": 2, "protected": 1, "private": 0}
_ENFORCED_BY = ("table", "incremental")  # the materializations whose constraints the database holds
_VERSION = "expand: keep this version and add a new one beside it; migrate: move readers over; contract: give the old one a deprecation_date, then remove it"


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings in the order of IDS, columns by name. What is new can't break anyone."""
    if before is None:
        return []
    was = Node(before)
    now = Node(after) if after is not None else None
    if not was.is_model or not was.enabled:
        return []
    if now is None or not now.enabled:
        return list(_removed(was, disabled=now is not None))
    found = list(_contract(was, now)) if was.enforced else []
    old, new = _ACCESS.get(was.text("access")), _ACCESS.get(now.text("access"))
    if old is not None and new is not None and new < old:
        reason = f"{was.name} becomes {now.text('access')}, and was {was.text('access')}"
        found.append(
            finding(
                "access-narrowed", NOTE, now, reason, "first move the projects and groups that refer to it"
            )
        )
    return found


def _removed(was: Node, *, disabled: bool) -> Iterator[Finding]:
    """A contract is a promise to readers who need not be known here: it holds whether one is seen or not.

    dbt's own state:modified misses that a contracted model is gone (dbt-core#11034).
    """
    how = "is disabled" if disabled else "is gone"
    if was.enforced:
        reason = f"{was.name} {how}, and its contract was enforced"
        yield finding("contracted-model-removed", HOLD, was, reason, _VERSION)
    yield finding("model-removed", HOLD, was, f"{was.name} {how}", _VERSION, touch("drop_table", was))


def _contract(was: Node, now: Node) -> Iterator[Finding]:
    if not now.enforced:
        reason = f"the contract of {was.name} is no longer enforced"
        yield finding(
            "contract-dropped", HOLD, now, reason, "keep it enforced; loosen single columns in a new version"
        )
        return
    for name, told in sorted(was.columns.items()):
        if name not in now.columns:
            reason = f"{was.name}.{name} leaves the contract"
            yield finding("contract-column-removed", HOLD, now, reason, _VERSION)
            continue
        yield from _column(now, name, told.get("data_type"), now.columns[name].get("data_type"))
        yield from _constraints(was, now, name, told.get("constraints"), now.columns[name].get("constraints"))
    yield from _constraints(was, now, "", was.content.get("constraints"), now.content.get("constraints"))
    if (
        was.materialized != now.materialized
        and was.materialized in _ENFORCED_BY
        and now.materialized not in _ENFORCED_BY
    ):
        reason = f"{was.name} becomes a {now.materialized}, and was a {was.materialized}: its constraints hold no longer"
        yield finding(
            "contract-materialization-changed",
            HOLD,
            now,
            reason,
            "keep it a table, or take the constraints out in a new version",
        )


def _column(now: Node, name: str, old: Any, new: Any) -> Iterator[Finding]:
    if not isinstance(old, str) or not isinstance(new, str) or turn(old, new) == "same":
        return
    reason = f"{now.name}.{name}: {old} becomes {new} in the contract"
    yield finding("contract-type-changed", HOLD, now, reason, _VERSION)


def _constraints(was: Node, now: Node, column: str, old: Any, new: Any) -> Iterator[Finding]:
    """Constraints that are enforced and go."""
    if was.materialized not in _ENFORCED_BY:
        return
    kept = {_kind(told) for told in listed(new)}
    where = f"{was.name}.{column}" if column else was.name
    for kind in sorted({_kind(told) for told in listed(old)} - kept):
        reason = f"{where} loses the constraint {kind}"
        yield finding(
            "contract-constraint-removed",
            HOLD,
            now,
            reason,
            "keep it, or take it out in a new version of the model",
        )


def _kind(told: Any) -> str:
    said = mapping(told)
    of = ", ".join(str(name) for name in listed(said.get("columns")))
    return str(said.get("type") or "unnamed") + (f" ({of})" if of else "")
