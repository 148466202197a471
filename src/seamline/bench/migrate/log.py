"""pgbench's log of transactions, and what it says of how long clients waited.

Source: the page on pgbench, *Per-Transaction Logging*: `client_id transaction_no time script_no time_epoch time_us
schedule_lag`, where `time` is microseconds since the scheduled start when the rate is fixed, or a word for a
transaction that failed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.model.errors import Stop

SKIPPED = "skipped"


class Line(Struct, frozen=True, gc=False):
    """One transaction: ended at `ended_ts`; `latency_s` from when it was due, None when it failed."""

    run: int
    client: int
    script: int
    ended_ts: float
    latency_s: float | None


def read(text: str, run: int) -> Iterator[Line]:
    """The lines of one log. Raises Stop for a line that is none, but for a last one that was cut off."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if len(words) >= 6:
            yield _line(words, run)
        elif words and number < len(lines):
            raise Stop(f"line {number} of pgbench's log is not one: {line!r}")


def _line(words: Sequence[str], run: int) -> Line:
    latency_s = int(words[2]) / 1e6 if words[2].isdigit() else None
    return Line(run, int(words[0]), int(words[3]), int(words[4]) + int(words[5]) / 1e6, latency_s)


class Waits(Struct, frozen=True):
    """How long clients waited for answers, from when each was due. Seconds; all 0 without a request."""

    n: int
    p50_s: float
    p95_s: float
    p99_s: float
    longest_s: float
    share_over_1s: float
    n_failed: int


def waits(lines: Iterable[Line], spans: Sequence[tuple[float, float]]) -> Waits:
    """The waits of those transactions that were due, or still open, in any of some spans of time.

    Whatever ended after a span's beginning and was due before its end counts: a request that a stall inside held back
    until after it is the span's own.
    """
    here = [line for line in lines if any(_touches(line, since, until) for since, until in spans)]
    seconds = np.array([line.latency_s for line in here if line.latency_s is not None], dtype=np.float64)
    n_failed = len(here) - len(seconds)
    if not len(seconds):
        return Waits(0, 0.0, 0.0, 0.0, 0.0, 0.0, n_failed)
    p50, p95, p99 = (float(q) for q in np.quantile(seconds, [0.5, 0.95, 0.99]))
    return Waits(len(seconds), p50, p95, p99, float(seconds.max()), float((seconds > 1).mean()), n_failed)


def _touches(line: Line, since: float, until: float) -> bool:
    return line.ended_ts >= since and line.ended_ts - (line.latency_s or 0.0) <= until


def acknowledged(
    lines: Iterable[Line], writes: Collection[int]
) -> Mapping[tuple[int, int], tuple[list[int], int]]:
    """By run and client: the numbers of its writes that were acknowledged, and the number of the next one.

    A client numbers its writes from 1 without a gap, failed ones included; the next one may have been under way when
    the client was cut off, so it is in doubt.
    """
    kept: dict[tuple[int, int], list[int]] = defaultdict(list)
    count: dict[tuple[int, int], int] = defaultdict(int)
    for line in lines:
        if line.script in writes:
            who = (line.run, line.client)
            count[who] += 1
            if line.latency_s is not None:
                kept[who].append(count[who])
    return {who: (kept[who], n + 1) for who, n in count.items()}
