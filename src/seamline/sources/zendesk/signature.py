"""Proof of the sender: `x-zendesk-webhook-signature`, base64 HMAC-SHA256 of timestamp and raw body.

Contract: developer.zendesk.com, "Verifying webhooks".
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from seamline.model.errors import Unreadable
from seamline.model.payload import moment

TOLERANCE_S = 300.0  # a request signed longer ago, or later than now by as much, may be a replayed one

_NEVER = datetime.min


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime) -> bool:
    """Whether one of the secrets signed these bytes within the last five minutes."""
    timestamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
    if not _is_fresh(timestamp, now):
        return False
    given = headers.get("x-zendesk-webhook-signature", "").encode(errors="replace")
    signed = timestamp.encode(errors="replace") + body
    wanted = (base64.b64encode(hmac.digest(secret, signed, "sha256")) for secret in secrets if secret)
    return any(hmac.compare_digest(signature, given) for signature in wanted)


def _is_fresh(timestamp: str, now: datetime) -> bool:
    try:
        signed_at = moment(timestamp, _NEVER)
    except Unreadable:
        return False
    return signed_at is not _NEVER and abs((now - signed_at).total_seconds()) <= TOLERANCE_S
