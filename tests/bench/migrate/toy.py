"""A conductor in a hundred lines that knows one migration: enough of one for the protocol to be proved on.

Called like the real one. TOY names a way in which it is broken; the protocol has to find each.
"""

import os
import sys
import time

import psycopg

DSN = os.environ["SEAMLINE_DSN"]
BROKEN = os.environ.get("TOY", "")

JOURNAL = """
CREATE SCHEMA seam;
CREATE TABLE seam.migration (id text PRIMARY KEY, state text, epoch int, eta_p50 float8, eta_p90 float8);
CREATE TABLE seam.chunk (mig text, kind text, pass int, leaf bigint, lo bigint, hi bigint);
CREATE TABLE seam.conductor (mig text, epoch int, pids int[], started_at timestamptz DEFAULT clock_timestamp())
"""
EXPAND = """
ALTER TABLE enc ADD COLUMN amount_new bigint;
CREATE FUNCTION seam.sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' AND NEW.amount_new IS DISTINCT FROM OLD.amount_new AND OLD.amount_new IS NOT NULL
  THEN NEW.amount := NEW.amount_new;
  ELSIF TG_OP = 'INSERT' AND NEW.amount IS NULL THEN NEW.amount := NEW.amount_new;
  ELSE NEW.amount_new := NEW.amount; END IF; RETURN NEW; END $$;
CREATE TRIGGER zz BEFORE INSERT OR UPDATE ON enc FOR EACH ROW EXECUTE FUNCTION seam.sync();
CREATE SCHEMA later;
GRANT USAGE ON SCHEMA later TO app;
CREATE VIEW later.enc AS SELECT id, patient_id, amount_new AS amount, ward, note, at FROM enc;
GRANT SELECT, INSERT, UPDATE, DELETE ON later.enc TO app
"""
SHRINK = "DROP SCHEMA later CASCADE; DROP TRIGGER zz ON enc; DROP FUNCTION seam.sync()"
CONTRACT = """
ALTER TABLE enc ADD CONSTRAINT there CHECK (amount_new IS NOT NULL) NOT VALID;
ALTER TABLE enc ALTER amount_new SET NOT NULL, DROP CONSTRAINT there, DROP COLUMN amount;
ALTER TABLE enc RENAME amount_new TO amount
"""


def main(verb: str, name: str) -> None:
    with psycopg.connect(DSN, autocommit=True) as connection:
        name = os.path.basename(name).removesuffix(".yaml")
        if verb in ("plan", "start"):
            {"plan": plan, "start": start}[verb](connection, name)
        else:
            {"approve": approve, "contract": contract, "revert": revert}[verb](connection)


def enter(connection: psycopg.Connection, state: str) -> None:
    connection.execute("UPDATE seam.migration SET state = %s", [state])


def plan(connection: psycopg.Connection, name: str) -> None:
    connection.execute(JOURNAL)
    connection.execute("INSERT INTO seam.migration VALUES (%s, 'PLANNED', 0, 1, 2)", [name])


def approve(connection: psycopg.Connection) -> None:
    enter(connection, "APPROVED")


def start(connection: psycopg.Connection, name: str) -> None:
    if BROKEN != "two epochs":  # else whoever is started conducts, whoever else does
        connection.execute("SELECT pg_advisory_lock(1)")
    epoch = connection.execute("UPDATE seam.migration SET epoch = epoch + 1 RETURNING epoch").fetchone()
    assert epoch is not None
    connection.execute(
        "INSERT INTO seam.conductor VALUES (%s, %s, %s)", [name, epoch[0], [connection.info.backend_pid]]
    )
    if connection.execute("SELECT state FROM seam.migration").fetchone() == ("APPROVED",):
        with connection.transaction():
            connection.execute("LOCK TABLE enc IN ACCESS EXCLUSIVE MODE")
            connection.execute(EXPAND)
            if BROKEN == "holds a lock":
                time.sleep(0.4)
            enter(connection, "SYNC")
    fill(connection, name)
    enter(connection, "SOAK")


def fill(connection: psycopg.Connection, name: str) -> None:
    """Page by page of the table as it was when the trigger came; later rows are the trigger's."""
    n_pages = connection.execute("SELECT pg_relation_size('enc') / 8192").fetchall()[0][0]
    done = connection.execute("SELECT coalesce(max(hi), 0) FROM seam.chunk").fetchall()[0][0]
    touch = (
        "UPDATE enc SET amount_new = amount WHERE ctid >= %s::tid AND ctid < %s::tid AND amount_new IS NULL"
    )
    note = "INSERT INTO seam.chunk VALUES (%s, 'backfill', 1, 0, %s, %s)"
    for page in range(done, n_pages):
        if BROKEN == "notes before it works":
            connection.execute(note, [name, page, page + 1])
            time.sleep(0.01)
        with connection.transaction():
            connection.execute(touch, [f"({page},0)", f"({page + 1},0)"])
            time.sleep(0.005)
            if BROKEN != "notes before it works":
                connection.execute(note, [name, page, page + 1])


def contract(connection: psycopg.Connection) -> None:
    with connection.transaction():
        connection.execute(SHRINK)
        connection.execute(CONTRACT)
        enter(connection, "DONE")


def revert(connection: psycopg.Connection) -> None:
    with connection.transaction():
        if BROKEN != "leaves its trigger behind":
            connection.execute(SHRINK)
            connection.execute("ALTER TABLE enc DROP COLUMN amount_new")
        enter(connection, "REVERTED")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
