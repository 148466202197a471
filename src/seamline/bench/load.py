"""A load that is lighter than what it loads: signed beforehand, one request at a time per connection."""

import asyncio
import hmac
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from uuid import NAMESPACE_URL, uuid5

from seamline.http.loop import loop_factory
from seamline.model.errors import Stop

SECRET = b"bench"
BODY_BYTES = 1024
PATIENCE_S = 30.0
_PROSE = "The referral form asks for a code now; clinics without one go on as before. " * 20


class Requests:
    """GitHub deployments of about 1 KB, each its own delivery, as bytes for the wire."""

    def __init__(self, n: int) -> None:
        self.secret = SECRET
        self.ids = [str(uuid5(NAMESPACE_URL, str(number))) for number in range(n)]
        self.bodies = [_body(number) for number in range(n)]
        self.wires = [_wire(key, body, _sign(body)) for key, body in zip(self.ids, self.bodies, strict=True)]

    def headers(self, n: int) -> dict[str, str]:
        """The headers of one of them as the inbox sees them."""
        lines = self.wires[n].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines)


@dataclass(slots=True)
class Load:
    """What came of a load. `seconds` is from the first request to the last answer."""

    n_done: int = 0
    n_refused: int = 0
    seconds: float = 0.0
    server_cpu_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Accepted deliveries per second."""
        return self.n_done / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's processor time per accepted delivery."""
        return self.server_cpu_s / self.n_done * 1e6

    def quantile_ms(self, q: float) -> float:
        """A quantile of the time from request to answer."""
        ordered = sorted(self.latencies_s)
        return round(ordered[min(int(q * len(ordered)), len(ordered) - 1)] * 1e3, 1)


@dataclass(frozen=True, slots=True)
class Running:
    """A server process and its port."""

    pid: int
    port: int


class _Client(asyncio.Protocol):
    """One connection: sends the next request when an answer came, until the time is over."""

    def __init__(self, wires: Iterator[bytes], load: Load, end: float, done: asyncio.Future[None]) -> None:
        self._wires = wires
        self._load = load
        self._end = end
        self._done = done
        self._sent = 0.0
        self._answer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"}"):  # every answer of the inbox ends with a JSON object
            return
        if self._answer.startswith(b"HTTP/1.1 202"):
            self._load.n_done += 1
            self._load.latencies_s.append(time.perf_counter() - self._sent)
        else:
            self._load.n_refused += 1
        self._answer = b""
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _next(self) -> None:
        assert self._transport is not None
        wire = next(self._wires, None)
        self._sent = time.perf_counter()
        if wire is None or self._sent > self._end:
            self._transport.close()
        else:
            self._transport.write(wire)


def drive(port: int, wires: Sequence[bytes], seconds: float, clients: int) -> Load:
    """Send from `clients` connections at once for `seconds`, or until every request was sent."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_drive(port, wires, seconds, clients))


async def _drive(port: int, wires: Sequence[bytes], seconds: float, clients: int) -> Load:
    loop = asyncio.get_running_loop()
    load = Load()
    source = iter(wires)
    began = time.perf_counter()
    ends: list[asyncio.Future[None]] = []
    for _ in range(clients):
        done: asyncio.Future[None] = loop.create_future()
        client = _Client(source, load, began + seconds, done)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
        ends.append(done)
    async with asyncio.timeout(seconds + PATIENCE_S):
        await asyncio.gather(*ends)
    load.seconds = time.perf_counter() - began
    return load


@contextmanager
def started(home: Path, *options: str) -> Iterator[Running]:
    """A server process of its own over a home; ended in order afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "seamline.bench._server", str(home), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SEAMLINE_SECRET_GITHUB": SECRET.decode()},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+:(\d+)", process.stdout.readline())
        if found is None:
            raise Stop("the server under measurement did not start", hint="see its message above")
        yield Running(process.pid, int(found[1]))
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def cpu_s(pid: int) -> float:
    """Seconds of processor time a process has used, all its threads; 0 where the system doesn't say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _body(number: int) -> bytes:
    said = {
        "action": "created",
        "deployment": {
            "id": number,
            "sha": f"{number:040x}",
            "ref": "main",
            "task": "deploy",
            "environment": "production",
            "created_at": "2026-11-20T12:00:00Z",
            "updated_at": "2026-11-20T12:00:00Z",
            "payload": {"release": "2.4.0", "db_pool_size": 20},
            "creator": {"login": "mira", "id": 1, "type": "User"},
        },
        "repository": {
            "full_name": "clinic/booking",
            "owner": {"login": "clinic", "type": "Organization"},
            "default_branch": "main",
        },
        "sender": {"login": "mira", "id": 1, "type": "User"},
    }
    short = json.dumps(said | {"description": ""}).encode()
    return json.dumps(said | {"description": _PROSE[: BODY_BYTES - len(short)]}).encode()


def _sign(body: bytes) -> str:
    return "sha256=" + hmac.digest(SECRET, body, "sha256").hex()


def _wire(key: str, body: bytes, signature: str) -> bytes:
    head = (
        "POST /in/github HTTP/1.1\r\n"
        "host: localhost\r\n"
        "user-agent: GitHub-Hookshot/bench\r\n"
        "content-type: application/json\r\n"
        "x-github-event: deployment\r\n"
        f"x-github-delivery: {key}\r\n"
        f"x-hub-signature-256: {signature}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
