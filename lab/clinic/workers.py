"""The workers of a pod: each request goes to the one whose turn it is, and one can get stuck."""

import asyncio
import itertools

from aiohttp import web

from lab.clinic.metrics import INTERNAL_PATHS, Handler

N_WORKERS = 2
# Then the pod gives a request up.
DEADLINE_S = 5.0


class Workers:
    """Hands requests out in turn; a stuck worker gets its share as well, and does nothing with it."""

    def __init__(self) -> None:
        self._turn = itertools.cycle(range(N_WORKERS))
        self._stuck: set[int] = set()

    async def wedge(self, _: web.Request) -> web.Response:
        """`POST /wedge`: the first worker never answers again; the pod stays ready."""
        self._stuck.add(0)
        return web.json_response({"stuck": len(self._stuck)})

    @web.middleware
    async def hand_over(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """503 after the deadline for what a stuck worker was given."""
        if request.path not in INTERNAL_PATHS and next(self._turn) in self._stuck:
            await asyncio.sleep(DEADLINE_S)
            return web.Response(status=503, text="worker timed out")
        return await handler(request)
