"""What a sender may make a connection hold."""

import asyncio
import socket
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from seamline.http import connection
from seamline.http.connection import HEAD_BYTES, BoundedConnection

from .conftest import Server, StartServer, peak_kb, sign

BEGIN = b"POST /in/kubernetes HTTP/1.1\r\nHost: localhost\r\n"


def said(server: Server, *pieces: bytes) -> bytes:
    """The first bytes of the answer; empty when the server closes without one."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sender:
        try:
            for piece in pieces:
                sender.sendall(piece)
            return sender.recv(12)
        except (ConnectionResetError, BrokenPipeError):
            return b""


@pytest.mark.parametrize("flood", [b"a: " + b"x" * 10_000_000, b"a: b\r\n" * 1_000_000, b"a: b\r\n" * 20_000])
def test_a_flood_of_headers(server: Server, flood: bytes) -> None:
    """One header without end and headers without end are cut off, and nothing of them is stored."""
    assert said(server, BEGIN, flood, b"\r\n\r\n") in (b"HTTP/1.1 400", b"")
    assert server.stored() == []
    assert server.get("/healthz").status == 200


def test_headers_as_tools_send_them(server: Server) -> None:
    """Well below the bound, long headers pass."""
    assert server.post("/in/github", b"{}", x_long="x" * 30_000).status == 401


def test_a_head_that_never_ends_is_waited_for_so_long_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that dribbles holds its connection until the deadline, with or without a first byte."""
    monkeypatch.setattr(connection, "HEAD_S", 0.05)

    async def application(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("no request was made")

    async def closed_after(begun: bytes) -> bytes:
        config = uvicorn.Config(application, log_config=None)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: BoundedConnection(config, ServerState(), {}), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(begun)
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return answer

    assert asyncio.run(closed_after(b"")) == b""
    assert asyncio.run(closed_after(BEGIN + b"X: ")) == b""


@pytest.mark.parametrize("path", ["/api/seams", "/healthz", "/in/nothing", "/nothing"])
def test_answers_are_for_programs(server: Server, path: str) -> None:
    """A browser neither guesses at an answer's type, nor frames it, nor keeps it."""
    headers = {name.lower(): value for name, value in server.get(path).headers.items()}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]


def delivery(number: object, *headers: str, body: bytes = b"{}") -> bytes:
    """A signed delivery on the wire."""
    lines = ["POST /in/github HTTP/1.1", "Host: localhost", "X-GitHub-Event: ping"]
    lines += [f"X-GitHub-Delivery: {number}", f"X-Hub-Signature-256: {sign(body)}", *headers]
    if not any(each.lower().startswith("transfer-encoding") for each in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(server: Server, pieces: Iterable[bytes], n: int) -> list[tuple[bytes, bytes]]:
    """Status lines and bodies of `n` answers to what is sent piece by piece on one connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sender:
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sender.sendall(piece)
        with sender.makefile("rb") as stream:
            return [_answer(stream) for _ in range(n)]


def _answer(stream: Any) -> tuple[bytes, bytes]:
    status = stream.readline().rstrip()
    headers = dict(line.rstrip().lower().split(b": ") for line in iter(stream.readline, b"\r\n"))
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"date" in headers
    return status, stream.read(int(headers[b"content-length"]))


ACCEPTED = b"HTTP/1.1 202 Accepted"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.floats(0, 1), max_size=4))
def test_pieces_make_no_difference(server: Server, parts: list[float]) -> None:
    """However the bytes of a few deliveries on one connection arrive, each is answered once, in order, the same."""
    before = len(server.stored())
    sent = b"".join(delivery(f"{server.after}-{before}-{n}") for n in range(3))
    cuts = sorted({0, len(sent), *(round(part * len(sent)) for part in parts)})
    said = answers(server, [sent[start:end] for start, end in pairwise(cuts)], 3)
    seqs = range(server.after + before + 1, server.after + before + 4)
    assert said == [(ACCEPTED, b'{"seq":%d,"duplicate":false,"parsed":true}' % seq) for seq in seqs]


def test_deliveries_and_questions_on_one_connection(server: Server) -> None:
    """Requests that come at once are answered in their order, whoever answers them."""
    health = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wrong = delivery("w").replace(b"sha256=", b"sha256=0")
    sent = [delivery("q1"), health, wrong, delivery("q2"), health, b"PUT" + delivery("q3")[4:]]
    said = [status for status, _ in answers(server, [b"".join(sent)], len(sent))]
    ok, refused = b"HTTP/1.1 200 OK", b"HTTP/1.1 401 Unauthorized"
    assert said == [ACCEPTED, ok, refused, ACCEPTED, ok, b"HTTP/1.1 405 Method Not Allowed"]


@pytest.mark.parametrize(
    ("begin", "close"), [(b"POST", True), (b"POST", False), (b"POST /in/github HTTP/1.0\r\nX:", True)]
)
def test_the_connection_ends_when_the_sender_says_so(server: Server, begin: bytes, close: bool) -> None:
    """After `Connection: close`, and in HTTP/1.0, the answer is the last thing sent."""
    headers = ["Connection: close"] if close and begin == b"POST" else []
    sent = delivery(f"c-{len(begin)}-{close}", *headers).replace(b"POST", begin, 1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sender:
        sender.sendall(sent)
        answer = sender.recv(4096)
        assert answer.startswith(ACCEPTED)
        assert (b"connection: close" in answer) is close
        if close:
            assert sender.recv(1) == b""
        else:
            sender.sendall(sent)
            assert b'"duplicate":true' in sender.recv(4096)


def test_a_body_of_tiny_chunks(server: Server) -> None:
    """Chunks are joined, the few of a small body and the many of a large one."""
    for n in (10, 70_000):
        body = b'"' + b"x" * n + b'"'
        chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        head = delivery(f"t-{n}", "Transfer-Encoding: chunked", body=body)[: -len(body)]
        assert answers(server, [head + chunked], 1)[0][0] == ACCEPTED
    assert [len(each.body or b"") for each in server.stored()] == [12, 70_002]


def test_an_expectation_is_met(server: Server) -> None:
    """A sender that asks first whether to send its body is told to go on."""
    head, _, body = delivery("e", "Expect: 100-continue").partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sender:
        sender.sendall(head + b"\r\n\r\n")
        assert sender.recv(12) == b"HTTP/1.1 100"
        sender.sendall(body)
        with sender.makefile("rb") as stream:
            rest = stream.readline() + stream.readline() + stream.readline()
    assert ACCEPTED in rest


def test_a_sender_that_never_reads(start: StartServer) -> None:
    """Requests sent far ahead of their answers don't pile up in memory: the connection ends."""
    server = start()
    before = peak_kb(server)
    many = delivery("same") * 1000
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as sender,
        pytest.raises((ConnectionResetError, BrokenPipeError)),
    ):
        _send_on_and_on(sender, many)
    assert server.github(b"{}", x_github_event="ping", x_github_delivery="other").json["seq"] == 2
    assert peak_kb(server) - before < 30_000


