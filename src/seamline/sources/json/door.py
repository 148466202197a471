"""The door: a bearer token, and an answer that says what is wrong with a body."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from seamline.model import credential
from seamline.model.delivery import Reply
from seamline.model.errors import Unreadable
from seamline.sources.json.shape import items


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """`X-Delivery-Id` or `Idempotency-Key`, where the sender sets one, else ""."""
    return headers.get("x-delivery-id") or headers.get("idempotency-key") or ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets."""
    return credential.proves(headers, secrets)


def reply(path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:  # noqa: ARG001
    """The mistake, where there is one: people write to this door by hand. None: the usual answer."""
    try:
        items(headers, body)
    except Unreadable as error:
        said = {"parsed": False, "error": str(error), "hint": "docs/sources/json.md describes the shape"}
        return Reply(202, msgspec.json.encode(said))
    return None
