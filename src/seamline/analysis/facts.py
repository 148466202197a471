"""All events up to a log position as one set: order of arrival and repeats leave no trace.

State model: `add` keeps, per event id, the latest version (event time, then content hash), and, per series,
every sample by its time. Reading gives sorted, immutable pieces. Equal sets of deliveries give equal facts.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.model import event as ev
from seamline.model import record as rec

_hash_json = msgspec.json.Encoder(order="deterministic").encode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Series(Struct):
    """One series, oldest sample first; `seqs` is the log position each sample was read from."""

    series: str
    metric: str
    labels: dict[str, str]
    entity: str
    times: Floats  # epoch seconds, strictly ascending
    values: Floats  # NaN: the sender said that the series vanished
    seqs: Ints


class _Samples:
    """A series in the making: chunks as they came, made one sorted array when somebody reads."""

    __slots__ = ("chunks", "head", "since_ts", "whole")

    def __init__(self, head: ev.Measurement) -> None:
        self.head = head
        self.since_ts = np.inf  # of the oldest sample
        self.chunks: list[tuple[tuple[float, ...], tuple[float, ...], int]] = []
        self.whole: Series | None = None

    def add(self, m: ev.Measurement) -> None:
        self.chunks.append((m.times, m.values, m.seq))

    def read(self) -> Series:
        """Merge what came since the last read. O(new) when samples come in order."""
        if not self.chunks and self.whole is not None:
            return self.whole
        times = np.array([t for c in self.chunks for t in c[0]], dtype=np.float64)
        values = np.array([v for c in self.chunks for v in c[1]], dtype=np.float64)
        seqs = np.array([c[2] for c in self.chunks for _ in c[0]], dtype=np.int64)
        if self.whole is not None:
            times = np.concatenate((self.whole.times, times))
            values = np.concatenate((self.whole.values, values))
            seqs = np.concatenate((self.whole.seqs, seqs))
        if len(times) > 1 and not bool(np.all(np.diff(times) > 0)):
            # of two values for one time the larger wins, of equal ones the earlier delivery: any order of
            # arrival gives the same array
            order = np.lexsort((seqs, -np.nan_to_num(values, nan=-np.inf), times))
            times, values, seqs = times[order], values[order], seqs[order]
            keep = np.concatenate(([True], np.diff(times) > 0))
            times, values, seqs = times[keep], values[keep], seqs[keep]
        self.chunks.clear()
        h = self.head
        self.whole = Series(h.series, h.metric, dict(h.labels), h.entity, times, values, seqs)
        return self.whole


Statement = ev.MapFact | ev.Claim
Version = tuple[datetime, str]


def _version(event: ev.Versioned) -> Version:
    content = msgspec.structs.replace(event, seq=0)
    return event.version_at, sha256(_hash_json(content)).hexdigest()


def _says(event: Statement) -> tuple[str, ...]:
    """What a statement says, whoever repeats it."""
    match event:
        case ev.MapFact():
            return (event.id, event.subject, event.predicate, event.object)
        case ev.Claim():
            return (event.id, event.entity, event.owner)


class Facts:
    """What all deliveries up to `position` say. `as_of` is the latest received_at or tick among them."""

    def __init__(self) -> None:
        self.position = 0
        self.as_of: datetime | None = None
        self.changes: dict[str, ev.Change] = {}
        self.alerts: dict[str, ev.Alert] = {}
        self.tickets: dict[str, ev.Ticket] = {}
        self.runs: dict[str, ev.Run] = {}
        self.map_facts: dict[str, ev.MapFact] = {}
        self.claims: dict[str, ev.Claim] = {}
        self.records: list[tuple[int, rec.AnyRecord]] = []  # by log position
        self.map_version = 0  # grows when anything the map reads was added
        self._series: dict[str, _Samples] = {}
        self._first_said: dict[tuple[str, ...], tuple[Version, Statement]] = {}
        self._last_said: dict[str, tuple[Version, Statement]] = {}

    def add(self, events: Iterable[ev.Event]) -> None:
        """Take events in any order, any number of times."""
        for event in events:
            if isinstance(event, ev.Measurement):
                self._add_measurement(event)
            elif isinstance(event, ev.MapFact | ev.Claim):
                self._add_statement(event)
            else:
                self._add_versioned(event)

    def _add_measurement(self, m: ev.Measurement) -> None:
        samples = self._series.get(m.series)
        if samples is None:
            samples = self._series[m.series] = _Samples(m)
            self.map_version += 1
        if m.times and m.times[0] < samples.since_ts:  # the map says where it was first spoken of
            samples.since_ts = m.times[0]
            self.map_version += 1
        samples.add(m)

    def _add_statement(self, event: Statement) -> None:
        """Of what is said last, keep who said it first: telemetry repeats it all the time, and the map stays."""
        version, says = _version(event), _says(event)
        if says not in self._first_said or version < self._first_said[says][0]:
            self._first_said[says] = (version, event)
        if event.id not in self._last_said or version > self._last_said[event.id][0]:
            self._last_said[event.id] = (version, event)
        _, counts = self._first_said[_says(self._last_said[event.id][1])]
        table = self._table(event)
        if table.get(event.id) is not counts:
            table[event.id] = counts
            self.map_version += 1

    def _add_versioned(self, event: ev.Versioned) -> None:
        table = self._table(event)
        known = table.get(event.id)
        if known is None or _version(event) > _version(known):
            table[event.id] = event
            self.map_version += 1

    def _table(self, event: ev.Versioned) -> dict[str, ev.Versioned]:
        tables: dict[type, dict[str, ev.Versioned]] = {
            ev.Change: self.changes,  # type: ignore[dict-item]
            ev.Alert: self.alerts,  # type: ignore[dict-item]
            ev.Ticket: self.tickets,  # type: ignore[dict-item]
            ev.Run: self.runs,  # type: ignore[dict-item]
            ev.MapFact: self.map_facts,  # type: ignore[dict-item]
            ev.Claim: self.claims,  # type: ignore[dict-item]
        }
        return tables[type(event)]

    def add_record(self, seq: int, record: rec.AnyRecord) -> None:
        """Take a record of source `seamline` at its log position."""
        self.records.append((seq, record))

    def saw(self, position: int, received_at: datetime | None) -> None:
        """A delivery at this position was taken in: moves position and as_of (None: not), never backwards."""
        self.position = max(self.position, position)
        if received_at is not None and (self.as_of is None or received_at > self.as_of):
            self.as_of = received_at

    def series(self) -> list[Series]:
        """All series, sorted by their natural key."""
        return [self._series[name].read() for name in sorted(self._series)]

    def latest(self, metric: str) -> list[Series]:
        """The series of one metric, sorted by natural key."""
        return [
            samples.read() for name, samples in sorted(self._series.items()) if samples.head.metric == metric
        ]

    def sorted_changes(self) -> list[ev.Change]:
        """By (time, entity, id)."""
        return sorted(self.changes.values(), key=lambda c: (c.at, c.entity, c.id))
