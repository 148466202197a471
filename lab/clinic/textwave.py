"""The vendor who carries text messages to phones. `POST /admin/break` makes it fail as vendors do, `/admin/mend` ends that.

What customers call has an address of its own (`GET /admin/address`), so that it can be closed.
"""

import argparse
import asyncio
import contextlib
import random
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from lab.program import listening, serve

CARRY_S = (0.02, 0.12)
# Longer than anybody waits.
HANG_S = 12.0
# Ways to fail, and the share of calls that each refuses at once; the others hang. `gone` takes no calls at all.
REFUSED = {"overload": 0.65, "errors": 1.0, "hangs": 0.0, "gone": 0.0}


class Textwave:
    """Accepts messages and carries each to the phone network at `phone_url`."""

    def __init__(self, phone_url: str, seed: int) -> None:
        self._phone_url = phone_url
        self._random = random.Random(seed)
        self._how = ""
        self._port = 0
        self._open = contextlib.AsyncExitStack()
        self._n_failed = 0
        self._first_failed_at: datetime | None = None
        self.app = web.Application()
        self.app.router.add_post("/admin/break", self.break_)
        self.app.router.add_post("/admin/mend", self.mend)
        self.app.router.add_get("/admin/failures", self.failures)
        self.app.router.add_get("/admin/address", self.address)
        self.app.cleanup_ctx.append(self._resources)

    async def carry(self, request: web.Request) -> web.Response:
        """`POST /v1/messages`: 200 once the phone network took it."""
        message = await request.json()
        if self._how:
            return await self._fail()
        await asyncio.sleep(self._random.uniform(*CARRY_S))
        async with self._session.post(self._phone_url, json=message, timeout=ClientTimeout(5)) as answer:
            return web.json_response({"status": "sent"}, status=200 if answer.ok else 502)

    async def _fail(self) -> web.Response:
        self._first_failed_at = self._first_failed_at or datetime.now(UTC)
        self._n_failed += 1
        if self._random.random() >= REFUSED[self._how]:
            await asyncio.sleep(HANG_S)
        return web.json_response({"error": "upstream carrier unavailable"}, status=503)

    async def break_(self, request: web.Request) -> web.Response:
        """`POST /admin/break {"how"}`: one of the ways in REFUSED."""
        how = str((await request.json())["how"])
        if how not in REFUSED:
            raise web.HTTPUnprocessableEntity(text=f"nobody fails by {how}")
        self._how = how
        if how == "gone":
            # Nobody can count calls that don't arrive: it fails from now on.
            await self._open.aclose()
            self._first_failed_at = self._first_failed_at or datetime.now(UTC)
        return web.json_response({"broken": True})

    async def mend(self, _: web.Request) -> web.Response:
        """`POST /admin/mend`."""
        if self._how == "gone":
            await self._listen()
        self._how = ""
        return web.json_response({"broken": False})

    async def address(self, _: web.Request) -> web.Response:
        """`GET /admin/address`: where customers call."""
        return web.json_response({"url": f"http://127.0.0.1:{self._port}"})

    async def _listen(self) -> None:
        """Take calls, always on the same port."""
        calls = web.Application()
        calls.router.add_post("/v1/messages", self.carry)
        self._port = await self._open.enter_async_context(listening(calls, port=self._port))

    async def failures(self, _: web.Request) -> web.Response:
        """`GET /admin/failures`: how many calls failed, and when the first did."""
        first = self._first_failed_at.isoformat() if self._first_failed_at else None
        return web.json_response({"n_failed": self._n_failed, "first_failed_at": first})

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession()
        await self._listen()
        yield
        await self._open.aclose()
        await self._session.close()


def main() -> None:
    """Serve until stopped."""
    arguments = argparse.ArgumentParser(prog="lab.clinic.textwave")
    arguments.add_argument("--phone-url", required=True)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    asyncio.run(serve(Textwave(options.phone_url, options.seed).app))


if __name__ == "__main__":
    main()
