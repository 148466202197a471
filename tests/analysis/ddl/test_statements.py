"""SQL of migrations as operations: cases in text, and what no text may do."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.schema import Schema
from seamline.analysis.ddl.steps import Origin, Step
from seamline.model.artefact import Operation

ORIGIN = Origin("1", "sample", "1.sql")
FILE = Path(__file__).parent / "statements.txt"


def dialect(sql: str) -> str:
    """The dialect that a case is written in."""
    return "tsql" if "GO\n" in sql else "mysql" if "`" in sql else "postgres"


def cases() -> list[tuple[str, str, str, list[str]]]:
    """(title, the tables before, the migration, what it does) of each case of the file."""
    found = []
    for block in FILE.read_text(encoding="utf-8").strip().split("\n\n"):
        title, _, rest = block.partition("\n")
        body = [line for line in rest.split("\n") if not line.startswith("=> ")]
        expected = [line.removeprefix("=> ") for line in rest.split("\n") if line.startswith("=> ")]
        before, _, sql = "\n".join(body).partition("\n--\n")
        found.append((title.removeprefix("# "), before, sql, expected))
    return found


def told(operation: Operation) -> str:
    """An operation as the cases spell it."""
    parts = [
        f"{operation.kind} {operation.table}" + (f".{operation.column}" if _is_of_column(operation) else "")
    ]
    if operation.kind == "change_type":
        parts.append(f"{operation.type_before} -> {operation.type}")
    elif operation.kind == "add_column":
        parts.append(operation.type + (" not null" if operation.nullable is False else ""))
    elif operation.to and operation.kind not in ("drop_foreign_key",):
        parts.append(f"to {operation.to}")
    if operation.columns:
        parts.append(f"({', '.join(operation.columns)})")
    return " ".join(parts).strip()


def _is_of_column(operation: Operation) -> bool:
    return bool(operation.column) and not operation.kind.endswith(("_key", "unique", "index"))


@pytest.mark.parametrize(("title", "before", "sql", "expected"), cases(), ids=[case[0] for case in cases()])
def test_cases(title: str, before: str, sql: str, expected: list[str]) -> None:
    """A migration does what its case says."""
    assert title
    schema = Schema()
    spoken = dialect(before + sql)
    list(schema.apply(list(steps(before, spoken, ORIGIN))))
    assert [told(o) for o in schema.apply(list(steps(sql, spoken, ORIGIN)))] == expected


WORDS = (
    "ALTER TABLE t", "ADD COLUMN", "DROP", "CONSTRAINT", "a", '"B"', "varchar(20)", "int", "(", ")", ",", ";", "NOT NULL",
    "DEFAULT", "'x'", "RENAME", "TO", "TYPE", "USING", "CREATE TABLE t", "PRIMARY KEY", "DO $$", "$$", "BEGIN", "END",
    "UPDATE t", "SET", "=", "1", "CHECK", "ALTER COLUMN", "MODIFY", "CHANGE", "AFTER", "LIKE", "AS SELECT", "INDEX i ON t",
    "--", "/*", "'", "`", "[", "GO", "ON DELETE", "DELIMITER", ".", "::", "\n",
)  # fmt: skip


@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(
    words=st.lists(st.sampled_from(WORDS), max_size=25),
    spoken=st.sampled_from(["postgres", "mysql", "tsql", "sqlite", ""]),
)
def test_no_text_raises(words: list[str], spoken: str) -> None:
    """Words in any order give operations, be they opaque, on lines that the text has."""
    sql = " ".join(words)
    for operation in Schema().apply(list(steps(sql, spoken, ORIGIN))):
        assert 1 <= operation.place.line <= sql.count("\n") + 2
        assert "\n" not in operation.detail


def test_a_deep_nest_is_no_error() -> None:
    """Brackets ten thousand deep are read or opaque."""
    text = "alter table t add check (" + "(" * 10_000 + ")" * 10_000 + ")"
    assert list(steps(text, "postgres", ORIGIN))


def test_a_long_text_is_read_in_time_that_grows_with_it() -> None:
    """Twenty thousand columns in one table and as many statements are all told."""
    columns = ", ".join(f"c{i} int" for i in range(20_000))
    many = f"create table t ({columns});" + "alter table t drop column c1;" * 20_000
    found = [move for move in steps(many, "postgres", ORIGIN) if isinstance(move, Step)]
    assert len(found) == 20_001
    assert len(found[0].columns) == 20_000
