"""How a program of the lab runs: it takes a free loopback port, says which, and serves until it is told to stop."""

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

LISTENING = "listening "


@contextlib.asynccontextmanager
async def listening(app: web.Application, *, port: int = 0) -> AsyncIterator[int]:
    """Serve `app` on 127.0.0.1 while the block runs; gives the port it got."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def stopped() -> None:
    """Return when this process is asked to end (SIGTERM, SIGINT)."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, asked.set)
    await asked.wait()


async def serve(app: web.Application) -> None:
    """Listen, print `listening PORT` for whoever started this program, and serve until stopped."""
    async with listening(app) as port:
        print(f"{LISTENING}{port}", flush=True)
        await stopped()


def end_if_failed(task: asyncio.Task[None]) -> None:
    """A task's done-callback: without that work the program is worthless, so it ends, and the run notices."""
    if not task.cancelled() and (error := task.exception()):
        logging.error("%s failed", task.get_name(), exc_info=error)
        raise SystemExit(1)


async def deliver(
    session: ClientSession, url: str, body: bytes, headers: Mapping[str, str], *, n_tries: int = 3
) -> None:
    """Post one webhook as a tool would: retried on a broken transfer and on 5xx, given up on 4xx.

    Raises RuntimeError when the receiver refused it or stayed unreachable.
    """
    said = "never sent"
    for attempt in range(n_tries):
        try:
            async with session.post(url, data=body, headers=headers, timeout=ClientTimeout(10)) as answer:
                said = f"{answer.status} {await answer.text()}"
                if answer.status < 300:
                    return
                if answer.status < 500:
                    break
        except (ClientError, TimeoutError) as error:
            said = repr(error)
        await asyncio.sleep(0.2 * (attempt + 1))
    raise RuntimeError(f"delivery to {url} failed: {said}")


def compact(document: Any) -> bytes:
    """JSON as webhook senders write it: no blanks, UTF-8."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
