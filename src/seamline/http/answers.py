"""What the inbox answers: its own words, a source's, and what a delivery that was not accepted is told."""

import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus

from msgspec import Struct
from msgspec.json import encode

from seamline.http.body import UnknownEncoding
from seamline.http.journal import place
from seamline.model.delivery import Reply
from seamline.model.errors import BrokenTransfer, SeamlineError, TooLarge, Unauthenticated

Header = tuple[bytes, bytes]

GUARDS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_GUARD_LINES = b"".join(b"%b: %b\r\n" % header for header in GUARDS)
_STATUS_LINES = {
    each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus if each >= 200
}
_NO_HEADER = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]|\A\Z")  # what is no name: RFC 9110, 5.6.2
_NO_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_logger = logging.getLogger("seamline.http")


class Answer(Struct, frozen=True):
    """A response: status, content or nothing, and headers beyond the content's own."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    outcome: str = ""  # for the counters
    content_type: bytes = b"application/json"

    def all_headers(self) -> list[Header]:
        """As they are sent, but for the server's own."""
        return [*self._of_content(), *GUARDS, *self.headers]

    def wire(self, servers_own: Iterable[Header], *, keep_alive: bool) -> bytes:
        """The whole response as it is sent in HTTP/1.1."""
        lines = [b"%b: %b\r\n" % header for header in (*servers_own, *self._of_content(), *self.headers)]
        end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        return b"".join((_STATUS_LINES[self.status], *lines, _GUARD_LINES, end, self.body))

    def _of_content(self) -> list[Header]:
        if self.body:
            return [(b"content-type", self.content_type), (b"content-length", b"%d" % len(self.body))]
        return [] if self.status == HTTPStatus.NO_CONTENT else [(b"content-length", b"0")]


def problem(status: int, error: str, hint: str, outcome: str, headers: Iterable[Header] = ()) -> Answer:
    """An answer that says what is wrong, and the mend."""
    said = {"error": error, "hint": hint} if hint else {"error": error}
    return Answer(status, encode(said), tuple(headers), outcome)


def refusal(error: BaseException) -> Answer:
    """The answer to a delivery that was not accepted. What isn't the sender's fault is 503: send it again."""
    hint = error.hint if isinstance(error, SeamlineError) else ""
    match error:
        case Unauthenticated():
            challenge = ((b"www-authenticate", b"Bearer"),)
            return problem(401, str(error), hint, "unauthenticated", challenge)
        case UnknownEncoding():
            accepted = ((b"accept-encoding", b"gzip, snappy"),)
            return problem(415, str(error), hint, "refused", accepted)
        case TooLarge():
            return problem(413, str(error), hint, "too_large")
        case BrokenTransfer():
            return problem(400, str(error), hint, "broken")
        case SeamlineError():
            return problem(503, "can't store deliveries now", hint, "failed", ((b"retry-after", b"5"),))
    _logger.error("a delivery failed: %s", place(error))
    return problem(503, "can't take this delivery now", "", "failed", ((b"retry-after", b"30"),))


def own(source: str, outcome: str, ask: Callable[[], Reply | None]) -> Answer | None:
    """A source's reply as an answer; None when it has none to give, or fails, which the log tells."""
    try:
        reply = ask()
        return None if reply is None else _sendable(reply, outcome)
    except Exception as error:  # noqa: BLE001  the delivery is stored: its sender hears so, whatever a source does
        _logger.error("the %s reply failed: %s", source, place(error))
        return None


def _sendable(reply: Reply, outcome: str) -> Answer:
    """Raises ValueError, or whatever it trips over, for what HTTP can't carry."""
    if reply.status not in _STATUS_LINES:
        raise ValueError("not a status of an answer")
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers)
    content_type = reply.content_type.encode("latin-1")
    if any(_NO_HEADER.search(name) for name, _ in headers):
        raise ValueError("not a name of a header")
    if any(_NO_VALUE.search(value) for value in (content_type, *(value for _, value in headers))):
        raise ValueError("not a value of a header")
    return Answer(reply.status, bytes(reply.body), headers, outcome, content_type)
