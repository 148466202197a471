"""The server process: one port with the inbox, the JSON views and whatever else is mounted."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any

import uvicorn
from litestar.types import ControllerRouterHandler

from seamline.app.home import Home
from seamline.http.answers import GUARDS
from seamline.http.api import Api
from seamline.http.app import build
from seamline.http.body import Message, Receive
from seamline.http.committer import Committer
from seamline.http.connection import BoundedConnection
from seamline.http.control import controlled
from seamline.http.counters import Counters
from seamline.http.health import Health
from seamline.http.inbox import LIMIT, InboxApp, Scope, Send
from seamline.http.journal import log_to_stderr
from seamline.http.live import Live, OnBatch
from seamline.http.loop import loop_factory
from seamline.http.secrets import Secrets, read_secrets
from seamline.model.errors import Fix

SECRETS = "secrets.toml"
BACKLOG = 1024
DRAIN_S = 20
# The commit thread asks for the interpreter twice per batch or more; at the default of 5 ms a busy event
# loop would make it wait that long each time.
SWITCH_S = 0.0005
GARBAGE_FROM = 10_000  # objects between two collections: at 700 they took 5 % of a busy loop's time


Application = Callable[[Any, Any, Any], Awaitable[None]]
Say = Callable[[str], None]


def serve(
    home: Home,
    api: Api,
    *,
    host: str = "127.0.0.1",
    port: int = 8484,
    on_batch: OnBatch | None = None,
    after: int = 0,
    handlers: Sequence[ControllerRouterHandler] = (),
    on_end: Callable[[], None] | None = None,
    limit: int = LIMIT,
    say: Say = print,
) -> None:
    """Serve a home until SIGTERM or SIGINT; every delivery under way is answered before it returns.

    `on_end` is called on the event loop first, to let go of answers that have no end of their own. `on_batch` gets
    the deliveries after position `after`, off the event loop (`live.Live`). Port 0 takes a free one; `say` is told
    where it listens. Raises Fix when the port is taken or the secrets can't be trusted.
    """
    secrets = read_secrets(home.path / SECRETS, os.environ, home.sources)
    _check_exposure(host, secrets)
    listener = _listen(host, port)
    log_to_stderr()
    live = Live(home.log, on_batch, after=after) if on_batch else None
    committer = Committer(home.log, on_commit=live.ring if live else None)
    counters = Counters()
    inbox = InboxApp(home.inbox, committer, secrets, counters, limit=limit)
    health = Health(home.log, committer, counters, live)
    views = build(api, secrets, health, handlers, open_reads=_opened(host, secrets))
    server = _server(inbox, views, on_end)
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()  # what the start left behind stays: no collection looks at it again
    gc.set_threshold(GARBAGE_FROM)
    with controlled(home.path, api), asyncio.Runner(loop_factory=loop_factory()) as runner:
        for line in _greeting(listener, host, secrets, home):
            say(line)
        sys.stdout.flush()
        runner.run(_run(server, listener, committer, live))


class _Server(uvicorn.Server):
    """Lets go of endless answers before it waits for those under way."""

    on_end: Callable[[], None] | None = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.on_end is not None:
            self.on_end()
        await super().shutdown(sockets)


def _server(inbox: InboxApp, views: Application, on_end: Callable[[], None] | None) -> uvicorn.Server:
    """A server that ends in order on SIGTERM and SIGINT from this moment on."""
    server = _Server(
        uvicorn.Config(
            _either(inbox, views),
            http=partial(BoundedConnection, inbox=inbox),  # type: ignore[arg-type]  # makes one, as the class would
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=DRAIN_S,
        )
    )
    server.on_end = on_end

    def end(*_: object) -> None:
        server.should_exit = True

    # uvicorn takes these over while it runs, and raises the one that ended it once more afterwards
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return server


async def _run(
    server: uvicorn.Server, listener: socket.socket, committer: Committer, live: Live | None
) -> None:
    if live is not None:
        live.start()
        live.ring()
    await server.serve(sockets=[listener])
    await committer.drain()
    if live is not None:
        await asyncio.to_thread(live.stop)


def _either(inbox: InboxApp, views: Application) -> Any:
    """One application: the inbox's paths go straight to it, all others to the views."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and inbox.handles(scope["path"]):
            await inbox(scope, receive, send)
        else:
            await views(scope, receive, _guarded(send))

    return application


def _guarded(send: Send) -> Send:
    """`send` with headers that keep a browser from making more of an answer than it is, where it has none."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message["headers"])
            names = {name.lower() for name, _ in own}
            message["headers"] = own + [header for header in GUARDS if header[0] not in names]
        await send(message)

    return sending


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _opened(host: str, secrets: Secrets) -> bool:
    """Whether anybody may read: on this machine, when there is no way to tell one person from another."""
    return not secrets.tokens and secrets.proxy is None and is_loopback(host)


def _check_exposure(host: str, secrets: Secrets) -> None:
    if secrets.allow_unsigned and not is_loopback(host):
        names = ", ".join(sorted(secrets.allow_unsigned))
        raise Fix(
            f"allow_unsigned ({names}) is for a server on loopback, this one listens on {host}",
            hint="give these sources a secret, or serve on 127.0.0.1",
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise Fix(f"can't listen on {host}: {error.strerror or error}", hint="pick another --host") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = "pick another with --port, or stop what listens there"
        raise Fix(f"can't listen on {host} port {port}: {error.strerror}", hint=hint) from error
    return listener


def _greeting(listener: socket.socket, host: str, secrets: Secrets, home: Home) -> list[str]:
    """Where it listens, and what is open or shut for want of a secret."""
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}"
    lines = [f"Seamline listens on {address} (the console; tools send to /in/SOURCE)"]
    if secrets.allow_unsigned:
        lines.append(f"unsigned deliveries are taken from: {', '.join(sorted(secrets.allow_unsigned))}")
    shut = [name for name in home.sources if not secrets.of(name) and name not in secrets.allow_unsigned]
    if shut:
        lines.append(f"refused until they have a secret in {home.path / SECRETS}: {', '.join(shut)}")
    if not secrets.tokens and secrets.proxy is None:
        reads = "reads need no token on loopback" if is_loopback(host) else "nobody can read"
        lines.append(f"no person has a token: {reads}, nobody can act over HTTP")
    return lines
