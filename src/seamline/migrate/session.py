"""Connections to the database that is migrated: how they behave, and what their errors mean to a person."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seamline.model.errors import Fix, Retry, SeamlineError, Stop

if TYPE_CHECKING:
    from psycopg import Connection

CONNECT_S = 10
LOCK_WAIT_MS = 50  # nobody queues behind a lock that we queue for longer than this
_APPLICATION = "seamline migrate"
# A client that died in mid-statement is noticed, and one that stopped in mid-transaction holds nothing for long.
_SETTINGS = (
    f"SET lock_timeout = '{LOCK_WAIT_MS}ms'",
    "SET idle_in_transaction_session_timeout = '5s'",
    "SET statement_timeout = 0",
    "SET client_encoding = 'UTF8'",
    "SET standard_conforming_strings = on",
)


def connect(dsn: str, migration: str = "") -> "Connection[Any]":
    """A connection that commits by itself outside of transactions. Raises Fix, Retry or Stop, without the string."""
    try:
        import psycopg
        from psycopg import conninfo
    except ImportError:
        raise Stop(
            "PostgreSQL is not installed for seamline", hint="pip install 'seamline[postgres]'"
        ) from None
    try:
        given = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        raise Fix("--dsn is no connection string", hint="postgresql://user@host:5432/database") from None
    given = {"connect_timeout": CONNECT_S, "fallback_application_name": _APPLICATION, **given}
    with translated(f"PostgreSQL at {given.get('host') or 'localhost'}"):
        connection = psycopg.connect(autocommit=True, prepare_threshold=None, **given)  # type: ignore[arg-type]
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.execute(
            "SELECT set_config('application_name', %s, false)", (f"{_APPLICATION} {migration}".strip(),)
        )
        if connection.info.server_version >= 140000 and os.name == "posix":
            connection.execute("SET client_connection_check_interval = '1s'")
    return connection


def whoami() -> str:
    """This process, for people: host and pid."""
    return f"{socket.gethostname()}:{os.getpid()}"


@contextmanager
def translated(where: str = "PostgreSQL") -> Iterator[None]:
    """A database's errors as the package's own, on one line."""
    import psycopg

    try:
        yield
    except SeamlineError:
        raise
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise Fix(f"{where}: {line(error)}", hint="name the primary: a replica can't be migrated") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise Fix(
            f"{where}: {line(error)}", hint="run as the table's owner, with CREATE on the database"
        ) from None
    except psycopg.OperationalError as error:
        raise Retry(f"{where}: {line(error)}", hint="run the same command again: it goes on") from None
    except psycopg.Error as error:
        raise Stop(f"{where}: {line(error)}", hint="`seamline migrate status` shows how far it is") from None


def line(error: Exception) -> str:
    """A database's error on one line."""
    return " ".join(str(error).split())[:300]


def check_no_pooler(dsn: str) -> str:
    """Why the connection is not our own, "" when it is: a pooler in transaction mode lends its sessions around."""
    with connect(dsn) as first:
        pid = _pid(first)
        with connect(dsn) as second, second.transaction():
            if _pid(second) == pid or _pid(first) != pid:
                return "a pooler in transaction mode stands between: sessions are not our own"
    return ""


def _pid(connection: "Connection[Any]") -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
