"""The door: which event it is, who sends it, and the handshake before a sender's first delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from seamline.model import credential
from seamline.model.delivery import Reply
from seamline.model.errors import Unreadable
from seamline.sources.cloudevents.envelope import occurrences

_MAX_ORIGIN = 255  # characters of a DNS name


def key(headers: Mapping[str, str], body: bytes) -> str:
    """`source` and `id`, which name one event; "" for a batch or a body that is none, so that equal bodies count once."""
    try:
        said = occurrences(headers, body)
    except Unreadable:
        return ""
    return f"{said[0].source} {said[0].id}" if len(said) == 1 else ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  the specification signs nothing
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets. `?access_token=` is not accepted: addresses end up in logs."""
    return credential.proves(headers, secrets)


def preflight(headers: Mapping[str, str]) -> Reply:
    """The answer to a sender who asks whether it may deliver here: any that will prove itself may, at any rate.

    Contract: https://github.com/cloudevents/spec, "HTTP 1.1 Web Hooks for Event Delivery", 4. Asked for by
    `WebHook-Request-Origin`. `WebHook-Request-Callback` is not called: the answer is given at once.
    """
    origin = headers.get("webhook-request-origin", "")
    granted: tuple[tuple[str, str], ...] = (("allow", "POST, OPTIONS"),)
    if origin and len(origin) <= _MAX_ORIGIN and origin.isprintable() and origin.isascii():
        granted += (("webhook-allowed-origin", origin), ("webhook-allowed-rate", "*"))
    return Reply(200, headers=granted)
