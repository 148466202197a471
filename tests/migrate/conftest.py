"""One server for all tests of the conductor, one database for each of them."""

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from tests.store.server import MISSING, programs, running

from .stand import Stand

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The connection string of a superuser."""
    folder = programs()
    if folder is None:
        pytest.skip(MISSING)
    with running(folder) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE ROLE mig LOGIN")
            connection.execute("CREATE ROLE client LOGIN")
        yield dsn


@pytest.fixture
def stand(server: str) -> Iterator[Stand]:
    """An empty database that the migrating role owns."""
    name = f"app{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER mig")
        yield Stand(
            server.replace("user=owner dbname=postgres", f"user=mig dbname={name}"),
            server.replace("dbname=postgres", f"dbname={name}"),
        )
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
