"""What becomes of a statement when columns go: held against what DuckDB does."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from seamline.analysis.lineage import rebinding
from seamline.analysis.lineage.reading import Effect, Known, Reading, Ref
from seamline.analysis.lineage.statement import read, without

duckdb = pytest.importorskip("duckdb", reason="no DuckDB: uv sync --group lab")

TABLES = {
    "a": "id int, x int, y int, ts timestamp, grp text, amt int, email text",
    "b": "id int, x int, z int, a_id int, name text",
    "ev": "id int, tags int[], payload json, kind text, v int",
    "emp": "id int, mgr int, name text",
    "q": "emp text, quarter text, sales int, region text",
    "one": "k int, k2 int",
    "s1": "id int, x int, y int",
    "s2": "id int, x int, y int",
    "t": "id int, b int",
}
COLUMNS = {name: tuple(part.split()[0] for part in of.split(", ")) for name, of in TABLES.items()}
KNOWN = {
    spelling: Known(columns, True, name)
    for name, columns in COLUMNS.items()
    for spelling in (name, f"main.{name}", f"memory.main.{name}")
}
QUERIES = [
    line
    for line in (Path(__file__).parent / "statements/rebinding.sql").read_text().splitlines()
    if line and line[0] != "#"
]
# DuckDB names the column after its columns: one expression under another name, which no one can refer to.
NAMED_BY_CONTENT = "select struct_pack(*columns(*)) from s1"
Bound = Counter[str] | None  # names of columns, None for what does not bind


@pytest.fixture(scope="module")
def engine() -> Iterator["duckdb.DuckDBPyConnection"]:
    """An engine with the tables, empty."""
    with duckdb.connect() as connection:
        for name, columns in TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        yield connection


def bound(engine: "duckdb.DuckDBPyConnection", sql: str) -> Bound:
    """The columns of a view of the query."""
    try:
        engine.execute(f"create or replace temp view v as {sql}")
        return Counter(row[0].lower() for row in engine.execute("describe v").fetchall())
    except duckdb.Error:
        return None


def trials(reading: Reading) -> list[tuple[Ref, ...]]:
    """Each column alone, and each pair of columns of one name: what a loss upstream brings about."""
    single = [(table, column) for table in reading.reads for column in COLUMNS[table]]
    twice = [pair for pair in combinations(single, 2) if pair[0][1] == pair[1][1]]
    return [*((one,) for one in single), *twice]


def after(engine: "duckdb.DuckDBPyConnection", sql: str, refs: tuple[Ref, ...]) -> Bound:
    """The columns of a view of the query without these columns; the tables stay as they are."""
    engine.execute("begin")
    try:
        for table, column in refs:
            engine.execute(f"alter table {table} drop column {column}")
        return bound(engine, sql)
    finally:
        engine.execute("rollback")


def gone(refs: tuple[Ref, ...]) -> dict[str, dict[str, str]]:
    """The columns as the question puts them."""
    found: dict[str, dict[str, str]] = {}
    for table, column in refs:
        found.setdefault(table, {})[column] = ""
    return found


@pytest.mark.parametrize("sql", QUERIES)
def test_the_effect_is_what_the_engine_does(engine: "duckdb.DuckDBPyConnection", sql: str) -> None:
    """For each column it could lose: breaks, loses and nothing are told as DuckDB does, or not known."""
    before = bound(engine, sql)
    assert before is not None, "DuckDB can't bind the query in the first place"
    for refs in trials(read(sql, "duckdb", KNOWN)):
        effect = without(sql, "duckdb", KNOWN, gone(refs))
        left = after(engine, sql, refs)
        if effect.outcome == "unknown" or sql == NAMED_BY_CONTENT:
            continue
        assert (effect.outcome == "breaks") == (left is None), (refs, effect)
        if left is not None:
            assert Counter(name.lower() for name in effect.loses) == before - left, (refs, effect)


@pytest.mark.parametrize("sql", QUERIES)
def test_the_short_way_agrees_with_binding_anew(sql: str) -> None:
    """Where a reading alone decides, it decides as binding anew would."""
    reading = read(sql, "duckdb", KNOWN)
    for refs in trials(reading):
        short = rebinding.effect_of(reading, gone(refs))
        if short is not None:
            full = without(sql, "duckdb", KNOWN, gone(refs))
            assert (short.outcome, short.loses) == (full.outcome, full.loses), refs


def test_few_effects_are_unknown() -> None:
    """Of all trials, hardly any can't be told."""
    outcomes = [
        without(sql, "duckdb", KNOWN, gone(refs)).outcome
        for sql in QUERIES
        for refs in trials(read(sql, "duckdb", KNOWN))
    ]
    assert outcomes.count("unknown") / len(outcomes) < 0.01


R, S = Known(("id", "foo"), False), Known(("id",), False)
OPEN = {"r": R, "s": S}


@pytest.mark.parametrize(
    ("sql", "dialect", "expected"),
    [
        ("select foo from r join s using (id)", "duckdb", "breaks"),  # s can't have it: it would be ambiguous
        ("select * from r", "duckdb", "loses"),
        ("select * from r union all select * from s", "duckdb", "breaks"),
        ("select * from r natural join s", "duckdb", "unknown"),
        (
            "select id from s where exists (select 1 from r where foo > 1)",
            "duckdb",
            "unknown",
        ),  # or it is s's then
        ("insert into s select * from r", "duckdb", "breaks"),
        ("create view v (p, q) as select * from r", "postgres", "unknown"),
        ("select * rename (foo as bar) from r", "duckdb", "loses"),
        ("select * rename (foo as bar) from r", "snowflake", "breaks"),
        ("select * except (foo) from r", "clickhouse", "nothing"),
        ("select * except (foo) from r", "bigquery", "breaks"),
        ("with u as (select foo from r) select id from s", "postgres", "breaks"),
        ("with u as (select foo from r) select id from s", "duckdb", "nothing"),
        ("merge into s using r on s.id = r.id when matched then update set *", "databricks", "unknown"),
        ("select foo from r limit (", "duckdb", "unknown"),
    ],
)
def test_effects_where_not_all_columns_are_known(sql: str, dialect: str, expected: str) -> None:
    """Without a column of a relation that may have others, what can be said is said, and nothing else."""
    assert without(sql, dialect, OPEN, {"r": {"foo": ""}}).outcome == expected


def test_a_name_that_two_may_have_is_whose_the_question_says() -> None:
    """A column that goes was there: a name that only one relation in sight can mean was its."""
    known = {"r": Known(("id",)), "s": Known(("id",))}
    effect = without("select foo from r join s using (id)", "duckdb", known, {"r": {"foo": ""}})
    assert effect.outcome == "breaks"


def test_a_rename_is_carried_on_by_a_star() -> None:
    """The old name is lost, the new one gained."""
    effect = without("select * from r", "duckdb", OPEN, {"r": {"foo": "bar"}})
    assert effect == Effect("loses", ("foo",), ("bar",))


def test_a_rename_breaks_who_names_the_old_name() -> None:
    """The new name is no help to a text that has the old one."""
    assert without("select foo from r", "duckdb", OPEN, {"r": {"foo": "bar"}}).outcome == "breaks"


def test_columns_are_asked_about_in_any_case() -> None:
    """A question need not spell a column as the catalogue does."""
    known = {"r": Known(("ID", "FOO"), True)}
    assert without("select foo from r", "snowflake", known, {"r": {"foo": ""}}).outcome == "breaks"
