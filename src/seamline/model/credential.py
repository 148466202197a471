"""Proof by a shared secret in `Authorization`, for senders that can't sign what they send."""

import hmac
from base64 import b64decode
from collections.abc import Mapping, Sequence


def proves(headers: Mapping[str, str], secrets: Sequence[bytes]) -> bool:
    """Whether the bearer token, or the password of basic authentication, is one of the secrets.

    Compared in constant time. Several secrets may be valid at once (rotation). No secrets, or an empty one,
    prove nothing.
    """
    given = _given(headers.get("authorization", ""))
    return any(hmac.compare_digest(given, secret) for secret in secrets if secret)


def _given(authorization: str) -> bytes:
    """The token, or the password after the colon; b"" when there is neither."""
    scheme, _, value = authorization.partition(" ")
    try:
        match scheme.lower():
            case "bearer":
                return value.strip().encode("latin-1")  # HTTP header values are bytes read as Latin-1
            case "basic":
                return b64decode(value.strip(), validate=True).partition(b":")[2]
    except ValueError:  # not base64, or characters that no header can carry
        return b""
    return b""
