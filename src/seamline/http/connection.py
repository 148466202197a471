"""One HTTP connection: bounds on what a sender may make it hold, and a short way for deliveries.

uvicorn makes a task, a scope and two writes of every request. A delivery that is here as a whole, as nearly all
are, needs none of them: it goes to the inbox at once, and its answer straight to the socket. Whatever else comes,
or comes in pieces, is uvicorn's.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seamline.http.answers import Answer
from seamline.http.inbox import LARGE, InboxApp, Route

HEAD_BYTES = 64 * 1024  # request line and headers; tools send 1 to 4 KB
MAX_QUEUED = 1000  # requests sent ahead of the answers to earlier ones; tools send none
HEAD_S = 30.0  # from a request's first byte, or the connection's beginning, to the end of its headers


class _UnderWay:
    """What uvicorn asks of the request under way (its `cycle`), for one that it never saw."""

    def __init__(self) -> None:
        self.response_complete = True
        self.disconnected = False
        self.keep_alive = True
        self.message_event = asyncio.Event()


class BoundedConnection(HttpToolsProtocol):
    """Answers 400 to a head over `HEAD_BYTES` or more than `MAX_QUEUED` requests ahead, closes after `HEAD_S` in a head.

    State model: in head (a deadline runs) -> headers complete -> body, answer, idle -> in head ...
    The idle state has uvicorn's own keep-alive timeout; bodies are bounded where they are read. A delivery for the
    `inbox` is held back at its headers, and becomes uvicorn's after all when its body is not there by the end of
    what was received with them.

    Trailers, sent after a body, are nobody's headers: whoever checks or sets headers on the way here doesn't see them.
    No other protocol is spoken: a request that offers one (`Upgrade`, as Java's clients do) stays HTTP/1.1.
    """

    _in_head = True
    _n_dry = 0  # bytes received since those that began a request or were of a body
    _deadline: asyncio.TimerHandle | None = None
    _route: Route | None = None  # of the delivery held back

    def __init__(self, *given: Any, inbox: InboxApp | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._inbox = inbox
        self._body = bytearray()
        self._under_way = _UnderWay()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """The first head is awaited."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._head_is_over()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that goes on and on ends here, and so do trailers."""
        self._unset_keepalive_if_required()
        self._n_dry += len(data)
        try:
            while data:
                data = self._rest(data)
        except httptools.HttpParserError:
            self.logger.warning("a request that is no HTTP/1.1")
            self.send_400_response("Invalid HTTP request received.")
            return
        if self.transport.is_closing():
            return
        if self._route is not None:
            self._give_to_uvicorn()
        elif self._n_dry > HEAD_BYTES:
            self.send_400_response("The request's headers are too long.")
        elif self._in_head and self._deadline is None:
            # a head that came in one piece, as nearly all do, needs no clock
            self._deadline = self.loop.call_later(HEAD_S, self.transport.close)

    def on_message_begin(self) -> None:
        """The parser saw a request's first byte."""
        super().on_message_begin()
        self._in_head, self._n_dry = True, 0

    def on_headers_complete(self) -> None:
        """The head is whole. The parser answers 400 when this raises."""
        self._head_is_over()
        if (
            sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_BYTES
        ):  # 4: ": " and the line end
            raise ValueError("the headers are too long")
        if len(self.pipeline) >= MAX_QUEUED:
            raise ValueError("too many requests at once")
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("this is no proxy")
        self._route, self._body = self._short_way(), bytearray()
        if self._route is None and not self.parser.should_upgrade():
            super().on_headers_complete()
        self.headers = []  # trailers gather here, for nobody: the scope has the head's

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._n_dry = 0
        if self._route is None:
            super().on_body(body)
            return
        self._body += body
        if len(self._body) >= LARGE:
            self._give_to_uvicorn()

    def on_message_complete(self) -> None:
        """The request is whole."""
        route, inbox = self._route, self._inbox
        if route is None or inbox is None:
            if not self.parser.should_upgrade():
                super().on_message_complete()
            return
        self._route = None
        self._under_way.response_complete = False
        self._under_way.keep_alive = (
            self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        )
        self.cycle = self._under_way  # type: ignore[assignment]  # as much of a cycle as is asked for
        inbox.deliver(route, list(self.scope["headers"]), bytes(self._body), self._answer)

    def _rest(self, data: bytes) -> bytes:
        """Feed the parser; what it is to be fed next.

        It takes all that follows an offer of another protocol for that one's: it gets the request again, without.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            return self._without_offer() + data[offer.args[0] :]
        return b""

    def _without_offer(self) -> bytes:
        """The head under way, for a new parser."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % header for header in self.scope["headers"] if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        return b"\r\n".join([*lines, b"", b""])

    def _short_way(self) -> Route | None:
        """The inbox's route for the request, where nothing is in its way: earlier answers, or a slow reader."""
        waits = self.cycle is not None and not self.cycle.response_complete
        if self._inbox is None or waits or self.flow.write_paused or self.transport.is_closing():
            return None
        if self.parser.get_method() != b"POST" or self.parser.should_upgrade():
            return None
        return self._inbox.route(self.url, self.headers)

    def _give_to_uvicorn(self) -> None:
        """What was held back of a request."""
        self._route = None
        super().on_headers_complete()
        if self._body:
            super().on_body(bytes(self._body))

    def _answer(self, answer: Answer) -> None:
        """Send it, and go on to whatever came meanwhile."""
        self._under_way.response_complete = True
        if self.transport.is_closing():
            return
        keep_alive = self._under_way.keep_alive
        self.transport.write(answer.wire(self.server_state.default_headers, keep_alive=keep_alive))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _head_is_over(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
