"""A migration written by hand, and ways to write it wrong: what the harness has to tell apart."""

import time
from collections.abc import Mapping

import psycopg

from seamline.bench.migrate.ledger import Shape
from seamline.bench.migrate.server import CONDUCTOR
from seamline.bench.migrate.trial import Stage

OLD, NEW = Shape("old"), Shape("new", amount="amount_new")
STEP = 500

ADD = "ALTER TABLE enc ADD COLUMN amount_new bigint"
SYNC = """CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NEW; END $$"""
TRIGGER = "CREATE TRIGGER zz_sync BEFORE {events} ON enc FOR EACH ROW EXECUTE FUNCTION sync()"


def twin(
    stage: Stage,
    *,
    events: str = "INSERT OR UPDATE",
    body: str = "NEW.amount_new := NEW.amount",
    skip: int = 0,
) -> Mapping[str, object]:
    """Type change by a twin column in small batches. `skip` leaves out so many rows at the end."""
    with psycopg.connect(stage.database.dsn(CONDUCTOR), autocommit=True) as connection:
        for statement in (ADD, SYNC.format(body=body), TRIGGER.format(events=events)):
            connection.execute(statement.encode())
        for low in range(1, stage.database.n_rows - skip, STEP):
            fill = f"UPDATE enc SET amount_new = amount WHERE id BETWEEN {low} AND {low + STEP - 1}"
            connection.execute(fill.encode())
        connection.execute(b"UPDATE enc SET amount_new = amount WHERE id > 1000000000")
    return {}


def late_copy(stage: Stage) -> Mapping[str, object]:
    """A shadow table whose copy was read before the trigger saw the writes, and written after."""
    with psycopg.connect(stage.database.dsn(CONDUCTOR), autocommit=True) as connection:
        connection.execute(b"CREATE TABLE shadow (LIKE enc INCLUDING ALL)")
        read = connection.execute(b"SELECT * FROM enc").fetchall()
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO shadow VALUES (%s, %s, %s, %s, %s, %s)", read)
    return {}


def holding(stage: Stage, seconds: float = 0.3) -> Mapping[str, object]:
    """A lock that everybody waits for, kept for so long."""
    with stage.phase("all"), psycopg.connect(stage.database.dsn(CONDUCTOR)) as connection:
        connection.execute(b"LOCK TABLE enc IN ACCESS EXCLUSIVE MODE")
        time.sleep(seconds)
    return {}
