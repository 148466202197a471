"""The bytes of a request: read with a limit, unpacked with a limit, never more in memory than the limit."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import cramjam

from seamline.model.errors import BrokenTransfer, Fix, Retry, TooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

_GZIP = 31  # zlib's word for: gzip header and checksum
_STEP = 256 * 1024


class Disconnected(Exception):
    """The sender went away within its body; there is nobody to answer."""


class UnknownEncoding(Fix):
    """A Content-Encoding that nothing here unpacks."""


class Intake:
    """Reads bodies, and keeps what all of them hold in memory together below `budget` bytes."""

    def __init__(self, limit: int, budget: int, patience_s: float) -> None:
        self.limit = limit
        self._budget = budget
        self._patience_s = patience_s
        self._held = 0

    async def read(self, headers: dict[str, str], receive: Receive) -> bytes:
        """The body as it was sent. The caller gives its memory back with `release`.

        Raises TooLarge, BrokenTransfer when it stalls, Retry when too much is under way, Disconnected.
        """
        self._check_declared(headers.get("content-length", ""))
        if _is_whole(receive):
            return await self._whole(receive)
        chunks: list[bytes] = []
        n_bytes = 0
        try:
            async with asyncio.timeout(self._patience_s):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Disconnected
                    chunk = message.get("body", b"")
                    more = message.get("more_body", False)
                    n_bytes += len(chunk)
                    self._held += len(chunk)
                    self._check(n_bytes)
                    chunks.append(chunk)
        except TimeoutError:
            self.release(n_bytes)
            raise BrokenTransfer(f"the body stalled after {n_bytes} bytes", hint="send it again") from None
        except BaseException:
            self.release(n_bytes)
            raise
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _whole(self, receive: Receive) -> bytes:
        """A body that is here already: nothing to wait for, so no clock is started."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body: bytes = message.get("body", b"")
        try:
            self.hold(len(body))
        except BaseException:
            self.release(len(body))
            raise
        return body

    def hold(self, n_bytes: int) -> None:
        """A body of this many bytes is here. Raises TooLarge, Retry; it is to be released then, too."""
        self._held += n_bytes
        self._check(n_bytes)

    def release(self, n_bytes: int) -> None:
        """A body of this many bytes is no longer held."""
        self._held -= n_bytes

    def _check_declared(self, length: str) -> None:
        if length.isdecimal() and int(length) > self.limit:
            raise self.too_large()

    def _check(self, n_bytes: int) -> None:
        if n_bytes > self.limit:
            raise self.too_large()
        if self._held > self._budget:
            raise Retry("too many large bodies at once", hint="send it again in a moment")

    def too_large(self) -> TooLarge:
        """The refusal, with the limit in it."""
        return TooLarge(f"the body is over the limit of {self.limit} bytes", hint="send less at once")


def _is_whole(receive: Receive) -> bool:
    """Whether the server holds the request's end. uvicorn's `receive` is a method of the request, which knows."""
    return getattr(getattr(receive, "__self__", None), "more_body", True) is False


def unpacked(headers: dict[str, str], body: bytes, limit: int) -> tuple[dict[str, str], bytes]:
    """Headers and body as they are stored: gzip is undone and its header gone, snappy is checked and stays.

    Raises TooLarge before more than `limit` bytes exist, BrokenTransfer, UnknownEncoding.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return headers, body
    if encoding == "snappy":
        _check_snappy(body, limit)
        return headers, body
    if encoding in ("gzip", "x-gzip"):
        kept = {name: value for name, value in headers.items() if name != "content-encoding"}
        return kept, _gunzip(body, limit)
    raise UnknownEncoding(
        f"content-encoding {encoding[:40]!r} is not known", hint="send gzip, snappy or none"
    )


def _gunzip(packed: bytes, limit: int) -> bytes:
    """All members of a gzip file, one after the other."""
    out: list[bytes] = []
    n_out = 0
    rest = packed
    while rest:
        member = zlib.decompressobj(_GZIP)
        try:
            while not member.eof:
                piece = member.decompress(rest, min(_STEP, limit - n_out + 1))
                rest = member.unconsumed_tail
                n_out += len(piece)
                if n_out > limit:
                    raise TooLarge(f"the body unpacks to more than {limit} bytes", hint="send less at once")
                if not piece and not rest and not member.eof:
                    raise BrokenTransfer("the gzip body breaks off", hint="send it again")
                out.append(piece)
        except zlib.error as error:
            raise BrokenTransfer(f"the gzip body is damaged ({error})", hint="send it again") from None
        rest = member.unused_data
    if not out:
        raise BrokenTransfer("the gzip body is empty", hint="send it again")
    return b"".join(out)


def _check_snappy(packed: bytes, limit: int) -> None:
    if _declared(packed) > limit:
        raise TooLarge(f"the body unpacks to more than {limit} bytes", hint="send less at once")
    try:
        cramjam.snappy.decompress_raw(packed)
    except cramjam.DecompressionError as error:
        raise BrokenTransfer(f"the snappy body is damaged ({error})", hint="send it again") from None


def _declared(packed: bytes) -> int:
    """The unpacked length that a snappy block begins with: a base-128 number, least significant group first."""
    length = 0
    for place, byte in enumerate(packed[:5]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return length
    raise BrokenTransfer("the snappy body doesn't begin with its length", hint="send snappy's block format")
