"""A PostgreSQL cluster of the run's own: reached through a socket in its folder, no TCP port, gone afterwards."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import psycopg

from lab.processes import StartFailed, Troupe, run

ADMIN = "clinic_admin"
APP = "clinic_app"
ANALYST = "clinic_analyst"
DATABASE = "clinic"
MAX_CONNECTIONS = 60
# The exporter, the loader and the operators must still get in when the services have used everything up.
RESERVED_CONNECTIONS = 6
SCHEMA = Path(__file__).parent / "clinic" / "schema.sql"


def binary(name: str) -> str:
    """The path of a PostgreSQL server program; Debian keeps them outside PATH. Raises StartFailed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join(map(str, places))) or shutil.which(name)
    if found is None:
        raise StartFailed(f"{name} is missing: install postgresql")
    return found


def dsn(socket_folder: Path, role: str) -> str:
    """A connection string over the cluster's socket."""
    return f"host={socket_folder} user={role} dbname={DATABASE}"


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as the package's own user."""
    return "postgres" if os.geteuid() == 0 else None


async def start(troupe: Troupe, folder: Path, *more: Path) -> None:
    """Create and start a cluster in `folder`, with the clinic's schema and `more` in it. Raises StartFailed."""
    folder.mkdir()
    user = _server_user()
    become = [f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    code, _, error = await run(
        ["setpriv", *become, binary("initdb"), "-D", str(folder / "data"), "-U", ADMIN, "-A", "trust",
         "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"]
    )  # fmt: skip
    if code:
        raise StartFailed(f"initdb failed: {error}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": str(MAX_CONNECTIONS),
        "superuser_reserved_connections": str(RESERVED_CONNECTIONS),
        "shared_buffers": "16MB",
        "fsync": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    argv = [binary("postgres"), "-D", str(folder / "data")]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    await troupe.start("postgres", argv, stop_signal=signal.SIGINT, user=user)
    await _create_database(folder, (SCHEMA, *more))


async def _create_database(folder: Path, schemas: Sequence[Path]) -> None:
    maintenance = f"host={folder} user={ADMIN} dbname=postgres"
    for _ in range(100):
        try:
            connection = await psycopg.AsyncConnection.connect(maintenance, autocommit=True)
            break
        except psycopg.OperationalError:
            await asyncio.sleep(0.1)
    else:
        raise StartFailed("PostgreSQL did not answer within 10 s")
    async with connection:
        await connection.execute(f"create database {DATABASE}")
    async with await psycopg.AsyncConnection.connect(dsn(folder, ADMIN)) as connection:
        for schema in schemas:
            await connection.execute(schema.read_bytes())


async def execute(socket_folder: Path, statement: str) -> None:
    """Carry out one statement as the operators' role."""
    admin = await psycopg.AsyncConnection.connect(dsn(socket_folder, ADMIN), autocommit=True)
    async with admin:
        await admin.execute(statement.encode())


@contextlib.asynccontextmanager
async def console(socket_folder: Path, statement: str) -> AsyncIterator[None]:
    """An analyst's console with a transaction open in which `statement` was carried out; rolled back at the end."""
    session = await psycopg.AsyncConnection.connect(dsn(socket_folder, ANALYST), application_name="console")
    try:
        await session.execute(statement.encode())
        yield
    finally:
        await session.rollback()
        await session.close()
