# ruff: noqa: ARG002  a source takes what the port gives, used or not
"""What a source answers itself, over a small source of the tests' own."""

import asyncio
import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from seamline.app.ingest import Inbox
from seamline.http.body import Message
from seamline.http.committer import Committer
from seamline.http.counters import Counters
from seamline.http.inbox import LARGE, InboxApp
from seamline.http.secrets import Secrets
from seamline.model.delivery import Delivery, Reply
from seamline.model.event import Event
from seamline.model.ports import Pseudonym, Source
from seamline.store.keyring import Keyring
from seamline.store.memory import MemoryLog

PROOF = ("x-echo-proof", "s3cret")


class Echo:
    """A tool whose standard wants its own words back, at its own path too."""

    name = "echo"
    retention: Literal["record", "telemetry"] = "record"
    paths: Mapping[str, int] = {"/v1/echo": 200}
    reply: Any
    preflight: Any

    def __init__(self, reply: Any = None, preflight: Any = None) -> None:
        if reply is not None:
            self.reply = reply
        if preflight is not None:
            self.preflight = preflight

    def key(self, headers: Mapping[str, str], body: bytes) -> str:
        return ""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: object) -> bool:
        return headers.get("x-echo-proof", "").encode() in secrets

    def redact(self, headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:
        return body.replace(b"mira", b"p_")

    def parse(self, delivery: Delivery) -> Iterator[Event]:
        return iter(())


class Door:
    """An inbox in memory with the one source, asked as a server asks it."""

    def __init__(self, folder: Path, source: Echo) -> None:
        self.log = MemoryLog()
        self.counters = Counters()
        self._inbox = Inbox({"echo": cast(Source, source)}, Keyring(folder / "keys"))

    def request(
        self, path: str, body: bytes = b"{}", *headers: tuple[str, str], method: str = "POST"
    ) -> tuple[int, dict[str, str], bytes]:
        return asyncio.run(self._request(path, body, headers, method))

    async def _request(
        self, path: str, body: bytes, headers: Sequence[tuple[str, str]], method: str
    ) -> tuple[int, dict[str, str], bytes]:
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            said.append(message)

        committer = Committer(self.log)
        app = InboxApp(self._inbox, committer, Secrets({"echo": (b"s3cret",)}), self.counters)
        raw = [(name.encode(), value.encode()) for name, value in headers]
        await app({"type": "http", "path": path, "method": method, "headers": raw}, receive, send)
        await committer.drain()
        start, content = said
        return (
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            content["body"],
        )


def test_a_source_answers_in_its_standards_words(tmp_path: Path) -> None:
    """Status, body, type and headers are the source's, given the path, the headers and the body as it was sent."""

    def reply(path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        return Reply(201, path.encode() + b" " + body, headers["x-wants"], (("x-own", "1"),))

    door = Door(tmp_path, Echo(reply))
    status, headers, body = door.request("/v1/echo", b"mira", PROOF, ("x-wants", "text/plain"))
    assert (status, body) == (201, b"/v1/echo mira")
    assert (headers["content-type"], headers["x-own"], headers["content-length"]) == ("text/plain", "1", "13")
    assert headers["cache-control"] == "no-store"
    assert [d.body for d in door.log.read()] == [b"p_"]


@pytest.mark.parametrize("size", [10, LARGE + 1])
def test_the_reply_is_to_what_is_stored(tmp_path: Path, size: int) -> None:
    """It is asked for after the commit, with the body unpacked, large or small; once."""
    seen: list[tuple[int, bytes, bool]] = []

    def reply(_: str, headers: Mapping[str, str], body: bytes) -> None:
        seen.append((door.log.position(), body, "content-encoding" in headers))

    door = Door(tmp_path, Echo(reply))
    packed = gzip.compress(b"x" * size)
    assert door.request("/in/echo", packed, PROOF, ("content-encoding", "gzip"))[0] == 202
    assert seen == [(1, b"x" * size, False)]


def test_none_is_the_usual_answer(tmp_path: Path) -> None:
    """A source that has nothing to say of a delivery leaves it to the inbox."""
    door = Door(tmp_path, Echo(lambda *_: None))
    assert door.request("/in/echo", b"{}", PROOF)[2] == b'{"seq":1,"duplicate":false,"parsed":true}'
    assert door.request("/v1/echo", b"{}", PROOF)[0::2] == (200, b"")


def _fails(*_: object) -> Reply:
    raise KeyError("s3cret detail")


@pytest.mark.parametrize(
    "reply",
    [_fails, lambda *_: Reply(99), lambda *_: "no reply", lambda *_: Reply(200, headers=(("x", "→"),))],
)
def test_a_reply_that_fails_is_the_usual_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reply: Any
) -> None:
    """The delivery is stored, so its sender hears success; the log says where it failed and quotes nothing."""
    door = Door(tmp_path, Echo(reply))
    status, _, body = door.request("/in/echo", b"{}", PROOF)
    assert (status, body) == (202, b'{"seq":1,"duplicate":false,"parsed":true}')
    assert "the echo reply failed" in caplog.text
    assert "s3cret detail" not in caplog.text
    assert door.counters.deliveries["echo", "accepted"] == 1


def test_a_reply_is_for_proven_senders(tmp_path: Path) -> None:
    """Whoever is refused learns nothing of the source's own."""
    assert Door(tmp_path, Echo(_fails)).request("/in/echo", b"{}")[0] == 401


@pytest.mark.parametrize("path", ["/in/echo", "/v1/echo"])
def test_a_preflight_is_answered_by_its_source(tmp_path: Path, path: str) -> None:
    """OPTIONS at any of its paths needs no proof, stores nothing, and reads what the source says."""
    door = Door(
        tmp_path, Echo(preflight=lambda headers: Reply(200, headers=(("x-allowed", headers["x-origin"]),)))
    )
    status, headers, body = door.request(path, b"", ("x-origin", "here"), method="OPTIONS")
    assert (status, headers["x-allowed"], body) == (200, "here", b"")
    assert door.log.position() == 0
    assert door.counters.deliveries["echo", "preflight"] == 1


@pytest.mark.parametrize(
    ("source", "method"),
    [(Echo(), "OPTIONS"), (Echo(preflight=_fails), "OPTIONS"), (Echo(preflight=_fails), "GET")],
)
def test_anything_else_is_not_allowed(tmp_path: Path, source: Echo, method: str) -> None:
    """Without a preflight, with one that fails, and for other methods: deliveries are posted."""
    status, headers, _ = Door(tmp_path, source).request("/in/echo", b"", method=method)
    assert (status, headers["allow"]) == (405, "POST")
