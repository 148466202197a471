"""Signs as Jira Cloud does, written from developer.atlassian.com, "Secure admin webhooks"."""

import hashlib
import hmac
from datetime import datetime


def sign(body: bytes, secret: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    """The header that Jira adds."""
    return {"x-hub-signature": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}
