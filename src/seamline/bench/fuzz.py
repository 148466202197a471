"""Damaged deliveries of every source, validly signed for the most part, against the real server with its live triage.

What must hold: no answer above 499, no trouble on stderr, every acknowledged delivery in the log, no source that raises
what it may not, memory that doesn't grow but by what the log's facts take. A finding names the delivery's number:
the same `n`-th delivery of the same seed is made again with `seamline bench fuzz` and its bytes.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from seamline.bench import _signing
from seamline.bench._fuzzed import Made, Maker
from seamline.bench._kept import Kept
from seamline.bench._seeds import seeds
from seamline.bench._serving import Served, serving
from seamline.bootstrap import open_home
from seamline.model.errors import SeamlineError
from seamline.sources import discover

CLIENTS = 32
PATIENCE_S = 60.0  # for one answer
POINTS = 20  # of memory and lag along the way
SINCE = (
    60_000,
    200_000,
)  # sent: caches are warm; the facts hold as many changes, alerts and tickets as they may
SETTLE_S = 120.0  # until triage has to have caught up
_MOST_SHOWN = 20

Figures = dict[str, object]


class Point(Struct, frozen=True):
    """The server at one moment."""

    sent: int
    seconds: float
    resident_mb: float
    lag: int  # deliveries not triaged yet


class Slow(Struct, frozen=True, order=True):
    """An answer that took long."""

    seconds: float
    number: int
    source: str
    damage: str
    n_bytes: int


@dataclass(slots=True)
class Course:
    """What was sent and answered."""

    statuses: list[int]  # by number; 0: no answer
    by_source: Counter[tuple[str, int]] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: list[Slow] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    n_done: int = 0


def run(
    n: int = 200_000, seed: int = 1, folder: str = "", clients: int = CLIENTS, triage: bool = True
) -> Figures:
    """Send `n` deliveries, and say what came of them. About 1,000 a second, and as long again to look at the log.

    Without `triage` the server only takes in and stores: whose memory it is that grows.
    """
    ways = {name: _signing.way_of(source) for name, source in discover().items()}
    found = seeds(ways, Path(folder) if folder else None)
    maker = Maker(found, ways, seed, time.time())
    course = Course([0] * n)
    with TemporaryDirectory(prefix="seamline-fuzz-") as home:
        with open_home(Path(home), write=True):
            pass
        _signing.write_secrets(Path(home), ways)
        with serving(Path(home), triage=triage) as server:
            began = time.perf_counter()
            asyncio.run(_drive(server, maker, course, n, clients))
            seconds, cpu_s = time.perf_counter() - began, server.cpu_s()
            settled_s = _settle(server)
            course.points.append(_point(server, n, began))
        kept = Kept(Path(home))
        lost = list(
            _lost(kept, maker, course, {name for name, way in ways.items() if _signing.is_unsigned(way)})
        )
        opined = kept.opinion() if triage and settled_s is not None else None
        counts = kept.counts()
        kept.close()
    return {
        "sent": n,
        "seeds": len(found),
        "per_s": round(n / seconds, 1),
        "server_cores": round(cpu_s / seconds, 2),
        "by_status": {str(k): v for k, v in sorted(Counter(course.statuses).items())},
        "by_source": _by_source(course, kept),
        "server_errors": sum(v for k, v in Counter(course.statuses).items() if k >= 500),
        "lost": len(lost),
        "source_failures": dict(kept.failures.most_common(_MOST_SHOWN)),
        "findings": (course.findings + lost)[:_MOST_SHOWN],
        "complaints": server.complaints[:_MOST_SHOWN],
        "ended_in_order": server.exit_code == 0,
        "points": course.points,
        "mb_per_100k": {
            f"from {since:,}": _slope([p for p in course.points if p.sent >= since]) for since in SINCE
        },
        "slowest": sorted(course.slowest, reverse=True)[:5],
        "triage_caught_up_s": settled_s,
        "facts": counts,
        "opinion": opined,  # none when triage didn't catch up: one more would take as long
    }


def _by_source(course: Course, kept: Kept) -> dict[str, dict[str, object]]:
    """Per source: answers by status, deliveries stored, and the share of these that was read."""
    names = sorted({name for name, _ in course.by_source})
    return {
        name: {
            "answers": {str(s): n for (of, s), n in sorted(course.by_source.items()) if of == name},
            "stored": kept.n_of[name],
            "parsed_share": round(kept.n_read[name] / max(1, kept.n_of[name]), 3),
        }
        for name in names
    }


async def _drive(server: Served, maker: Maker, course: Course, n: int, clients: int) -> None:
    numbers = iter(range(n))
    began = time.perf_counter()
    watched = asyncio.create_task(_watch(server, course, n, began))
    await asyncio.gather(*(_sender(server.port, numbers, maker, course) for _ in range(clients)))
    await watched


async def _watch(server: Served, course: Course, n: int, began: float) -> None:
    """A point at every twentieth of the way."""
    for part in range(1, POINTS + 1):
        while course.n_done < n * part // POINTS:
            await asyncio.sleep(0.02)
        course.points.append(await asyncio.to_thread(_point, server, course.n_done, began))


def _point(server: Served, n_done: int, began: float) -> Point:
    seconds = round(time.perf_counter() - began, 1)
    return Point(n_done, seconds, server.resident_mb(), server.lag())


async def _sender(port: int, numbers: Iterator[int], maker: Maker, course: Course) -> None:
    """Send one after the other; a connection that the server closed is opened anew."""
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for number in numbers:
        made = maker.make(number)
        connection = connection or await asyncio.open_connection("127.0.0.1", port)
        began = time.perf_counter()
        status, goes_on = await _send(*connection, made, course)
        took = time.perf_counter() - began
        _note(course, made, status, took)
        if not goes_on:
            connection[1].close()
            connection = None
    if connection is not None:
        connection[1].close()


async def _send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, made: Made, course: Course
) -> tuple[int, bool]:
    """The status (0 without an answer), and whether the connection can go on."""
    try:
        writer.write(made.on_wire())
        if not made.whole:
            await writer.drain()
            return 0, False
        async with asyncio.timeout(PATIENCE_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = re.search(r"content-length: (\d+)", head)
            if length:
                await reader.readexactly(int(length[1]))
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        course.findings.append(
            f"{made.number} ({made.source}, {made.damage}): no answer, {type(error).__name__}"
        )
        return 0, False
    status = int(head[9:12])
    return status, "connection: close" not in head and (length is not None or status == 204)


def _note(course: Course, made: Made, status: int, took_s: float) -> None:
    course.n_done += 1
    course.statuses[made.number] = status
    course.by_source[made.source, status] += 1
    if status >= 500:
        course.findings.append(f"{made.number} ({made.source}, {made.damage}): {status}")
    if len(course.slowest) < 5 or took_s > course.slowest[0].seconds:
        course.slowest.append(Slow(round(took_s, 3), made.number, made.source, made.damage, len(made.body)))
        course.slowest = sorted(course.slowest)[-5:]


def _settle(server: Served) -> float | None:
    """Seconds until everything is triaged; None when it isn't in time."""
    began = time.perf_counter()
    while time.perf_counter() - began < SETTLE_S:
        if server.lag() <= 0:
            return round(time.perf_counter() - began, 1)
        time.sleep(0.1)
    return None


def _lost(kept: Kept, maker: Maker, course: Course, unsigned: set[str]) -> Iterator[str]:
    """The acknowledged deliveries that the log doesn't hold."""
    for number, status in enumerate(course.statuses):
        if not 200 <= status < 300:
            continue
        made = maker.make(number)
        if made.damage == "proof" and made.source not in unsigned:
            yield f"{number} ({made.source}): answered {status} without a proof"
        headers = {name.lower(): value.strip().decode("latin-1") for name, value in made.headers}
        try:
            if kept.why_unreadable(made.source, headers, made.body) is None:
                yield f"{number} ({made.source}, {made.damage}): acknowledged, not in the log"
        except SeamlineError as error:
            yield f"{number} ({made.source}, {made.damage}): acknowledged, though {error}"


def _slope(points: Sequence[Point]) -> float:
    """Megabytes per 100,000 deliveries: the median of what any two points say, so that a peak doesn't count.

    0 with fewer than two points.
    """
    pairs = [(a, b) for a, b in combinations(points, 2) if b.sent > a.sent]
    found = [(b.resident_mb - a.resident_mb) / (b.sent - a.sent) for a, b in pairs]
    return round(median(found) * 1e5, 1) if found else 0.0
