"""One trial: something is done to the table under traffic, and what the clients, the ledger and the server say of it."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from seamline.bench.migrate import ledger, serverlog
from seamline.bench.migrate.ledger import Account, Differences, Shape
from seamline.bench.migrate.log import Waits, waits
from seamline.bench.migrate.server import CONDUCTOR, SUPER, execute, rows
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.traffic import Traffic, Version, traffic
from seamline.bench.migrate.watch import Held, Watch


class Stage:
    """What a subject acts on: the database, and the traffic on it, to which it may add clients of the new version.

    What it does in a `phase` is measured under that name; a phase may come more than once.
    """

    def __init__(self, database: Database, traffic: Traffic, per_s: float) -> None:
        self.database, self.traffic, self.per_s = database, traffic, per_s
        self.spans: dict[str, list[tuple[float, float]]] = defaultdict(list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """A span of time whose waits count under a name."""
        began = time.time()
        try:
            yield
        finally:
            self.spans[name].append((began, time.time()))


Subject = Callable[[Stage], Mapping[str, Any]]  # does it, and returns figures of its own


class Trial(Struct, frozen=True):
    """What came of one subject."""

    seconds: float  # from its beginning to its end
    waits: Waits  # of requests that were due in any phase
    phases: Mapping[str, Waits]
    behind_it_s: float  # a client's longest wait for a lock that the subject held or queued for
    any_lock_s: float  # a client's longest wait for any lock
    held: Held
    failed: Mapping[str, int]  # client statements by SQLSTATE
    account: Account
    differing: Mapping[str, Differences]  # by shape
    wal_mb: float
    grown_mb: float
    figures: Mapping[str, Any]

    @property
    def exact(self) -> bool:
        """No write lost, doubled or changed, in the logs or in any shape of the table."""
        return self.account.exact and not any(d.n for d in self.differing.values())


class Pace(Struct, frozen=True):
    """How much traffic, how long it has been on before the subject begins, and how long it stays on afterwards."""

    per_s: float
    warm_s: float = 3.0
    after_s: float = 3.0  # what is stuck at the end comes to its own end


def run(
    database: Database, subject: Subject, pace: Pace, shapes: Sequence[Shape], version: Version | None = None
) -> Trial:
    """Put traffic on, let the subject act, take the traffic off, and hold everything against everything."""
    wal, size = _wal(database), _size(database)
    with traffic(database, version or Version(), pace.per_s) as running:
        time.sleep(pace.warm_s)
        stage = Stage(database, running, pace.per_s)
        with Watch(database) as watch:
            began = time.time()
            figures = subject(stage)
            seconds = time.time() - began
        time.sleep(pace.after_s)
        running.end()
        lines = running.lines()
    entries = serverlog.read(database.server.log_file, database.name)
    locks = serverlog.lock_waits(entries)
    return Trial(
        seconds=seconds,
        waits=waits(lines, [span for spans in stage.spans.values() for span in spans]),
        phases={name: waits(lines, spans) for name, spans in stage.spans.items()},
        behind_it_s=serverlog.longest_wait_s(locks, serverlog.processes(entries, CONDUCTOR)),
        any_lock_s=serverlog.longest_wait_s(locks),
        held=watch.held(),
        failed=serverlog.failures(entries),
        account=ledger.account(database, lines),
        differing={shape.name: ledger.differences(database, shape) for shape in shapes},
        wal_mb=(_wal(database) - wal) / 2**20,
        grown_mb=(_size(database) - size) / 2**20,
        figures=figures,
    )


def statements(*texts: str) -> Subject:
    """A subject that runs statements as the tables' owner, one after another, as anybody would."""

    def act(stage: Stage) -> Mapping[str, Any]:
        with stage.phase("all"):
            execute(stage.database.dsn(CONDUCTOR), *texts)
        return {}

    return act


def nothing(seconds: float) -> Subject:
    """A subject that does nothing for so long: the control."""

    def act(stage: Stage) -> Mapping[str, Any]:
        with stage.phase("all"):
            time.sleep(seconds)
        return {}

    return act


def _wal(database: Database) -> int:
    return int(rows(database.dsn(SUPER), "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0])


def _size(database: Database) -> int:
    """Bytes of all relations, the ledger's own apart."""
    query = "SELECT pg_database_size(current_database()) - pg_total_relation_size('public.ledger')"
    return int(rows(database.dsn(SUPER), query)[0][0])
