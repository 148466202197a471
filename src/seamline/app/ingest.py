"""Deliveries on their way into the log, and read out of it again.

A delivery passes `Inbox.take` once: key, then headers without secrets, then the source's redaction, or a seal
where the redaction can't tell. What `read_delivery` makes of a stored one is the same live, in a replay and in
a back-test: it is pure.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Protocol

from msgspec import DecodeError, Struct

from seamline.analysis.facts import Facts
from seamline.app import recording
from seamline.app.recording import Recorded
from seamline.model import record as rec
from seamline.model.delivery import Appended, Delivery, Received
from seamline.model.errors import Fix, SeamlineError, Unreadable
from seamline.model.event import Event
from seamline.model.ports import Log, Source

SEALED = "x-seamline-sealed"  # header of a sealed body: the month whose key opens it
WHY_SEALED = "x-seamline-why-sealed"
BATCH = 256
MAX_KEY = 200  # characters; a longer or unprintable delivery id is replaced by its sha256

# Of no use to any parser, and different on every hop.
_OF_THE_TRANSFER = {"host", "connection", "content-length", "transfer-encoding", "accept", "accept-encoding"}
_OF_THE_TRANSFER |= {"expect", "te", "upgrade", "keep-alive"}
# Where the sender sits is personal data when a person's machine sends.
_OF_THE_SENDER = {"forwarded", "x-forwarded-for", "x-forwarded-user", "x-real-ip", "x-client-ip", "from"}
_OF_THE_SENDER |= {"true-client-ip", "cf-connecting-ip"}
_SECRET = re.compile(
    "auth|cookie|token|secret|signature|passw|api-?key|access-?key|private-?key|credential|session|jwt"
    "|client-cert|csrf|xsrf"
)
_OURS = "x-seamline-"  # nobody but the inbox says what it did


class Keyring(Protocol):
    """The home's keys, as far as the inbox needs them."""

    def pseudonym(self, text: str) -> str:
        """A short keyed stand-in for a personal text, the same each time."""

    def fingerprint(self, body: bytes) -> str:
        """A keyed digest that tells a repeat of a body."""

    def seal(self, body: bytes, at: datetime) -> tuple[str, bytes]:
        """The month and the body under that month's key."""


class Reading(Struct, frozen=True):
    """What a stored delivery says: events, or one record of ours, or why it can't be read.

    All empty: it was read and says nothing of the stack, or its body is gone.
    """

    events: tuple[Event, ...] = ()
    record: rec.AnyRecord | None = None
    unreadable: str = ""

    @property
    def parsed(self) -> bool:
        """Whether the body is what its source sends."""
        return not self.unreadable


class Listed(Struct, frozen=True):
    """One line of the list of deliveries: the envelope, and why its body can't be read ("" when it can)."""

    seq: int
    source: str
    key: str
    sha256: str
    received_at: datetime
    erased: bool
    unreadable: str = ""


class Ingested(Struct, frozen=True):
    """What became of a recording: lines read, of which new in the log, of which there before."""

    n_read: int
    n_new: int
    n_duplicate: int


@lru_cache(maxsize=1024)
def _keeps(name: str) -> bool:
    if name in _OF_THE_TRANSFER or name in _OF_THE_SENDER or name.startswith(_OURS):
        return False
    return _SECRET.search(name) is None


def harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with lower-case names, without secrets, addresses of persons, and what only served the transfer."""
    return {
        name: value
        for name, value in ((n.lower(), v) for n, v in headers.items())
        if _keeps(name) and not value[:7].lower().startswith(("bearer ", "basic "))
    }


class Inbox:
    """Makes of what a tool sent what may be stored."""

    def __init__(self, sources: Mapping[str, Source], keyring: Keyring) -> None:
        self.sources = sources
        self._keyring = keyring

    def take(self, source: str, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Received:
        """The redacted delivery. `source` must be one of `sources`; the sender was verified before, or is trusted.

        A body that the source can't redact is sealed with the month's key and told apart by a keyed fingerprint.
        """
        tool = self.sources[source]
        kept = harmless(headers)
        key = _storable(tool.key(kept, body)) or _of_its_time(tool, body, received_at)
        try:
            return Received(source, key, kept, tool.redact(kept, body, self._keyring.pseudonym), received_at)
        except Unreadable as error:
            why = str(error)
        except SeamlineError:
            raise  # the keyring: nothing may be stored without it
        except Exception as error:  # noqa: BLE001  a source from elsewhere may fail in any way; nothing is dropped
            why = f"redaction failed: {type(error).__name__}"
        month, sealed = self._keyring.seal(body, received_at)
        kept |= {SEALED: month, WHY_SEALED: _one_line(why)}
        return Received(source, key or f"sealed:{self._keyring.fingerprint(body)}", kept, sealed, received_at)


def read_delivery(sources: Mapping[str, Source], delivery: Delivery) -> Reading:
    """The events, or the record, or the reason why not. Never raises, whatever a source does; pure."""
    if delivery.body is None:
        return Reading()
    if delivery.source == rec.SOURCE:
        return _read_record(delivery.body)
    if SEALED in delivery.headers:
        return Reading(unreadable=f"sealed: {delivery.headers.get(WHY_SEALED, 'no reason given')}")
    source = sources.get(delivery.source)
    if source is None:
        return Reading(unreadable=f"no source named {delivery.source!r} is installed")
    try:
        return Reading(events=tuple(source.parse(delivery)))
    except Unreadable as error:
        return Reading(unreadable=_one_line(str(error)) or "unreadable")
    except Exception as error:  # noqa: BLE001  one bad delivery must not end a replay; the reason is listed
        why = f"the {delivery.source} parser failed: {type(error).__name__}: {error}"
        return Reading(unreadable=_one_line(why))


def list_deliveries(
    sources: Mapping[str, Source], deliveries: Iterable[Delivery], *, unreadable: bool = False
) -> Iterator[Listed]:
    """Deliveries as people list them; with `unreadable` only those that can't be read."""
    for d in deliveries:
        why = read_delivery(sources, d).unreadable
        if why or not unreadable:
            yield Listed(d.seq, d.source, d.key, d.sha256, d.received_at, d.body is None, why)


def take_in(facts: Facts, sources: Mapping[str, Source], delivery: Delivery) -> Reading:
    """Read a delivery into the facts; position and as_of move even when it says nothing.

    Of our own records only ticks move `as_of`: a map that was declared later, or a person's word, says nothing
    of what the tools had sent by then.
    """
    reading = read_delivery(sources, delivery)
    facts.add(reading.events)
    if reading.record is not None:
        facts.add_record(delivery.seq, reading.record)
    moves = delivery.source != rec.SOURCE or isinstance(reading.record, rec.Tick)
    if delivery.source != rec.SOURCE:
        facts.heard(delivery.received_at)
    facts.saw(delivery.seq, delivery.received_at if moves else None)
    return reading


def ingest_file(
    log: Log, inbox: Inbox, path: Path | str, *, on_batch: Callable[[int], None] | None = None
) -> Ingested:
    """Append a recording (`.jsonl`, zstd or not; `-` is standard input), 256 deliveries per transaction.

    `on_batch` is told how many lines were taken so far. A line that can't be taken ends it with a Fix that names
    file and line; what came before is in the log by then. Doubles and repeats are harmless.
    """
    counts = Ingested(0, 0, 0)
    batch: list[Received] = []
    lines = recording.read_file(path)
    broken: Fix | None = None
    while broken is None:
        try:
            batch += (take_line(inbox, line) for line in islice(lines, BATCH))
        except Fix as error:
            broken = error
        if not batch:
            break
        counts = _counted(counts, log.append(batch))
        batch.clear()
        if on_batch is not None:
            on_batch(counts.n_read)
    if broken is not None:
        raise broken
    return counts


def _counted(so_far: Ingested, answers: Sequence[Appended]) -> Ingested:
    n_duplicate = sum(a.duplicate for a in answers)
    return Ingested(
        so_far.n_read + len(answers),
        so_far.n_new + len(answers) - n_duplicate,
        so_far.n_duplicate + n_duplicate,
    )


def take_line(inbox: Inbox, line: Recorded) -> Received:
    if line.source == rec.SOURCE:
        raise Fix(f"{line.where}: records of Seamline itself are not ingested", hint="remove the line")
    if line.source not in inbox.sources:
        known = ", ".join(inbox.sources) or "none"
        raise Fix(f"{line.where}: unknown source {line.source!r}", hint=f"installed sources: {known}")
    return inbox.take(line.source, line.headers, line.body, line.received_at)


def _read_record(body: bytes) -> Reading:
    try:
        return Reading(record=rec.from_body(body))
    except DecodeError as error:
        return Reading(unreadable=_one_line(f"a record this version doesn't know: {error}"))


def _of_its_time(tool: Source, body: bytes, received_at: datetime) -> str:
    """A delivery id for bodies that may rightly come again alike: equal ones count once within `repeat_s`."""
    repeat_s: float = getattr(tool, "repeat_s", 0.0)
    if not repeat_s:
        return ""
    return f"{hashlib.sha256(body).hexdigest()}:{int(received_at.timestamp() // repeat_s)}"


def _storable(key: str) -> str:
    if len(key) <= MAX_KEY and key.isprintable():
        return key
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
