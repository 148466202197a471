"""Ways to damage a valid body, from the seed of a random generator alone: JSON, protobuf, forms, or bytes."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

_DEEP = "@deep@"  # stands in a document for a list nested deeper than the encoder here goes
_WRONG: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, 10**400, -1e300, 1e-320, "", " ", "\x00", "null", [], {}, [[]], [None],
    {"": None}, {"a": {"b": []}}, _DEEP,
)  # fmt: skip
_TIMES: tuple[Any, ...] = (
    "1970-01-01T00:00:00Z", "2200-06-30T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999+14:00",
    "2026-13-45", "2026-02-29T25:61:61Z", 0, -1, 7_258_118_400, 9e15, -9e18, 253_402_300_800, "1e400",
)  # fmt: skip
_TEXTS = (
    "\ud800", "a\udfffb", "\ufeff", "\u202e\u0000\u200b", "e\u0301" * 40, "𝒳" * 200, "Ω≈ç√∫", "/../../etc", "{n}", "%00",
    "<script>alert(1)</script>", "'; drop table entries; --", "service:", ":", "a:b:c|d", "nora@harbour.example",
)  # fmt: skip
_ODD_BYTES = (
    b"\xff\xfe",
    b"\x00",
    b'"\\ud800"',
    b"[" * 3000,
    b'{"a":' * 3000,
    b"9" * 400,
    b"NaN",
    b"1e999",
    b"\x80" * 12,
)
_MOST_DEEP = 3000
_LONG = 20_000


def damaged(body: bytes, chance: random.Random, others: Sequence[bytes]) -> tuple[str, bytes]:
    """The way taken and the damaged body. `others` are bodies to take pieces from."""
    if chance.random() < 0.7:
        for name, way in _STRUCTURED:
            changed = way(body, chance)
            if changed is not None:
                return name, changed
    return "bytes", damaged_bytes(body, chance, others)


def damaged_bytes(body: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Flipped, cut, spliced, doubled, or with odd bytes in it."""
    at = chance.randrange(len(body) + 1)
    match chance.randrange(5):
        case 0:
            flipped = bytearray(body)
            for _ in range(chance.randrange(1, 9)):
                if flipped:
                    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case 1:
            return body[:at]
        case 2:
            other = chance.choice(others) if others else body
            return body[:at] + other[chance.randrange(len(other) + 1) :]
        case 3:
            return body + body
        case _:
            return body[:at] + chance.choice(_ODD_BYTES) + body[at + chance.randrange(6) :]


def damaged_json(body: bytes, chance: random.Random) -> bytes | None:
    """A JSON document with one to four of its places changed; None for what isn't JSON."""
    if body[:1] not in (b"{", b"["):
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.randrange(1, 5)):
        document = _changed(document, chance)
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    depth = chance.choice((10, 200, 900, _MOST_DEEP))
    text = text.replace(f'"{_DEEP}"', "[" * depth + "]" * depth)
    if chance.random() < 0.05:  # a name that comes twice
        text = text.replace('{"', '{"a": [1], "a": null, "', 1)
    return text.encode("utf-8", "surrogatepass")


def _changed(value: Any, chance: random.Random) -> Any:
    """The document with one place changed, the deeper ones more often."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        return _changed_object(value, chance)
    if isinstance(value, list) and value and chance.random() < 0.9:
        return _changed_list(value, chance)
    return _wrong(value, chance)


def _changed_object(value: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    name = chance.choice(list(value))
    match chance.randrange(12):
        case 0:
            return {k: v for k, v in value.items() if k != name}
        case 1:
            return {(chance.choice(_TEXTS) if k == name else k): v for k, v in value.items()}
        case 2:
            other = chance.choice(list(value))
            return {**value, name: value[other], other: value[name]}
        case 3:
            return {**value, name: {name: value[name]}}
        case _:
            return {**value, name: _changed(value[name], chance)}


def _changed_list(value: list[Any], chance: random.Random) -> list[Any]:
    at = chance.randrange(len(value))
    match chance.randrange(8):
        case 0:
            return [*value[:at], *value[at + 1 :]]
        case 1:
            return value + value[at : at + 1] * chance.choice((1, 2, 50))
        case 2:
            return [*value[::-1], chance.choice(_WRONG)]
        case _:
            return [*value[:at], _changed(value[at], chance), *value[at + 1 :]]


def _wrong(value: Any, chance: random.Random) -> Any:
    match chance.randrange(8):
        case 0 | 1:
            return chance.choice(_WRONG)
        case 2:
            return chance.choice(_TIMES)
        case 3:
            return chance.choice(_TEXTS)
        case 4:
            return "x" * chance.choice((300, 5000, _LONG))
        case 5:
            return [value]
        case 6:
            return str(value) if not isinstance(value, str) else value[::-1] + chance.choice(_TEXTS)
        case _:
            return value * chance.choice((-1, 0, 2, 10**9)) if isinstance(value, int | float) else None


def damaged_form(body: bytes, chance: random.Random) -> bytes | None:
    """A form with a field changed, dropped or doubled; None for what isn't one."""
    if b"=" not in body[:60] or body[:1] in (b"{", b"["):
        return None
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError:
        return None
    if not pairs:
        return None
    at = chance.randrange(len(pairs))
    name, value = pairs[at]
    inner = damaged_json(value.encode(), chance)
    if inner is not None:
        value = inner.decode("utf-8", "replace")
    instead: tuple[list[tuple[str, str]], ...] = (
        [],
        [(name, value)] * 2,
        [(name, str(_wrong(value, chance)))],
        [(name, value)],
    )
    changed = pairs[:at] + chance.choice(instead) + pairs[at + 1 :]
    return urlencode(changed, errors="replace").encode()


def damaged_protobuf(body: bytes, chance: random.Random) -> bytes | None:
    """A protobuf message with one field dropped, doubled, renumbered or damaged inside; None for anything else."""
    fields = _fields(body)
    if not fields:
        return None
    at = chance.randrange(len(fields))
    start, inner, end = fields[at]
    match chance.randrange(6):
        case 0:
            return body[:start] + body[end:]
        case 1:
            return body[:end] + body[start:end] * chance.choice((1, 3, 100)) + body[end:]
        case 2:
            return body[:start] + bytes([body[start] ^ 1 << chance.randrange(7)]) + body[start + 1 :]
        case _:
            content = body[inner:end]
            deeper = damaged_protobuf(content, chance) or damaged_bytes(content, chance, ())
            if body[start] & 7 != 2:
                return body[:inner] + deeper + body[end:]
            return body[: start + 1] + _varint(len(deeper)) + deeper + body[end:]


def _fields(body: bytes) -> list[tuple[int, int, int]]:
    """(start, start of the content, end) of a message's fields with one-byte tags; empty when it is no message."""
    found, at = [], 0
    while at < len(body):
        start, kind = at, body[at] & 7
        inner = at + 1
        if kind == 2:
            size, inner = _read_varint(body, inner)
        else:
            size = {0: _read_varint(body, inner)[1] - inner, 1: 8, 5: 4}.get(kind, -1)
        at = inner + size
        if size < 0 or at > len(body) or body[start] >> 3 == 0:
            return []
        found.append((start, inner, at))
    return found


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    """The number and where it ends; -1 where it doesn't."""
    number = 0
    for place, byte in enumerate(body[at : at + 10]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    return -1, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


_STRUCTURED: tuple[tuple[str, Callable[[bytes, random.Random], bytes | None]], ...] = (
    ("json", damaged_json),
    ("form", damaged_form),
    ("protobuf", damaged_protobuf),
)
