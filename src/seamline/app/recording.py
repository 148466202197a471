"""Recorded deliveries: one JSON object per line, plain or zstd, from a file or standard input.

`{"source", "received_at", "headers": {}, "body"}` with `body` as text, or `body_b64`.
"""

import sys
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import zstandard
from msgspec import Struct

from seamline.model.errors import Fix

STDIN = "-"
MAX_LINE = 128 * 1024 * 1024  # bytes: a body of 25 MB in base64 with room to spare
_CHUNK = 64 * 1024
_ZSTD_CHUNK = 4 * 1024  # packed bytes at a time: a bomb gives some 100 MB before MAX_LINE ends it
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class Recorded(Struct, frozen=True):
    """One line of a recording, its time in UTC. `where` is `file:line`, for messages."""

    where: str
    source: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


class _Line(Struct, frozen=True):
    source: str
    received_at: Annotated[datetime, msgspec.Meta(tz=True)]
    headers: dict[str, str] = {}
    body: str | None = None
    body_b64: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def read_file(path: Path | str) -> Iterator[Recorded]:
    """The deliveries of a recording in its own order; `-` is standard input, zstd is told by its first bytes.

    Raises Fix naming file and line when one can't be read. One line in memory at a time.
    """
    if str(path) == STDIN:
        yield from _read("stdin", sys.stdin.buffer)
        return
    try:
        with Path(path).open("rb") as file:
            yield from _read(str(path), file)
    except OSError as error:
        raise Fix(f"{path}: {error.strerror or error}", hint="name a recording, or - for stdin") from error


def _read(name: str, file: BinaryIO) -> Iterator[Recorded]:
    first = file.read(_CHUNK)
    packed = first.startswith(_ZSTD_MAGIC)
    chunks = _unpacked(name, first, file) if packed else _chunks(first, file)
    for number, line in enumerate(_lines(name, chunks), start=1):
        if line.strip():
            yield _recorded(f"{name}:{number}", line)


def _chunks(first: bytes, file: BinaryIO) -> Iterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = file.read(_CHUNK)


def _unpacked(name: str, first: bytes, file: BinaryIO) -> Iterator[bytes]:
    """What a file of one or more zstd frames holds. A frame that breaks off is an error, not the end."""
    frame = None
    try:
        for chunk in _chunks(first, file):
            for start in range(0, len(chunk), _ZSTD_CHUNK):
                data = chunk[start : start + _ZSTD_CHUNK]
                while data:
                    frame = frame or zstandard.ZstdDecompressor().decompressobj()
                    yield frame.decompress(data)
                    data = frame.unused_data if frame.eof else b""
                    frame = None if frame.eof else frame
    except zstandard.ZstdError as error:
        raise Fix(f"{name}: is not a whole zstd file ({error})", hint="copy it again") from error
    if frame is not None:
        raise Fix(f"{name}: the zstd file breaks off", hint="copy it again")


def _lines(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest: list[bytes] = []
    n_rest = 0
    number = 1
    for chunk in chunks:
        head, *others = chunk.split(b"\n")
        rest.append(head)
        n_rest += len(head)
        if n_rest > MAX_LINE:
            raise Fix(
                f"{name}:{number}: the line is longer than {MAX_LINE} bytes", hint="one delivery per line"
            )
        for other in others:
            yield b"".join(rest)
            number += 1
            rest, n_rest = [other], len(other)
    if n_rest:
        yield b"".join(rest)


def _recorded(where: str, line: bytes) -> Recorded:
    try:
        said = _decode(line)
        received_at = said.received_at.astimezone(UTC)
        return Recorded(where, said.source, received_at, said.headers, _body(said))
    except (msgspec.DecodeError, NotBase64, ValueError, OverflowError) as error:
        hint = 'a line is {"source","received_at","headers":{},"body"} or "body_b64"'
        raise Fix(f"{where}: not a recorded delivery: {error}", hint=hint) from error


def _body(said: _Line) -> bytes:
    if (said.body is None) == (said.body_b64 is None):
        raise ValueError("needs one of body and body_b64")
    if said.body is not None:
        return said.body.encode()
    return b64decode(said.body_b64 or "", validate=True)
