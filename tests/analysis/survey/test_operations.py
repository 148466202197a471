"""Which operations a change brings, and the tables that they meet."""

from seamline.analysis.survey.operations import new_operations, with_tables
from seamline.model.artefact import Column, Operation, OperationKind, Place, Table

WHOLE = Table(
    "dataset:app://shop/t", (Column("a", "int"), Column("b", "text")), Place("shop", "1.sql"), complete=True
)


def step(
    migration: str,
    kind: OperationKind = "drop_column",
    table: str = "t",
    column: str = "",
    path: str = "",
    detail: str = "",
    to: str = "",
) -> Operation:
    return Operation(
        kind, table, migration, Place("shop", path or f"{migration}.sql"), column, to, detail=detail
    )


def test_what_is_only_after_is_new() -> None:
    """Migrations known before are left out, in whatever order they come."""
    old, new = step("1", column="a"), step("2", column="b")
    assert new_operations([old], [new, old]) == [new]


def test_an_old_migration_that_was_edited_is_not_new() -> None:
    """It is not run again where it has been run."""
    assert new_operations([step("1", column="a")], [step("1", column="b")]) == []


def test_a_migration_that_moved_is_not_new() -> None:
    """Its name is known, and its old place is empty."""
    assert new_operations([step("1", path="a/1.sql")], [step("1", path="b/1.sql")]) == []


def test_two_of_one_name_are_told_apart_by_their_files() -> None:
    """A second service's first migration is new, though the first service has one of that name."""
    one, two = (
        step("V1__init", path="pay/V1__init.sql"),
        step("V1__init", path="ship/V1__init.sql", table="u"),
    )
    assert new_operations([one], [one, two]) == [two]


def test_a_repeatable_migration_is_new_when_its_text_changes() -> None:
    """Flyway's R__ runs again."""
    old = step("R__views", "create_view", "v", detail="select 1")
    new = step("R__views", "create_view", "v", detail="select 2")
    assert new_operations([old], [old]) == []
    assert new_operations([old], [new]) == [new]


def test_a_history_written_anew_brings_nothing() -> None:
    """Squashed migrations make tables that are there: no database in use runs them."""
    before = [
        step("1", "create_table"),
        step("2", "rename_table", to="u"),
        step("3", "create_table", "x"),
        step("4", "drop_table", "x"),
    ]
    squashed = [step("1_squashed", "create_table", "u"), step("1_squashed", "add_column", "u", "c")]
    assert new_operations(before, [*squashed, step("5", column="z", table="u")]) == [
        step("5", column="z", table="u")
    ]


def test_a_table_that_was_dropped_may_come_again() -> None:
    """Made anew after it went, it is new."""
    before = [step("1", "create_table"), step("2", "drop_table")]
    again = step("3", "create_table")
    assert new_operations(before, [*before, again]) == [again]


def test_of_a_table_that_comes_with_the_change_only_its_making_is_told() -> None:
    """What happens to it in the same change meets no reader, under its later name neither."""
    made = step("2", "create_table", "n")
    after = [
        made,
        step("2", table="n", column="a"),
        step("3", "rename_table", "n", to="m"),
        step("3", table="m", column="b"),
        step("3", column="c"),
    ]
    assert new_operations([], after) == [made, step("3", column="c")]


def test_each_operation_meets_the_table_as_it_is_then() -> None:
    """The second drop sees a table without the first column."""
    seen = list(
        with_tables([WHOLE], [step("2", column="a"), step("2", column="b"), step("2", table="z")], "shop")
    )
    columns = [[c.name for c in table.columns] if table else None for table, _ in seen]
    assert columns == [["a", "b"], ["b"], None]
