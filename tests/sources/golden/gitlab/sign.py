"""Signs as GitLab does with a signing token, written from standardwebhooks.com.

The other proof, the secret itself in `X-Gitlab-Token`, says nothing of the body: `test_gitlab.py`.
"""

import base64
import hashlib
import hmac
from datetime import datetime


def sign(body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """The headers that GitLab adds."""
    delivery, timestamp = "f5e57ebb-b3a9-4f0c-8c2b-1f0a7f5b9b11", str(int(now.timestamp()))
    signed = f"{delivery}.{timestamp}.".encode() + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return {
        "webhook-id": delivery,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
