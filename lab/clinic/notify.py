"""The notify service: a queue of text messages, sent through a vendor, tried again until they go out."""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from lab.clinic import pod

PEER = "sms.textwave.example"
N_SENDERS = 8
RETRY_S = 3.0
DRAIN_S = 6.0


@dataclass(frozen=True, slots=True)
class Message:
    """A text for one phone."""

    to: str
    text: str


class Notify:
    """One worker process: takes messages over HTTP, holds them in memory, sends them."""

    def __init__(self, spec: pod.PodSpec) -> None:
        self._settings = spec.settings
        self.app, metrics = pod.application("notify", spec)
        self._depth = metrics.gauge("queue_depth", "Messages not yet accepted by the vendor")
        self._peer = metrics.peer(PEER)
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._n_waiting = 0
        self.app.router.add_post("/messages", self.accept)
        self.app.cleanup_ctx.append(self._resources)

    async def accept(self, request: web.Request) -> web.Response:
        """`POST /messages`: queue one message."""
        document = await request.json()
        self._count(+1)
        self._queue.put_nowait(Message(str(document["to"]), str(document["text"])))
        return web.json_response({"queued": self._n_waiting})

    async def _send_all(self) -> None:
        while True:
            message = await self._queue.get()
            if await self._send(message):
                self._count(-1)
            else:
                self._queue.put_nowait(message)
                await asyncio.sleep(RETRY_S)

    async def _send(self, message: Message) -> bool:
        began_s, code = time.perf_counter(), "error"
        document = {"to": message.to, "text": message.text}
        timeout = ClientTimeout(float(self._settings["vendor_timeout_s"]))
        try:
            url = self._settings["vendor_url"] + "/v1/messages"
            async with self._session.post(url, json=document, timeout=timeout) as answer:
                code = str(answer.status)
        except TimeoutError:
            code = "timeout"
        except ClientError as error:
            logging.warning("vendor: %r", error)
        self._peer.observe(code, time.perf_counter() - began_s)
        return code == "200"

    def _count(self, change: int) -> None:
        self._n_waiting += change
        self._depth.set(self._n_waiting)

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession()
        senders = [asyncio.create_task(self._send_all()) for _ in range(N_SENDERS)]
        yield
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while self._n_waiting:
                    await asyncio.sleep(0.1)
        for sender in senders:
            sender.cancel()
        await self._session.close()


if __name__ == "__main__":
    pod.run(Notify(pod.spec_from_argv()).app)
