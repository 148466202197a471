"""A PostgreSQL of the tests' own with the measured table in it, in small."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from seamline.bench.migrate import server, table
from seamline.bench.migrate.server import Server
from seamline.bench.migrate.table import Database
from seamline.model.errors import Fix

N_ROWS = 4000

Copied = Callable[[str], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server whose seed has N_ROWS rows."""
    try:
        folder = server.programs()
    except Fix as error:
        pytest.skip(f"{error}: {error.hint}")
    with server.running(folder, shared_buffers="32MB", fsync="off") as running:
        table.fill(running, N_ROWS)
        yield running


@pytest.fixture
def database(postgres: Server, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh copy of the seed."""
    name = f"t{abs(hash(request.node.name)) % 10**9}_{os.getpid()}"
    with table.copied(postgres, name, N_ROWS) as made:
        yield made


@pytest.fixture
def copied(postgres: Server) -> Copied:
    """Makes fresh copies of the seed, by name."""
    return partial(_copied, postgres)


def _copied(postgres: Server, name: str) -> AbstractContextManager[Database]:
    return table.copied(postgres, name, N_ROWS)
