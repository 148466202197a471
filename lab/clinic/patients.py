"""Patients and partners: they ask for slots, book, wait for the text message, and write when they were let down.

Load is open-loop: requests start at their time whether or not earlier ones were answered. Where triage runs, patients
say in words what they come for, and whoever sees them tells triage where they belong.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from lab.clinic.triage import wishes
from lab.program import serve

PATIENCE_S = 8.0
SMS_PATIENCE_S = 14.0
MAX_RATE = 20.0
# Of those who were let down, this share writes, after some seconds of swearing.
WRITES = {"patient": 0.07, "partner": 0.004}
WRITES_WITH_WISH = 0.22  # who is in pain and was let down
REVIEW_S = (2.0, 7.0)
SWEARING_S = (2.0, 12.0)
PARTNERS = ("NORD", "SEEHOF", "KIDS")
N_PROCEDURES = 12


class Public:
    """Everyone outside: drives the booking service, and is the phone network that text messages reach."""

    def __init__(self, helpdesk_url: str, seed: int) -> None:
        self._helpdesk_url = helpdesk_url
        self._random = random.Random(f"patients {seed}")
        self._wishes = random.Random(f"wishes {seed}")
        self._booking_url = ""
        self._triage_url = ""
        self._rates: dict[str, float] = {"patient": 0.0, "partner": 0.0}
        self._hurts: list[dict[str, str]] = []
        self._n_requests = 0
        self._arrived: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.app = web.Application()
        self.app.router.add_post("/sms", self.sms)
        self.app.router.add_post("/traffic", self.traffic)
        self.app.router.add_get("/hurts", self.hurts)
        self.app.cleanup_ctx.append(self._resources)

    async def sms(self, request: web.Request) -> web.Response:
        """`POST /sms`: a text message reaches a phone."""
        message = await request.json()
        if arrived := self._arrived.get(message["to"]):
            arrived.set()
        return web.Response(status=202)

    async def traffic(self, request: web.Request) -> web.Response:
        """`POST /traffic {"booking_url", "triage_url", "patient": requests/s, "partner": requests/s}`, each optional."""
        wish = await request.json()
        self._booking_url = wish.get("booking_url", self._booking_url)
        self._triage_url = wish.get("triage_url", self._triage_url)
        rates = self._rates | {who: float(wish[who]) for who in self._rates if who in wish}
        if sum(rates.values()) > MAX_RATE:
            raise web.HTTPUnprocessableEntity(text=f"at most {MAX_RATE} requests/s")
        self._rates = rates
        return web.json_response(self._rates)

    async def hurts(self, _: web.Request) -> web.Response:
        """`GET /hurts`: who was let down when, how."""
        return web.json_response({"n_requests": self._n_requests, "hurts": self._hurts})

    async def _drive(self, who: str) -> None:
        due_s = time.monotonic()
        while True:
            rate = self._rates[who]
            if rate <= 0:
                await asyncio.sleep(0.1)
                due_s = time.monotonic()
                continue
            # From due time to due time: a busy machine delays requests but does not thin them out.
            due_s += self._random.uniform(0.6, 1.4) / rate
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            books = self._random.random() < 0.5
            self._soon(self._book(who) if books else self._look(who))

    async def _look(self, who: str) -> None:
        await self._ask(who, "GET", "/slots", None)

    async def _book(self, who: str) -> None:
        phone = f"+4366{self._random.randrange(10**8, 10**9)}"
        referred = who == "partner" or self._random.random() < 0.6
        wish = {
            "patient_id": self._random.randrange(100_000, 999_999),
            "referral": f"{self._random.choice(PARTNERS)}-{self._random.randrange(1000, 9999)}"
            if referred
            else None,
            "procedure": f"proc-{self._random.randint(1, N_PROCEDURES)}",
            "phone": phone,
        }
        about = wishes.wish(self._wishes) if who == "patient" and self._triage_url else None
        if about:
            wish["text"] = about.text
        arrived = self._arrived[phone] = asyncio.Event()
        try:
            if visit := await self._ask(who, "POST", "/visits", wish):
                if about:
                    self._soon(self._be_seen(who, about, visit))
                await asyncio.wait_for(arrived.wait(), SMS_PATIENCE_S)
        except TimeoutError:
            self._let_down(who, "no_sms", "no text message")
        finally:
            del self._arrived[phone]

    async def _be_seen(self, who: str, about: wishes.Wish, visit: dict[str, Any]) -> None:
        """The patient comes to the department they were sent to, and a clinician says where they belong."""
        await asyncio.sleep(self._wishes.uniform(*REVIEW_S))
        if visit["department"] != about.department:
            if about.plain:
                self._let_down(who, "wrong_department", f"sent to {visit['department']}")
            elif self._wishes.random() < WRITES_WITH_WISH:
                self._soon(
                    self._write("wrong_department")
                )  # nobody could know better, but they don't see that
        review = {"prediction_id": visit["prediction_id"], "department": about.department}
        async with self._session.post(self._triage_url + "/reviews", json=review):
            pass  # a review that is lost is nobody's trouble

    async def _ask(self, who: str, method: str, path: str, document: Any) -> Any:
        """What the booking service answered; None when it did not do what it was asked."""
        self._n_requests += 1
        try:
            async with self._session.request(
                method, self._booking_url + path, json=document, timeout=ClientTimeout(PATIENCE_S)
            ) as answer:
                said = await answer.text()
                if answer.ok:
                    return json.loads(said)
        except (ClientError, TimeoutError) as error:
            said = repr(error)
        self._let_down(who, "cannot_book", said[:200])
        return None

    def _let_down(self, who: str, kind: str, said: str) -> None:
        self._hurts.append({"at": datetime.now(UTC).isoformat(), "who": who, "kind": kind, "said": said})
        if self._random.random() < (WRITES_WITH_WISH if self._triage_url else WRITES[who]):
            self._soon(self._write(kind))

    async def _write(self, kind: str) -> None:
        await asyncio.sleep(self._random.uniform(*SWEARING_S))
        async with self._session.post(self._helpdesk_url + "/letters", json={"kind": kind}) as answer:
            answer.raise_for_status()

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession()
        driving = [asyncio.create_task(self._drive(who)) for who in self._rates]
        yield
        for task in [*driving, *self._tasks]:
            task.cancel()
        await self._session.close()


def main() -> None:
    """Serve until stopped; no traffic before the first `POST /traffic`."""
    arguments = argparse.ArgumentParser(prog="lab.clinic.patients")
    arguments.add_argument("--helpdesk-url", required=True)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    asyncio.run(serve(Public(options.helpdesk_url, options.seed).app))


if __name__ == "__main__":
    main()
