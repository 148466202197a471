"""The door: a bearer token, so that a pipeline may send what it read; e-mail addresses stay outside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from seamline.analysis.survey.body import packed, unpacked
from seamline.model import credential
from seamline.model.payload import replacer, rewrite
from seamline.model.ports import Pseudonym

PERSON = (
    "person"  # the field of a claim that holds a person's id: what stands in seamline.toml is no secret here
)


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
    replace = replacer(pseudonym)
    plain = unpacked(body)
    changed = rewrite(plain, lambda document: _everywhere(document, replace))
    return body if changed is plain else packed(changed)


def _everywhere(value: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_everywhere(item, replace) for item in value]
    if isinstance(value, dict):
        return {
            replace(name): item if name == PERSON and isinstance(item, str) else _everywhere(item, replace)
            for name, item in value.items()
        }
    return value
