"""PostgreSQL on its bad days."""

import psycopg
import pytest

from seamline.model.delivery import Appended
from seamline.model.errors import Retry, Stop
from seamline.store.postgres import PostgresLog

from .test_durable import received


def cut(dsn: str) -> None:
    """End every session of this package, as a failover or an administrator does."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seamline'"
        )


def test_a_cut_connection_is_a_retry(dsn: str) -> None:
    """The call that meets the cut says so; the next one goes through on a new connection."""
    log = PostgresLog(dsn)
    log.append([received(1)])
    cut(dsn)
    with pytest.raises(Retry):
        log.append([received(2)])
    assert log.append([received(2)]) == [Appended(2, False)]
    log.close()


def test_a_writer_that_lost_its_place_stops(dsn: str) -> None:
    """A writer whose lock went to another one while it was cut off does not write beside it."""
    first = PostgresLog(dsn)
    cut(dsn)
    second = PostgresLog(dsn)
    with pytest.raises(Retry):
        first.append([received(1)])
    with pytest.raises(Stop, match="already writes"):
        first.append([received(1)])
    assert second.append([received(1)]) == [Appended(1, False)]
    first.close()
    second.close()


def test_durability_does_not_depend_on_the_server(dsn: str) -> None:
    """Commits wait for the disk even where the server's own default says they needn't."""
    log = PostgresLog(dsn)
    assert log._writing().run(lambda c: c.execute("SHOW synchronous_commit").fetchone()) == ("on",)
    log.close()


def test_a_server_that_is_not_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No server is one line with a hint, and no password in it."""
    nowhere = tmp_path_factory.mktemp("nowhere")
    with pytest.raises(Retry) as refused:
        PostgresLog(f"host={nowhere} user=owner password=s3cret dbname=x")
    assert "\n" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_reading_where_no_log_is(dsn: str) -> None:
    """A database without a log is said to be one."""
    log = PostgresLog(dsn, write=False)
    with pytest.raises(Stop, match="no log in this database"):
        log.position()
    log.close()
