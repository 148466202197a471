"""Texts that can't be read, or hardly."""

import time

import pytest

from seamline.analysis.lineage.reading import Known
from seamline.analysis.lineage.statement import read, without

A = {"a": Known(("id", "x"), True)}
DEEP = 100_000


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "   -- nothing here",
        ";",
        "select {{ column }} from a",
        "{% if x %} select 1 {% endif %}",
        "select from where",
        "select 'never closed from a",
        "select * from a where (",
        "drop table a",
        "grant select on a to b",
        "\x00\x01\x02",
        "def model(dbt, session): return dbt.ref('a')",
        "select " + "(" * DEEP + "1" + ")" * DEEP,
        "select * from " * DEEP,
        "select * from (" * DEEP + "select 1" + ")" * DEEP,
        "select cast(x as " + "struct<a " * DEEP + "int" + ">" * DEEP + ") from a",
        "select " + "not " * DEEP + "x from a",
        "select " + "case when x then 1 else " * 5_000 + "1" + " end" * 5_000 + " from a",
        "select x" + "[1]" * 50_000 + " from a",
    ],
    ids=range(19),
)
def test_what_cannot_be_read_is_unknown_in_one_line(sql: str) -> None:
    """Nothing is raised, nothing is called safe; the reason fits one line."""
    reading = read(sql, "duckdb", A)
    assert reading.unknown
    assert "\n" not in reading.unknown
    assert len(reading.unknown) < 200
    assert without(sql, "duckdb", A, {"a": {"x": ""}}).outcome == "unknown"


@pytest.mark.parametrize(
    "sql",
    [
        "select x from a where id in (" + ", ".join(map(str, range(10_000))) + ")",
        "select x from a where " + " or ".join(f"id = {n}" for n in range(10_000)),
        "select " + " || ".join(["x"] * 5_000) + " as k from a",
        " union all ".join(["select id, x from a"] * 3_000),
        "select " + ", ".join(f"x as c{n}" for n in range(5_000)) + " from a",
        "select 1 from a " + " ".join(f"join a a{n} on a{n}.id = a.x" for n in range(300)),
        "with "
        + ", ".join(f"c{n} as (select * from {'a' if n == 0 else f'c{n - 1}'})" for n in range(200))
        + " select x from c199",
    ],
    ids=["in-list", "ors", "concatenation", "unions", "columns", "joins", "ctes"],
)
def test_a_long_text_is_read_or_unknown_in_seconds(sql: str) -> None:
    """However long the text, an answer comes soon, and a column that is named breaks it or can't be told."""
    began = time.process_time()
    assert without(sql, "duckdb", A, {"a": {"x": ""}}).outcome in ("breaks", "unknown")
    assert time.process_time() - began < 20


def test_an_unknown_dialect_is_read_as_plain_sql() -> None:
    """A dialect that the parser does not know costs no answer."""
    assert read("select x from a", "nosuchdialect", A).named == (("a", "x"),)


def test_braces_in_a_string_are_no_template() -> None:
    """A string may hold what looks like a template."""
    assert read("select x from a where x like '{{%}}'", "duckdb", A).unknown == ""


def test_comments_hide_nothing() -> None:
    """Comments of any kind, hints too, are no part of the statement."""
    sql = "select /*+ hint(a) */ x -- {{ no }}\nfrom a /* (((( */"
    assert read(sql, "snowflake", A).named == (("a", "x"),)


def test_a_relation_that_reads_itself_in_a_circle_ends() -> None:
    """CTEs that could only mean each other are read to an end."""
    sql = "with recursive p as (select * from q), q as (select * from p) select * from q"
    assert read(sql, "duckdb", {}).unknown == ""


def test_several_statements_are_one_story() -> None:
    """What a text makes for itself is followed; settings and clean-up around it don't matter."""
    sql = "set x = 1; create temp table t as select id, x from a; insert into o select x from t; drop table t"
    reading = read(sql, "snowflake", A)
    assert reading.target == "o"
    assert reading.outputs[0].direct == (("a", "x"),)
