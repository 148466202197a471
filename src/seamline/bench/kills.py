"""Kill -9 at random moments of ingest: nothing that was acknowledged may be missing, nothing may be there twice."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from seamline.bench.load import Requests, started
from seamline.model.errors import Stop
from seamline.store.sqlite import SqliteLog

CLIENTS = 16
PER_ROUND = 2000  # deliveries on offer between two kills
LONGEST_S = 0.6  # from the first delivery to the kill

Figures = dict[str, object]


def run(kills: int = 50, seed: int = 1) -> Figures:
    """Kill the real server `kills` times over one home; what was acknowledged, and what of it is in the log.

    After each kill the next server takes over the same home, and everything that went unanswered is sent again,
    as senders do.
    """
    chance = random.Random(seed)
    requests = Requests(kills * PER_ROUND)
    acknowledged: set[int] = set()
    waiting: list[int] = []
    began = time.perf_counter()
    with TemporaryDirectory(prefix="seamline-kills-") as folder:
        home = Path(folder)
        for kill in range(kills):
            fresh = range(kill * PER_ROUND, (kill + 1) * PER_ROUND)
            answered = _one(home, requests, [*waiting, *fresh], chance.uniform(0.0, LONGEST_S))
            acknowledged |= answered
            waiting = sorted({*waiting, *fresh} - answered)[:PER_ROUND]
            _check(home, requests, acknowledged)
        stored = _stored(home)
    doubled = sum(n - 1 for n in stored.values())
    return {
        "kills": kills,
        "acknowledged": len(acknowledged),
        "missing": sum(requests.ids[n] not in stored for n in acknowledged),
        "doubled": doubled,
        "stored": sum(stored.values()),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _one(home: Path, requests: Requests, offered: list[int], after_s: float) -> set[int]:
    """Start, send, kill; the deliveries that were acknowledged before the end."""
    with started(home) as server:
        return asyncio.run(_send_until_killed(server.pid, server.port, requests, iter(offered), after_s))


async def _send_until_killed(
    pid: int, port: int, requests: Requests, offered: Iterator[int], after_s: float
) -> set[int]:
    acknowledged: set[int] = set()
    senders = [asyncio.create_task(_sender(port, requests, offered, acknowledged)) for _ in range(CLIENTS)]
    await asyncio.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    await asyncio.gather(*senders)
    return acknowledged


async def _sender(port: int, requests: Requests, offered: Iterator[int], acknowledged: set[int]) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        for number in offered:
            writer.write(requests.wires[number])
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 202"):
                acknowledged.add(number)
            await reader.readuntil(b"}")
    except (OSError, asyncio.IncompleteReadError):
        return  # the server is gone: what has no answer by now is sent again later
    finally:
        writer.close()


def _check(home: Path, requests: Requests, acknowledged: set[int]) -> None:
    """Raises Stop at the first kill that lost or doubled something, with the home's state still at hand."""
    stored = _stored(home)
    missing = [requests.ids[n] for n in acknowledged if requests.ids[n] not in stored]
    doubled = [key for key, n in stored.items() if n > 1]
    if missing or doubled:
        raise Stop(f"{len(missing)} acknowledged deliveries are missing, {len(doubled)} are there twice")


def _stored(home: Path) -> Counter[str]:
    """How often each delivery id is in the log; positions are gapless or it raises Stop."""
    log = SqliteLog(home / "log.sqlite", write=False)
    keys: Counter[str] = Counter()
    for place, delivery in enumerate(log.read(), start=1):
        if delivery.seq != place or delivery.body is None:
            raise Stop(f"delivery {delivery.seq} stands at place {place}")
        keys[delivery.key] += 1
    return keys
