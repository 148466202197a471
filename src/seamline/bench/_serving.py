"""The real server, `seamline serve`, over a home, with what it says on stderr kept for reading."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from seamline.bench.load import PATIENCE_S, cpu_s
from seamline.model.errors import Stop

_TROUBLE = re.compile(r"Traceback|Error|failed|Exception", re.IGNORECASE)


@dataclass(slots=True)
class Served:
    """A server process. `exit_code` and `complaints` are there once it ended."""

    pid: int
    port: int
    exit_code: int | None = None
    complaints: list[str] = field(default_factory=list)  # lines of stderr that speak of trouble

    def cpu_s(self) -> float:
        """Seconds of processor time so far."""
        return cpu_s(self.pid)

    def resident_mb(self) -> float:
        """Megabytes of memory it holds; 0 where the system doesn't say."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except OSError:
            return 0.0
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)

    def ask(self, path: str) -> tuple[int, bytes]:
        """GET: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S * 4)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def lag(self) -> int:
        """Deliveries in the log that triage has not taken in yet; 0 without triage."""
        said = json.loads(self.ask("/readyz")[1])
        triaged = said["triaged"]
        return 0 if triaged is None else int(said["position"]) - int(triaged)


@contextmanager
def serving(home: Path, *, triage: bool = True) -> Iterator[Served]:
    """Serve the home on a free port; ended in order afterwards. Without `triage` it only takes in and stores."""
    whole = ["seamline.cli", "serve", "--home", str(home), "--port", "0"]
    with tempfile.TemporaryFile("w+b") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", *(whole if triage else ["seamline.bench._server", str(home)])],
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        served = Served(process.pid, 0)
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+:(\d+)", process.stdout.readline())
            if found is None:
                raise Stop("the server under measurement did not start", hint=_all_of(complaints)[-500:])
            served.port = int(found[1])
            yield served
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=PATIENCE_S * 4)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            served.exit_code = process.returncode
            served.complaints = [line for line in _all_of(complaints).splitlines() if _TROUBLE.search(line)]


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
