"""Attributes: decoded once each, and which of them speak of persons."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from seamline.sources.otlp import mapping, wire

N_REMEMBERED = 1 << 16  # encoded attributes
_LONG = 256  # bytes; longer ones (stack traces, statements) seldom come again

Value = str | bool | int | float | list[Any] | dict[str, Any] | bytes | None

# Keys of the semantic conventions, and of what came before them, whose values are people's: who they are, where
# they sit, what they sent and what they were answered. Source: https://opentelemetry.io/docs/specs/semconv/registry/
_PERSONAL_GROUPS = (
    "enduser.",
    "user.",
    "http.request.header.",
    "http.response.header.",
    "rpc.request.metadata.",
    "rpc.response.metadata.",
    "rpc.grpc.request.metadata.",
    "rpc.grpc.response.metadata.",
    "rpc.connect_rpc.request.metadata.",
    "rpc.connect_rpc.response.metadata.",
    "db.query.parameter.",
    "db.operation.parameter.",
    "gen_ai.prompt",
    "gen_ai.completion",
    "gen_ai.input.",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "gen_ai.retrieval.query",
    "gen_ai.retrieval.documents",
    "gen_ai.evaluation.explanation",
    "gen_ai.event.content",
    "llm.prompts",
    "llm.completions",
    "llm.input_messages",
    "llm.output_messages",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "client.address",
    "client.socket.",
    "http.client_ip",
    "net.sock.peer.",
    "network.peer.address",
    "source.address",
    "url.query",
    "url.fragment",
    "session.",
    "geo.",
    "process.owner",
    "process.command_args",
    "process.command_line",
)
_PERSONAL = frozenset({"net.peer.ip", "input.value", "output.value", "message.content"})
URLS = frozenset({"url.full", "url.original", "http.url", "http.target"})  # kept up to what a person typed

MARKS = tuple(mark.encode() for mark in (*_PERSONAL_GROUPS, *sorted(_PERSONAL), *sorted(URLS)))


def is_personal(key: str) -> bool:
    """Whether an attribute of this key is dropped before anything is stored.

    >>> [is_personal(key) for key in ("user.id", "user_agent.name", "gen_ai.input.messages")]
    [True, False, True]
    """
    return key.startswith(_PERSONAL_GROUPS) or key in _PERSONAL


def attribute(encoded: bytes) -> tuple[str, Value]:
    """Key and value of one attribute; remembered, because most come with every delivery. Raises Unreadable.

    A personal one has no value here: the same is read before and after redaction.
    """
    return _remembered(encoded) if len(encoded) <= _LONG else _decoded(encoded)


def _decoded(encoded: bytes) -> tuple[str, Value]:
    if encoded[:1] == b"{":  # no KeyValue in protobuf begins so
        told = mapping.key_value(encoded)
        key, value = told.key, _from_json(told.value)
    else:
        found: Any = wire.decoded("KeyValue", encoded)
        key, value = found.key, _from_protobuf(found.value)
    return (key, None) if is_personal(key) or key in URLS else (key, value)


_remembered = lru_cache(maxsize=N_REMEMBERED)(_decoded)


def attributes(encoded: Iterable[bytes]) -> dict[str, Value]:
    """All attributes that have a value, the last of equal keys. Raises Unreadable."""
    return {key: value for key, value in map(attribute, encoded) if value is not None and key}


def picked(encoded: Iterable[bytes], keys: frozenset[str]) -> dict[str, Value]:
    """The attributes of these keys. Raises Unreadable."""
    return {key: value for key, value in map(attribute, encoded) if key in keys and value is not None}


def text_of(value: Value) -> str:
    """A value as a label has it, by the rules for attributes that leave OpenTelemetry.

    >>> text_of(True), text_of(5), text_of(0.5), text_of(["a", 1])
    ('true', '5', '0.5', '["a",1]')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=text_of)


def first_text(found: Mapping[str, Value], *keys: str) -> str:
    """The text of the first of these attributes that has one, else ""."""
    return next((text for key in keys if (text := text_of(found.get(key)))), "")


def _from_protobuf(value: Any) -> Value:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_from_protobuf(item) for item in value.array_value.values]
        case "kvlist_value":
            return {item.key: _from_protobuf(item.value) for item in value.kvlist_value.values}
        case one_of:
            scalar: Value = getattr(value, one_of)
            return scalar


def _from_json(value: mapping.Value) -> Value:
    if value.array_value is not None:
        return [_from_json(item) for item in value.array_value.values]
    if value.kvlist_value is not None:
        return {item.key: _from_json(item.value) for item in value.kvlist_value.values}
    scalars = (value.string_value, value.bool_value, value.int_value, value.double_value, value.bytes_value)
    return next((scalar for scalar in scalars if scalar is not None), None)
