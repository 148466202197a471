"""Rules over two states of a node of dbt: cases in text, and nodes of odd shapes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline import guards
from seamline.model.artefact import Document, Place
from seamline.model.verdict import Finding

FILE = Path(__file__).parent / "rules" / "dbt.txt"
PAGE = Path(__file__).parents[2] / "docs" / "guards" / "dbt.md"
IDS = [id_ for rule in guards.rules("dbt") for id_ in rule.IDS]


def document(content: Any) -> Document:
    """A node as its reader gives it."""
    return Document("dataset:dbt/db.s.m", "dbt", content, Place("sample", "target/manifest.json"))


def cases() -> list[tuple[str, str, str, list[str]]]:
    """(title, the node before, the node after, what is said of the step); `-` for none."""
    found = []
    for block in FILE.read_text(encoding="utf-8").strip().split("\n\n"):
        title, before, after, *expected = block.split("\n")
        found.append(
            (title.removeprefix("# "), before, after, [line.removeprefix("=> ") for line in expected])
        )
    return found


def said(before: Any, after: Any) -> list[Finding]:
    """What all rules say of a step."""
    return [finding for rule in guards.rules("dbt") for finding in rule.check(before, after)]


def node(text: str) -> Document | None:
    return None if text == "-" else document(json.loads(text))


def told(finding: Finding) -> str:
    """A finding as the cases spell it."""
    changes = [
        f"{t.kind} {t.relation}{'.' + t.column if t.column else ''} {t.to}".strip() for t in finding.touches
    ]
    return " ".join([finding.outcome, finding.guard, *changes])


@pytest.mark.parametrize(("title", "before", "after", "expected"), cases(), ids=[case[0] for case in cases()])
def test_cases(title: str, before: str, after: str, expected: list[str]) -> None:
    """The rules say of each step what its case says, each with a reason and a way to do it safely."""
    assert title
    found = said(node(before), node(after))
    assert [told(finding) for finding in found] == expected
    assert all(f.guard in IDS and f.reason and f.do and f.entity and f.place for f in found)


def test_every_id_has_its_line_on_the_page() -> None:
    """The page names every id."""
    page = PAGE.read_text(encoding="utf-8")
    assert [id_ for id_ in IDS if f"`{id_}`" not in page] == []


KEYS = (
    "name",
    "config",
    "columns",
    "tests",
    "sql",
    "contract",
    "access",
    "freshness",
    "constraints",
    "catalog_columns",
    "materialized",
    "type",
    "a",
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2)
    | st.sampled_from(["", "x", "table", "select 1 as a", "{{", "incremental", "int"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(before=VALUES, after=VALUES)
def test_odd_nodes_are_no_error(before: Any, after: Any) -> None:
    """Values of any kind at any key give findings or none."""
    said(document(before), document(after))


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(content=VALUES)
def test_what_stays_is_no_finding(content: Any) -> None:
    """A node that is the same says nothing."""
    assert said(document(content), document(content)) == []
