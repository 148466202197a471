"""A real PostgreSQL server of the tests' own, reached through a socket in its folder, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MISSING = "needs PostgreSQL's server programs (package postgresql)"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps them outside PATH. The latest version there is."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb", path=os.pathsep.join(map(str, places))) or shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def running(bin_folder: Path) -> Iterator[str]:
    """A fresh server; its connection string. As root it runs as the package's own user, which it insists on."""
    # a short path: a socket's name may have no more than 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="seamline-pg-"))
    owner = None
    if os.geteuid() == 0:
        owner = "postgres"
        shutil.chown(folder, owner, owner)

    def call(program: str, *arguments: str) -> None:
        command = [str(bin_folder / program), "-D", str(folder / "data"), *arguments]
        groups: list[str] | None = [] if owner else None
        subprocess.run(
            command,
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            user=owner,
            group=owner,
            extra_groups=groups,
        )

    try:
        call("initdb", "-U", "owner", "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
        options = f"-c listen_addresses= -k {folder} -c shared_buffers=16MB -c synchronous_commit=off"
        call("pg_ctl", "-w", "-l", str(folder / "server.log"), "-o", options, "start")
        try:
            yield f"host={folder} user=owner dbname=postgres"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
