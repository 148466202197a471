"""Parameters of a request: path, query, header, cookie."""

from collections.abc import Iterator, Mapping
from typing import Any

from seamline.guards.json_schema._said import Weight
from seamline.guards.openapi._ids import PARAMETER
from seamline.guards.openapi._operations import Operation, mapping, operations
from seamline.guards.openapi._said import HOLD, Schemas, finding
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "new-required-request-parameter", "new-required-request-default-parameter-to-existing-path",
    "request-parameter-removed", "request-parameter-became-required", "request-parameter-style-changed",
)  # fmt: skip
IDS = tuple(f"openapi/{name}" for name in (*_NAMES, *PARAMETER))
_REMOVED = Weight(
    "note", "medium", 0.6
)  # it is ignored from now on: nothing fails, and nothing is filtered either
_IGNORED = {
    ("header", name) for name in ("accept", "content-type", "authorization")
}  # said elsewhere, by the spec
_STYLE = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings by operation, those on schemas last."""
    if before is None or after is None:
        return []
    was, now = operations(before.content), operations(after.content)
    schemas = Schemas(before, after)
    found: list[Finding] = []
    for key in was:
        if key in now and not was[key].outbound:
            found += _of_operation(was[key], now[key], schemas, after)
    found += schemas.findings()
    return found


def _of_operation(was: Operation, now: Operation, schemas: Schemas, after: Document) -> Iterator[Finding]:
    for key in sorted({*was.parameters} | {*now.parameters}):
        if key in _IGNORED:
            continue
        old, new = was.parameters.get(key), now.parameters.get(key)
        name = f"{key[0]} parameter {(new or old or {}).get('name')}"
        if old is None and new is not None:
            yield from _added(name, new, now, after)
        elif new is None and old is not None and key[0] != "path":
            yield from _removed(name, old, now, after)
        elif old is not None and new is not None:
            yield from _changed(name, old, new, now, after)
            schemas.compare(
                (_schema(old), _schema(new)), "senders", "parameter", now, name, text="content" not in new
            )


def _added(
    name: str, parameter: Mapping[str, Any], operation: Operation, after: Document
) -> Iterator[Finding]:
    if parameter.get("required") is not True or parameter.get("in") == "path":
        return
    rule = _NAMES[1] if "default" in mapping(_schema(parameter)) else _NAMES[0]
    do = f"expand: take {name} as optional with the old behaviour where it is missing; migrate: callers send it; contract: require it"
    yield finding(rule, HOLD, f"{operation.label} -> {name}: new, and required", do, after, operation)


def _removed(
    name: str, parameter: Mapping[str, Any], operation: Operation, after: Document
) -> Iterator[Finding]:
    if parameter.get("deprecated") is True:
        return
    do = f"look for callers that still send {name}: their requests go on working and mean something else"
    yield finding(
        _NAMES[2],
        _REMOVED,
        f"{operation.label} -> {name}: gone; it is ignored from now on",
        do,
        after,
        operation,
    )


def _changed(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], operation: Operation, after: Document
) -> Iterator[Finding]:
    if new.get("required") is True and old.get("required") is not True and new.get("in") != "path":
        do = f"keep {name} optional until every caller sends it, then require it"
        yield finding(_NAMES[3], HOLD, f"{operation.label} -> {name}: became required", do, after, operation)
    if _written(old) != _written(new) and "array" in str(_schema(old)) + str(_schema(new)):
        do = f"take {name} in both spellings until callers have moved over"
        reason = f"{operation.label} -> {name}: lists are written another way ({_written(old)} before, {_written(new)} now)"
        yield finding(_NAMES[4], Weight("hold", "medium", 0.7), reason, do, after, operation)


def _written(parameter: Mapping[str, Any]) -> str:
    """How a list or object is written: style and whether it is exploded, with the defaults of the spec."""
    style = parameter.get("style", _STYLE.get(str(parameter.get("in")), "form"))
    explode = parameter.get("explode", style == "form")
    return f"{style}{' exploded' if explode else ''}"


def _schema(parameter: Mapping[str, Any]) -> Any:
    content = mapping(parameter.get("content"))
    return parameter.get("schema") if not content else mapping(next(iter(content.values()))).get("schema")
