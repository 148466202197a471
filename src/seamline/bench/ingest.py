"""How fast deliveries are taken in, as ratios that hold on any machine.

In one run, on the same cores, with the same load: SQLite alone inserting the same bodies 64 to a commit, this
server with a log that stores nothing, this server. Then what each stage costs on its own. The load comes from
this process over loopback, signed beforehand, one request at a time per connection.
"""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from seamline.app.ingest import Inbox, read_delivery
from seamline.bench.load import Load, Requests, cpu_s, drive, started
from seamline.model.delivery import Delivery
from seamline.sources import discover
from seamline.store.keyring import Keyring
from seamline.store.sequence import mark
from seamline.store.sqlite import SqliteLog

BATCH = 64
N_STAGE = 4096  # deliveries per stage when a stage is timed alone

Figures = dict[str, object]


def run(seconds: float = 4.0, clients: int = 64) -> Figures:
    """Rates per second, the two ratios that are promised, and where a delivery's time goes in microseconds."""
    requests = Requests(round(seconds * 25_000))
    with TemporaryDirectory(prefix="seamline-bench-") as folder:
        bare = [_bare_rate(Path(folder) / "bare-1.sqlite", requests, seconds / 2)]
        without = _served(Path(folder) / "without", requests, seconds, clients, "--no-store")
        stored = _served(Path(folder) / "with", requests, seconds, clients)
        bare.append(_bare_rate(Path(folder) / "bare-2.sqlite", requests, seconds / 2))
        stages = _stages(Path(folder), requests)
    bare_rate = sum(bare) / 2
    return {
        "clients": clients,
        "body_bytes": len(requests.bodies[0]),
        "per_s": {
            "bare_insert": round(bare_rate),
            "server_without_store": round(without.per_s),
            "server": round(stored.per_s),
        },
        "server_to_bare_insert": round(stored.per_s / bare_rate, 3),
        "server_to_no_store": round(stored.per_s / without.per_s, 3),
        "latency_ms": {"p50": stored.quantile_ms(0.5), "p99": stored.quantile_ms(0.99)},
        "refused": stored.n_refused + without.n_refused,
        "server_cpu_us_per_delivery": {
            "without_store": round(without.server_cpu_s / without.n_done * 1e6, 1),
            "with_store": round(stored.server_cpu_s / stored.n_done * 1e6, 1),
        },
        "stage_us": stages,
    }


def _served(home: Path, requests: Requests, seconds: float, clients: int, *options: str) -> Load:
    """What one server process takes from `clients` connections."""
    with started(home, *options) as server:
        before = cpu_s(server.pid)
        load = drive(server.port, requests.wires, seconds, clients)
        load.server_cpu_s = cpu_s(server.pid) - before
        return load


def _bare_rate(path: Path, requests: Requests, seconds: float) -> float:
    """Rows per second of SQLite alone: the same bodies, a unique id, WAL, FULL, 64 rows to a commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE event (id TEXT PRIMARY KEY, entity TEXT, at REAL, body TEXT)")
    connection.execute("CREATE INDEX by_entity ON event (entity, at)")
    n_rows = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds and n_rows + BATCH <= len(requests.bodies):
        rows = [
            (requests.ids[n], "service:booking", float(n), requests.bodies[n].decode())
            for n in range(n_rows, n_rows + BATCH)
        ]
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        n_rows += BATCH
    rate = n_rows / (time.perf_counter() - began)
    connection.close()
    return rate


def _stages(folder: Path, requests: Requests) -> dict[str, float]:
    """Microseconds per delivery of each stage, alone, in this process."""
    sources = discover()
    github = sources["github"]
    inbox = Inbox(sources, Keyring(folder / "keys"))
    now = datetime.now(UTC)
    some = range(min(N_STAGE, len(requests.bodies)))
    heads = [requests.headers(n) for n in some]
    bodies = requests.bodies
    secrets = (requests.secret,)
    taken = [inbox.take("github", heads[n], bodies[n], now) for n in some]
    stored = [Delivery(0, r.source, r.key, "", r.headers, r.received_at, r.body) for r in taken]
    log = SqliteLog(folder / "stages.sqlite")
    batches = [taken[n : n + BATCH] for n in range(0, len(taken), BATCH)]
    try:
        return {
            "verify": _us(
                len(some), lambda: [github.verify(heads[n], bodies[n], secrets, now) for n in some]
            ),
            "take": _us(len(some), lambda: [inbox.take("github", heads[n], bodies[n], now) for n in some]),
            "parse": _us(len(some), lambda: [read_delivery(sources, each) for each in stored]),
            "digest": _us(len(some), lambda: [mark(each) for each in taken]),
            "append_64": _us(len(some), lambda: [log.append(batch) for batch in batches]),
        }
    finally:
        log.close()


def _us(n: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return round((time.perf_counter() - began) / n * 1e6, 1)
