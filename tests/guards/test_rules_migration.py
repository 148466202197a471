"""Rules over operations of migrations: cases in text, and what every finding carries."""

from pathlib import Path

import pytest

from seamline import guards
from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.schema import Schema
from seamline.analysis.ddl.steps import Origin
from seamline.analysis.survey.operations import with_tables
from seamline.model.artefact import Column, Operation, Place, Table
from seamline.model.verdict import Finding

FILE = Path(__file__).parent / "rules" / "migration.txt"
PAGE = Path(__file__).parents[2] / "docs" / "guards" / "migration.md"
IDS = [id_ for rule in guards.rules("migration") for id_ in rule.IDS]


def cases() -> list[tuple[str, str, str, list[str]]]:
    """(title, the tables before, the migration, what is said of it)."""
    found = []
    for block in FILE.read_text(encoding="utf-8").strip().split("\n\n"):
        title, *lines = block.split("\n")
        body = "\n".join(line for line in lines if not line.startswith("=> "))
        before, _, sql = ("\n" + body).partition("\n--\n")
        found.append(
            (title.removeprefix("# "), before, sql, [line[3:] for line in lines if line.startswith("=> ")])
        )
    return found


def said(before: str, sql: str) -> list[Finding]:
    """What the rules say of a migration over these tables."""
    dialect = "mysql" if "`" in before + sql else "postgres"
    schema = Schema()
    list(schema.apply(list(steps(before, dialect, Origin("1", "sample", "1.sql")))))
    tables = list(schema.tables("sample"))
    operations = list(schema.apply(list(steps(sql, dialect, Origin("2", "sample", "2.sql")))))
    met = with_tables(tables, operations, "sample")
    return [
        f
        for table, operation in met
        for rule in guards.rules("migration")
        for f in rule.check(table, operation)
    ]


def told(finding: Finding) -> str:
    """A finding as the cases spell it."""
    changes = [
        f"{t.kind} {t.relation}{'.' + t.column if t.column else ''} {t.to}".strip() for t in finding.touches
    ]
    return " ".join([finding.outcome, finding.severity, finding.guard, finding.entity, *changes])


@pytest.mark.parametrize(("title", "before", "sql", "expected"), cases(), ids=[case[0] for case in cases()])
def test_cases(title: str, before: str, sql: str, expected: list[str]) -> None:
    """The rules say of each migration what its case says, in its order."""
    assert title
    assert [told(finding) for finding in said(before, sql)] == expected


@pytest.mark.parametrize(("title", "before", "sql", "expected"), cases(), ids=[case[0] for case in cases()])
def test_a_finding_can_be_acted_on(title: str, before: str, sql: str, expected: list[str]) -> None:
    """It says why in one line, what to do, where it is written, and what is missing where it can't tell."""
    assert len(said(before, sql)) == len(expected), title
    for finding in said(before, sql):
        assert finding.guard in IDS
        assert finding.reason
        assert "\n" not in finding.reason + finding.do
        assert finding.do
        assert finding.place == Place("sample", "2.sql", 1)
        assert 0 < finding.confidence <= 1
        assert bool(finding.missing) == (finding.outcome == "unknown")


def test_every_id_has_its_line_on_the_page() -> None:
    """The page names every id."""
    page = PAGE.read_text(encoding="utf-8")
    assert [id_ for id_ in IDS if f"`{id_}`" not in page] == []


def test_what_django_fills_is_a_note() -> None:
    """A column that its tool fills for the rows there are holds nothing: only old code is named."""
    operation = Operation(
        "add_column", "t", "2", Place("sample", "2.py", 1), "a", type="int", nullable=False, has_default=None
    )
    table = Table("dataset:app://sample/t", (Column("b"),), Place("sample", "1.py"), complete=True)
    found = [f for rule in guards.rules("migration") for f in rule.check(table, operation)]
    assert [(f.guard, f.outcome) for f in found] == [("migration/not-null-column-filled", "note")]


def test_a_choice_of_the_application_is_a_note() -> None:
    """The database never kept to it, so that nothing fails when it goes."""
    operation = Operation(
        "drop_enum_value", "t", "2", Place("sample", "2.py", 1), "a", to="void", type="varchar(10)"
    )
    found = [f for rule in guards.rules("migration") for f in rule.check(None, operation)]
    assert [(f.guard, f.outcome, f.touches) for f in found] == [("migration/choice-dropped", "note", ())]


def test_a_column_that_came_with_the_change_and_was_filled_is_a_note() -> None:
    """Added, filled, then NOT NULL: the table as it was before the change does not have it."""
    operation = Operation(
        "set_not_null", "t", "2", Place("sample", "2.sql", 3), "a", type="int", nullable=False
    )
    table = Table("dataset:app://sample/t", (Column("b"),), Place("sample", "1.sql"), complete=True)
    found = [f for rule in guards.rules("migration") for f in rule.check(table, operation)]
    assert [(f.guard, f.outcome) for f in found] == [("migration/not-null-column-filled", "note")]
