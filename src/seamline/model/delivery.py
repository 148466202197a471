"""What a tool sent: the envelope that never goes and the body that may."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from msgspec import Struct


class Received(Struct, frozen=True):
    """A verified and redacted delivery on its way into the log."""

    source: str
    key: str  # the sender's delivery id, else "" (then source and body's sha256 decide)
    headers: Mapping[str, str]  # lower-case names; nothing secret
    body: bytes
    received_at: datetime

    def sha256(self) -> str:
        """Hex digest of the body, part of the envelope."""
        return sha256(self.body).hexdigest()


class Delivery(Struct, frozen=True):
    """One entry of the log. `seq` starts at 1 and grows by one in order of acceptance, without gaps."""

    seq: int
    source: str
    key: str
    sha256: str
    headers: Mapping[str, str]
    received_at: datetime
    body: bytes | None  # None once it was erased or its retention ended


class Appended(Struct, frozen=True):
    """The log's answer to one delivery: its position, and whether it was there before."""

    seq: int
    duplicate: bool


class Reply(Struct, frozen=True):
    """What a sender reads back when its standard asks for more than our own answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()  # beyond the content's own
