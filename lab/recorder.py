"""The inbox of a recording: takes what the clinic's tools send and writes one line per delivery, in order of receipt.

It answers as the standards ask (202 for webhooks, 204 for remote write, 201 for lineage) and keeps the
bodies byte for byte. Credentials are never kept; `Host` is replaced, because the port is this run's own.
"""

import argparse
import asyncio
import base64
import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from aiohttp import ClientError, ClientSession, web

from lab.program import serve

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WEBHOOKS = ("github", "alertmanager", "kubernetes", "zendesk")
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
HOST = "inbox.clinic.example"
MAX_BODY = 4 * 1024 * 1024


def line_of(source: str, received_at: datetime, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """One recorded delivery; a body that is not UTF-8 text goes as `body_b64`."""
    kept = {name: value for name, value in headers.items() if name.lower() not in SECRET_HEADERS}
    if "Host" in kept:
        kept["Host"] = HOST
    line: dict[str, Any] = {
        "source": source,
        "received_at": received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "headers": kept,
    }
    try:
        return line | {"body": body.decode()}
    except UnicodeDecodeError:
        return line | {"body_b64": base64.b64encode(body).decode()}


FORWARD = "CLINIC_FORWARD"  # base URL of a running Seamline that gets every delivery as well


class Recorder:
    """Appends deliveries to one file; `counts` says how many came per source.

    With `forward`, each also goes on to a running Seamline, in order, to watch a story while it happens.
    """

    def __init__(self, out: TextIO, forward: str = "") -> None:
        self._out = out
        self._forward = forward
        self._in_order = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()

    def handler(self, source: str, status: int) -> Handler:
        """A handler that records under `source` and answers `status`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            line = line_of(source, datetime.now(UTC), dict(request.headers), body)
            self._out.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._out.flush()
            self.counts[source] += 1
            if self._forward:
                task = asyncio.create_task(self._pass_on(request.path, dict(request.headers), body))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            if status == 202:
                seq = self.counts.total()
                return web.json_response({"seq": seq, "duplicate": False, "parsed": False}, status=status)
            return web.Response(status=status)

        return handle

    async def _pass_on(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Post a delivery byte for byte; one that is refused is counted, never the sender's trouble."""
        sent = {k: v for k, v in headers.items() if k.lower() not in ("host", "content-length")}
        async with self._in_order, ClientSession(auto_decompress=False) as session:
            try:
                async with session.post(self._forward + path, data=body, headers=sent) as answer:
                    self.counts["passed on" if answer.status < 300 else "not passed on"] += 1
            except (ClientError, OSError):
                self.counts["not passed on"] += 1

    @web.middleware
    async def count_refused(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count what was not taken as `refused`: too large, or for nobody."""
        try:
            return await handler(request)
        except web.HTTPException:
            self.counts["refused"] += 1
            raise


def application(recorder: Recorder) -> web.Application:
    """The inbox's routes; `GET /counts` tells how much was recorded so far."""

    async def counts(_: web.Request) -> web.Response:
        return web.json_response(dict(recorder.counts))

    # Bodies are recorded as sent: snappy must not be unpacked, and nothing here sends gzip.
    app = web.Application(client_max_size=MAX_BODY, middlewares=[recorder.count_refused])
    for source in WEBHOOKS:
        app.router.add_post(f"/in/{source}", recorder.handler(source, 202))
    app.router.add_post("/api/v1/write", recorder.handler("prometheus", 204))
    app.router.add_post("/api/v1/lineage", recorder.handler("openlineage", 201))
    app.router.add_get("/counts", counts)
    return app


def main() -> None:
    """Record to the file named by `--out` until stopped."""
    arguments = argparse.ArgumentParser(prog="lab.recorder")
    arguments.add_argument("--out", type=Path, required=True)
    with arguments.parse_args().out.open("w", encoding="utf-8") as out:
        asyncio.run(serve(application(Recorder(out, os.environ.get(FORWARD, "")))))


if __name__ == "__main__":
    main()
