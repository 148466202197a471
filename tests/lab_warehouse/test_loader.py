"""What one load does to the raw table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lab.warehouse.loader import extract, reach, replace
from lab.warehouse.streams import Column, Stream
from lab.warehouse.tables import connect, profile

STREAM = Stream("load.odd", "public", "odd", "raw__odd", (Column("id", "BIGINT"), Column("text", "VARCHAR")))

Source = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def source(clinic_dsn: str) -> Iterator[Source]:
    with psycopg.connect(clinic_dsn, autocommit=True) as clinic:
        clinic.execute("create table odd (id bigint, text text)")
        yield clinic
        clinic.execute("drop table odd")


def load(dsn: str, home: Path) -> list[tuple[object, ...]]:
    """Load once; the raw table's rows in order of id."""
    landing = home / "odd.csv"
    columns = extract(dsn, STREAM.schema, STREAM.table, landing)
    with connect(home) as warehouse:
        replace(warehouse, STREAM, columns, landing)
        return warehouse.execute("from raw.raw__odd order by id").fetchall()


def test_values_survive(source: Source, clinic_dsn: str, tmp_path: Path) -> None:
    """NULL, empty text, quotes, line breaks and the NULL mark itself arrive as they were."""
    texts = [None, "", 'a "b", c', "two\nlines", r"\N", "Zürich"]
    with source.cursor() as cursor:
        cursor.executemany("insert into odd values (%s, %s)", list(enumerate(texts)))
    assert load(clinic_dsn, tmp_path) == list(enumerate(texts))


def test_load_twice(source: Source, clinic_dsn: str, tmp_path: Path) -> None:
    """A second load replaces the rows of the first."""
    source.execute("insert into odd values (1, 'a')")
    assert load(clinic_dsn, tmp_path) == load(clinic_dsn, tmp_path)


def test_new_column(source: Source, clinic_dsn: str, tmp_path: Path) -> None:
    """A column added in the source is added to the raw table, which exists by then."""
    load(clinic_dsn, tmp_path)
    source.execute("alter table odd add column size double precision")
    source.execute("insert into odd values (1, 'a', 0.5)")
    assert load(clinic_dsn, tmp_path) == [(1, "a", 0.5)]


def test_vanished_column(source: Source, clinic_dsn: str, tmp_path: Path) -> None:
    """A column that vanished stays in the raw table and is NULL in every row."""
    source.execute("insert into odd values (1, 'a')")
    load(clinic_dsn, tmp_path)
    source.execute("alter table odd drop column text")
    assert load(clinic_dsn, tmp_path) == [(1, None)]
    with connect(tmp_path) as warehouse:
        assert profile(warehouse, "raw", "raw__odd").n_nulls == {"id": 0, "text": 1}


def test_failed_load_keeps_rows(source: Source, clinic_dsn: str, tmp_path: Path) -> None:
    """A table that is gone fails the load and leaves the raw copy as it was."""
    source.execute("insert into odd values (1, 'a')")
    loaded = load(clinic_dsn, tmp_path)
    with pytest.raises(psycopg.errors.UndefinedTable):
        extract(clinic_dsn, "public", "odd__missing", tmp_path / "odd.csv")
    with connect(tmp_path) as warehouse:
        assert warehouse.execute("from raw.raw__odd").fetchall() == loaded


def test_crowded_database(source: Source, clinic_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is asked for again, and had once there is room."""
    source.execute("create role loader login connection limit 1")
    dsn = psycopg.conninfo.make_conninfo(clinic_dsn, user="loader")
    held = psycopg.connect(dsn)
    monkeypatch.setattr("lab.warehouse.loader.time.sleep", lambda _s: held.close())
    with reach(dsn) as had:
        assert held.closed
        assert had.execute("select 1").fetchone() == (1,)
    source.execute("drop role loader")
