"""Starting, stopping, and the days when the machine under the server is not well."""

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seamline.store.sqlite import SqliteLog

from .conftest import PROGRAM, Server, StartServer, write_secrets


def fails(*arguments: str, prefix: tuple[str, ...] = ()) -> str:
    """Run the server where it can't start; its one line."""
    ended = subprocess.run(
        [*prefix, sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def ping(server: Server, n: int) -> int:
    body = json.dumps({"zen": "x" * 1000, "n": n}).encode()
    return server.github(body, x_github_event="ping", x_github_delivery=f"ping-{n}").status


def test_an_empty_home_is_made(tmp_path: Path) -> None:
    """A home that is not there is made, closed to others, and refuses everybody until it has secrets."""
    server = Server(tmp_path / "new" / "home")
    assert server.github(b"{}").status == 401
    assert server.stop()[0] == 0
    assert (tmp_path / "new" / "home").stat().st_mode & 0o777 == 0o700


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """One line with the port and the mend."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port}" in fails(str(tmp_path / "home"), "--port", str(port))


def test_one_writer_per_home(start: StartServer) -> None:
    """A second server over the same home stops at once and names the first."""
    server = start()
    said = fails(str(server.home))
    assert f"process {server.process.pid} already writes" in said


def test_secrets_that_others_can_read(tmp_path: Path) -> None:
    """Loose rights on the secrets stop the start, with the command that mends it, and no secret in the line."""
    write_secrets(tmp_path, mode=0o644)
    said = fails(str(tmp_path))
    assert f"chmod 600 {tmp_path}/secrets.toml" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    "text",
    [
        "allow_unsigned = [",
        '[sources]\ngithub = ""',
        "[sources]\ngithub = [1]",
        '[sources]\nnagios = "s3cret"',
        'allow_unsigned = ["nagios"]',
        'people = "s3cret"',
        'tokens = "s3cret"',
    ],
)
def test_secrets_that_make_no_sense(tmp_path: Path, text: str) -> None:
    """A slip in the file is one line that names the file and quotes no secret."""
    write_secrets(tmp_path, text)
    said = fails(str(tmp_path))
    assert "secrets.toml" in said
    assert "s3cret" not in said


def test_unsigned_senders_only_on_loopback(start: StartServer, tmp_path: Path) -> None:
    """`allow_unsigned` opens one source in a lab, is said at the start, and never opens a port to others."""
    lab = 'allow_unsigned = ["kubernetes"]'
    server = start(secrets=lab)
    assert server.post("/in/kubernetes", b"{}").status == 202
    assert server.post("/in/github", b"{}").status == 401
    write_secrets(tmp_path / "open", lab)
    assert "allow_unsigned (kubernetes)" in fails(str(tmp_path / "open"), "--host", "0.0.0.0")


def test_no_page_delivers_unsigned(start: StartServer) -> None:
    """A page that somebody looks at on the lab's machine can't make their browser deliver; browsers say whose it is."""
    server = start(secrets='allow_unsigned = ["kubernetes"]')
    assert server.post("/in/kubernetes", b"{}", origin="http://evil.example").status == 401
    assert server.post("/in/kubernetes", b"{}", origin="null", content_type="text/plain").status == 401
    assert server.stored() == []


def test_secrets_from_the_environment(start: StartServer) -> None:
    """An environment variable adds to the file's secrets."""
    server = start(environ={"SEAMLINE_SECRET_GITHUB": "one,two"})
    for secret in ("one", "two", "s3cret"):
        assert server.github(b"{}", secret=secret, x_github_event="ping").status == 202


def test_terminating_answers_what_is_under_way(start: StartServer) -> None:
    """SIGTERM ends the server with exit 0; everything it acknowledged is in the log."""
    server = start()
    with ThreadPoolExecutor(8) as senders:
        statuses = list(senders.map(lambda n: ping(server, n), range(200)))
    code, said = server.stop()
    assert (code, set(statuses)) == (0, {202})
    assert "Traceback" not in said
    assert SqliteLog(server.home / "log.sqlite", write=False).position() == 200


def test_live_triage_gets_every_delivery_once_in_order(start: StartServer) -> None:
    """What was committed is handed on, in the log's order, while a slow triage holds nobody up."""
    server = start()
    server.github(b'{"slow": 1}', x_github_event="ping")
    statuses = [ping(server, n) for n in range(20)]
    ready = server.get("/readyz").json
    assert set(statuses) == {202}
    assert ready["position"] == 21
    _, said = server.stop()
    handed = [int(n) for n in re.findall(r"triaged (\d+)", said)]
    assert handed == list(range(1, len(handed) + 1))
    assert handed


def test_a_full_disk_is_the_servers_trouble(start: StartServer) -> None:
    """On a full disk the sender is told to come again, nothing is half-written, and with room it goes on."""
    server = start()
    assert ping(server, 0) == 202
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (200_000, hard))
    statuses = [ping(server, n) for n in range(1, 200)]
    n_stored = statuses.count(202)
    assert set(statuses) == {202, 503}
    refused = server.github(b'{"n": 1}', x_github_event="ping")
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert server.get("/readyz").status == 503
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert ping(server, 1000) == 202
    assert server.get("/readyz").status == 200
    log = SqliteLog(server.home / "log.sqlite", write=False)
    assert [d.seq for d in log.read()] == list(range(1, n_stored + 3))


def test_a_home_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A read-only home refuses to serve in one line; reading it goes on."""
    home = tmp_path / "home"
    with_log = Server(home)
    with_log.stop()
    home.chmod(0o555)
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("needs setpriv (package util-linux) when run as root")
        prefix = (setpriv, "--bounding-set=-dac_override", "--inh-caps=-dac_override")
    try:
        assert str(home) in fails(str(home), prefix=prefix)
        reading = f"from seamline.store.sqlite import *; print(SqliteLog(Path({str(home / 'log.sqlite')!r}), write=False).position())"
        ended = subprocess.run([*prefix, sys.executable, "-c", reading], capture_output=True, text=True)
        assert (ended.stdout, ended.stderr) == ("0\n", "")
    finally:
        home.chmod(0o755)


def test_another_process_reads_while_this_one_writes(server: Server) -> None:
    """A reader sees every acknowledged delivery while the server runs."""
    log = SqliteLog(server.home / "log.sqlite", write=False)
    for n in range(5):
        assert ping(server, n) == 202
        assert log.position() == server.after + n + 1
        assert [d.seq for d in log.read(after=server.after + n)] == [server.after + n + 1]
