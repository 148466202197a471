"""The inbox: what tools send, byte for byte, at `/in/{source}` and at the standards' own paths.

For each delivery: read within the limit, verify over the raw bytes, unpack, redact, commit, answer. Whether it
can be read is found out while the commit is under way. A raw ASGI application, because it does one thing and
must do it fast.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from msgspec import Struct
from msgspec.json import encode

from seamline.app.ingest import Inbox, read_delivery
from seamline.http.body import Disconnected, Intake, Message, Receive, UnknownEncoding, unpacked
from seamline.http.committer import Committer
from seamline.http.counters import Counters
from seamline.http.journal import place
from seamline.http.secrets import Secrets
from seamline.model.delivery import Appended, Delivery, Received, Reply
from seamline.model.errors import BrokenTransfer, SeamlineError, TooLarge, Unauthenticated
from seamline.model.ports import Source

Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

LIMIT = 25 * 1024 * 1024
BUDGET = 10 * LIMIT
PATIENCE_S = 30.0
LARGE = 64 * 1024  # bytes: from here on work on a body goes to a thread, so that nobody else waits for it
PREFIX = "/in/"
_ACCEPTED = 202
GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)

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


class Answer(Struct, frozen=True):
    """A response: status, content or nothing, and headers beyond the content's own."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    outcome: str = ""  # for the counters
    content_type: bytes = b"application/json"


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
            answer = _refusal(error)
        self._counters.deliveries[route.source.name if route else "unknown", answer.outcome] += 1
        with suppress(OSError, RuntimeError):  # the sender left; what it sent is stored, a repeat is told so
            await _reply(answer, send)

    async def _answer(self, route: Route | None, scope: Scope, receive: Receive) -> Answer:
        if route is None:
            hint = f"installed sources: {', '.join(self._inbox.sources)}"
            return _problem(404, "no source of this name", hint, "unknown")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] != "POST":
            return _not_posted(route, scope["method"], headers)
        received_at = datetime.now(UTC)
        raw = await self._intake.read(headers, receive)
        try:
            return await self._accept(route, headers, raw, received_at)
        finally:
            self._intake.release(len(raw))

    async def _accept(
        self, route: Route, headers: dict[str, str], raw: bytes, received_at: datetime
    ) -> Answer:
        if len(raw) < LARGE and "content-encoding" not in headers:
            opened, received = self._prepare(route.source, headers, raw, received_at)
            pending = self._committer.append(received)
            parsed = self._readable(received)
            answer = _accepted(route, await pending, parsed)
            own = _own_reply(route, opened, answer.outcome)
        else:
            opened, received = await asyncio.to_thread(self._prepare, route.source, headers, raw, received_at)
            pending = self._committer.append(received)
            parsed = await asyncio.to_thread(self._readable, received)
            answer = _accepted(route, await pending, parsed)
            own = await asyncio.to_thread(_own_reply, route, opened, answer.outcome)
        self._counters.n_bytes[route.source.name] += len(raw)
        return own or answer

    def _prepare(
        self, source: Source, headers: dict[str, str], raw: bytes, received_at: datetime
    ) -> tuple[Opened, Received]:
        """Verify, unpack, redact."""
        if source.name not in self._secrets.allow_unsigned:
            secrets = self._secrets.of(source.name)
            if not secrets or not _verified(source, headers, raw, secrets, received_at):
                hint = f"set {source.name}'s secret on both sides"
                raise Unauthenticated("the delivery's proof is missing or wrong", hint=hint)
        opened = Opened(*unpacked(headers, raw, self._intake.limit))
        return opened, self._inbox.take(source.name, opened.headers, opened.body, received_at)

    def _readable(self, received: Received) -> bool:
        return read_delivery(self._inbox.sources, _provisional(received)).parsed


async def _reply(answer: Answer, send: Send) -> None:
    headers = [(b"content-length", b"%d" % len(answer.body)), *GUARDS, *answer.headers]
    if answer.body:
        headers.append((b"content-type", answer.content_type))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _routes(source: Source) -> list[Route]:
    """Every path of a source, with the functions that are its choice to have."""
    reply, preflight = getattr(source, "reply", None), getattr(source, "preflight", None)
    statuses = {PREFIX + source.name: _ACCEPTED, **source.paths}
    return [Route(path, source, status, reply, preflight) for path, status in statuses.items()]


def _not_posted(route: Route, method: str, headers: Mapping[str, str]) -> Answer:
    """The answer to whatever is no delivery: a preflight where the source knows of one, else 405."""
    preflight = route.preflight
    if method == "OPTIONS" and preflight is not None:
        own = _own(route.source, "preflight", lambda: preflight(headers))
        if own is not None:
            return own
    return _problem(405, "deliveries are posted", "", "refused", ((b"allow", b"POST"),))


def _own_reply(route: Route, opened: Opened, outcome: str) -> Answer | None:
    """What the source answers itself to a delivery that is stored; None: the usual answer."""
    reply = route.reply
    if reply is None:
        return None
    return _own(route.source, outcome, lambda: reply(route.path, opened.headers, opened.body))


def _own(source: Source, outcome: str, ask: Callable[[], Reply | None]) -> Answer | None:
    """A source's reply as an answer; None when it has none to give, or fails, which the log tells."""
    try:
        reply = ask()
        if reply is None:
            return None
        headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers)
        status = HTTPStatus(reply.status).value
        return Answer(status, bytes(reply.body), headers, outcome, reply.content_type.encode("latin-1"))
    except Exception as error:  # noqa: BLE001  the delivery is stored: its sender hears so, whatever a source does
        _logger.error("the %s reply failed: %s", source.name, place(error))
        return None


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


def _refusal(error: Exception) -> Answer:
    """The answer to a delivery that was not accepted. What isn't the sender's fault is 503: send it again."""
    hint = error.hint if isinstance(error, SeamlineError) else ""
    match error:
        case Unauthenticated():
            challenge = ((b"www-authenticate", b"Bearer"),)
            return _problem(401, str(error), hint, "unauthenticated", challenge)
        case UnknownEncoding():
            accepted = ((b"accept-encoding", b"gzip, snappy"),)
            return _problem(415, str(error), hint, "refused", accepted)
        case TooLarge():
            return _problem(413, str(error), hint, "too_large")
        case BrokenTransfer():
            return _problem(400, str(error), hint, "broken")
        case SeamlineError():
            return _problem(503, "can't store deliveries now", hint, "failed", ((b"retry-after", b"5"),))
    _logger.error("a delivery failed: %s", place(error))
    return _problem(503, "can't take this delivery now", "", "failed", ((b"retry-after", b"30"),))


def _problem(
    status: int, error: str, hint: str, outcome: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> Answer:
    said = {"error": error, "hint": hint} if hint else {"error": error}
    return Answer(status, encode(said), tuple(headers), outcome)
