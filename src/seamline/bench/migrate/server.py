"""A PostgreSQL server of the measurement's own: in one folder, reached by a socket in it, gone afterwards.

Nobody else can reach it, and no port has to be free. It logs as CSV what the figures are read from: every error
with its SQLSTATE, and every wait of a client for a lock, to the millisecond.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from seamline.model.errors import Fix, Stop

SUPER = "bench"  # who makes databases and watches; neither the clients nor the conductor
CLIENT = "app"  # reads and writes, and may do nothing else
CONDUCTOR = "conductor"  # owns the tables, is no superuser

# A client's wait for a lock is written down from here on. Set for clients alone: a short deadlock_timeout makes a
# waiting session cancel autovacuum, and that favour a conductor must not get from its measurement.
LOGGED_WAIT_MS = 20

# Waits for the other end of its pipe to close, by will or by death.
CLEAR_UP = """
read -r nothing
server=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$server"
while kill -0 "$server"; do sleep 0.05; done
rm -rf "$1"
"""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "logical",
    "logging_collector": "on",
    "log_destination": "csvlog",
    "log_directory": "log",
    "log_filename": "server",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
    "log_connections": "on",  # a process that never fails is known by this line
    "lc_messages": "C",
    "timezone": "UTC",
}


class Server(Struct, frozen=True):
    """Where the server lives, and as whom its programs run: as root they insist on somebody else."""

    bin_folder: Path
    folder: Path
    runs_as: str | None

    def dsn(self, database: str = "postgres", role: str = SUPER) -> str:
        """A connection string over the server's socket."""
        return f"host={self.folder} user={role} dbname={database}"

    @property
    def log_file(self) -> Path:
        """The server's log as CSV."""
        return self.folder / "data" / "log" / "server.csv"

    def start(self) -> None:
        """Start, or start again after a stop; back when it takes connections. Raises Stop."""
        self._call("pg_ctl", "-w", "-t", "120", "-l", str(self.folder / "stderr.log"), "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop in pg_ctl's mode `fast` or `immediate`: the latter is a crash that is recovered from at the next start."""
        self._call("pg_ctl", "-w", "-t", "120", "-m", mode, "stop")

    def program(self, name: str) -> str:
        """The path of one of its client programs."""
        return str(self.bin_folder / name)

    def _call(self, program: str, *arguments: str) -> None:
        command = [self.program(program), "-D", str(self.folder / "data"), *arguments]
        who: dict[str, Any] = {}
        if self.runs_as:
            who = {"user": self.runs_as, "group": pwd.getpwnam(self.runs_as).pw_gid, "extra_groups": []}
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        if done.returncode:
            raise Stop(f"{program} failed: {(done.stderr or done.stdout).strip()[-300:]}")

    def _initialise(self, settings: dict[str, str]) -> None:
        self._call("initdb", "-U", SUPER, "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
        lines = [f"{key} = '{value}'\n" for key, value in settings.items()]
        with (self.folder / "data" / "postgresql.auto.conf").open("a") as file:
            file.writelines([*lines, f"unix_socket_directories = '{self.folder}'\n"])


def programs() -> Path:
    """The folder of the latest server programs that are there; Debian keeps them outside PATH. Raises Fix."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    found = shutil.which("initdb", path=os.pathsep.join(map(str, places))) or shutil.which("initdb")
    if found is None or not (Path(found).resolve().parent / "pgbench").exists():
        raise Fix(
            "PostgreSQL's server programs are not here", hint="apt install postgresql, or put initdb in PATH"
        )
    return Path(found).resolve().parent


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


@contextmanager
def running(bin_folder: Path, **settings: str) -> Iterator[Server]:
    """A fresh server with its three roles; stopped and removed afterwards. `settings` come after our own."""
    # a short path: a socket's name may have no more than 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="seamline-pg-"))
    with _cleared_up(folder):
        server = Server(bin_folder, folder, _somebody_else(folder))
        server._initialise({**SETTINGS, **settings})
        server.start()
        _make_roles(server)
        yield server


@contextmanager
def _cleared_up(folder: Path) -> Iterator[None]:
    """The server in a folder stops, and the folder goes, when the block is left or this process dies, however it does."""
    keeper = subprocess.Popen(
        ["sh", "-c", CLEAR_UP, "clear-up", str(folder)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us
    )
    try:
        yield
    finally:
        keeper.communicate()


def _somebody_else(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError as error:
        raise Fix(
            "PostgreSQL refuses to run as root, and there is no user `postgres`",
            hint="run this as somebody else",
        ) from error
    return "postgres"


def _make_roles(server: Server) -> None:
    execute(
        server.dsn(),
        f"CREATE ROLE {CLIENT} LOGIN",
        f"CREATE ROLE {CONDUCTOR} LOGIN",
        f"ALTER ROLE {CLIENT} SET log_lock_waits = on",
        f"ALTER ROLE {CLIENT} SET deadlock_timeout = '{LOGGED_WAIT_MS}ms'",
    )


def execute(dsn: str, *statements: str) -> None:
    """Run statements one by one, each in a transaction of its own."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rows(dsn: str, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """All rows of one query."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(statement.encode(), values or None).fetchall()