def _send_on_and_on(sender: socket.socket, piece: bytes) -> None:
    for _ in range(64 * 1024 * 1024 // len(piece)):
        sender.sendall(piece)


def test_many_deliveries_at_once_are_no_long_head(server: Server) -> None:
    """Whole requests that come before an unfinished head in one piece don't count as part of it."""
    one = delivery("many")
    n = HEAD_BYTES // len(one) + 100
    said = answers(server, [one * n + one[:50], one[50:]], n + 1)
    assert {status for status, _ in said} == {ACCEPTED}


OFFERS = [
    ("Connection: Upgrade", "Upgrade: TLS/1.2"),
    ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    ("Connection: keep-alive, Upgrade", "Upgrade: websocket"),
]


@pytest.mark.parametrize("offer", OFFERS)
def test_an_offer_of_another_protocol_is_declined(server: Server, offer: tuple[str, ...]) -> None:
    """Java's clients offer one with every request: what they sent is stored, and what follows is read on."""
    body = b'{"zen": "whole"}'
    health = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".replace(
        b"\r\n\r\n", "\r\n".join(("", *offer, "", "")).encode()
    )
    sent = [delivery(f"{offer[1]}-1", *offer, body=body), delivery(f"{offer[1]}-2", body=body)]
    in_one = answers(server, [b"".join([sent[0], health * 600, sent[1]])], 602)
    assert [status for status, _ in in_one] == [ACCEPTED, *[b"HTTP/1.1 200 OK"] * 600, ACCEPTED]
    pieces = [sent[0][:-20], sent[0][-20:-3], sent[0][-3:]]
    ((status, said),) = answers(server, pieces, 1)
    assert (status, b'"duplicate":true' in said) == (ACCEPTED, True)
    assert [each.body for each in server.stored()] == [body, body]


@pytest.mark.parametrize("begin", [b"CONNECT /in/github HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_no_other_protocol_is_begun(server: Server, begin: bytes) -> None:
    """What asks for a tunnel, or speaks HTTP/2 at once, is refused."""
    assert said(server, begin, b"Host: localhost\r\n\r\n") == b"HTTP/1.1 400"


@pytest.mark.parametrize("n", [10, 70_000])
def test_trailers_are_no_headers(server: Server, n: int) -> None:
    """What comes after a body neither proves nor changes a delivery, short or long."""
    body = b'"' + b"x" * n + b'"'
    head = delivery(f"trailed-{n}", "Transfer-Encoding: chunked", body=body)[: -len(body)]
    chunks = b"%x\r\n%b\r\n0\r\n" % (len(body), body)
    unproved = head.replace(b"X-Hub-Signature-256", b"X-Other")
    trailer = f"X-Hub-Signature-256: {sign(body)}\r\nX-GitHub-Delivery: other\r\n\r\n".encode()
    found = answers(server, [unproved + chunks + trailer, head + chunks + trailer], 2)
    assert [status for status, _ in found] == [b"HTTP/1.1 401 Unauthorized", ACCEPTED]
    assert [each.headers["x-github-delivery"] for each in server.stored()] == [f"trailed-{n}"]


@pytest.mark.parametrize("endless", [b"a: b\r\n", b"\r\na: ".ljust(64, b"x"), b""])
def test_a_flood_of_trailers(start: StartServer, endless: bytes) -> None:
    """Trailers without end, or one, or a chunk's extension, end the connection before they fill the memory."""
    server = start()
    before = peak_kb(server)
    begin = delivery("flood", "Transfer-Encoding: chunked", body=b"2\r\n{}\r\n")
    begin += b"0\r\n" if endless else b"2;a="
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sender:
        sender.sendall(begin)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            _send_on_and_on(sender, (endless or b"x") * 10_000)
    assert server.stored() == []
    assert peak_kb(server) - before < 30_000
