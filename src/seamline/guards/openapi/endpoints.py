"""A path, an operation or a webhook that is gone."""

from seamline.guards.json_schema._said import Weight
from seamline.guards.openapi._operations import Key, Operation, mapping, operations, paths
from seamline.guards.openapi._said import HOLD, finding
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "api-path-removed-without-deprecation", "api-path-removed-with-deprecation", "api-removed-without-deprecation",
    "api-removed-with-deprecation", "webhook-removed", "callback-removed", "servers-changed", "document-removed",
)  # fmt: skip
IDS = tuple(f"openapi/{name}" for name in _NAMES)
_DO = (
    "expand: keep it beside what replaces it, marked `deprecated` with `x-sunset`; migrate: callers move over; "
    "contract: remove it when no call arrives"
)

# Whether a sunset has passed depends on the day; the deprecation was a notice at least.
_NOTICE = Weight("note", "medium", 0.6)


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """One finding for each operation that is gone, in the order of the document before."""
    if before is None:
        return []
    if after is None:
        return [_all_gone(before)]
    now, left = operations(after.content), paths(after.content)
    gone = [
        _gone(key, operation, key[1] in left, now, after)
        for key, operation in operations(before.content).items()
        if key not in now
    ]
    return [*gone, *_moved(before, after)]


def _all_gone(before: Document) -> Finding:
    """The document may be gone, or called another way: its operations are counted, not named."""
    reason = f"{before.entity} is gone, or has another name now, and with it {len(operations(before.content))} operations"
    return finding("document-removed", Weight("hold", "high", 0.7), reason, _DO, before)


def _moved(before: Document, after: Document) -> list[Finding]:
    """A note when no address at which the API was answered is left; the paths below it are held against each other."""
    was, now = _addresses(before), _addresses(after)
    if not was or not now or was & now:
        return []
    reason = f"none of its addresses is left: {', '.join(sorted(was))} before, {', '.join(sorted(now))} now"
    return [finding("servers-changed", Weight("note", "medium", 0.6), reason, _DO, after)]


def _addresses(document: Document) -> set[str]:
    servers = mapping(document.content).get("servers")
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
    return finding(name, _NOTICE if deprecated else HOLD, reason, _DO, subject)


def _hint(operation: Operation, now: dict[Key, Operation]) -> str:
    """The one new operation that looks like the old one: same operationId, or same last part of the path."""
    name, last = operation.said.get("operationId"), operation.path.rpartition("/")[2]
    alike = [
        o for o in now.values()
        if o.method == operation.method and o.path != operation.path
        and ((name and o.said.get("operationId") == name) or o.path.rpartition("/")[2] == last)
    ]  # fmt: skip
    return f" (moved to {alike[0].label}?)" if len(alike) == 1 else ""
