"""Types under one spelling, and what becomes of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.ddl.column_types import enum_values, spelled, turn

TYPES = (
    "int", "BIGINT", "smallint", "serial", "int(11) unsigned", "varchar(50)", "character varying(20)", "text", "char(3)",
    "numeric(10,2)", "decimal", "float8", "real", "timestamptz", "timestamp(3) without time zone", "date", "boolean",
    "tinyint(1)", "jsonb", "uuid", "int4[]", "enum('a','b')", "geometry(Point,4326)", "Role", "double precision", "bytea",
)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("varchar(50)", "varchar(20)", "narrowed"),
        ("varchar(20)", "text", "widened"),
        ("text", "varchar(20)", "narrowed"),
        ("character varying", "text", "same"),
        ("int", "bigint", "widened"),
        ("bigint", "integer", "narrowed"),
        ("int unsigned", "bigint", "widened"),
        ("int", "int unsigned", "narrowed"),
        ("integer", "numeric(20,2)", "widened"),
        ("integer", "numeric(8,2)", "changed"),
        ("numeric(10,2)", "numeric", "widened"),
        ("numeric(10,2)", "numeric(10,4)", "narrowed"),
        ("int", "text", "changed"),
        ("timestamp", "timestamptz", "changed"),
        ("date", "timestamp", "changed"),
        ("json", "jsonb", "same"),
        ("int[]", "bigint[]", "widened"),
        ("int", "int[]", "changed"),
        ("enum('a')", "enum('a','b')", "widened"),
        ("enum('a','b')", "enum('a')", "narrowed"),
        ("tinyint(1)", "boolean", "same"),
        ("real", "double", "widened"),
        ("", "int", "unknown"),
    ],
)
def test_what_becomes_of_values(before: str, after: str, expected: str) -> None:
    """A step between two types is told by what values survive it."""
    assert turn(before, after) == expected


@pytest.mark.parametrize("text", TYPES)
def test_one_spelling_is_its_own(text: str) -> None:
    """The one spelling of a spelling is itself, and a type is the same as itself."""
    assert spelled(spelled(text)) == spelled(text)
    assert turn(text, text) == "same"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_raises(before: str, after: str) -> None:
    """Whatever stands there has a spelling and a turn."""
    assert turn(before, after) in ("same", "widened", "narrowed", "changed", "unknown")
    enum_values(before)


@given(st.sampled_from(TYPES), st.sampled_from(TYPES))
def test_what_widens_one_way_does_not_widen_the_other(one: str, other: str) -> None:
    """Two types that differ do not hold all values of each other."""
    assert not (turn(one, other) == "widened" and turn(other, one) == "widened")
