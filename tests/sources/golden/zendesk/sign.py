"""Signs as Zendesk does, written from developer.zendesk.com, "Verifying webhooks"."""

import base64
import hashlib
import hmac
from datetime import datetime


def sign(body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """The headers that Zendesk adds."""
    timestamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret, timestamp.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature-timestamp": timestamp,
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
    }
