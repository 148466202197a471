"""Real servers in processes of their own, and the means to send to them."""

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from seamline.model.delivery import Delivery
from seamline.store.sqlite import SqliteLog

PROGRAM = Path(__file__).with_name("program.py")
SECRET = "s3cret"
TOKEN = "mira-token"
SECRETS = f"""
[sources]
github = ["old", "{SECRET}"]
prometheus = "{SECRET}"
openlineage = "{SECRET}"
kubernetes = "{SECRET}"

[people]
mira = "{TOKEN}"
oops = "oops-token"
"""


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """A running server."""

    def __init__(self, home: Path, *options: str, environ: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(home), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environ or {})},
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.search(r"http://\S+:(\d+)", first)
        if found is None:
            _, said = self.process.communicate(timeout=20)
            raise AssertionError(f"did not start: {first}{said}")
        self.port = int(found[1])
        self.after = 0  # what the log held before this test
        self._sent = count()
        self._said = ""

    def post(self, path: str, body: bytes | str = b"{}", /, **headers: str) -> Reply:
        return self.request("POST", path, body, {n.replace("_", "-"): v for n, v in headers.items()})

    def get(self, path: str, token: str | None = TOKEN) -> Reply:
        return self.request("GET", path, b"", {"authorization": f"Bearer {token}"} if token else {})

    def github(self, body: bytes, secret: str = SECRET, **headers: str) -> Reply:
        """Signed as GitHub signs, under a delivery id of its own unless one is given."""
        headers = {"x_github_delivery": f"{self.after}-{next(self._sent)}"} | headers
        return self.post("/in/github", body, x_hub_signature_256=sign(body, secret), **headers)

    def request(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def stored(self) -> list[Delivery]:
        """What this test's deliveries left in the log, read beside the running server."""
        return list(SqliteLog(self.home / "log.sqlite", write=False).read(self.after))

    def stop(self) -> tuple[int, str]:
        """SIGTERM; the exit status and what was said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if not self._said:
            self._said = self.process.communicate(timeout=30)[1] or " "
        return self.process.returncode, self._said


def sign(body: bytes, secret: str = SECRET) -> str:
    """GitHub's signature header."""
    return "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def peak_kb(server: Server) -> int:
    """The most memory its process ever had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


StartServer = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers over homes below the test's folder and ends them with the test."""
    running: list[Server] = []

    def _start(*options: str, home: str = "home", secrets: str = SECRETS, **more: Any) -> Server:
        running.append(Server(write_secrets(tmp_path / home, secrets), *options, **more))
        return running[-1]

    yield _start
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(write_secrets(tmp_path_factory.mktemp("shared") / "home"))
    yield server
    server.stop()


@pytest.fixture
def server(_shared: Server) -> Server:
    """A server with the usual secrets that other tests use too; `stored` shows this test's deliveries only."""
    _shared.after = SqliteLog(_shared.home / "log.sqlite", write=False).position()
    return _shared


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on loopback without any secret or token."""
    server = Server(write_secrets(tmp_path_factory.mktemp("open") / "home", ""))
    yield server
    server.stop()


def write_secrets(home: Path, text: str = SECRETS, mode: int = 0o600) -> Path:
    """A home with these secrets in it."""
    home.mkdir(exist_ok=True)
    (home / "secrets.toml").write_text(text)
    (home / "secrets.toml").chmod(mode)
    return home
