"""A request body, in whichever of the two encodings it came."""

from collections.abc import Mapping

from seamline.sources.otlp import mapping, wire
from seamline.sources.otlp.shape import Export


def is_json(headers: Mapping[str, str], body: bytes) -> bool:
    """By the content type; a body without one is JSON when it begins like an object, which no protobuf does."""
    kind = headers.get("content-type", "")
    return "json" in kind or ("protobuf" not in kind and body[:1] == b"{")


def read(headers: Mapping[str, str], body: bytes) -> Export:
    """The request. Raises Unreadable."""
    return mapping.read(body) if is_json(headers, body) else wire.read(body)
