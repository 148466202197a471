"""The door: a bearer token, so that a pipeline may send what it read; e-mail addresses stay outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from seamline.analysis.survey.body import packed, unpacked
from seamline.model import credential
from seamline.model.payload import decode, replacer, rewrite
from seamline.model.ports import Pseudonym

_encode = msgspec.json.Encoder().encode

# Fields whose texts are no secret here, by the part of the delivery they are in: ids stand in seamline.toml.
_OWN = {"claims": frozenset({"person"})}


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """None: a repository that says the same twice is one delivery, by its content."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets."""
    return credential.proves(headers, secrets)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """Addresses in statements, contracts and owners' spellings give way; who owns what is said by a person's id."""
    plain = unpacked(body)
    if not _may_hold_an_address(plain):
        return body
    replace = replacer(pseudonym)
    fields = decode(plain, dict[str, Raw])
    changed = {
        name: _redacted(bytes(raw), replace, _OWN.get(name, frozenset())) for name, raw in fields.items()
    }
    if all(changed[name] == bytes(raw) for name, raw in fields.items()):
        return body
    return packed(_encode({name: Raw(text) for name, text in changed.items()}))


def _may_hold_an_address(text: bytes) -> bool:
    return b"@" in text or b"\\u0040" in text


def _redacted(text: bytes, replace: Callable[[str], str], own: Collection[str]) -> bytes:
    """A field's JSON; of a list item by item, so that a large body is never decoded as a whole."""
    if not _may_hold_an_address(text):
        return text
    if not text.lstrip().startswith(b"["):
        return rewrite(text, lambda document: _everywhere(document, replace, own))
    items = [bytes(item) for item in decode(text, list[Raw])]
    changed = [_redacted(item, replace, own) for item in items]
    return text if changed == items else _encode([Raw(item) for item in changed])


def _everywhere(value: Any, replace: Callable[[str], str], own: Collection[str]) -> Any:
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_everywhere(item, replace, own) for item in value]
    if isinstance(value, dict):
        return {
            replace(name): item if name in own and isinstance(item, str) else _everywhere(item, replace, own)
            for name, item in value.items()
        }
    return value
