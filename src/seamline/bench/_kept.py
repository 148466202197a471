"""What a home's log holds after a load, to be compared with what was acknowledged."""

import time
from collections import Counter
from collections.abc import Mapping, Sized
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from seamline.analysis.facts import Facts
from seamline.analysis.opinion import opine
from seamline.app.home import Home
from seamline.app.ingest import take_in
from seamline.bootstrap import open_home
from seamline.http.body import unpacked
from seamline.http.inbox import LIMIT
from seamline.model import record as rec
from seamline.model.delivery import Delivery, Received

Identity = tuple[str, str]  # source, and the sender's delivery id, else the body's sha256

_FAILURES = (
    "parser failed",
    "redaction failed",
)  # as `app.ingest` words a source that raised what it may not


class Opined(Struct, frozen=True):
    """The seconds that an opinion on the whole log takes, and what it is of."""

    seconds: float
    again_s: float  # the same again, with the map known
    counts: dict[str, int]


class Kept:
    """The whole log of a home that nobody writes any more. O(log) in time; holds identities and facts."""

    def __init__(self, folder: Path) -> None:
        self.n = 0
        self.n_read: Counter[str] = Counter()
        self.n_of: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()  # of sources that raised what they may not
        self._unreadable: dict[Identity, str] = {}
        self._home: Home = open_home(folder, write=False)
        self._facts = Facts()
        for delivery in self._home.log.read():
            self._look_at(delivery)

    def _look_at(self, delivery: Delivery) -> None:
        reading = take_in(self._facts, self._home.sources, delivery)
        if delivery.source == rec.SOURCE:
            return
        self.n += 1
        self.n_of[delivery.source] += 1
        self.n_read[delivery.source] += reading.parsed
        if any(words in reading.unreadable for words in _FAILURES):
            self.failures[f"{delivery.source}: {reading.unreadable}, delivery {delivery.seq}"] += 1
        self._unreadable[self._identity(delivery.source, delivery.key, delivery.sha256)] = reading.unreadable

    def _identity(self, source: str, key: str, sha256: str) -> Identity:
        """Where equal bodies may come again, the inbox's own key ends with the time of its receipt: left out here."""
        if hasattr(self._home.sources.get(source), "repeat_s"):
            key = key.rpartition(":")[0] or key
        return source, key or sha256

    def why_unreadable(self, source: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """ "" for a delivery that was read, else why it wasn't; None when the log doesn't hold it.

        `headers` with lower-case names, and the body as it was sent.
        """
        opened = unpacked(dict(headers), body, LIMIT)
        received: Received = self._home.inbox.take(source, *opened, datetime.now(UTC))
        return self._unreadable.get(self._identity(source, received.key, received.sha256()))

    def counts(self) -> dict[str, int]:
        """What the log's deliveries say, by kind."""
        facts = self._facts
        tables: dict[str, Sized] = {
            "changes": facts.changes,
            "alerts": facts.alerts,
            "tickets": facts.tickets,
            "runs": facts.runs,
            "map_facts": facts.map_facts,
            "claims": facts.claims,
            "records": facts.records,
            "series": facts.series(),
        }
        return {name: len(table) for name, table in tables.items()}

    def opinion(self) -> Opined:
        """Form the opinion on everything, twice."""
        began = time.perf_counter()
        first = opine(self._facts)
        between = time.perf_counter()
        opine(self._facts, first.base)
        again_s = time.perf_counter() - between
        n_sick = sum(o.symptom is not None for o in first.observables)
        counts = {
            "entities": len(first.base.stack.entities),
            "observables": len(first.observables),
            "symptoms": n_sick,
            "incidents": len(first.incidents),
        }
        return Opined(round(between - began, 2), round(again_s, 2), counts)

    def close(self) -> None:
        """Give the log back."""
        for resource in self._home.resources:
            resource.close()
