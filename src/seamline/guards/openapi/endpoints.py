"""A path, an operation or a webhook that is gone."""

from seamline.guards.json_schema._said import Weight
from seamline.guards.openapi._operations import Key, Operation, mapping, operations, paths
from seamline.guards.openapi._said import HOLD, NOTE, finding
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "api-path-removed-without-deprecation", "api-path-removed-with-deprecation", "api-removed-without-deprecation",
    "api-removed-with-deprecation", "webhook-removed", "callback-removed", "servers-changed",
)  # fmt: skip
IDS = tuple(f"openapi/{name}" for name in _NAMES)
_DO = (
    "expand: keep it beside what replaces it, marked `deprecated` with `x-sunset`; migrate: callers move over; "
    "contract: remove it when no call arrives"
)


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """One finding for each operation that is gone, in the order of the document before."""
    if before is None:
        return []
    subject = after or before
    now = operations(after.content) if after else {}
    left = paths(after.content) if after else {}
    gone = [
        _gone(key, operation, key[1] in left, now, subject)
        for key, operation in operations(before.content).items()
        if key not in now
    ]
    return [*gone, *_moved(before, after)]


def _moved(before: Document, after: Document | None) -> list[Finding]:
    """A note when no address at which the API was answered is left; the paths below it are held against each other."""
    was, now = _addresses(before), _addresses(after)
    if not was or not now or was & now:
        return []
    reason = f"none of its addresses is left: {', '.join(sorted(was))} before, {', '.join(sorted(now))} now"
    return [finding("servers-changed", Weight("note", "medium", 0.6), reason, _DO, after or before)]


def _addresses(document: Document | None) -> set[str]:
    servers = mapping(document.content).get("servers") if document else None
    urls = [mapping(s).get("url") for s in servers] if isinstance(servers, list) else []
    return {url.rstrip("/") for url in urls if isinstance(url, str)}


def _gone(
    key: Key, operation: Operation, path_stays: bool, now: dict[Key, Operation], subject: Document
) -> Finding:
    if operation.outbound:
        kind = key[0].partition(" ")[0]
        return finding(
            f"{kind}-removed", HOLD, f"{operation.label}: this {kind} is no longer sent", _DO, subject
        )
    deprecated = operation.said.get("deprecated") is True
    name = f"api-{'' if path_stays else 'path-'}removed-{'with' if deprecated else 'without'}-deprecation"
    reason = (
        f"{operation.label} is gone"
        + (", as its deprecation said" if deprecated else "")
        + _hint(operation, now)
    )
    # Whether its sunset has passed depends on the day; a deprecation was a notice at least.
    weighs = Weight("note", "medium", 0.6) if deprecated else HOLD
    return finding(name, weighs if not deprecated or _sunset(operation) else NOTE, reason, _DO, subject)


def _sunset(operation: Operation) -> bool:
    return bool(operation.said.get("x-sunset"))


def _hint(operation: Operation, now: dict[Key, Operation]) -> str:
    """The one new operation that looks like the old one: same operationId, or same last part of the path."""
    name, last = operation.said.get("operationId"), operation.path.rpartition("/")[2]
    alike = [
        o for o in now.values()
        if o.method == operation.method and o.path != operation.path
        and ((name and o.said.get("operationId") == name) or o.path.rpartition("/")[2] == last)
    ]  # fmt: skip
    return f" (moved to {alike[0].label}?)" if len(alike) == 1 else ""
