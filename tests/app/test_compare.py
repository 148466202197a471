"""Two states of one repository are paired, and each rule is asked of what is its own."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from seamline import guards
from seamline.app.compare import compare, pairs
from seamline.model.artefact import Column, Document, Fact, Found, Operation, OperationKind, Place, Table
from seamline.model.verdict import Finding


def document(path: str, content: object, entity: str = "service:pay", format_: str = "openapi") -> Document:
    return Document(entity, format_, content, Place("pay", path))


def sides(before: Sequence[Document], after: Sequence[Document]) -> list[tuple[object, object]]:
    """The contents that stand side by side."""
    return [(a and a.content, b and b.content) for a, b in pairs(before, after)]


def said(reason: str) -> Finding:
    return Finding("a/b", "note", "low", 1.0, None, reason, "")


class Asked(Struct):
    """A rule that remembers what it was asked, and says what it is told to."""

    IDS: Sequence[str]
    calls: list[tuple[Any, Any]]
    says: list[Finding] = []
    WHOLE: bool = False

    def check(self, before: Any, after: Any) -> list[Finding]:
        self.calls.append((before, after))
        return self.says


def only(kind: str, *rules: guards.Rule) -> Callable[[str], Sequence[guards.Rule]]:
    """These rules for one kind of artefact, none for the others."""
    return lambda asked: rules if asked == kind else ()


# -- pairs ----------------------------------------------------------------------------------------
def test_what_is_equal_is_no_pair() -> None:
    """Whatever the order."""
    one, two = document("a.yaml", 1), document("b.yaml", 2)
    assert pairs([one, two], [two, one]) == []


def test_one_file_is_held_against_itself() -> None:
    """By format, entity and path."""
    assert sides([document("a.yaml", 1)], [document("a.yaml", 2)]) == [(1, 2)]


def test_a_file_that_moved_is_the_same() -> None:
    """Its entity says so; unchanged, it is no pair at all."""
    assert sides([document("a.yaml", 1)], [document("b.yaml", 2)]) == [(1, 2)]
    assert sides([document("a.yaml", 1)], [document("b.yaml", 1)]) == []


def test_one_that_is_called_otherwise_is_the_same() -> None:
    """Its path says so."""
    renamed = document("a.yaml", 2, entity="service:payments")
    assert sides([document("a.yaml", 1)], [renamed]) == [(1, 2)]


def test_of_several_that_could_have_moved_none_is_guessed() -> None:
    """They are gone and new."""
    before = [document("a.yaml", 1), document("b.yaml", 2)]
    after = [document("c.yaml", 3), document("d.yaml", 4)]
    assert sides(before, after) == [(1, None), (2, None), (None, 3), (None, 4)]


def test_a_format_is_never_held_against_another() -> None:
    """Though path and entity are the same."""
    before, after = document("a", 1, format_="avro"), document("a", 1, format_="json_schema")
    assert sides([before], [after]) == [(1, None), (None, 1)]


def test_what_goes_and_what_comes_stand_alone() -> None:
    """One side is None."""
    assert sides([document("a.yaml", 1)], []) == [(1, None)]
    assert sides([], [document("a.yaml", 1)]) == [(None, 1)]


# -- rules ----------------------------------------------------------------------------------------
def test_a_rule_is_asked_once_for_each_pair() -> None:
    """And what it says twice is told once."""
    rule = Asked(("a/b",), [], [said("x")])
    before = [document("a.yaml", 1), document("b.yaml", 1, "service:ship")]
    after = [document("a.yaml", 2), document("b.yaml", 2, "service:ship")]
    assert compare(before, after, only("openapi", rule)) == [said("x")]
    assert len(rule.calls) == 2


def test_a_rule_over_all_is_asked_once_with_everything() -> None:
    """Documents of its kind on one side are enough."""
    rule = Asked(("a/b",), [], [said("x")], WHOLE=True)
    fact = Fact("service:pay", "exists", Place("pay", "f"))
    before: list[Found] = [document("a.yaml", 1, format_="kubernetes"), fact]
    assert compare(before, [fact], only("kubernetes", rule)) == [said("x")]
    assert rule.calls == [(before, [fact])]


def test_rules_of_capacity_look_whatever_was_read() -> None:
    """Figures are no documents."""
    rule = Asked(("a/b",), [], WHOLE=True)
    compare([], [], only("capacity", rule))
    assert rule.calls == [([], [])]


def test_equal_states_give_nothing() -> None:
    """By every rule that there is."""
    state: list[Found] = [
        document("a.yaml", {"openapi": "3.0.0", "paths": {}}),
        Table("dataset:app://pay/bill", (Column("id", "int"),), Place("pay", "1.py"), complete=True),
        step("drop_column", "bill", "1", column="sum"),
    ]
    assert compare(state, state) == []


# -- migrations -----------------------------------------------------------------------------------
def step(kind: OperationKind, table: str, migration: str, *, column: str = "", to: str = "") -> Operation:
    return Operation(kind, table, migration, Place("pay", f"{migration}.sql"), column, to)


BILL = Table("dataset:app://pay/bill", (Column("id"), Column("sum")), Place("pay", "1.sql"), complete=True)


def test_an_operation_meets_its_table_with_and_without_the_default_schema() -> None:
    """`public.bill` is `bill`."""
    rule = Asked(("migration/x",), [])
    dropped = step("drop_column", "public.bill", "2", column="sum")
    compare([BILL], [BILL, dropped], only("migration", rule))
    ((table, operation),) = rule.calls
    assert operation == dropped
    assert table is not None
    assert [c.name for c in table.columns] == ["id", "sum"]


def test_a_table_is_as_the_operations_before_left_it() -> None:
    """What the same step added is there."""
    rule = Asked(("migration/x",), [])
    steps = [step("add_column", "bill", "2", column="tax"), step("set_not_null", "bill", "2", column="tax")]
    compare([BILL], [BILL, *steps], only("migration", rule))
    assert [[c.name for c in table.columns] for table, _ in rule.calls] == [
        ["id", "sum"],
        ["id", "sum", "tax"],
    ]


def test_a_table_of_another_repository_or_warehouse_is_not_met() -> None:
    """Though it is called the same."""
    rule = Asked(("migration/x",), [])
    model = Table("dataset:dbt/wh.core.bill", (Column("id"),), Place("pay", "bill.sql"))
    compare([model], [model, step("drop_column", "bill", "2", column="sum")], only("migration", rule))
    assert [table for table, _ in rule.calls] == [None]


def test_an_operation_that_was_there_is_not_asked_about() -> None:
    """It ran already."""
    rule = Asked(("migration/x",), [])
    old = step("drop_column", "bill", "1", column="sum")
    compare([BILL, old], [BILL, old], only("migration", rule))
    assert rule.calls == []
