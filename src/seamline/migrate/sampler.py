"""A thread that feels the database's pulse: a canary 20 times a second, and once a second what else may suffer."""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from seamline.migrate import lease as leases
from seamline.migrate.lease import Lease
from seamline.migrate.pace import Health, quantile
from seamline.migrate.session import connect
from seamline.model.errors import SeamlineError

if TYPE_CHECKING:
    from psycopg import Connection

_EVERY_S = 0.05
_NOW_S, _USUAL_S = 1.0, 900.0
_RECONNECT_S = 0.5

_OTHERS = """
SELECT (SELECT extract(epoch FROM max(replay_lag))::float8 FROM pg_stat_replication),
       (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))::bigint FROM pg_replication_slots),
       (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver),
       (SELECT EXISTS (SELECT 1 FROM pg_stat_activity
          WHERE backend_type = 'autovacuum worker' AND query LIKE '%%(to prevent wraparound)%%'
            AND position(ANY_TABLE IN query) > 0)),
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint
"""


class Sampler:
    """Runs between `start` and `stop`. `health` is the latest picture; reading it costs nothing."""

    def __init__(self, dsn: str, lease: Lease, table: str) -> None:
        self._dsn, self._lease, self._table = dsn, lease, table
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seamline canary", daemon=True)
        self._canary: deque[tuple[float, float]] = deque()  # (monotonic, seconds)
        self.health = Health()

    def start(self) -> None:
        """Begin to feel."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        import psycopg

        while not self._stopping.is_set():
            try:
                with connect(self._dsn, self._lease.migration) as connection:
                    self._feel(connection)
            except (psycopg.Error, SeamlineError):
                # the database is away, or ended this session: the main session finds out for itself
                self._stopping.wait(_RECONNECT_S)

    def _feel(self, connection: "Connection[Any]") -> None:
        next_beat = 0.0
        while not self._stopping.wait(_EVERY_S):
            now = time.monotonic()
            if now >= next_beat:
                self._beat(connection)
                next_beat = now + 1.0
            self._canary.append((now, self._once(connection)))
            self._picture(now)

    def _once(self, connection: "Connection[Any]") -> float:
        began = time.perf_counter()
        connection.execute(
            "UPDATE seam.canary SET n = n + 1 WHERE mig = %s RETURNING n", (self._lease.migration,)
        ).fetchone()
        return time.perf_counter() - began

    def _picture(self, now: float) -> None:
        while self._canary and self._canary[0][0] < now - _USUAL_S:
            self._canary.popleft()
        fresh = []
        for at, took in reversed(self._canary):
            if at < now - _NOW_S:
                break
            fresh.append(took)
        self.health = replace(self.health, canary_s=quantile(fresh, 0.95))

    def _beat(self, connection: "Connection[Any]") -> None:
        """Once a second: sign of life, wishes, and the slower measures. Ranking the last 15 minutes takes about 2 ms."""
        wish = leases.beat(connection, self._lease)
        if wish is None:
            self.health = replace(self.health, superseded=True)
            return
        text = _OTHERS.replace("ANY_TABLE", "%s::text")
        row = connection.execute(text, (self._table,)).fetchone()
        lag, slot, fails, vacuuming, wal = row if row else (None, None, False, False, None)
        usual = quantile([took for _, took in self._canary], 0.95) if len(self._canary) >= 40 else None
        self.health = replace(
            self.health, usual_s=usual, replica_lag_s=lag, slot_bytes=slot, archiver_fails=bool(fails),
            vacuuming=bool(vacuuming), wish=wish,
        )  # fmt: skip
        connection.execute(
            "INSERT INTO seam.sample (mig, canary_ms, lag, wal, slot) VALUES (%s, %s, %s, %s, %s)",
            (self._lease.migration, _ms(self.health.canary_s), lag, wal, slot),
        )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
