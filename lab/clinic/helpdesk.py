"""The help desk: people write to `POST /letters {"kind"}`, tickets go out to the inbox."""

import argparse
import asyncio
import random
from collections import Counter
from typing import Any

from aiohttp import ClientSession, web

from lab.clinic import wording
from lab.program import serve
from lab.senders.zendesk import Ticket, Zendesk


class HelpDesk:
    """Numbers tickets in order of arrival."""

    def __init__(self, inbox_url: str, seed: int) -> None:
        self._inbox_url = inbox_url
        self._random = random.Random(f"helpdesk {seed}")
        self._number = self._random.randrange(40_000, 60_000)
        self._counts: Counter[str] = Counter()
        self.app = web.Application()
        self.app.router.add_post("/letters", self.take)
        self.app.router.add_get("/counts", self.counts)
        self.app.cleanup_ctx.append(self._resources)

    async def take(self, request: web.Request) -> web.Response:
        """`POST /letters`: make a ticket of it."""
        kind = str((await request.json())["kind"])
        if kind not in wording.VOICES:
            raise web.HTTPUnprocessableEntity(text=f"nobody writes about {kind}")
        letter = wording.write(kind, self._random)
        self._number += self._random.randrange(1, 4)
        ticket = Ticket(
            number=self._number,
            group_id=letter.group_id,
            requester_id=self._random.randrange(10**11, 10**12),
            subject=letter.subject,
            description=letter.body,
            channel=letter.channel,
            tags=letter.tags,
        )
        await self._zendesk.post(ticket)
        self._counts[kind] += 1
        return web.json_response({"ticket": ticket.number})

    async def counts(self, _: web.Request) -> web.Response:
        """`GET /counts`: tickets by kind of trouble."""
        return web.json_response(dict(self._counts))

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession()
        self._zendesk = Zendesk(self._session, self._inbox_url)
        yield
        await self._session.close()


def main() -> None:
    """Serve until stopped."""
    arguments = argparse.ArgumentParser(prog="lab.clinic.helpdesk")
    arguments.add_argument("--inbox-url", required=True)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    asyncio.run(serve(HelpDesk(options.inbox_url, options.seed).app))


if __name__ == "__main__":
    main()
