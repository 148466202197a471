"""Proof of the sender: `X-Hub-Signature-256`, the hex HMAC-SHA256 of the raw body.

Contract: docs.github.com, "Validating webhook deliveries".
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001  GitHub signs no time
) -> bool:
    """Whether one of the secrets signed these bytes. The older SHA-1 header is not accepted."""
    given = headers.get("x-hub-signature-256", "").encode(errors="replace")
    wanted = (b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode() for secret in secrets if secret)
    return any(hmac.compare_digest(signature, given) for signature in wanted)
