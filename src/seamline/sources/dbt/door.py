"""The door: whose invocation it is, and a bearer token."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from seamline.model import credential
from seamline.model.errors import Unreadable
from seamline.model.payload import decode
from seamline.sources.dbt.shape import Top, kind_of


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Kind, invocation and time of an artefact; "" for several in one, so that equal bodies count once."""
    try:
        metadata = decode(body, Top).metadata
    except Unreadable:
        return ""
    kind = kind_of(metadata)
    if metadata is None or not kind or not metadata.invocation_id:
        return ""
    return f"{kind} {metadata.invocation_id} {metadata.generated_at or ''}".strip()


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  who posts a file can't sign it
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets."""
    return credential.proves(headers, secrets)
