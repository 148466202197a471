"""Proof of the sender: `X-Hub-Signature`, the hex HMAC-SHA256 of the raw body, else a shared secret.

Contract: developer.atlassian.com, "Webhooks", "Secure admin webhooks". Jira Data Center and Automation sign nothing:
they send the secret as password of the webhook's address, or as a bearer token.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from seamline.model import credential


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001  Jira signs no time
) -> bool:
    """Whether one of the secrets signed these bytes; of an unsigned delivery, whether it carries one."""
    signature = headers.get("x-hub-signature")
    if signature is None:
        return credential.proves(headers, secrets)
    given = signature.encode(errors="replace")
    wanted = (b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode() for secret in secrets if secret)
    return any(hmac.compare_digest(one, given) for one in wanted)
