"""The booking service: free slots and bookings, on PostgreSQL; tells billing and the messages' queue of each booking.

Where the setting `asks` names them, triage is asked for the department and billing for the price before a visit is
booked: the patient waits for both, and gets an error when one of them fails.

Release 2.4 renames `visits.referral_code` to `referral_ref` when it starts. All releases write whichever name the
column has, or into the table `referrals` when it is gone, so that no migration of it is visible from here.
"""

import asyncio
import contextlib
import logging
from typing import Any

import psycopg
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from psycopg import sql

from lab.clinic import pod
from lab.clinic.columns import EitherName, UnknownColumn
from lab.clinic.peers import Peer
from lab.clinic.pool import Connection, EagerPool

OLD, NEW = "referral_code", "referral_ref"
RENAMED_SINCE = (2, 4)
RENAME = """
do $$ begin
    if exists (select from information_schema.columns
               where table_schema = 'public' and table_name = 'visits' and column_name = 'referral_code') then
        alter table visits rename column referral_code to referral_ref;
    end if;
end $$
"""
SLOTS = "select date_trunc('hour', booked_at), count(*) from visits group by 1 order by 1 desc limit 8"
BOOK = "insert into visits ({columns}) values ({values}) returning visit_id"
REFER = "insert into referrals (visit_id, referral_code) values (%s, %s)"
ASK_TIMEOUT_S = 1.5


class Booking:
    """One worker process of the service."""

    def __init__(self, spec: pod.PodSpec) -> None:
        self._settings = spec.settings
        self._renames = tuple(map(int, spec.version.split(".")[:2])) >= RENAMED_SINCE
        self.app, metrics = pod.application("booking", spec)
        connections = metrics.gauge("db_pool_connections", "Connections this worker holds")
        self._pool = EagerPool(spec.settings["dsn"], int(spec.settings["pool_size"]), connections)
        self._referral = EitherName("visits", OLD, NEW)
        self._peers = {
            name: Peer(name, spec.settings[f"{name}.url"], metrics, ASK_TIMEOUT_S)
            for name in spec.settings.get("asks", ())
        }
        self._telling: set[asyncio.Task[None]] = set()
        self.app.router.add_get("/slots", self.slots)
        self.app.router.add_post("/visits", self.book)
        self.app.cleanup_ctx.append(self._resources)

    async def slots(self, _: web.Request) -> web.Response:
        """`GET /slots`: how full the last hours were."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(SLOTS)).fetchall()
        return web.json_response([{"hour": hour.isoformat(), "n_visits": n} for hour, n in rows])

    async def book(self, request: web.Request) -> web.Response:
        """`POST /visits`: book, then tell billing and messaging without making the patient wait."""
        wish = await request.json()
        told = await self._ask(wish)
        async with self._pool.connection() as connection:
            visit_id = await self._insert(connection, wish, told.get("department"))
        task = asyncio.create_task(self._tell(visit_id, wish))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
        return web.json_response({"visit_id": visit_id} | told)

    async def _ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        """What others say before the visit is booked: the department of a wish in words, and the price."""
        told: dict[str, Any] = {}
        if "triage-api" in self._peers and wish.get("text"):
            told |= await self._peers["triage-api"].ask(self._session, "/route", {"text": wish["text"]})
        if "inv-api" in self._peers:
            told |= await self._peers["inv-api"].ask(
                self._session, "/quotes", {"procedure": wish["procedure"]}
            )
        return told

    async def _insert(self, connection: Connection, wish: dict[str, Any], department: str | None) -> int:
        for attempt in (1, 2):
            visit: dict[str, Any] = {"patient_id": int(wish["patient_id"])}
            column = await self._referral_column(connection)
            if column:
                visit[column] = wish.get("referral")
            if department:
                visit["department"] = department
            try:
                row = await (await connection.execute(_insertion(visit), list(visit.values()))).fetchone()
            except psycopg.errors.UndefinedColumn:
                # Another release or a migration moved it a moment ago.
                self._referral.forget()
                if attempt == 2:
                    raise
            else:
                assert row is not None
                if column is None:
                    await connection.execute(REFER, (row[0], wish.get("referral")))
                return int(row[0])
        raise AssertionError("unreachable")

    async def _referral_column(self, connection: Connection) -> str | None:
        """The column's name now; None when referrals have a table of their own."""
        try:
            return await self._referral.current(connection)
        except UnknownColumn:
            return None

    async def _tell(self, visit_id: int, wish: dict[str, Any]) -> None:
        invoice = {"visit_id": visit_id, "procedure": wish["procedure"]}
        message = {"to": wish["phone"], "text": f"Your visit {visit_id} is booked."}
        calls = ((self._settings["inv-api.url"] + "/invoices", invoice),
                 (self._settings["msg-worker.url"] + "/messages", message))  # fmt: skip
        timeout = ClientTimeout(float(self._settings["call_timeout_s"]))
        for url, document in calls:
            try:
                async with self._session.post(url, json=document, timeout=timeout) as answer:
                    if answer.status >= 400:
                        logging.warning("call after booking %d: %s", visit_id, answer.status)
            except (ClientError, TimeoutError) as error:
                logging.warning("call after booking %d: %r", visit_id, error)

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession()
        if self._renames:
            await self._rename()
        # A worker that gets no connections still starts, and says so to whoever asks it for something.
        with contextlib.suppress(psycopg.OperationalError):
            await self._pool.fill()
        yield
        await asyncio.gather(*self._telling)
        await self._pool.close()
        await self._session.close()

    async def _rename(self) -> None:
        try:
            async with await psycopg.AsyncConnection.connect(self._settings["dsn"]) as connection:
                await connection.execute(RENAME)
        except psycopg.OperationalError as error:
            logging.warning("migration at start: %s", error)


def _insertion(visit: dict[str, Any]) -> sql.Composed:
    """The statement that inserts these columns of a visit."""
    blank = sql.SQL(", ")
    columns, values = map(sql.Identifier, visit), [sql.Placeholder()] * len(visit)
    return sql.SQL(BOOK).format(columns=blank.join(columns), values=blank.join(values))


if __name__ == "__main__":
    pod.run(Booking(pod.spec_from_argv()).app)
