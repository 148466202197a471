"""Services and their methods: what callers call."""

from collections.abc import Iterator

from seamline.guards.protobuf._said import Package, finding, pairs
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_STREAMS = {"client_streaming": "RPC_SAME_CLIENT_STREAMING", "server_streaming": "RPC_SAME_SERVER_STREAMING"}
_TYPES = {"request": "RPC_SAME_REQUEST_TYPE", "response": "RPC_SAME_RESPONSE_TYPE"}
IDS = tuple(
    f"protobuf/{name}"
    for name in ("RPC_NO_DELETE", "RPC_SAME_IDEMPOTENCY_LEVEL", *_STREAMS.values(), *_TYPES.values())
)


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings by service and method. Services that came or went are for `packages`."""
    if before is None or after is None:
        return []
    return [f for name, was, now in pairs("services", before, after) for f in _service(name, was, now, after)]


def _service(name: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    for method, old in was["methods"].items():
        new = now["methods"].get(method)
        if new is None:
            yield finding(
                "RPC_NO_DELETE", f"{name}.{method} is gone: calls of it fail", after, f"{name}.{method}"
            )
            continue
        yield from _method(f"{name}.{method}", old, new, after)


def _method(label: str, old: Package, new: Package, after: Document) -> Iterator[Finding]:
    for part, rule in _TYPES.items():
        if old[part] != new[part]:
            yield finding(rule, f"{label}: its {part} was {old[part]}, it is {new[part]} now", after, label)
    for part, rule in _STREAMS.items():
        if old[part] != new[part]:
            words = ["a stream" if m[part] else "a single message" for m in (old, new)]
            side = "request" if part == "client_streaming" else "response"
            yield finding(rule, f"{label}: its {side} was {words[0]}, it is {words[1]} now", after, label)
    if old["idempotency"] != new["idempotency"]:
        reason = f"{label}: {old['idempotency']} before, {new['idempotency']} now"
        yield finding("RPC_SAME_IDEMPOTENCY_LEVEL", reason, after, label)
