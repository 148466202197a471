"""How long a person waits for a name: from the last delivery it takes to the incident that is told, under load.

A made-up fleet runs for minutes against the real server: scrapes, releases, alerts, and several hundred deliveries a
second that mean nothing. Every few seconds another service gets a bad release. Afterwards the log is
read again, and for each incident the first position is found at which the same code, given every delivery
up to there, tells it: that is the last delivery it took. From its receipt to the moment another process
sees the record in the log is what people wait.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from seamline.analysis.facts import Facts
from seamline.analysis.opinion import opine
from seamline.app.home import Home
from seamline.app.ingest import take_in
from seamline.app.triage import decide
from seamline.bench._fleet import ALERT_AFTER_S, SCRAPE_S, SECRET, Fleet, Post, Service, owner_of
from seamline.bench._serving import serving
from seamline.bootstrap import open_home
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.store.sqlite import SqliteLog

UNSIGNED = ("prometheus", "alertmanager", "kubernetes", "zendesk")
WARM_UP_S = 75.0  # of history before the first release: what is usual has to be known
LATEST_S = 75.0  # after the last release
CLIENTS = 16
LOOK_S = 0.02  # between two looks at the log
BEFORE = 2000  # deliveries before the telling in which the last needed one is looked for
STRIDE = 40  # deliveries between two opinions there: the wait is told too long by so many at most

Figures = dict[str, object]


@dataclass(slots=True)
class Course:
    """What was done, and what was seen of it. Times are epoch seconds."""

    broken: dict[str, Service] = field(default_factory=dict)  # by ref
    # log position -> the record, and when it was seen
    opened: dict[int, tuple[rec.Opened, float]] = field(default_factory=dict)
    n_sent: int = 0
    n_refused: int = 0


def run(
    incidents: int = 30, rate: int = 500, services: int = 40, every: float = 6.0, seed: int = 1
) -> Figures:
    """Seconds from the last needed delivery to the told incident. Takes minutes: `incidents` x `every` + 150 s."""
    fleet, course = Fleet(services, seed), Course()
    with TemporaryDirectory(prefix="seamline-live-") as folder:
        home = Path(folder)
        _prepare(home, fleet)
        with serving(home) as server, _watching(home, course):
            began, used = time.time(), server.cpu_s()
            asyncio.run(_drive(server.port, fleet, course, incidents, rate, every))
            seconds, used = time.time() - began, server.cpu_s() - used
            resident_mb = server.resident_mb()
        with open_home(home, write=False) as opened:
            waits = sorted(_waits(opened, course))
            told = [one for one, _ in course.opened.values()]
    return {
        "incidents_wanted": incidents,
        "incidents_told": len(course.opened),
        "true_cause_and_person": sum(is_true(one, course) for one in told),
        "others": [_in_words(one) for one in told if not is_true(one, course)],
        "deliveries": course.n_sent,
        "deliveries_per_s": round(course.n_sent / seconds, 1),
        "refused": course.n_refused,
        "wait_median_s": _quantile(waits, 0.5),
        "wait_p99_s": _quantile(waits, 0.99),
        "wait_worst_s": _quantile(waits, 1.0),
        "server_cores": round(used / seconds, 2),
        "server_mb": resident_mb,
    }


def _quantile(ordered: Sequence[float], q: float) -> float | None:
    return round(ordered[min(int(q * len(ordered)), len(ordered) - 1)], 3) if ordered else None


def _prepare(home: Path, fleet: Fleet) -> None:
    with open_home(home, write=True):
        pass
    (home / "seamline.toml").write_text(fleet.map(), encoding="utf-8")
    secrets = home / "secrets.toml"
    unsigned = ", ".join(f'"{name}"' for name in UNSIGNED)
    secrets.touch(mode=0o600)
    secrets.write_text(
        f'allow_unsigned = [{unsigned}]\n[sources]\ngithub = "{SECRET.decode()}"\n', encoding="utf-8"
    )


@contextmanager
def _watching(home: Path, course: Course) -> Iterator[None]:
    """Look at the log all the time, as a console would, and note when an incident is there to be seen."""
    ended = threading.Event()

    def look() -> None:
        log, after = SqliteLog(home / "log.sqlite", write=False), 0
        while not ended.wait(LOOK_S):
            for delivery in log.read(after=after):
                after = delivery.seq
                if delivery.source == rec.SOURCE and delivery.body is not None:
                    record = rec.from_body(delivery.body)
                    if isinstance(record, rec.Opened):
                        course.opened[delivery.seq] = (record, time.time())
        log.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def _drive(port: int, fleet: Fleet, course: Course, incidents: int, rate: int, every: float) -> None:
    """Play the fleet in real time."""
    posts: asyncio.Queue[Post] = asyncio.Queue()
    senders = [asyncio.create_task(_sender(port, posts, course)) for _ in range(CLIENTS)]
    began = time.time()
    releases = {began + WARM_UP_S + n * every: one for n, one in enumerate(fleet.services[:incidents])}
    end = max(releases, default=began) + LATEST_S
    agenda = [(at, lambda one=one, at=at: _release(fleet, course, one, at)) for at, one in releases.items()]
    agenda += [
        (at + ALERT_AFTER_S, lambda one=one, at=at: [fleet.alert(one, at + 12)])
        for at, one in releases.items()
    ]
    await asyncio.gather(
        _scrapes(posts, fleet, end),
        _agenda(posts, sorted(agenda, key=lambda entry: entry[0])),
        _background(posts, fleet, rate, end),
    )
    await posts.join()
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)


def _release(fleet: Fleet, course: Course, one: Service, at: float) -> list[Post]:
    one.broken_from = at + 2.0
    course.broken[f"service:{one.name}"] = one
    return [fleet.release(one, at)]


async def _scrapes(posts: asyncio.Queue[Post], fleet: Fleet, end: float) -> None:
    at = time.time()
    while at < end:
        await asyncio.sleep(max(0.0, at - time.time()))
        posts.put_nowait(fleet.scrape(at))
        at += SCRAPE_S


async def _agenda(
    posts: asyncio.Queue[Post], agenda: Sequence[tuple[float, Callable[[], list[Post]]]]
) -> None:
    for at, act in agenda:
        await asyncio.sleep(max(0.0, at - time.time()))
        for post in act():
            posts.put_nowait(post)


async def _background(posts: asyncio.Queue[Post], fleet: Fleet, rate: int, end: float) -> None:
    at = time.time()
    while at < end:
        await asyncio.sleep(max(0.0, at - time.time()))
        for _ in range(max(1, rate // 50)):
            posts.put_nowait(fleet.background(at))
        at += max(1, rate // 50) / rate


async def _sender(port: int, posts: asyncio.Queue[Post], course: Course) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            post = await posts.get()
            writer.write(post.on_wire())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = re.search(r"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            course.n_sent += 1
            course.n_refused += not head.startswith("http/1.1 2")
            posts.task_done()
    finally:
        writer.close()


def _waits(home: Home, course: Course) -> Iterator[float]:
    """Seconds from the receipt of the last needed delivery to the sight of the record, per incident told."""
    facts, base = Facts(), None
    log = home.log.read()
    for told_at, (opened, seen_ts) in sorted(course.opened.items()):
        needed: Delivery | None = None
        for delivery in log:
            take_in(facts, home.sources, delivery)
            if delivery.seq >= told_at - BEFORE and (
                delivery.seq % STRIDE == 0 or delivery.seq + 1 == told_at
            ):
                opinion = opine(facts, base)
                base = opinion.base
                if _tells(decide(opinion), opened):
                    break
            needed = delivery
            if delivery.seq + 1 == told_at:
                break
        if needed is not None:
            yield seen_ts - needed.received_at.timestamp()


def _tells(records: Sequence[rec.AnyRecord], opened: rec.Opened) -> bool:
    wanted = (opened.cause_key, opened.accountable)
    return any(isinstance(r, rec.Opened) and (r.cause_key, r.accountable) == wanted for r in records)


def is_true(opened: rec.Opened, course: Course) -> bool:
    """Whether an incident names the bad release of its service, and the person whose service it is."""
    if opened.cause_entity not in course.broken or opened.cause_kind != "change":
        return False
    return opened.accountable == owner_of(course.broken[opened.cause_entity])


def _in_words(opened: rec.Opened) -> str:
    return (
        f"{opened.cause_key} at {opened.cause_entity}, {opened.probability:.2f}: {', '.join(opened.symptoms)}"
    )
