"""What every step is done with: one session, one lease, and somebody to tell."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.migrate import journal
from seamline.migrate.crash import Crash
from seamline.migrate.journal import Superseded
from seamline.migrate.lease import Lease
from seamline.migrate.pace import Health
from seamline.migrate.plan import Plan
from seamline.model.errors import Stop

if TYPE_CHECKING:
    from psycopg import Connection


class Progress(Struct, frozen=True):
    """Where a migration stands, for whoever watches. `n_done` of `n_all` pages; `wait` says what it waits for."""

    state: str
    step: str
    about: str
    n_done: int = 0
    n_all: int = 0
    rows_per_s: float = 0.0
    left_s: float | None = None
    canary_ms: float | None = None
    lag_s: float | None = None
    wait: str = ""


class MadeWay(Stop):
    """Somebody wants to do something else with this migration: contract or revert it."""


@dataclass(frozen=True, slots=True)
class Site:
    """Made by `conduct` for one run."""

    connection: "Connection[Any]"
    lease: Lease
    crash: Crash
    health: Callable[[], Health]
    say: Callable[[Progress], None]
    version: int  # of the server
    plan: Plan

    def whole(self, statements: Sequence[str]) -> tuple[Any, ...] | None:
        """A transaction in one round trip. The last row that it gave; an error leaves nothing behind."""
        import psycopg

        text = ";\n".join([*statements, "COMMIT"])
        try:
            cursor = self.connection.execute(text)
        except psycopg.Error as error:
            if not self.connection.closed:
                self.connection.execute("ROLLBACK")
            if journal.is_superseded(error):
                raise Superseded(str(error).splitlines()[0], hint="that one goes on") from None
            raise
        last = None
        while True:
            if cursor.description is not None and cursor.rowcount > 0:
                last = cursor.fetchone()
            if not cursor.nextset():
                return last

    def hold(self) -> str:
        """What every transaction says first."""
        return journal.hold(self.lease.migration, self.lease.epoch)

    def heed(self) -> None:
        """Stop here when another conductor has taken over, or somebody wants to do something else."""
        health = self.health()
        if health.superseded:
            raise Superseded(f"{self.lease.migration} was taken over", hint="the other conductor goes on")
        if health.wish:
            raise MadeWay(f"{self.lease.migration}: stopped for another command", hint="that one goes on")

    def rest(self, seconds: float) -> None:
        """Do nothing for a while, but heed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            self.heed()
