"""Which kind of delivery a body is, and the key that an event goes by."""

from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import decode

_NULL = b"null"
_ACTIONS = frozenset({"trigger", "acknowledge", "resolve"})


class Envelope(Struct, frozen=True):
    """What tells the kinds apart: webhooks have `event`, alert events `event_action`, change events only `payload`."""

    event: msgspec.Raw = msgspec.Raw(_NULL)
    event_action: Any = None
    dedup_key: str | None = None
    payload: msgspec.Raw = msgspec.Raw(_NULL)

    @property
    def is_webhook(self) -> bool:
        """Whether it is a webhook, which has ids of its own."""
        return self.event_action is None and bytes(self.event) != _NULL

    @property
    def key(self) -> str:
        """The event's `dedup_key`, else the digest of its payload as it came; "" for a webhook."""
        if self.is_webhook or self.dedup_key:
            return self.dedup_key or ""
        return sha256(bytes(self.payload)).hexdigest()[:32]


def read(body: bytes | None) -> Envelope:
    """The envelope. Raises Unreadable for a body of neither kind, and for an end that doesn't say of what."""
    envelope = decode(body, Envelope)
    if envelope.is_webhook:
        return envelope
    action, has_payload = envelope.event_action, bytes(envelope.payload) != _NULL
    if action is None and not has_payload:
        raise Unreadable("neither a webhook (event), nor an alert (event_action), nor a change (payload)")
    if action is not None and (not isinstance(action, str) or action not in _ACTIONS):
        raise Unreadable(f"not an event action: {str(action)[:40]!r}")
    if action and not envelope.dedup_key and (action != "trigger" or not has_payload):
        raise Unreadable(f"{action} without a dedup_key")
    return envelope
