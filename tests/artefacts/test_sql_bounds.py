"""SQL files that are written to be slow, or hold what nobody may repeat."""

import pytest

from seamline.analysis.ddl.steps import one_line
from seamline.artefacts import sql
from seamline.model.artefact import Artefact, Found, Table, Unread


def _read(source: str) -> list[Found]:
    return list(sql.read([Artefact("repo", "a.sql", source.encode())]))


@pytest.mark.timeout(120)  # in squared time it would take hours
@pytest.mark.parametrize("source", [
    "select" + " " * 1_000_000 + "1",
    "insert into t " + "values " * 200_000,
    "copy t " + "from stdin " * 200_000,
    "select 1 with " + "with " * 200_000,
], ids=["spaces", "values", "from stdin", "with"])  # fmt: skip
def test_a_file_is_cut_in_linear_time(source: str) -> None:
    """What a pattern could begin at every word comes to an end, and the file is read to it."""
    assert isinstance(_read(source), list)


def test_lines_are_those_of_the_file() -> None:
    """Statements after one another, also on one line, name the line that they begin in."""
    found = _read("create table a (id int); create table b (id int);\n\n\ncreate table c (id int);\n")
    assert [(t.dataset[-1], t.place.line) for t in found if isinstance(t, Table)] == [
        ("a", 1),
        ("b", 1),
        ("c", 4),
    ]


def test_a_dump_of_more_statements_than_are_read_is_told() -> None:
    """One line says after which line nothing is read, and the statements before it are."""
    found = _read("drop table x;\n" * 19_999 + "create table t (id int);\n" + "drop table x;\n" * 5)
    assert [t.dataset[-1] for t in found if isinstance(t, Table)] == ["t"]
    assert [one.place.line for one in found if isinstance(one, Unread)] == [20_001]


@pytest.mark.parametrize("statement", [
    "CREATE USER a PASSWORD 'hunter2'", "select broken('hunter2", "SET x = 'it''s hunter2' -- 'hunter2'",
    "RunSQL('hunter2')",
])  # fmt: skip
def test_a_statement_is_told_without_what_stands_in_quotes(statement: str) -> None:
    """Also where the quote does not end."""
    assert "hunter2" not in one_line(statement)
