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
WAIT_S = 3.0


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
        self._free = asyncio.Condition()
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
        """A connection in autocommit mode. Raises psycopg.OperationalError when there is none to be had."""
        held = await self._take()
        try:
            yield held.connection
        finally:
            await self._give_back(held)

    async def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            await self._close(self._idle.popleft())

    async def _take(self) -> Held:
        await self.fill()
        async with self._free:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._free.wait_for(self._is_available), WAIT_S)
        if self._idle:
            held = self._idle.popleft()
            if time.monotonic() < held.renew_s and not held.connection.closed:
                return held
            await self._close(held)
        if self._n_open < self._size:
            return await self._open()
        raise psycopg.OperationalError("no connection came free in time")

    def _is_available(self) -> bool:
        return bool(self._idle) or self._n_open < self._size

    async def _give_back(self, held: Held) -> None:
        if held.connection.closed:
            self._count(-1)
        else:
            self._idle.append(held)
        async with self._free:
            self._free.notify()

    async def _open(self) -> Held:
        self._count(+1)
        try:
            connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, prepare_threshold=None)
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
