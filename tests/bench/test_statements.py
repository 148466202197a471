"""The measurement of statements says what it found, and what it lacks."""

from pathlib import Path

import pytest

from seamline.bench.statements import run
from seamline.model.errors import Fix

TEXT = """# t(id int, x int)

== right
dialect: duckdb
target: -
sql: select x from t where id > 1
direct:
  x <- t.x
indirect: t.id

== wrong
dialect: duckdb
target: -
sql: select 1 as k from t
direct:
  k <- t.x
indirect: -
"""


def test_what_is_exact_and_what_lacks_is_told(tmp_path: Path) -> None:
    """One of two is exact; the other is named, with the direct column that it lacks."""
    (tmp_path / "s.txt").write_text(TEXT)
    figures = run(str(tmp_path / "s.txt"))
    assert (figures["n"], figures["exact"], figures["inexact"]) == (2, 1, ["wrong"])
    assert figures["missing_direct"] == ["wrong: k <- t.x"]


@pytest.mark.parametrize("data", [None, b"", b"\xff\xfe\x00"])
def test_a_file_without_statements_is_refused(tmp_path: Path, data: bytes | None) -> None:
    """A file that is missing, empty or no text is one line with a mend."""
    if data is not None:
        (tmp_path / "s.txt").write_bytes(data)
    with pytest.raises(Fix):
        run(str(tmp_path / "s.txt"))
