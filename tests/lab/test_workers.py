"""A pod's workers, one of which gets stuck."""

import asyncio

import pytest
from aiohttp import ClientSession, web

from lab.clinic import pod, workers
from lab.program import listening


async def slots(_: web.Request) -> web.Response:
    """What customers ask for."""
    return web.json_response([])


def test_a_stuck_worker_fails_every_other_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the customers get 503 at the deadline, the platform goes on seeing a pod that is ready."""
    monkeypatch.setattr(workers, "DEADLINE_S", 0.01)

    async def scene() -> None:
        app, _ = pod.application("booking", pod.PodSpec("b", "2.3.0", "", {}))
        app.router.add_get("/slots", slots)
        async with listening(app) as port, ClientSession(f"http://127.0.0.1:{port}") as http:

            async def statuses(path: str) -> list[int]:
                return [(await http.get(path)).status for _ in range(4)]

            assert await statuses("/slots") == [200] * 4
            async with http.post("/wedge"):
                assert await statuses("/slots") == [503, 200, 503, 200]
                assert await statuses("/ready") == [200] * 4

    asyncio.run(scene())
