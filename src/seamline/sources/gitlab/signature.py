"""Proof of the sender: the secret itself in `X-Gitlab-Token`, or a signature made with a signing token.

Contract: docs.gitlab.com, "Webhooks", and standardwebhooks.com: `webhook-signature` lists `v1,` and the base64
HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{raw body}`; a signing token is `whsec_` and the base64 of the key.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

TOLERANCE_S = 300.0  # a request signed longer ago, or later than now by as much, may be a replayed one

_SIGNING_TOKEN = b"whsec_"


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime) -> bool:
    """Whether one of the secrets is the token, or signed these bytes within the last five minutes."""
    token = headers.get("x-gitlab-token", "").encode(errors="replace")
    if any(hmac.compare_digest(secret, token) for secret in secrets if secret):
        return True
    timestamp = headers.get("webhook-timestamp", "")
    if not _is_fresh(timestamp, now):
        return False
    head = f"{headers.get('webhook-id', '')}.{timestamp}.".encode(errors="replace")
    listed = headers.get("webhook-signature", "").encode(errors="replace").split()
    wanted = [b"v1," + _signature(secret, head + body) for secret in secrets if secret]
    return any(hmac.compare_digest(one, given) for one in wanted for given in listed)


def _signature(secret: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.digest(_key(secret), signed, "sha256"))


def _key(secret: bytes) -> bytes:
    """The key in a signing token; any other text is the key itself."""
    if not secret.startswith(_SIGNING_TOKEN):
        return secret
    try:
        return base64.b64decode(secret.removeprefix(_SIGNING_TOKEN), validate=True) or secret
    except ValueError:
        return secret


def _is_fresh(timestamp: str, now: datetime) -> bool:
    try:
        signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs((now - signed_at).total_seconds()) <= TOLERANCE_S
