"""Signs as GitHub does, written from docs.github.com, "Validating webhook deliveries"."""

import hashlib
import hmac
from datetime import datetime


def sign(body: bytes, secret: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    """The header that GitHub adds."""
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}
