"""Every store the package has, behind the same fixtures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from seamline.model.ports import Log, Views
from seamline.store.memory import MemoryLog, MemoryViews
from seamline.store.postgres import PostgresLog, PostgresViews
from seamline.store.sqlite import SqliteLog, SqliteViews

from .server import MISSING, programs, running

DURABLE = ("sqlite", "postgres")
STORES = ("memory", *DURABLE)

OpenLog = Callable[..., Log]


@pytest.fixture(scope="session")
def _postgres() -> Iterator[str]:
    folder = programs()
    if folder is None:
        pytest.skip(MISSING)
    with running(folder) as dsn:
        yield dsn


@pytest.fixture
def dsn(_postgres: str) -> str:
    """The connection string of a database without a log."""
    with psycopg.connect(_postgres, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS seamline CASCADE")
    return _postgres


@pytest.fixture(params=DURABLE)
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLog:
    """Opens the same log each time it is called, to write or beside the writer."""
    if request.param == "sqlite":
        return lambda write=True: SqliteLog(tmp_path / "log.sqlite", write=write)
    dsn: str = request.getfixturevalue("dsn")
    return lambda write=True: PostgresLog(dsn, write=write)


@pytest.fixture(params=STORES)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """An empty log."""
    opened: Log
    if request.param == "memory":
        opened = MemoryLog()
    elif request.param == "sqlite":
        opened = SqliteLog(tmp_path / "log.sqlite")
    else:
        opened = PostgresLog(request.getfixturevalue("dsn"))
    yield opened
    opened.close()


@pytest.fixture(params=STORES)
def views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Views]:
    """Views that were never put."""
    if request.param == "memory":
        yield MemoryViews()
        return
    opened: SqliteViews | PostgresViews
    if request.param == "sqlite":
        opened = SqliteViews(tmp_path / "views.sqlite")
    else:
        opened = PostgresViews(request.getfixturevalue("dsn"))
    yield opened
    opened.close()
