"""Readings kept from one time to the next, by the content of everything they depend on.

A reading depends on the statement's text and dialect, on what is known of the relations it reads, and on the program
that read it. Which relations it reads is kept too, under text and dialect alone, so that the second key can be
made without reading anything. A kept reading is never newer or older than that: it is the same, or not there.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Protocol

import msgspec

from seamline.analysis.lineage.project import Statements
from seamline.analysis.lineage.reading import Known, Reading

_decode_reads = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_decode_reading = msgspec.msgpack.Decoder(Reading).decode
_encode = msgspec.msgpack.Encoder().encode


class Kept(Protocol):
    """A place for readings that may forget anything at any time."""

    def get(self, key: bytes) -> bytes | None:
        """What was put there, whole and unchanged, or None."""

    def put(self, key: bytes, body: bytes) -> None:
        """Keep a body under a key, if there is room. Never raises."""


class Remembered:
    """Reads a statement, or remembers how it read when it last did."""

    def __init__(self, read: Statements, kept: Kept, version: bytes, doubtful: Iterable[str] = ()) -> None:
        """`version`: of the program that reads. `doubtful`: short spellings that mean several relations."""
        self._read, self._kept = read, kept
        self._salt = blake2b(version + "\0".join(doubtful).encode(), digest_size=16).digest()

    def __call__(self, sql: str, dialect: str, known: Mapping[str, Known]) -> Reading:
        """As `statement.read`."""
        text = blake2b(
            self._salt + dialect.encode() + b"\0" + sql.encode("utf-8", "surrogatepass"), digest_size=16
        )
        found = self._remembered(text.digest(), known)
        if found is None:
            found = self._read(sql, dialect, known)
            self._kept.put(text.digest(), _encode(found.reads))
            self._kept.put(_whole(text.digest(), found.reads, known), _encode(found))
        return found

    def _remembered(self, text: bytes, known: Mapping[str, Known]) -> Reading | None:
        reads = self._kept.get(text)
        try:
            if reads is None or (body := self._kept.get(_whole(text, _decode_reads(reads), known))) is None:
                return None
            return _decode_reading(body)
        except msgspec.DecodeError:
            return None


def _whole(text: bytes, reads: tuple[str, ...], known: Mapping[str, Known]) -> bytes:
    parents = [(key, known.get(key)) for key in reads]
    return blake2b(text + _encode(parents), digest_size=16).digest()
