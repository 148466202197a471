"""The SQL that is made of a shape: pure text, read as a person would with `plan --sql`."""

import pytest

from seamline.migrate import face, twin
from seamline.migrate.catalogue import unexpected
from seamline.migrate.face import Grant
from seamline.migrate.quoting import MAX_NAME, suffixed, text
from seamline.migrate.shape import ROW, Expression, Group, Old, Shape, Twin, respelled

UP = Expression(f"({ROW}.amount)::bigint", ("amount",), total=True)
DOWN = Expression(f'({ROW}."amount_new")::integer', ("amount_new",))
SHAPE = Shape(
    1, "public", "enc", "enc_seam", True, "m", "abcd1234", ("id", "amount", "note"),
    (Group((Twin("amount_new", "amount", "bigint", UP),), (Old("amount", DOWN, default="5"),)),),
    renamed=(("note", "remark"),),
)  # fmt: skip


def test_a_row_of_the_old_version_is_filled_and_one_of_the_new_taken_back() -> None:
    """An INSERT without the twin is the old version's; one with it the new one's."""
    made = twin.function(SHAPE, steady=True)
    assert 'IF NEW."amount_new" IS NULL THEN\n      NEW."amount_new" := (NEW.amount)::bigint;' in made
    assert 'ELSE\n      NEW."amount" := (NEW."amount_new")::integer;' in made
    assert 'ELSIF NEW."amount" IS DISTINCT FROM OLD."amount" THEN' in made


def test_until_every_row_is_filled_each_update_fills() -> None:
    """Also one that touches neither side: a row that moves away from the backfill is the trigger's."""
    assert "ELSIF true THEN" in twin.function(SHAPE, steady=False)


def test_what_may_fail_is_caught() -> None:
    """A client's write never fails for `up`; what can't fail costs no block of its own."""
    unsure = Expression(f"{ROW}.note::int", ("note",))
    group = Group((Twin("n", "n", "int", unsure),), ())
    assert "EXCEPTION WHEN OTHERS" in twin.function(Shape(*_bare(), groups=(group,)), steady=True)
    assert "EXCEPTION" not in twin.function(SHAPE, steady=True)


def _bare() -> "tuple[int, str, str, str, bool, str, str, tuple[str, ...]]":
    return (1, "public", "enc", "enc", False, "m", "abcd1234", ("note",))


def test_the_new_version_has_the_old_order_of_columns() -> None:
    """A twin stands where its column stood, a renamed one keeps its place, what is added comes last."""
    assert face.new_columns(SHAPE, ["late"]) == [
        ("id", "id"), ("amount_new", "amount"), ("note", "remark"), ("late", "late"),
    ]  # fmt: skip


def test_a_row_is_in_step_when_either_side_made_the_other() -> None:
    """What a lossy way down made of the new version's value is no difference."""
    said = twin.in_step(SHAPE)
    assert said.count("IS DISTINCT FROM") == 2
    assert " OR " in said


def test_the_touch_names_a_column_of_ours_alone() -> None:
    """So no UPDATE OF trigger of a user's fires."""
    made = twin.fill(SHAPE, '"public"."enc_seam"', "true", "m", 1, 2, 0, 8)
    assert f'SET "amount_new" = {ROW}."amount_new" WHERE' in made


@pytest.mark.parametrize(
    ("version", "said"), [(130000, "ctid = ANY (ARRAY("), (140000, "ctid >= '(3,0)'::tid")]
)
def test_pages_are_named_as_the_version_reads_them_fast(version: int, said: str) -> None:
    """Before 14 a range of ctids would read the whole table each time."""
    assert said in twin.pages(3, 5, version)


def test_rights_go_over_as_they_are() -> None:
    """To everybody, on a column, with the option to hand them on."""
    assert Grant("SELECT", "", False).on("v") == "GRANT SELECT ON v TO PUBLIC"
    assert Grant("UPDATE", "a b", True, "c").on("v") == 'GRANT UPDATE ("c") ON v TO "a b" WITH GRANT OPTION'


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("btree (amount DESC)", "btree (amount_new DESC)"),
        ('btree ("amount")', "btree (amount_new)"),
        ("btree (note) WHERE note <> 'amount'", "btree (note) WHERE note <> 'amount'"),
        ("btree (amount(note), amounts)", "btree (amount(note), amounts)"),
    ],
)
def test_only_whole_names_outside_of_texts_are_another(definition: str, expected: str) -> None:
    """Neither a text, nor a function, nor a longer name."""
    assert respelled(definition, {"amount": "amount_new"}) == expected


def test_names_are_cut_so_that_they_stay_apart() -> None:
    """Two long names with one beginning get two short ones."""
    one, other = (suffixed("ä" * 30 + c * 3, "_seam") for c in "xy")
    assert one != other
    assert max(len(n.encode()) for n in (one, other)) <= MAX_NAME


def test_texts_are_literals_whatever_they_hold() -> None:
    """Quotes and backslashes."""
    assert text("a'b") == "'a''b'"
    assert text("a\\'b") == "E'a\\\\''b'"


def test_two_states_differ_by_what_is_not_meant() -> None:
    """Order and intended changes are no difference; what vanished or came is named."""
    before = {("column", "a"): "int", ("index", "i"): "x", ("column", "b"): "text"}
    after = {("column", "b"): "text", ("column", "a"): "bigint", ("column", "late"): "int"}
    assert unexpected(before, after, [("column", "a")]) == [
        "column late: absent became int", "index i: x became absent",
    ]  # fmt: skip
