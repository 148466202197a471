"""How fast to go: small bites, rests between them, and what a whole migration will take. Pure; time is handed in.

A bite aims at a duration, not at a number of rows. When the database strains, bites and speed are halved; when it
doesn't, they grow by a tenth: additive-increase, multiplicative-decrease, as TCP does (RFC 5681).
"""

from collections.abc import Sequence

from msgspec import Struct

from seamline.migrate.guard import Reading

TARGET_S = 0.005  # of one bite: what a client's commit may have to be written behind, or a row be waited for
MIN_REST, MAX_REST = 1.5, 12.0  # of the time that the bite took: at most two fifths of one core's is ours
MAX_PAGES = 2048
STRAINED = 1.5  # canary now against its usual
STOP = 4.0  # from here on nothing is done at all until it is over
FLOOR_S = 0.01  # what is faster than this is no strain, whatever it is a multiple of
HOLD_S = 1.0  # one outlier stays in the canary's picture for so long, and is answered once
_GROWS, _SHRINKS = 1.1, 0.5


class Pace(Struct, frozen=True):
    """Pages in a bite, and the rest after it as a part of the bite's own time."""

    pages: int = 4
    rest: float = MIN_REST

    def after(self, took_s: float, strain: float) -> "Pace":
        """The next pace, when a bite took so long and the canary stands at `strain` times its usual."""
        if strain > STRAINED:
            return Pace(max(1, int(self.pages * _SHRINKS)), min(MAX_REST, self.rest * 2))
        rest = max(MIN_REST, self.rest * 0.9)
        if took_s > 1.5 * TARGET_S:
            return Pace(max(1, int(self.pages * _SHRINKS)), rest)
        if took_s < TARGET_S:
            return Pace(min(MAX_PAGES, int(self.pages * _GROWS) + 1), rest)
        return Pace(self.pages, rest)

    def smaller(self) -> "Pace":
        """After a bite that ran into a client's lock."""
        return Pace(max(1, self.pages // 2), self.rest)

    def pause_s(self, took_s: float) -> float:
        """How long to rest after a bite."""
        return took_s * self.rest


class Governor:
    """The pace of one pass. Times are handed in, in seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self.pace = Pace()
        self._backed_off_at: float | None = None

    def after(self, took_s: float, strain: float, now: float) -> None:
        """A bite was taken. Strain is answered once a second: by then the canary knows what came of it."""
        if strain > STRAINED:
            if self._backed_off_at is not None and now - self._backed_off_at < HOLD_S:
                return
            self._backed_off_at = now
        self.pace = self.pace.after(took_s, strain)

    def smaller(self) -> None:
        """A bite ran into a client's lock."""
        self.pace = self.pace.smaller()


class Health(Struct, frozen=True):
    """How the database does. Seconds and bytes; None: not known here. `usual_s` is the canary's own last 15 minutes."""

    canary_s: float | None = None
    usual_s: float | None = None
    replica_lag_s: float | None = None
    slot_bytes: int | None = None
    vacuuming: bool = False  # to keep the table from wrapping around
    archiver_fails: bool = False
    wish: str = ""
    superseded: bool = False

    @property
    def strain(self) -> float:
        """How many times slower than usual the canary is; 1 while nothing is known."""
        if not self.canary_s or not self.usual_s or self.canary_s < FLOOR_S:
            return 1.0
        return self.canary_s / self.usual_s

    def why_wait(self) -> str:
        """What nothing should be added to, "" when it can go on."""
        if self.strain > STOP:
            return f"the canary is {self.strain:.1f}x slower than usual"
        if self.vacuuming:
            return "autovacuum keeps the table from wrapping around"
        return "the WAL archiver fails" if self.archiver_fails else ""

    def reading(self, measure: str) -> Reading:
        """What a guard of the plan looks at."""
        match measure:
            case "p99":
                return Reading(self.canary_s, self.usual_s)
            case "replica_lag":
                return Reading(self.replica_lag_s)
            case "slot_retained":
                return Reading(self.slot_bytes)
        return Reading(None)


def quantile(values: Sequence[float], part: float) -> float | None:
    """The value below which that part lies; None of nothing.

    >>> quantile([3.0, 1.0, 2.0], 0.5)
    2.0
    """
    if not values:
        return None
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))]


class Cost(Struct, frozen=True):
    """Seconds for one page of each kind of work, with the rests that go with it."""

    touch_p50: float
    touch_p90: float
    compare_p50: float
    compare_p90: float


class Estimate(Struct, frozen=True):
    """How long a migration takes until the new version may be deployed, and until the contract may be asked for."""

    p50_s: float
    p90_s: float

    def with_soak(self, soak_s: float) -> "Estimate":
        """Until the old side has stood still for long enough."""
        return Estimate(self.p50_s + soak_s, self.p90_s + soak_s)


_FIXED_S = 1.0  # connections, locks, names
_INDEX_BYTES_S = 60e6  # of table read for an index, a second
TRIGGER = 2.4  # a bite with trigger, journal and what throttling there usually is, to a touch without


def estimate(cost: Cost, n_pages: int, n_indexed_bytes: float) -> Estimate:
    """The time for pages to be touched once and compared once, and for indexes that are built beside the traffic."""
    index_s = n_indexed_bytes / _INDEX_BYTES_S
    p50 = n_pages * (cost.touch_p50 + cost.compare_p50) + index_s
    p90 = n_pages * (cost.touch_p90 + cost.compare_p90) + index_s * 1.5
    return Estimate(p50 + _FIXED_S, max(p50 * 1.25, p90) + _FIXED_S)


def left_s(n_done: int, n_all: int, took_s: float) -> float | None:
    """How much longer, by what was done so far; None before anything was."""
    return took_s * (n_all - n_done) / n_done if n_done and took_s > 0 else None
