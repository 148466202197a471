"""Signs as Slack does, written from api.slack.com, "Verifying requests from Slack"."""

import hashlib
import hmac
from datetime import datetime


def sign(body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """The headers that Slack adds."""
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": "v0=" + digest}
