"""What a sender may make a connection hold."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from seamline.http import connection
from seamline.http.connection import BoundedConnection

from .conftest import Server

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
