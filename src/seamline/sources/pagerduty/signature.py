"""Proof of the sender: `X-PagerDuty-Signature` of webhooks, `routing_key` in the body of events.

Contract: developer.pagerduty.com, "Verifying webhook signatures" and "Events API v2".
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import decode


class Routed(Struct, frozen=True):
    """The key of an event, whatever else it holds."""

    routing_key: Any = None


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001  PagerDuty signs no time
) -> bool:
    """Whether one of the listed signatures is of one of the secrets, else whether the routing key is one.

    While a secret is rotated PagerDuty lists a signature for each: `v1=...,v1=...`.
    """
    listed = headers.get("x-pagerduty-signature")
    if listed is None:
        return _routed(body, secrets)
    given = [signature.strip().encode(errors="replace") for signature in listed.split(",")]
    wanted = [b"v1=" + hmac.digest(secret, body, "sha256").hex().encode() for secret in secrets if secret]
    return any(hmac.compare_digest(one, other) for one in wanted for other in given)


def _routed(body: bytes, secrets: Sequence[bytes]) -> bool:
    try:
        key = decode(body, Routed).routing_key
    except Unreadable:
        return False
    given = key.encode(errors="replace") if isinstance(key, str) else b""
    return any(hmac.compare_digest(secret, given) for secret in secrets if secret)
