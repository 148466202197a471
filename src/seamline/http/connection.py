"""One HTTP connection, with a bound on what a sender may make it hold before anything is known of a request."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024  # request line and headers; tools send 1 to 4 KB
HEAD_S = 30.0  # from a request's first byte, or the connection's beginning, to the end of its headers


class BoundedConnection(HttpToolsProtocol):
    """Answers 400 to a head over `HEAD_BYTES`, closes when one takes longer than `HEAD_S`.

    State model: in head (a deadline runs) -> headers complete -> body, answer, idle -> in head ...
    The idle state has uvicorn's own keep-alive timeout; bodies are bounded where they are read.
    """

    _in_head = True
    _n_head = 0  # bytes received of the head under way
    _n_headers = 0  # bytes of its whole headers
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """The first head is awaited."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._head_is_over()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that goes on and on ends here."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._n_head += len(data)
            if self._n_head > HEAD_BYTES:
                self.send_400_response("The request's headers are too long.")
            elif self._deadline is None:  # a head that came in one piece, as nearly all do, needs no clock
                self._deadline = self.loop.call_later(HEAD_S, self.transport.close)

    def on_message_begin(self) -> None:
        """The parser saw a request's first byte."""
        super().on_message_begin()
        self._in_head, self._n_head, self._n_headers = True, 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header. The parser answers 400 when this raises."""
        self._n_headers += len(name) + len(value)
        if self._n_headers > HEAD_BYTES:
            raise ValueError("the headers are too long")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_is_over()
        super().on_headers_complete()

    def _head_is_over(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
