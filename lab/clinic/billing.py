"""The billing service: writes an invoice for each visit, at the price of its procedure.

A quote is a price before there is a visit. Settings that releases bring: `catalogue` (5.2.0 quotes from the list of
next year, which lacks procedures), `archives`.

It writes the amount under any of its names, in cents or as a decimal, so that a migration of it hurts nothing here.
Prices are cached and forgotten together now and then; the hit ratio then dips, which harms nobody.
"""

import asyncio
import contextlib
import time
from collections import deque
from decimal import Decimal
from typing import Any

import psycopg
from aiohttp import web
from psycopg import sql

from lab.clinic import pod
from lab.clinic.archive import Archive
from lab.clinic.columns import EitherName
from lab.clinic.pool import Connection, EagerPool

INVOICE = "insert into invoices (visit_id, procedure, {column}) values (%s, %s, %s) returning invoice_id"
PRICE = "select amount_cents from prices where procedure = %s"
# Next year's list so far: whoever asks for another procedure finds no entry.
NEXT_YEAR = {f"proc-{n}": 2700 + 750 * n for n in range(1, 8)}
DECIMAL = "net_amount"
RATIO_WINDOW_S = 15.0
RATIO_EVERY_S = 1.5


class PriceCache:
    """Prices by procedure, dropped all at once every `lifetime_s`, with the recent share of hits."""

    def __init__(self, lifetime_s: float, now_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._prices: dict[str, int] = {}
        self._lookups: deque[tuple[float, bool]] = deque()
        self._dropped_s = now_s

    def find(self, procedure: str, now_s: float) -> int | None:
        """The cached price, if any."""
        if now_s - self._dropped_s > self._lifetime_s:
            self._prices.clear()
            self._dropped_s = now_s
        price = self._prices.get(procedure)
        self._lookups.append((now_s, price is not None))
        return price

    def keep(self, procedure: str, cents: int) -> None:
        """Remember a price."""
        self._prices[procedure] = cents

    def hit_ratio(self, now_s: float) -> float:
        """Hits among the lookups of the last seconds; 1.0 without any."""
        while self._lookups and self._lookups[0][0] < now_s - RATIO_WINDOW_S:
            self._lookups.popleft()
        return sum(hit for _, hit in self._lookups) / len(self._lookups) if self._lookups else 1.0


class Billing:
    """One worker process of the service."""

    def __init__(self, spec: pod.PodSpec) -> None:
        self._settings = spec.settings
        self._archive = Archive()
        self.app, metrics = pod.application("billing", spec)
        connections = metrics.gauge("db_pool_connections", "Connections this worker holds")
        self._ratio = metrics.gauge("price_cache_hit_ratio", "Share of price lookups answered from memory")
        self._pool = EagerPool(spec.settings["dsn"], int(spec.settings["pool_size"]), connections)
        self._cache = PriceCache(float(spec.settings["price_cache_s"]), time.monotonic())
        self._amount = EitherName("invoices", "amount_cents", "net_amount_minor", DECIMAL)
        self.app.router.add_post("/invoices", self.invoice)
        self.app.router.add_post("/quotes", self.quote)
        self.app.cleanup_ctx.append(self._resources)

    async def invoice(self, request: web.Request) -> web.Response:
        """`POST /invoices`: write one invoice."""
        visit = await request.json()
        async with self._pool.connection() as connection:
            cents = await self._price(connection, str(visit["procedure"]))
            invoice_id = await self._insert(
                connection, int(visit["visit_id"]), str(visit["procedure"]), cents
            )
        return web.json_response({"invoice_id": invoice_id})

    async def quote(self, request: web.Request) -> web.Response:
        """`POST /quotes {"procedure"}`: what it will cost."""
        procedure = str((await request.json())["procedure"])
        if self._settings.get("archives"):
            await self._archive.enter()
        if self._settings.get("catalogue") == "next year":
            return web.json_response({"amount_cents": NEXT_YEAR[procedure]})
        async with self._pool.connection() as connection:
            return web.json_response({"amount_cents": await self._price(connection, procedure)})

    async def _price(self, connection: Connection, procedure: str) -> int:
        cents = self._cache.find(procedure, time.monotonic())
        if cents is None:
            row = await (await connection.execute(PRICE, (procedure,))).fetchone()
            if row is None:
                raise web.HTTPUnprocessableEntity(text=f"no price for {procedure}")
            cents = int(row[0])
            self._cache.keep(procedure, cents)
        return cents

    async def _insert(self, connection: Connection, visit_id: int, procedure: str, cents: int) -> int:
        for attempt in (1, 2):
            name = await self._amount.current(connection)
            amount = Decimal(cents) / 100 if name == DECIMAL else cents
            statement = sql.SQL(INVOICE).format(column=sql.Identifier(name))
            try:
                row = await (await connection.execute(statement, (visit_id, procedure, amount))).fetchone()
            except psycopg.errors.UndefinedColumn:
                # A migration moved it a moment ago.
                self._amount.forget()
                if attempt == 2:
                    raise
            else:
                assert row is not None
                return int(row[0])
        raise AssertionError("unreachable")

    async def _watch_ratio(self) -> None:
        while True:
            self._ratio.set(self._cache.hit_ratio(time.monotonic()))
            await asyncio.sleep(RATIO_EVERY_S)

    async def _resources(self, _: web.Application) -> Any:
        with contextlib.suppress(psycopg.OperationalError):
            await self._pool.fill()
        watching = asyncio.create_task(self._watch_ratio())
        yield
        watching.cancel()
        await self._pool.close()


if __name__ == "__main__":
    pod.run(Billing(pod.spec_from_argv()).app)
