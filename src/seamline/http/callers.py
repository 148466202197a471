"""Who asks: by a bearer token, by the session a browser was given for one, or by the word of a trusted proxy.

Only a bearer token is taken for the JSON views' writes. A session or a proxy's header comes along with whatever page
made the browser send it, so what acts on them has to show `Caller.proof` as well, which only our own pages know.
"""

import hmac
import secrets as random
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Any, Literal

from litestar.connection import ASGIConnection
from msgspec import Struct

from seamline.http.secrets import Secrets

COOKIE = "seamline"
LIFE_S = 12 * 3600.0  # a working day: then the token is asked for again
MOST_SESSIONS = 1000

Connection = ASGIConnection[Any, Any, Any, Any]
Clock = Callable[[], float]


class Caller(Struct, frozen=True):
    """A person, how they were recognised, and what their forms have to show ("" for a bearer token)."""

    person: str
    by: Literal["token", "session", "proxy"]
    proof: str = ""


class Sessions:
    """Who logged in, by the sha256 of a random id that only the browser knows. A restart ends them all.

    The id is always ours: a browser can't bring one along. The oldest goes when there are too many.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._found: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._lock = Lock()

    def begin(self, person: str) -> str:
        """A new session's id."""
        session = random.token_urlsafe(32)
        with self._lock:
            self._found[_digest(session)] = (person, self._clock() + LIFE_S)
            if len(self._found) > MOST_SESSIONS:
                self._found.popitem(last=False)
        return session

    def person(self, session: str) -> str | None:
        """Whose session it is; None when it is over or never was."""
        with self._lock:
            person, until = self._found.get(_digest(session), ("", 0.0))
            if person and self._clock() >= until:
                del self._found[_digest(session)]
                return None
        return person or None

    def end(self, session: str) -> None:
        """Twice is harmless."""
        with self._lock:
            self._found.pop(_digest(session), None)


class Callers:
    """Recognises people by what came with a request."""

    def __init__(self, secrets: Secrets, sessions: Sessions | None = None) -> None:
        self._secrets = secrets
        self._sessions = sessions or Sessions()
        self._key = random.token_bytes(32)

    @property
    def anybody(self) -> bool:
        """Whether there is a way for a person to be recognised at all."""
        return bool(self._secrets.tokens or self._secrets.proxy)

    def bearer(self, connection: Connection) -> str | None:
        """The person whose token the request carries."""
        return self._secrets.person(connection.headers.get("authorization", ""))

    def caller(self, connection: Connection) -> Caller | None:
        """Whoever asks; None when nobody is recognised."""
        if (person := self.bearer(connection)) is not None:
            return Caller(person, "token")
        session = connection.cookies.get(COOKIE, "")
        if session and (person := self._sessions.person(session)) is not None:
            return Caller(person, "session", self._proof(session))
        if self._proxied(connection) and (person := self._by_proxy(connection)) is not None:
            return Caller(person, "proxy", self._proof(f"proxy:{person}"))
        return None

    def log_in(self, token: str) -> str | None:
        """A new session for a person's token; None for a token that is nobody's."""
        person = self._secrets.person(f"Bearer {token}")
        return self._sessions.begin(person) if person else None

    def log_out(self, connection: Connection) -> None:
        """End the request's session."""
        self._sessions.end(connection.cookies.get(COOKIE, ""))

    def is_shown(self, caller: Caller, proof: str) -> bool:
        """Whether a form brought what our page gave it."""
        return bool(caller.proof) and hmac.compare_digest(caller.proof.encode(), proof.encode())

    def is_encrypted(self, connection: Connection) -> bool:
        """Whether the browser speaks HTTPS, to us or to a trusted proxy."""
        forwarded = connection.headers.get("x-forwarded-proto", "") == "https"
        return connection.scope["scheme"] == "https" or (forwarded and self._proxied(connection))

    def _proxied(self, connection: Connection) -> bool:
        proxy, client = self._secrets.proxy, connection.client
        return proxy is not None and client is not None and client.host in proxy.addresses

    def _by_proxy(self, connection: Connection) -> str | None:
        assert self._secrets.proxy is not None
        return self._secrets.proxy.person(connection.headers.getall(self._secrets.proxy.header, []))

    def _proof(self, of: str) -> str:
        return hmac.digest(self._key, of.encode(), sha256).hex()


def _digest(session: str) -> bytes:
    return sha256(session.encode()).digest()
