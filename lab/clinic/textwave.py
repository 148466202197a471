"""The vendor who carries text messages to phones. `POST /admin/break` makes it fail as vendors do, `/admin/mend` ends that."""

import argparse
import asyncio
import random
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from lab.program import serve

CARRY_S = (0.02, 0.12)
# When broken: this share of calls is refused at once, the others hang longer than anybody waits.
REFUSED = 0.65
HANG_S = 12.0


class Textwave:
    """Accepts messages and carries each to the phone network at `phone_url`."""

    def __init__(self, phone_url: str, seed: int) -> None:
        self._phone_url = phone_url
        self._random = random.Random(seed)
        self._broken = False
        self._n_failed = 0
        self._first_failed_at: datetime | None = None
        self.app = web.Application()
        self.app.router.add_post("/v1/messages", self.carry)
        self.app.router.add_post("/admin/{state:break|mend}", self.switch)
        self.app.router.add_get("/admin/failures", self.failures)
        self.app.cleanup_ctx.append(self._resources)

    async def carry(self, request: web.Request) -> web.Response:
        """`POST /v1/messages`: 200 once the phone network took it."""
        message = await request.json()
        if self._broken:
            return await self._fail()
        await asyncio.sleep(self._random.uniform(*CARRY_S))
        async with self._session.post(self._phone_url, json=message, timeout=ClientTimeout(5)) as answer:
            return web.json_response({"status": "sent"}, status=200 if answer.ok else 502)

    async def _fail(self) -> web.Response:
        self._first_failed_at = self._first_failed_at or datetime.now(UTC)
        self._n_failed += 1
        if self._random.random() >= REFUSED:
            await asyncio.sleep(HANG_S)
        return web.json_response({"error": "upstream carrier unavailable"}, status=503)

    async def switch(self, request: web.Request) -> web.Response:
        """`POST /admin/break|mend`."""
        self._broken = request.match_info["state"] == "break"
        return web.json_response({"broken": self._broken})

    async def failures(self, _: web.Request) -> web.Response:
        """`GET /admin/failures`: how many calls failed, and when the first did."""
        first = self._first_failed_at.isoformat() if self._first_failed_at else None
        return web.json_response({"n_failed": self._n_failed, "first_failed_at": first})

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession()
        yield
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
