"""The inbox: what tools send, byte for byte, at `/in/{source}` and at the standards' own paths.

For each delivery: read within the limit, verify over the raw bytes, unpack, redact, commit, answer. Whether it
can be read is found out while the commit is under way. A raw ASGI application, because it does one thing and
must do it fast.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.json import encode

from seamline.app.ingest import Inbox, read_delivery
from seamline.http.answers import Answer, Header, own, problem, refusal
from seamline.http.body import Disconnected, Intake, Message, Receive, unpacked
from seamline.http.committer import Committer
from seamline.http.counters import Counters
from seamline.http.journal import place
from seamline.http.secrets import Secrets
from seamline.model.delivery import Appended, Delivery, Received, Reply
from seamline.model.errors import Unauthenticated
from seamline.model.ports import Source

Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

LIMIT = 25 * 1024 * 1024
BUDGET = 10 * LIMIT
PATIENCE_S = 30.0
LARGE = 64 * 1024  # bytes: from here on work on a body goes to a thread, so that nobody else waits for it
PREFIX = "/in/"
_ACCEPTED = 202

_logger = logging.getLogger("seamline.http")


class Route(Struct, frozen=True):
    """Where a path leads: the source, the status its senders expect on success, and what the source says itself."""

    path: str
    source: Source
    status: int
    reply: Callable[[str, Mapping[str, str], bytes], Reply | None] | None
    preflight: Callable[[Mapping[str, str]], Reply] | None


class Opened(Struct, frozen=True):
    """A verified delivery as it was unpacked, before anything is left out."""

    headers: dict[str, str]
    body: bytes


class InboxApp:
    """The ASGI application. `handles` says which paths are its own."""

    def __init__(
        self, inbox: Inbox, committer: Committer, secrets: Secrets, counters: Counters, *, limit: int = LIMIT
    ) -> None:
        self._inbox = inbox
        self._committer = committer
        self._secrets = secrets
        self._counters = counters
        self._intake = Intake(limit, BUDGET, PATIENCE_S)
        self._routes = {route.path: route for source in inbox.sources.values() for route in _routes(source)}
        self._by_target = {path.encode(): route for path, route in self._routes.items()}

    def handles(self, path: str) -> bool:
        """Whether a path belongs to the inbox."""
        return path.startswith(PREFIX) or path in self._routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = self._routes.get(scope["path"])
        try:
            answer = await self._answer(route, scope, receive)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001  a door: whatever happens, the sender is told and may send again
            answer = refusal(error)
        self._count(route, answer)
        with suppress(OSError, RuntimeError):  # the sender left; what it sent is stored, a repeat is told so
            await send(
                {"type": "http.response.start", "status": answer.status, "headers": answer.all_headers()}
            )
            await send({"type": "http.response.body", "body": answer.body})

    def route(self, target: bytes, headers: Sequence[Header]) -> Route | None:
        """Where `deliver` may take a POST that is below LARGE; None when it has to go the long way."""
        route = self._by_target.get(target)
        return None if route is None or b"content-encoding" in dict(headers) else route

    def deliver(
        self, route: Route, headers: Sequence[Header], raw: bytes, answered: Callable[[Answer], None]
    ) -> None:
        """Take one whole delivery without a task of its own. `answered` is called once, on the loop's thread."""

        def tell(answer: Answer) -> None:
            self._intake.release(len(raw))
            self._count(route, answer)
            answered(answer)

        def committed(done: asyncio.Future[Appended]) -> None:
            error = done.exception()
            if error is not None:
                tell(refusal(error))
                return
            self._counters.n_bytes[route.source.name] += len(raw)
            tell(self._settled(route, opened, parsed, done.result()))

        received_at = datetime.now(UTC)
        try:
            self._intake.hold(len(raw))
            opened, received = self._prepare(route.source, _as_text(headers), raw, received_at)
            pending = self._committer.append(received)
            parsed = self._readable(received)
        except Exception as error:  # noqa: BLE001  a door, as above
            tell(refusal(error))
        else:
            pending.add_done_callback(committed)

    async def _answer(self, route: Route | None, scope: Scope, receive: Receive) -> Answer:
        if route is None:
            hint = f"installed sources: {', '.join(self._inbox.sources)}"
            return problem(404, "no source of this name", hint, "unknown")
        headers = _as_text(scope["headers"])
        if scope["method"] != "POST":
            return _not_posted(route, scope["method"], headers)
        received_at = datetime.now(UTC)
        raw = await self._intake.read(headers, receive)
        try:
            answer = await self._accept(route, headers, raw, received_at)
            self._counters.n_bytes[route.source.name] += len(raw)
            return answer
        finally:
            self._intake.release(len(raw))

    async def _accept(
        self, route: Route, headers: dict[str, str], raw: bytes, received_at: datetime
    ) -> Answer:
        if len(raw) < LARGE and "content-encoding" not in headers:
            opened, received = self._prepare(route.source, headers, raw, received_at)
            pending = self._committer.append(received)
            parsed = self._readable(received)
            return self._settled(route, opened, parsed, await pending)
        opened, received = await asyncio.to_thread(self._prepare, route.source, headers, raw, received_at)
        pending = self._committer.append(received)
        parsed = await asyncio.to_thread(self._readable, received)
        return await asyncio.to_thread(self._settled, route, opened, parsed, await pending)

    def _prepare(
        self, source: Source, headers: dict[str, str], raw: bytes, received_at: datetime
    ) -> tuple[Opened, Received]:
        """Verify, unpack, redact."""
        if source.name in self._secrets.allow_unsigned:
            if (
                "origin" in headers
            ):  # any page that somebody on this machine looks at could make a browser send this
                raise Unauthenticated(
                    "pages in a browser deliver nothing unsigned", hint="send it from a tool"
                )
        else:
            secrets = self._secrets.of(source.name)
            if not secrets or not _verified(source, headers, raw, secrets, received_at):
                hint = f"set {source.name}'s secret on both sides"
                raise Unauthenticated("the delivery's proof is missing or wrong", hint=hint)
        opened = Opened(*unpacked(headers, raw, self._intake.limit))
        return opened, self._inbox.take(source.name, opened.headers, opened.body, received_at)

    def _readable(self, received: Received) -> bool:
        return read_delivery(self._inbox.sources, _provisional(received)).parsed

    def _settled(self, route: Route, opened: Opened, parsed: bool, appended: Appended) -> Answer:
        """The answer to a delivery that is stored: the source's own, else the usual one."""
        usual = _accepted(route, appended, parsed)
        reply = route.reply
        if reply is None:
            return usual
        said = own(route.source.name, usual.outcome, lambda: reply(route.path, opened.headers, opened.body))
        return said or usual

    def _count(self, route: Route | None, answer: Answer) -> None:
        self._counters.deliveries[route.source.name if route else "unknown", answer.outcome] += 1


