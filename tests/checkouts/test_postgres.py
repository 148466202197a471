"""PostgreSQL's catalogue as findings, from a real server."""

from collections.abc import Iterator

import psycopg
import pytest

from seamline.checkouts.postgres import Catalogue, read
from seamline.checkouts.routine import touched
from seamline.model.artefact import Column, Fact, Figure, Found, Ownership, Place, Query, Table, Unread
from seamline.model.errors import Fix, Retry, SeamlineError
from tests.store.server import MISSING, programs, running

SCHEMA = """
CREATE ROLE clinic LOGIN;
CREATE ROLE data_team;
CREATE ROLE reader LOGIN;
CREATE DATABASE clinic OWNER clinic;
"""
TABLES = """
CREATE SCHEMA marts;
GRANT ALL ON SCHEMA marts, public TO data_team;
SET ROLE clinic;
RESET ROLE;
CREATE TYPE mood AS ENUM ('ok', 'ill');
CREATE TABLE patients (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(80) NOT NULL, born date, gone int);
ALTER TABLE patients DROP COLUMN gone;
CREATE TABLE "Odd Name" (a mood DEFAULT 'ok');
CREATE TABLE visits (id int, at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW recent AS SELECT v.id, p.email FROM visits v JOIN patients p ON p.id = v.id;
CREATE MATERIALIZED VIEW marts.daily AS SELECT count(*) AS n FROM recent;
ALTER TABLE patients OWNER TO clinic;
ALTER MATERIALIZED VIEW marts.daily OWNER TO data_team;
CREATE FUNCTION born_in(y int) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM patients WHERE extract(year from born) = y';
CREATE FUNCTION tidy() RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO marts_log SELECT 1; DELETE FROM public.visits USING patients; END $$;
CREATE FUNCTION plain(x int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT count(*)::int + x FROM visits; END;
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PUBLICATION warehouse FOR TABLE patients;
CREATE EXTENSION postgres_fdw;
CREATE SERVER billing FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'billing-db', dbname 'billing');
CREATE FOREIGN TABLE invoices (id int) SERVER billing OPTIONS (schema_name 'app', table_name 'invoice');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server with the clinic's database; the connection string of its superuser."""
    folder = programs()
    if folder is None:
        pytest.skip(MISSING)
    with running(folder) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
        clinic = dsn.replace("dbname=postgres", "dbname=clinic")
        with psycopg.connect(clinic, autocommit=True) as connection:
            connection.execute(TABLES)
        yield clinic


@pytest.fixture(scope="module")
def catalogue(server: str) -> Catalogue:
    """What a role without any rights on the tables reads."""
    return read(server.replace("user=owner", "user=reader"))


def ref(name: str) -> str:
    """A relation of the clinic's database."""
    return f"dataset:postgres://localhost:5432/clinic.{name}"


def of(catalogue: Catalogue, kind: type) -> list[Found]:
    """The findings of one kind."""
    return [found for found in catalogue.found if isinstance(found, kind)]


def test_tables_have_all_their_columns(catalogue: Catalogue) -> None:
    """Types, nullability and defaults as the server has them; partitions and dropped columns are not there."""
    tables = {t.dataset: t for t in catalogue.found if isinstance(t, Table)}
    assert sorted(tables) == sorted(
        map(ref, ["marts.daily", "public.Odd Name", "public.invoices", "public.patients", "public.recent", "public.visits"])
    )  # fmt: skip
    assert all(table.complete for table in tables.values())
    assert tables[ref("public.patients")].columns == (
        Column("id", "bigint", nullable=False, has_default=True),
        Column("email", "character varying(80)", nullable=False, has_default=False),
        Column("born", "date", nullable=True, has_default=False),
    )
    assert tables[ref("public.Odd Name")].columns == (
        Column("a", "public.mood", nullable=True, has_default=True),
    )
    assert tables[ref("public.patients")].place == Place("localhost:5432/clinic", "public.patients")


def test_views_carry_their_definition_and_what_they_are_made_of(catalogue: Catalogue) -> None:
    """Definitions name every relation with its schema."""
    queries = {q.writes: q for q in catalogue.found if isinstance(q, Query) and q.writes}
    assert sorted(queries) == [ref("marts.daily"), ref("public.recent")]
    assert "FROM public.recent" in queries[ref("marts.daily")].sql
    assert queries[ref("public.recent")].dialect == "postgres"
    derived = {
        (f.subject, f.object) for f in catalogue.found if isinstance(f, Fact) and f.predicate == "derives"
    }
    assert derived == {
        (ref("public.recent"), ref("public.visits")),
        (ref("public.recent"), ref("public.patients")),
        (ref("marts.daily"), ref("public.recent")),
        (ref("public.invoices"), "dataset:postgres://billing-db:5432/billing.app.invoice"),
    }


def test_functions_and_publications_are_jobs(catalogue: Catalogue) -> None:
    """What reads or writes a table is on the map; a function that touches none is not."""
    job = "job:localhost:5432/clinic/"
    said = {
        (f.subject.removeprefix(job), f.predicate, f.object)
        for f in catalogue.found
        if isinstance(f, Fact) and f.subject.startswith("job:") and f.predicate != "exists"
    }
    assert said == {
        ("public.born_in", "reads", ref("public.patients")),
        ("public.tidy", "reads", ref("public.patients")),
        ("public.tidy", "writes", ref("public.visits")),
        ("public.plain", "reads", ref("public.visits")),
        ("publication/warehouse", "reads", ref("public.patients")),
    }


def test_owners_and_limits(catalogue: Catalogue) -> None:
    """The database's owner, owners of tables who are somebody else and no superuser, and max_connections."""
    assert [(o.entity, o.owner) for o in catalogue.found if isinstance(o, Ownership)] == [
        ("database:localhost", "postgres:clinic"), (ref("marts.daily"), "postgres:data_team"),
    ]  # fmt: skip
    figures = {f.name: f.value for f in catalogue.found if isinstance(f, Figure)}
    assert figures == {"max_connections": 100, "superuser_reserved_connections": 3}
    assert of(catalogue, Unread) == []


def test_nothing_can_be_written(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a superuser's connection refuses to write while the catalogue is read."""
    from seamline.checkouts import catalogue_sql

    monkeypatch.setattr(catalogue_sql, "SERVER", "CREATE TABLE public.oops (a int)")
    with pytest.raises(SeamlineError, match="read-only transaction"):
        read(server)


@pytest.mark.parametrize(
    ("dsn", "kind"),
    [
        ("postgres://user:hunter2@127.0.0.1:1/clinic", Retry), ("host=127.0.0.1 port=1 password=hunter2", Retry),
        ("user hunter2", Fix), ("postgres://user:hunter2@[::1/x", Fix), ("password=hunter2 nonsense=1", Fix),
        ("host=/nowhere/hunter2x password=hunter2", Retry),
    ],
)  # fmt: skip
def test_no_error_tells_the_password(dsn: str, kind: type[SeamlineError]) -> None:
    """Errors are one line with a mend, and never hold what the connection string keeps."""
    with pytest.raises(kind) as caught:
        read(dsn)
    said = f"{caught.value} {caught.value.hint}"
    assert "hunter2" not in said.replace("/nowhere/hunter2x", "")
    assert "\n" not in said
    assert caught.value.hint
    assert caught.value.__cause__ is None


def test_bodies_that_end_within_a_quote_touch_nothing() -> None:
    """A body that can't be cut into words says nothing, and raises nothing."""
    assert touched("SELECT 'x FROM t", {"t": "dataset:t"}).reads == ()
