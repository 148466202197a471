"""Signs as PagerDuty does, written from developer.pagerduty.com, "Verifying webhook signatures"."""

import hashlib
import hmac
from datetime import datetime


def sign(body: bytes, secret: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    """The header that PagerDuty adds."""
    return {"x-pagerduty-signature": "v1=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}