def _as_text(headers: Sequence[Header]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _routes(source: Source) -> list[Route]:
    """Every path of a source, with the functions that are its choice to have."""
    reply, preflight = getattr(source, "reply", None), getattr(source, "preflight", None)
    statuses = {PREFIX + source.name: _ACCEPTED, **source.paths}
    return [Route(path, source, status, reply, preflight) for path, status in statuses.items()]


def _not_posted(route: Route, method: str, headers: Mapping[str, str]) -> Answer:
    """The answer to whatever is no delivery: a preflight where the source knows of one, else 405."""
    preflight = route.preflight
    if method == "OPTIONS" and preflight is not None:
        said = own(route.source.name, "preflight", lambda: preflight(headers))
        if said is not None:
            return said
    return problem(405, "deliveries are posted", "", "refused", ((b"allow", b"POST"),))


def _verified(
    source: Source, headers: dict[str, str], raw: bytes, secrets: tuple[bytes, ...], now: datetime
) -> bool:
    try:
        return source.verify(headers, raw, secrets, now)
    except Exception as error:  # noqa: BLE001  headers that a source's check trips over prove nothing
        _logger.error("the %s check failed: %s", source.name, place(error))
        return False


def _provisional(received: Received) -> Delivery:
    """The delivery as it will be stored, but for its position, which only the commit gives."""
    r = received
    return Delivery(0, r.source, r.key, "", r.headers, r.received_at, r.body)


def _accepted(route: Route, appended: Appended, parsed: bool) -> Answer:
    outcome = "duplicate" if appended.duplicate else "accepted" if parsed else "unreadable"
    if route.status != _ACCEPTED:
        return Answer(route.status, outcome=outcome)
    said = {"seq": appended.seq, "duplicate": appended.duplicate, "parsed": parsed}
    return Answer(_ACCEPTED, encode(said), outcome=outcome)
