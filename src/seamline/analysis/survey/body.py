"""The bytes of a survey's delivery: JSON, packed with zstd from a megabyte on."""

import msgspec
import zstandard

from seamline.analysis.survey.told import Mapped, Told
from seamline.model.errors import Unreadable
from seamline.model.payload import decode

PACKED_FROM = 2**20  # bytes
MOST_UNPACKED = 2**30  # bytes; what a frame says of itself is checked before it is unpacked
_MAGIC = b"\x28\xb5\x2f\xfd"

_encode = msgspec.json.Encoder(order="deterministic").encode


def to_body(told: Told) -> bytes:
    """Equal findings give equal bytes."""
    return packed(_encode(told))


def from_body(body: bytes | None) -> Told:
    """What a body says. Raises Unreadable for any other body."""
    return decode(body if body is None else unpacked(body), Told)


def map_of(body: bytes | None) -> Mapped:
    """What of a body the map reads. Raises Unreadable for any other body."""
    return decode(body if body is None else unpacked(body), Mapped)


def packed(plain: bytes) -> bytes:
    """The bytes as they are stored."""
    if len(plain) < PACKED_FROM:
        return plain
    return zstandard.ZstdCompressor(level=3, write_content_size=True).compress(plain)


def unpacked(body: bytes) -> bytes:
    """The JSON. Raises Unreadable for a frame that is damaged, or larger than any survey."""
    if not body.startswith(_MAGIC):
        return body
    try:
        n_bytes = zstandard.frame_content_size(body)
        if not 0 <= n_bytes <= MOST_UNPACKED:
            raise Unreadable(f"a packed body of {n_bytes} bytes")
        return zstandard.ZstdDecompressor().decompress(body)
    except zstandard.ZstdError as error:
        raise Unreadable(f"not a whole zstd frame: {error}") from None
