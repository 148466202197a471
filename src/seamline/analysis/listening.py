"""When anything was heard at all. Silence of everything is our own deafness or the tools' way to us, not a symptom.

Time is cut into slots; of a home that hears something in nearly every slot, a run of empty ones is an outage of
hearing: what was overdue in it is not late, and what was last seen before it is not older. A home that hears of
its tools seldom has no outages: there silence is usual.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise

SLOT_S = 300
_LEAST = 3  # empty slots in a row that make an outage ...
_BUSY, _LEAST_BUSY = 0.8, 1  # ... but one is enough where so many of all slots are heard
_HEARD_PER_OUTAGE = 6  # heard slots for each outage, or the silence is the home's rhythm
GRACE = timedelta(seconds=60)  # of a busy home: by then something would have been heard


def slot_of(at: datetime) -> int:
    """The slot of a time of receipt."""
    return int(at.timestamp() // SLOT_S)


class Listening:
    """The outages up to a time, from the slots in which deliveries were received."""

    def __init__(self, heard: Collection[int], as_of: datetime, last_at: datetime | None = None) -> None:
        known = sorted(slot for slot in heard if slot <= slot_of(as_of))
        edges = pairwise([*known, slot_of(as_of) + 1])
        busy = bool(known) and len(known) >= _BUSY * (known[-1] - known[0] + 1)
        least = _LEAST_BUSY if busy else _LEAST
        self._last_at = last_at if busy else None
        gaps = [(a + 1, b) for a, b in edges if b - a - 1 >= least]
        deaf = gaps if len(gaps) * _HEARD_PER_OUTAGE <= len(known) else []
        self._outages = [(a * SLOT_S, b * SLOT_S) for a, b in deaf]
        self._as_of = as_of

    def until(self) -> datetime:
        """Up to when there was something to be heard: as_of, or the beginning of the outage it lies in.

        A busy home that has heard nothing for a minute is deaf from then on.
        """
        if self._last_at is not None:
            return min(self._as_of, self._last_at + GRACE)
        if self._outages and self._outages[-1][1] > self._as_of.timestamp():
            return min(self._as_of, datetime.fromtimestamp(self._outages[-1][0], UTC))
        return self._as_of

    def deaf_s(self, since: datetime, until: datetime) -> float:
        """Seconds of outage in a span."""
        low, high = since.timestamp(), until.timestamp()
        return sum(max(0.0, min(b, high) - max(a, low)) for a, b in self._outages)
