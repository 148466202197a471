"""The vendor's ways to fail."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout, web

from lab.clinic.textwave import Textwave
from lab.program import listening

MESSAGE = {"to": "+43660000000", "text": "Your visit 1 is booked."}


async def _took(_: web.Request) -> web.Response:
    return web.Response(status=202)


async def with_vendor(scene: Callable[[ClientSession, str, str], Awaitable[None]]) -> None:
    """Run a scene with a session, the vendor's own address and the one customers call."""
    phones = web.Application()
    phones.router.add_post("/sms", _took)
    async with (
        listening(phones) as phone_port,
        listening(Textwave(f"http://127.0.0.1:{phone_port}/sms", 1).app) as port,
        ClientSession() as session,
    ):
        admin = f"http://127.0.0.1:{port}/admin"
        async with session.get(f"{admin}/address") as answer:
            url = (await answer.json())["url"] + "/v1/messages"
        await scene(session, admin, url)


async def sent(session: ClientSession, url: str) -> str:
    """How a call ends: its status, `timeout`, or `refused`."""
    try:
        async with session.post(url, json=MESSAGE, timeout=ClientTimeout(0.5)) as answer:
            return str(answer.status)
    except TimeoutError:
        return "timeout"
    except ClientConnectionError:
        return "refused"


def test_each_way_to_fail_looks_different_and_ends() -> None:
    """Errors are 503, hanging is a timeout, gone is a refused connection; mended, messages go out again."""

    async def scene(session: ClientSession, admin: str, url: str) -> None:
        assert await sent(session, url) == "200"
        for how, seen in (("errors", "503"), ("hangs", "timeout"), ("gone", "refused")):
            async with session.post(f"{admin}/break", json={"how": how}) as answer:
                assert answer.ok
            assert await sent(session, url) == seen
            async with session.post(f"{admin}/mend") as answer:
                assert answer.ok
            assert await sent(session, url) == "200"

    asyncio.run(with_vendor(scene))


def test_the_first_failure_is_remembered() -> None:
    """Before it fails nothing is told; afterwards the first moment stays."""

    async def scene(session: ClientSession, admin: str, url: str) -> None:
        async with session.get(f"{admin}/failures") as answer:
            assert (await answer.json())["first_failed_at"] is None
        async with session.post(f"{admin}/break", json={"how": "gone"}):
            await sent(session, url)
        async with session.get(f"{admin}/failures") as answer:
            assert (await answer.json())["first_failed_at"] is not None

    asyncio.run(with_vendor(scene))
