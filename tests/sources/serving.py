"""A real `seamline serve` in a process of its own, over a fresh home, for senders that are real too."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

SECRET = "s3cret"


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server(Struct, frozen=True):
    """A running server, and how to speak to it."""

    port: int

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request over one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            said = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, said, response.read())
        finally:
            connection.close()


@contextmanager
def serving(home: Path, source: str, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve a home whose one secret is `SECRET`, for `source`; ended in order afterwards."""
    variable = f"SEAMLINE_SECRET_{source.upper().replace('-', '_')}"
    process = subprocess.Popen(
        [sys.executable, "-m", "seamline.cli", "serve", "--home", str(home), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environ or {}), variable: SECRET},
    )
    assert process.stdout is not None
    try:
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"http://\S+:(\d+)", line)
            if found:
                yield Server(int(found[1]))
                return
        raise AssertionError(f"did not start: {''.join(said)}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
