"""What one statement is read as: columns, and what decides on its rows."""

import os
from pathlib import Path

import pytest

from seamline.analysis.lineage.reading import Known
from seamline.analysis.lineage.statement import read
from seamline.bench.statements import Pair, exact, lacking, pairs, tables

OWN = Path(__file__).parent / "statements"
SHARED = Path(os.environ.get("SEAMLINE_SHARED", Path(__file__).parents[3].parent / "shared"))
HANDED = SHARED / "lineage/statements/statements.txt"
FILES = [*sorted(OWN.glob("*.txt")), *([HANDED] if HANDED.is_file() else [])]
A = {"a": Known(("id", "x"), True)}


@pytest.mark.parametrize(
    ("file", "pair"),
    [(f, p) for f in FILES for p in pairs(f.read_text())],
    ids=lambda v: v.name if isinstance(v, Pair) else v.stem,
)
def test_lineage_of_a_statement_is_as_written_down(file: Path, pair: Pair) -> None:
    """Target, direct and indirect columns are exactly those of the text file."""
    reading = read(pair.sql, pair.dialect, tables(file.read_text()))
    assert reading.unknown == ""
    assert not lacking(pair, reading)
    assert exact(pair, reading), reading


def test_the_handed_statements_are_read_too() -> None:
    """The statements that were handed to the project are among those tested."""
    if not HANDED.is_file():
        pytest.skip(f"no statements at {HANDED}: set SEAMLINE_SHARED")
    assert HANDED in FILES


def test_a_star_over_unknown_columns_is_not_complete() -> None:
    """A star over a relation that nobody described says so, and names the relation."""
    reading = read("select *, x + 1 as y from t", "duckdb", {})
    assert not reading.outputs_complete
    assert reading.stars == ("t",)
    assert reading.named == (("t", "x"),)


def test_a_name_that_two_open_relations_may_have_stays_open() -> None:
    """Nobody's guess: the name is listed with the relations it may belong to."""
    reading = read("select foo from r join s on r.id = s.id", "duckdb", {})
    assert reading.unresolved == (("foo", ("r", "s")),)


def test_a_name_within_one_open_relation_is_its_column() -> None:
    """With one relation in scope, a name must be its."""
    assert read("select foo from r", "duckdb", {}).named == (("r", "foo"),)


def test_a_name_that_nothing_has_belongs_to_nothing() -> None:
    """What is known to be complete lacks the name: that is said, and nothing is made up."""
    assert read("select foo from a", "duckdb", A).unresolved == (("foo", ()),)


def test_columns_passed_on_by_stars_are_not_named() -> None:
    """A column that only stars took through is passed, not named; naming it downstream names the base column."""
    reading = read("with c as (select * from a) select *, x + 1 as y from c", "duckdb", A)
    assert [o.passes for o in reading.outputs] == [(("a", "id"),), (("a", "x"),), ()]
    assert reading.named == (("a", "x"),)


def test_refs_carry_the_full_key_of_a_shorter_spelling() -> None:
    """A relation found under a short spelling is referred to by its key."""
    known = {"t": Known(("Id",), True, "db.s.t")}
    assert read("select ID from t", "snowflake", known).outputs[0].direct == (("db.s.t", "Id"),)


def test_quoted_names_are_told_apart_where_the_dialect_does() -> None:
    """Two columns that differ in case only are two columns in PostgreSQL, one of which is meant."""
    known = {"t": Known(("Id", "id"), True)}
    assert read('select "Id" from t', "postgres", known).named == (("t", "Id"),)
    assert read("select ID from t", "postgres", known).named == (("t", "id"),)


def test_an_unused_cte_is_needed_where_engines_bind_it() -> None:
    """DuckDB never looks into a CTE that nothing uses; PostgreSQL fails without its columns."""
    sql = "with c as (select x from a) select id from a"
    assert read(sql, "duckdb", A).named == (("a", "id"),)
    assert read(sql, "postgres", A).named == (("a", "id"), ("a", "x"))


def test_a_set_of_alternatives_is_read_in_another_dialect() -> None:
    """What the given dialect can't parse is tried in others."""
    sql = "select json_query(x, 'lax $.a' omit quotes) as k from a"
    assert read(sql, "duckdb", A).outputs[0].direct == (("a", "x"),)


def test_columns_of_a_target_that_are_written_are_needed() -> None:
    """An INSERT fails when a column that it lists is gone from its target, though it reads nothing of it."""
    reading = read(
        "insert into a (id, x) select x, id from b", "postgres", A | {"b": Known(("x", "id"), True)}
    )
    assert {("a", "id"), ("a", "x")} <= set(reading.named)
    assert reading.reads == ("b",)
