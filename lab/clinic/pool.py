"""A worker's connections to PostgreSQL, all opened before they are needed."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
from prometheus_client import Gauge
from psycopg.rows import TupleRow

Connection = psycopg.AsyncConnection[TupleRow]

# Connections are renewed after a while, as every pool does behind a firewall.
LIFETIME_S = (24.0, 40.0)


# Who waits longer for a connection in use is told so.
TURN_S = 4.0


class PoolTimeout(psycopg.OperationalError):
    """All connections stayed in use."""


@dataclass(frozen=True, slots=True)
class Held:
    """An open connection and when (monotonic seconds) it has to be renewed."""

    connection: Connection
    renew_s: float


class EagerPool:
    """`size` connections or none: a pool that can't be filled gives back what it got.

    It is not ready then, every request tries to fill it again, and fails with PostgreSQL's own error.
    """

    def __init__(self, dsn: str, size: int, watched: Gauge) -> None:
        self._dsn = dsn
        self._size = size
        self._watched = watched
        self._idle: deque[Held] = deque()
        self._turns = asyncio.Semaphore(size)
        self._filling = asyncio.Lock()
        self._filled = False
        self._n_open = 0

    async def fill(self) -> None:
        """Open all connections. Raises psycopg.OperationalError, with none kept, when one is refused."""
        async with self._filling:
            if self._filled:
                return
            opened: list[Held] = []
            try:
                while len(opened) < self._size:
                    opened.append(await self._open())
            except psycopg.OperationalError:
                for held in opened:
                    await self._close(held)
                raise
            self._idle.extend(opened)
            self._filled = True

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit mode; waits while all are in use.

        Raises PoolTimeout when none came free, psycopg.OperationalError when PostgreSQL refuses one that has to be
        opened or renewed.
        """
        await self.fill()
        await self._turn()
        try:
            held = await self._take()
            try:
                yield held.connection
            finally:
                if held.connection.closed:
                    self._count(-1)
                else:
                    self._idle.append(held)
        finally:
            self._turns.release()

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(TURN_S):
                await self._turns.acquire()
        except TimeoutError:
            raise PoolTimeout(f"no connection came free within {TURN_S:g} s") from None

    async def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            await self._close(self._idle.popleft())

    async def _take(self) -> Held:
        if self._idle:
            held = self._idle.popleft()
            if time.monotonic() < held.renew_s and not held.connection.closed:
                return held
            await self._close(held)
        return await self._open()

    async def _open(self) -> Held:
        self._count(+1)
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, prepare_threshold=None
            )
        except BaseException:
            self._count(-1)
            raise
        return Held(connection, time.monotonic() + random.uniform(*LIFETIME_S))

    async def _close(self, held: Held) -> None:
        await held.connection.close()
        self._count(-1)

    def _count(self, change: int) -> None:
        self._n_open += change
        self._watched.set(self._n_open)
