"""All events up to a log position as one set: order of arrival and repeats leave no trace.

State model: `add` keeps, per event id, the latest version (event time, then content hash), of each kind of event the
newest by time, none much older than what any opinion looks at, and, per series, its newest samples. Of the names that one
source speaks of without end (statements, series) the ones it spoke of last are kept, and `left_out` counts the others:
there alone, what had gone and came back begins anew, so that order may leave a trace. Reading gives sorted, immutable pieces. Equal sets of deliveries give equal facts: the newest n of a set are the newest n of whatever
order it came in, and n only falls.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from heapq import heapify, heappop, heappush
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.listening import slot_of
from seamline.analysis.newest import Newest
from seamline.analysis.sharing import sharing
from seamline.model import event as ev
from seamline.model import record as rec

_hash_json = msgspec.json.Encoder(order="deterministic").encode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_SAMPLES = 5_000_000  # kept over all series: 120 MB
KEPT_FOR = timedelta(days=60)  # before as_of: twice as long as the slowest effect that is still looked for
MOST_EVENTS = 5_000  # kept of each kind that time makes more of: about 1 KB each
MOST_SERIES = 50_000  # names kept of one source: about 1 KB each, and their samples
MOST_STATEMENTS = 100_000  # relations and the like, and as many claims, kept of one source: about 1 KB each
MOST_READ = 2_000_000  # the same of what stands in repositories: it is as much as somebody had read
MOST_WORDINGS = 8  # of one statement, to know who said each first
_READ = "checkout"  # the source that tells of it
_LEAST_KEPT, _MOST_KEPT = 240, 20_160  # of one series: an hour of 15 s scrapes when there are very many
_ROOM = 4


class Series(Struct):
    """The newest samples of one series, oldest first; `seqs` is the log position each was read from."""

    series: str
    metric: str
    labels: Mapping[str, str]
    entity: str
    times: Floats  # epoch seconds, strictly ascending; of deltas, several may have one time
    values: Floats  # NaN: the sender said that the series vanished
    seqs: Ints
    before_ts: float  # of the oldest sample ever, +inf while all are kept
    delta: bool = False  # each value counts since the one before it


class _Samples:
    """A series in the making: its newest samples in arrays with room at the end.

    What `read` gave out stays as it was: samples are only ever written behind it, or into new arrays.
    """

    __slots__ = ("dropped", "first_seq", "head", "n", "oldest_ts", "seqs", "times", "values", "whole")

    def __init__(self, head: ev.Measurement) -> None:
        self.head = sharing(msgspec.structs.replace(head, times=(), values=()))  # those are in the arrays
        self.oldest_ts = np.inf  # of all samples, kept or not
        self.dropped = False  # whether samples went
        self.first_seq = head.seq
        self.n = 0
        self.times, self.values = np.empty(_ROOM), np.empty(_ROOM)
        self.seqs = np.empty(_ROOM, dtype=np.int64)
        self.whole: Series | None = None

    def add(self, m: ev.Measurement, keep: int) -> None:
        """Take samples in; of more than `keep` the oldest may go. O(new) when they come in order."""
        if not m.times:
            return
        self.whole = None
        self.oldest_ts = min(self.oldest_ts, m.times[0])
        self.first_seq = min(self.first_seq, m.seq)
        n_new = len(m.times)
        self._make_room(n_new, keep)
        new = slice(self.n, self.n + n_new)
        self.times[new], self.values[new], self.seqs[new] = m.times, m.values, m.seq
        if not self._in_order(new):
            self._sort(new.stop)
        else:
            self.n = new.stop

    def _make_room(self, n_new: int, keep: int) -> None:
        """Room for more, in arrays a quarter longer than what is kept, so that one move pays for many samples."""
        if self.n + n_new <= len(self.times):
            return
        kept = slice(max(0, self.n - keep), self.n)
        n_kept = kept.stop - kept.start
        if kept.start:
            self.dropped = True
        room = min(2 * n_kept, n_kept + keep // 4) + n_new + _ROOM
        for name in ("times", "values", "seqs"):
            old = getattr(self, name)
            longer = np.empty(room, dtype=old.dtype)
            longer[:n_kept] = old[kept]
            setattr(self, name, longer)
        self.n = n_kept

    def _in_order(self, new: slice) -> bool:
        """Whether samples just written are later than those before them."""
        since = max(0, new.start - 1)
        if new.stop - since == 2:
            return bool(self.times[since] < self.times[since + 1])
        return bool((self.times[since + 1 : new.stop] > self.times[since : new.stop - 1]).all())

    def _sort(self, n: int) -> None:
        """Of two values for one time the larger wins, of equal ones the earlier delivery: any order of arrival
        gives the same arrays. Deltas of two deliveries are two facts, whatever their time."""
        times, values, seqs = self.times[:n], self.values[:n], self.seqs[:n]
        largest_first = -np.nan_to_num(values, nan=-np.inf)
        if self.head.delta:
            order = np.lexsort((largest_first, seqs, times))
            fresh = (np.diff(times[order]) > 0) | (np.diff(seqs[order]) > 0)
        else:
            order = np.lexsort((seqs, largest_first, times))
            fresh = np.diff(times[order]) > 0
        order = order[np.concatenate(([True], fresh))]
        self.times, self.values, self.seqs = times[order], values[order], seqs[order]
        self.n = len(order)

    def read(self, keep: int) -> Series:
        """The newest `keep` samples. O(1)."""
        if self.whole is None or len(self.whole.times) > keep:
            h, kept = self.head, slice(max(0, self.n - keep), self.n)
            before_ts = self.oldest_ts if kept.start or self.dropped else np.inf
            self.whole = Series(
                h.series, h.metric, h.labels, h.entity,
                self.times[kept], self.values[kept], self.seqs[kept], float(before_ts), h.delta,
            )  # fmt: skip
        return self.whole


Statement = ev.MapFact | ev.Claim
Dated = ev.Change | ev.Alert | ev.Ticket | ev.Run
_DATED = (ev.Change, ev.Alert, ev.Ticket, ev.Run)
Version = tuple[datetime, bytes]


def _version(event: ev.Versioned) -> Version:
    content = msgspec.structs.replace(event, seq=0)
    return event.version_at, sha256(_hash_json(content)).digest()[:16]


def _says(event: Statement) -> tuple[str, ...]:
    """What a statement says, whoever repeats it."""
    match event:
        case ev.MapFact():
            return (event.subject, event.predicate, event.object)
        case ev.Claim():
            return (event.entity, event.owner)


class _Heard(Struct):
    """What one statement was heard to say: each wording with who said it first, and which of them was said last."""

    first: tuple[tuple[Version, Statement], ...]
    last: Version
    last_of: int  # index in `first`


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
        self.heard_slots: set[int] = set()  # of `listening`
        self.last_heard_at: datetime | None = None
        self.map_version = 0  # grows when anything the map reads was added
        self._series: dict[str, _Samples] = {}
        self._versions: dict[type, dict[str, Version]] = {kind: {} for kind in _DATED}
        self._tables: dict[type, dict[str, Any]] = dict(
            zip(_DATED, (self.changes, self.alerts, self.tickets, self.runs), strict=True)
        )
        self._stated: dict[type, dict[str, Any]] = {ev.MapFact: self.map_facts, ev.Claim: self.claims}
        self._oldest: dict[type, list[tuple[datetime, str]]] = {kind: [] for kind in _DATED}  # heaps
        self._sorted_names: list[str] = []
        self._of_metric: dict[str, dict[str, None]] = {}  # names in order of arrival
        self._heard: dict[str, _Heard] = {}
        self._spoken: dict[tuple[str, str], Newest] = {}  # by what it is, and source

    def add(self, events: Iterable[ev.Event]) -> None:
        """Take events in any order, any number of times."""
        for event in events:
            if isinstance(event, ev.Measurement):
                self._add_measurement(event)
            elif isinstance(event, ev.MapFact | ev.Claim):
                self._add_statement(event)
            else:
                self._add_versioned(event)

    @property
    def left_out(self) -> dict[tuple[str, str], int]:
        """How often a name went because its source speaks of more than is kept: by what it named, and source."""
        return {key: names.n_gone for key, names in sorted(self._spoken.items()) if names.n_gone}

    def most(self, what: str, source: str) -> int:
        """How many names of a source are kept at most."""
        if what == "series":
            return MOST_SERIES
        return MOST_READ if source == _READ else MOST_STATEMENTS

    def _goes(self, what: str, source: str, name: str, at_ts: float) -> str | None:
        """The name that has to go for this one."""
        key = (what, source)
        if key not in self._spoken:
            self._spoken[key] = Newest(self.most(what, source))
        return self._spoken[key].speak(name, at_ts)

    def _add_measurement(self, m: ev.Measurement) -> None:
        gone = self._goes("series", m.source, m.series, m.times[-1] if m.times else 0.0)
        if gone == m.series:
            return
        if gone is not None:
            self._drop_series(gone)
        samples = self._series.get(m.series)
        if samples is None:
            samples = self._series[m.series] = _Samples(m)
            self._of_metric.setdefault(m.metric, {})[m.series] = None
            self.map_version += 1
        samples.add(m, self._kept())

    def _drop_series(self, name: str) -> None:
        metric = self._series.pop(name).head.metric
        del self._of_metric[metric][name]
        if not self._of_metric[metric]:
            del self._of_metric[metric]
        self._sorted_names = []
        self.map_version += 1

    def _add_statement(self, event: Statement) -> None:
        """Of what is said last, keep who said it first: telemetry repeats it all the time, and the map stays."""
        table = self._stated[type(event)]
        what = "map fact" if isinstance(event, ev.MapFact) else "claim"
        gone = self._goes(what, event.source, event.id, event.version_at.timestamp())
        if gone == event.id:
            return
        if gone is not None:
            del table[gone], self._heard[gone]
            self.map_version += 1
        counts = self._counting(event)
        if table.get(event.id) is not counts:
            table[event.id] = counts
            self.map_version += 1

    def _counting(self, event: Statement) -> Statement:
        """What counts of a statement now that this was heard as well."""
        version, heard = _version(event), self._heard.get(event.id)
        if heard is None:
            self._heard[event.id] = _Heard(((version, event),), version, 0)
            return event
        first, says = [*heard.first], _says(event)
        n = next((i for i, (_, each) in enumerate(first) if _says(each) == says), len(first))
        if n == len(first):
            first.append((version, event))
        elif version < first[n][0]:
            first[n] = (version, event)
        if version > heard.last:
            heard.last, heard.last_of = version, n
        if len(first) > MOST_WORDINGS:
            oldest = min((first[i][0], i) for i in range(len(first)) if i != heard.last_of)[1]
            del first[oldest]
            heard.last_of -= oldest < heard.last_of
        heard.first = tuple(first)
        return first[heard.last_of][1]

    def _add_versioned(self, event: Dated) -> None:
        """The latest version counts; of a change the earliest beginning: not every tool repeats when it began."""
        table = self._tables[type(event)]
        versions, known, version = self._versions[type(event)], table.get(event.id), _version(event)
        if event.id not in versions or version > versions[event.id]:
            versions[event.id] = version
            began_at = min(event.at, known.at) if isinstance(known, ev.Change) else event.at
            now = event if began_at == event.at else msgspec.structs.replace(event, at=began_at)
        elif isinstance(known, ev.Change) and event.at < known.at:
            now = msgspec.structs.replace(known, at=event.at)
        else:
            return
        now = table[event.id] = sharing(now)
        self.map_version += 1
        if known is None or known.at != now.at:
            self._bound(table, type(event), now)

    def _bound(self, table: dict[str, Dated], kind: type, newest: Dated) -> None:
        """Of more than `MOST_EVENTS` of a kind the oldest go. O(log n)."""
        heap = self._oldest[kind]
        heappush(heap, (newest.at, newest.id))
        if len(heap) > 2 * MOST_EVENTS:  # most of it are dates that events had before they were dated anew
            heap[:] = [(event.at, event.id) for event in table.values()]
            heapify(heap)
        while len(table) > MOST_EVENTS:
            self._drop_oldest(table, kind)

    def _drop_oldest(self, table: dict[str, Dated], kind: type) -> None:
        at, id_ = heappop(self._oldest[kind])
        if id_ in table and table[id_].at == at:  # else it was dated anew, and stands in the heap again
            del table[id_], self._versions[kind][id_]

    def _forget(self, before: datetime) -> None:
        """What is older goes, whenever it came. O(1) where there is nothing."""
        for kind, heap in self._oldest.items():
            while heap and heap[0][0] < before:
                self.map_version += 1
                self._drop_oldest(self._tables[kind], kind)

    def add_record(self, seq: int, record: rec.AnyRecord) -> None:
        """Take a record of source `seamline` at its log position."""
        self.records.append((seq, record))

    def heard(self, received_at: datetime) -> None:
        """A tool's delivery was received at this time."""
        self.heard_slots.add(slot_of(received_at))
        self.last_heard_at = (
            received_at if self.last_heard_at is None else max(received_at, self.last_heard_at)
        )

    def saw(self, position: int, received_at: datetime | None) -> None:
        """A delivery at this position was taken in: moves position and as_of (None: not), never backwards."""
        self.position = max(self.position, position)
        if received_at is not None and (self.as_of is None or received_at > self.as_of):
            self.as_of = received_at
        if self.as_of is not None:
            self._forget(self.as_of - KEPT_FOR)

    def _kept(self) -> int:
        """How many samples of one series are kept: the more series there are, the fewer."""
        return min(_MOST_KEPT, max(_LEAST_KEPT, MOST_SAMPLES // max(1, len(self._series))))

    def series(self) -> list[Series]:
        """All series, sorted by their natural key."""
        keep = self._kept()
        return [self._series[name].read(keep) for name in self._names()]

    @property
    def n_series(self) -> int:
        """How many series there are. O(1)."""
        return len(self._series)

    def first_deliveries(self) -> Iterable[tuple[str, int]]:
        """Entity and first log position of every series, in no order."""
        return ((one.head.entity, one.first_seq) for one in self._series.values())

    def _names(self) -> list[str]:
        """The natural keys, sorted; sorted anew only when there are new ones."""
        if len(self._sorted_names) != len(self._series):
            self._sorted_names = sorted(self._series)
        return self._sorted_names

    def latest(self, metric: str) -> list[Series]:
        """The series of one metric, sorted by natural key."""
        keep = self._kept()
        found = (self._series[name] for name in sorted(self._of_metric.get(metric, ())))
        return [samples.read(keep) for samples in found]

    def named_like(self, ending: str) -> list[Series]:
        """The series whose metric ends so, and that have samples; sorted by natural key."""
        metrics = sorted(metric for metric in self._of_metric if metric.endswith(ending))
        return [one for metric in metrics for one in self.latest(metric) if len(one.times)]

    def sorted_changes(self) -> list[ev.Change]:
        """By (time, entity, id)."""
        return sorted(self.changes.values(), key=lambda c: (c.at, c.entity, c.id))
