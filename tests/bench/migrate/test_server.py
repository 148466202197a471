"""A server of the measurement's own leaves nothing behind."""

import subprocess
import sys
import time
from pathlib import Path

from seamline.bench.migrate.server import Server, programs

LIVES = """
import sys
from seamline.bench.migrate import server
with server.running(server.programs(), shared_buffers="16MB", fsync="off") as running:
    print(running.folder, flush=True)
    sys.stdin.read()
"""


def test_it_is_gone_when_its_process_was_killed(postgres: Server) -> None:
    """Kill -9 leaves neither a server nor its folder."""
    assert postgres.bin_folder == programs()
    with subprocess.Popen(
        [sys.executable, "-c", LIVES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])
        process.kill()
    until = time.monotonic() + 20
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert (folder.exists(), Path(f"/proc/{server}").exists()) == (False, False)
