"""Which position a delivery gets, and which deliveries are one: the same rule for every store.

A delivery is told apart by its source and the sender's id, else by its source and the sha256 of its body.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from seamline.model.delivery import Appended, Received

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 UTC, exact."""
    return (at - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC time of `to_us`."""
    return EPOCH + timedelta(microseconds=us)


class Row(Struct, frozen=True):
    """A delivery that is new to the log, with its place in it. `as_of_us`: latest received_at up to here."""

    seq: int
    once: bytes
    digest: bytes
    received: Received
    received_us: int
    as_of_us: int


class Mark(Struct, frozen=True):
    """One delivery's digest and the 16 bytes that tell it from all others (`once`)."""

    once: bytes
    digest: bytes


def mark(received: Received) -> Mark:
    """What decides whether a delivery was there before.

    128 bits: by chance two of 10^12 deliveries collide with probability 10^-15.
    """
    digest = sha256(received.body).digest()
    identity = b"key\0" + received.key.encode() if received.key else b"sha256\0" + digest
    once = sha256(received.source.encode() + b"\0" + identity).digest()[:16]
    return Mark(once, digest)


def assign(
    batch: Sequence[Received],
    marks: Sequence[Mark],
    known: Mapping[bytes, int],
    last: int,
    as_of_us: int | None,
) -> tuple[list[Appended], list[Row]]:
    """Answers for a batch, and the rows to store: gapless from `last` + 1, repeats within the batch joined."""
    seen = dict(known)
    answers: list[Appended] = []
    rows: list[Row] = []
    for received, m in zip(batch, marks, strict=True):
        there = seen.get(m.once)
        if there is not None:
            answers.append(Appended(there, True))
            continue
        last += 1
        seen[m.once] = last
        received_us = to_us(received.received_at)
        as_of_us = received_us if as_of_us is None else max(as_of_us, received_us)
        rows.append(Row(last, m.once, m.digest, received, received_us, as_of_us))
        answers.append(Appended(last, False))
    return answers, rows
