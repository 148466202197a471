"""Damaged deliveries, each made of its number alone: what was sent is made again to look for it in the log."""

import random
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

import cramjam
from msgspec import Struct

from seamline.bench._damage import damaged
from seamline.bench._seeds import Seed
from seamline.bench._signing import Way

Pairs = list[tuple[str, bytes]]

UNTOUCHED, OF_BODY, OF_HEADERS = 0.1, 0.75, 0.15  # shares; the rest is packed, or lies about it
BROKEN_PROOF = 0.03
BROKEN_OFF = 0.004  # the sender goes away within the body
_ODD_VALUES = (
    b"",
    b" ",
    b"\xff\xfe\xfd",
    "ü🙂".encode(),
    b"9" * 5000,
    b"a,b;c=d",
    b"application/x-protobuf",
    b"{}",
    b"-1",
)
_LIES = (b"gzip", b"snappy", b"br", b"deflate, gzip", b"identity", b"\xff")
_BOMB_BYTES = 64 * 2**20


class Made(Struct, frozen=True):
    """One delivery as it goes over the wire, and what was done to it. `whole` is False when it breaks off."""

    number: int
    source: str
    path: str
    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    damage: str
    whole: bool = True

    def on_wire(self) -> bytes:
        """As bytes for the connection."""
        head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in self.headers)
        start = (
            f"POST {self.path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(self.body)}\r\n".encode()
        )
        sent = self.body if self.whole else self.body[: len(self.body) // 2]
        return start + head + b"\r\n" + sent


class Maker:
    """Makes delivery `number`: the same one whenever it is asked."""

    def __init__(self, seeds: Sequence[Seed], ways: Mapping[str, Way], seed: int, began_ts: float) -> None:
        by_source: dict[str, list[Seed]] = {}
        for one in seeds:
            by_source.setdefault(one.source, []).append(one)
        self._by_source = list(by_source.values())
        self._ways = ways
        self._seed = seed
        self._began_ts = began_ts
        self._now = datetime.fromtimestamp(began_ts, UTC)

    def make(self, number: int) -> Made:
        """The sources take turns, their seeds come by chance."""
        chance = random.Random(f"{self._seed}:{number}")
        seed = chance.choice(self._by_source[number % len(self._by_source)])
        at_ts = self._began_ts + chance.uniform(-600, 0)
        known = (
            number if chance.random() > 0.02 else chance.randrange(number + 1)
        )  # now and then a repeated id
        said, body = seed.filled(known, at_ts)
        headers: Pairs = [(name, value.encode("utf-8")) for name, value in said.items()]
        damage, headers, body = self._damaged(seed, headers, body, chance)
        headers += [(k, v.encode()) for k, v in self._ways[seed.source](body, self._now).items()]
        if chance.random() < BROKEN_PROOF and headers:
            name, value = headers.pop()
            headers += [(name, value[:-2] + b"x")] if chance.random() < 0.5 else []
            damage = "proof"
        return Made(
            number,
            seed.source,
            seed.path,
            tuple(headers),
            body,
            damage,
            chance.random() >= BROKEN_OFF or not body,
        )

    def _damaged(
        self, seed: Seed, headers: Pairs, body: bytes, chance: random.Random
    ) -> tuple[str, Pairs, bytes]:
        share = chance.random()
        if share < UNTOUCHED:
            return "none", headers, body
        if share < UNTOUCHED + OF_BODY:
            others = [other for other in (one.body for one in self._all_of(seed)) if isinstance(other, bytes)]
            way, changed = _repacked(dict(headers).get("content-encoding", b""), body, chance, others)
            return way, headers, changed
        if share < UNTOUCHED + OF_BODY + OF_HEADERS / 2:
            return "headers", _odd_headers(headers, chance), body
        return "packing", *_packed(headers, body, chance)

    def _all_of(self, seed: Seed) -> list[Seed]:
        return next(of for of in self._by_source if of[0].source == seed.source)


def _repacked(
    encoding: bytes, body: bytes, chance: random.Random, others: Sequence[bytes]
) -> tuple[str, bytes]:
    """Damage inside a snappy block mostly, else on the body as it is."""
    if encoding != b"snappy" or chance.random() < 0.2:
        return damaged(body, chance, others)
    way, changed = damaged(bytes(cramjam.snappy.decompress_raw(body)), chance, ())
    return way, bytes(cramjam.snappy.compress_raw(changed))


def _odd_headers(headers: Pairs, chance: random.Random) -> Pairs:
    """One dropped, replaced, doubled, added or very long."""
    at = chance.randrange(len(headers)) if headers else 0
    name = headers[at][0] if headers else "x-any"
    match chance.randrange(5):
        case 0:
            return headers[:at] + headers[at + 1 :]
        case 1:
            return [(k, chance.choice(_ODD_VALUES) if k == name else v) for k, v in headers]
        case 2:
            return [*headers, (name, chance.choice(_ODD_VALUES))]
        case 3:
            return [*headers, (f"x-{'long' * 8}", b"y" * chance.choice((3000, 30_000, 70_000)))]
        case _:
            return [*headers, *((f"x-many-{n}", b"v") for n in range(200))]


def _packed(headers: Pairs, body: bytes, chance: random.Random) -> tuple[Pairs, bytes]:
    """Packed truly, packed and then damaged, or said to be packed."""
    rest = [(k, v) for k, v in headers if k != "content-encoding"]
    match chance.randrange(8):
        case 0 | 1:
            return [*headers, ("content-encoding", chance.choice(_LIES))], body
        case 2 if chance.random() < 0.05:
            return [*rest, ("content-encoding", b"gzip")], _bomb()
        case 3:
            packed = bytearray(_gzip(body))
            packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
            return [*rest, ("content-encoding", b"gzip")], bytes(packed)
        case 4:
            packed_whole = _gzip(body)
            return [*rest, ("content-encoding", b"gzip")], packed_whole[: chance.randrange(len(packed_whole))]
        case 5:
            return [*rest, ("content-encoding", b"snappy")], bytes(cramjam.snappy.compress_raw(body))
        case 6:
            claim = chance.choice((b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x40", b"\xff" * 9))
            return [*rest, ("content-encoding", b"snappy")], claim + body
        case _:
            return [*rest, ("content-encoding", b"gzip")], _gzip(body)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


@cache
def _bomb() -> bytes:
    return _gzip(b"\x00" * _BOMB_BYTES)
