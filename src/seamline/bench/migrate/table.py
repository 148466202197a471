"""The table under measurement, and the databases it stands in: each case gets a fresh copy of one that was filled once."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from seamline.bench.migrate.server import CLIENT, CONDUCTOR, Server, execute, rows

SEED = "seed"
FIRST_AMOUNT = (
    "(id * 7919 % 90001)::int"  # what the first rows begin with; every value fits a smallint's successor
)
NOTE = "repeat(md5(id::text), 3)"
PATIENT = "(id * 31 % 100003)::int"

# `enc` is the table. `ledger` is written in the same statement as each write, so that both stand or fall together;
# `n` counts a client's writes from 1 without a gap.
SCHEMA = f"""
CREATE TABLE enc (
  id bigint PRIMARY KEY,
  patient_id int NOT NULL,
  amount int NOT NULL,
  ward int,
  note text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE patient (id int PRIMARY KEY);
CREATE TABLE ledger (
  run int NOT NULL, client int NOT NULL, n bigint NOT NULL,
  op "char" NOT NULL, id bigint NOT NULL, delta int NOT NULL, n_rows int NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON enc, patient TO {CLIENT};
GRANT INSERT ON ledger TO {CLIENT};
ALTER TABLE enc OWNER TO {CONDUCTOR};
ALTER TABLE patient OWNER TO {CONDUCTOR};
"""


class Database(Struct, frozen=True):
    """One database of the server; `n_rows` were in the table before anybody wrote."""

    server: Server
    name: str
    n_rows: int

    def dsn(self, role: str) -> str:
        """A connection string for a role."""
        return self.server.dsn(self.name, role)


def fill(server: Server, n_rows: int) -> None:
    """Make the database that the others are copies of: `n_rows` rows of about 160 bytes and two indexes."""
    execute(server.dsn(), f"CREATE DATABASE {SEED} OWNER {CONDUCTOR}")
    execute(
        server.dsn(SEED),
        SCHEMA,
        f"""INSERT INTO enc (id, patient_id, amount, ward, note, at)
        SELECT id, {PATIENT}, {FIRST_AMOUNT}, id % 40, {NOTE}, timestamptz '2026-01-01' + id * interval '1 second'
        FROM generate_series(1::bigint, {n_rows}) AS id""",
        "INSERT INTO patient SELECT generate_series(0, 100002)",
        "CREATE INDEX enc_patient ON enc (patient_id)",
        "VACUUM ANALYZE",
        "CHECKPOINT",
    )


@contextmanager
def copied(server: Server, name: str, n_rows: int) -> Iterator[Database]:
    """A fresh copy of the filled database, dropped afterwards."""
    # version 15 would otherwise write the whole copy into the WAL
    how = "STRATEGY file_copy" if server_version(server) >= 150000 else ""
    execute(server.dsn(), f"CREATE DATABASE {name} TEMPLATE {SEED} OWNER {CONDUCTOR} {how}", "CHECKPOINT")
    try:
        yield Database(server, name, n_rows)
    finally:
        execute(server.dsn(), f"DROP DATABASE {name} WITH (FORCE)")


def server_version(server: Server) -> int:
    """PostgreSQL's own number, as 150018."""
    return int(rows(server.dsn(), "SHOW server_version_num")[0][0])
