"""Acts of the home's owner while its server runs: a socket file in the home that nobody else can open.

One request a connection: a line of JSON, `{"act": {...}, "for": "ben"}`, and a line back. Who may open the file
acts as the command line does, in the name of the whole-stack owner: the same person could stop the server and act.
"""

import logging
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from seamline.app.act import Act
from seamline.app.acting import LOCAL
from seamline.http.api import Api, Recorded
from seamline.http.journal import place
from seamline.model.errors import Busy, Fix, SeamlineError, Stop

NAME = "control.sock"
MAX_LINE = 16 * 1024 * 1024  # a verdict names all that a change reaches
BACKLOG = 128  # who connects while so many are let in waits, the next is told that the server is busy
READ_S = 10.0  # for a request to arrive
ANSWER_S = 300.0  # for an act on a large log
_MAX_ADDRESS = 100  # bytes that every system takes for a socket's path

_logger = logging.getLogger("seamline.control")


class Asked(Struct, frozen=True, rename={"for_": "for"}):
    """An act, and whose word it is when not the whole-stack owner's."""

    act: Act
    for_: str = ""


class Answer(Struct, frozen=True):
    """What came of it, or what was refused and the mend."""

    recorded: Recorded | None = None
    error: str = ""
    hint: str = ""


_asked = msgspec.json.Decoder(Asked)
_answer = msgspec.json.Decoder(Answer)


@contextmanager
def controlled(home: Path, api: Api) -> Iterator[None]:
    """While it lasts, the home's owner acts through the socket. At the end acts under way are finished, half a request
    is not waited for.

    One server per home: a file that is there is a dead server's. Where none can be made the server runs without.
    """
    path = home / NAME
    try:
        with suppress(FileNotFoundError):
            path.unlink()
        with _address(path) as address:
            server = _Server(address, path, api)
    except OSError as error:
        _logger.warning("%s: %s; the command line can't act while this server runs", path, error.strerror)
        yield
        return
    thread = threading.Thread(target=server.serve_forever, name="control", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.hear_no_more()
        server.server_close()
        with suppress(FileNotFoundError):
            path.unlink()


class _Server(socketserver.ThreadingUnixStreamServer):
    """Its rights are set between binding and listening: nobody can connect before."""

    request_queue_size = BACKLOG

    def __init__(self, address: str, path: Path, api: Api) -> None:
        self.path = path
        self.api = api
        self._connected: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connected.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connected.discard(request)
        super().shutdown_request(request)

    def hear_no_more(self) -> None:
        """What is not whole by now is cut off; answers still go out."""
        for connection in tuple(self._connected):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    def server_bind(self) -> None:
        super().server_bind()
        self.path.chmod(0o600)


class _Handler(socketserver.StreamRequestHandler):
    timeout = READ_S
    server: _Server

    def handle(self) -> None:
        try:
            line = self.rfile.readline(MAX_LINE)
        except OSError:  # nothing came in time
            return
        answer = msgspec.json.encode(_answered(self.server.api, line))
        with suppress(OSError):  # who asked has gone
            self.wfile.write(answer + b"\n")


def _answered(api: Api, line: bytes) -> Answer:
    try:
        asked = _asked.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        return Answer(error=f"the server doesn't know this act: {error}", hint="restart it: versions differ")
    try:
        return Answer(api.act(asked.act, LOCAL, asked.for_))
    except SeamlineError as error:
        return Answer(error=str(error), hint=error.hint)
    except Exception as error:  # noqa: BLE001  a door: who asks gets one line
        _logger.error("an act failed: %s", place(error))
        return Answer(error="the server failed at this", hint="its stderr says where")


def ask(home: Path, asked: Asked) -> Recorded | None:
    """Have the home's running server do it; None when no server listens there.

    Raises Fix for what the server refuses, Busy when too many ask, Stop when it ends before it answers.
    """
    request = msgspec.json.encode(asked)
    if len(request) >= MAX_LINE:
        raise Fix("this is too long for one act", hint="say it in fewer words, or at fewer positions at once")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_S)
        try:
            with _address(home / NAME) as address:
                connection.connect(address)
        except BlockingIOError:
            raise Busy("too many acts at once for the home's server", hint="try again in a moment") from None
        except OSError:
            return None
        answer = _exchange(connection, request)
    if answer.recorded is None:
        raise Fix(answer.error, hint=answer.hint)
    return answer.recorded


def _exchange(connection: socket.socket, request: bytes) -> Answer:
    try:
        connection.sendall(request + b"\n")
        with connection.makefile("rb") as answers:
            return _answer.decode(answers.readline())
    except (OSError, msgspec.DecodeError) as error:
        hint = "look whether it is on record before you try again"
        raise Stop("the home's server ended before it answered", hint=hint) from error


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """A name for the socket's path that fits: a long one is reached through its folder's descriptor (Linux)."""
    if len(os.fsencode(path)) <= _MAX_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
