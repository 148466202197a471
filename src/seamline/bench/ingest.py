"""How fast deliveries are taken in, as ratios that hold on any machine.

In one run, on the same cores, with the same load, turn by turn: SQLite alone inserting the same bodies 64 to a
commit, this server with a log that stores nothing, this server. Ratios are medians over the rounds, so that what else
the machine does meanwhile hits all three. Then what each stage costs on its own. The load comes from this process over
loopback, signed beforehand, one request at a time per connection.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from seamline.app.ingest import Inbox, read_delivery
from seamline.bench.load import Load, Requests, Running, cpu_s, drive, started
from seamline.model.delivery import Delivery
from seamline.sources import discover
from seamline.store.keyring import Keyring
from seamline.store.sequence import mark
from seamline.store.sqlite import SqliteLog

BATCH = 64
N_STAGE = 4096  # deliveries per stage when a stage is timed alone

MOST_PER_S = 30_000  # deliveries made ready for each second of a turn

Figures = dict[str, object]


class Round(Struct, frozen=True):
    """One turn of each of the three."""

    bare_per_s: float
    without: Load
    stored: Load


def run(seconds: float = 1.0, clients: int = 64, rounds: int = 5) -> Figures:
    """Rates per second, the two ratios that are promised, and where a delivery's time goes in microseconds.

    `seconds` is the length of each turn; three turns make a round.
    """
    per_turn = max(round(seconds * MOST_PER_S), BATCH)
    requests = Requests(per_turn * rounds)
    with TemporaryDirectory(prefix="seamline-bench-") as name:
        folder = Path(name)
        with (
            closing(_bare(folder / "bare.sqlite")) as bare,
            started(folder / "without", "--no-store") as without,
            started(folder / "with") as stored,
        ):
            turns = [
                Round(
                    _bare_rate(bare, requests, turn, seconds),
                    _served(without, requests, turn, seconds, clients),
                    _served(stored, requests, turn, seconds, clients),
                )
                for turn in (slice(n * per_turn, (n + 1) * per_turn) for n in range(rounds))
            ]
        stages = _stages(folder, requests)
    return _figures(turns, clients, len(requests.bodies[0])) | {"stage_us": stages}


def _figures(rounds: Sequence[Round], clients: int, n_bytes: int) -> Figures:
    last = rounds[-1].stored
    return {
        "clients": clients,
        "body_bytes": n_bytes,
        "rounds": len(rounds),
        "per_s": {
            "bare_insert": round(median(r.bare_per_s for r in rounds)),
            "server_without_store": round(median(r.without.per_s for r in rounds)),
            "server": round(median(r.stored.per_s for r in rounds)),
        },
        "server_to_bare_insert": round(median(r.stored.per_s / r.bare_per_s for r in rounds), 3),
        "server_to_no_store": round(median(r.stored.per_s / r.without.per_s for r in rounds), 3),
        "latency_ms": {"p50": last.quantile_ms(0.5), "p99": last.quantile_ms(0.99)},
        "refused": sum(r.stored.n_refused + r.without.n_refused for r in rounds),
        "server_cpu_us_per_delivery": {
            "without_store": round(median(r.without.cpu_us for r in rounds), 1),
            "with_store": round(median(r.stored.cpu_us for r in rounds), 1),
        },
    }


def _served(server: Running, requests: Requests, turn: slice, seconds: float, clients: int) -> Load:
    """What one server process takes from `clients` connections in one turn."""
    before = cpu_s(server.pid)
    load = drive(server.port, requests.wires[turn], seconds, clients)
    load.server_cpu_s = cpu_s(server.pid) - before
    return load


def _bare(path: Path) -> sqlite3.Connection:
    """SQLite alone: a unique id, an index by entity and time, WAL, FULL."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE event (id TEXT PRIMARY KEY, entity TEXT, at REAL, body TEXT)")
    connection.execute("CREATE INDEX by_entity ON event (entity, at)")
    return connection


def _bare_rate(connection: sqlite3.Connection, requests: Requests, turn: slice, seconds: float) -> float:
    """Rows per second of SQLite alone, 64 to a commit, for one turn or until its bodies are used up."""
    ids, bodies = requests.ids[turn], requests.bodies[turn]
    n_rows = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds and n_rows + BATCH <= len(ids):
        rows = [
            (ids[n], "service:booking", float(n), bodies[n].decode()) for n in range(n_rows, n_rows + BATCH)
        ]
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        n_rows += BATCH
    return n_rows / (time.perf_counter() - began)


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
