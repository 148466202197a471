"""Bad plans are refused in the dry run, with the reason and the mend, or done right; never half-done."""

import psycopg
import pytest

from seamline.app import migrate as verb
from seamline.migrate import plan as plans
from seamline.migrate import session
from seamline.model.errors import Fix

from .stand import OWNER, Stand

ENC = """
CREATE TABLE enc (id bigserial PRIMARY KEY, amount int NOT NULL, note text, at timestamptz DEFAULT now());
INSERT INTO enc (amount, note) SELECT g, g::text FROM generate_series(1, 300) g;
"""
TO_BIGINT = "  - change_type: {table: enc, column: amount, to: bigint}"
CASES = {
    "unknown table": ("", "  - drop_column: {table: nowhere, column: a}", "there is no table nowhere"),
    "unknown column": ("", "  - change_type: {table: enc, column: amout, to: bigint}", "has no column amout (it has: id, amount"),
    "lossy cast": ("", "  - change_type: {table: enc, column: note, to: varchar(2)}", "201 rows lose something"),
    "failing up": (
        "UPDATE enc SET note = 'x' WHERE id = 77", "  - change_type: {table: enc, column: note, to: int}", "(row 77)",
    ),
    "bad expression": ("", "  - change_type: {table: enc, column: note, to: int, up: 'lenght(note)'}", "lenght(text) does not exist"),
    "session's time zone": (
        "", "  - add_column: {table: enc, name: day, type: date, up: 'at::date'}", "may depend on the row alone",
    ),
    "clock": ("", "  - add_column: {table: enc, name: day, type: date, up: 'now()::date'}", "may depend on the row alone"),
    "another table": (
        "", "  - add_column: {table: enc, name: n, type: bigint, up: '(select count(*) from pg_class)'}", "keep another table in step",
    ),
    "unknown type": ("", "  - change_type: {table: enc, column: amount, to: bigfloat}", 'type "bigfloat" does not exist'),
    "doubles": (
        "UPDATE enc SET note = 'twice' WHERE id IN (3, 4)", "  - add_unique: {table: enc, name: one_note, columns: [note]}",
        "one_note would not be unique: twice (2 times) (decide which of them stay)",
    ),
    "NULLs": (
        "UPDATE enc SET note = NULL WHERE id < 6", "  - set_not_null: {table: enc, column: note}", "enc.note is NULL in 5 rows",
    ),
    "NULLs of up": (
        "UPDATE enc SET note = NULL WHERE id < 6",
        "  - add_column: {table: enc, name: n, type: int, up: 'length(note)', not_null: true}", "5 rows would have NULL in n",
    ),
    "check": ("", "  - add_check: {table: enc, name: small, check: 'amount < 299'}", "check small does not hold for 2 rows"),
    "orphans": (
        "CREATE TABLE k (id int PRIMARY KEY)", "  - add_foreign_key: {table: enc, name: f, columns: [amount], references: k}",
        "foreign key f leads nowhere from 300 rows",
    ),
    "primary key": ("", "  - change_type: {table: enc, column: id, to: numeric, engine: E1}", "is in the primary key"),
    "generated column": (
        "ALTER TABLE enc ADD double int GENERATED ALWAYS AS (amount * 2) STORED", TO_BIGINT, "generated column double speaks of enc.amount",
    ),
    "change of a generated column": (
        "ALTER TABLE enc ADD double int GENERATED ALWAYS AS (amount * 2) STORED",
        "  - change_type: {table: enc, column: double, to: bigint}", "enc.double is a generated column",
    ),
    "identity": (
        "ALTER TABLE enc ADD num int GENERATED ALWAYS AS IDENTITY", "  - change_type: {table: enc, column: num, to: bigint, engine: E1}",
        "identity column",
    ),
    "referred to": (
        "ALTER TABLE enc ADD UNIQUE (amount); CREATE TABLE k (a int REFERENCES enc (amount))", TO_BIGINT.replace("bigint}", "bigint, engine: E1}"), "foreign key k_a_fkey of k leads to",
    ),
    "policy": (
        "CREATE POLICY p ON enc USING (amount > 0)", TO_BIGINT, "policy p speaks of enc.amount",
    ),
    "forced row security": (
        "ALTER TABLE enc ENABLE ROW LEVEL SECURITY; ALTER TABLE enc FORCE ROW LEVEL SECURITY; CREATE POLICY p ON enc USING (true)",
        TO_BIGINT, "row security is forced",
    ),
    "triggers": (
        "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER stamp BEFORE UPDATE ON enc FOR EACH ROW EXECUTE FUNCTION t()",
        TO_BIGINT, "trigger stamp on enc would fire for every row",
    ),
    "too long a name": ("", f"  - rename_column: {{table: enc, column: note, to: {'n' * 64}}}", "longer than 63 bytes"),
    "taken name": ("", "  - rename_column: {table: enc, column: note, to: amount}", "has a amount already"),
    "two operations on one column": ("", TO_BIGINT + "\n  - rename_column: {table: enc, column: amount, to: a}", "two operations change enc.amount"),
    "partition": (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)",
        "  - change_type: {table: p1, column: b, to: bigint}", "p1 is a partition (plan for its parent",
    ),
    "index of a partitioned table": (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a)", "  - add_index: {table: p, name: i, columns: [b]}", "p is partitioned",
    ),
    "view": ("CREATE VIEW v AS SELECT 1 AS a", "  - drop_column: {table: v, column: a}", "v is no table"),
    "index of a constraint": ("", "  - drop_index: {table: enc, index: enc_pkey}", "belongs to a constraint"),
    "column that must be written": ("", "  - drop_column: {table: enc, column: amount}", "is NOT NULL and has no default"),
    "name that is needed": ("CREATE TABLE enc_seam (a int)", TO_BIGINT, "there is a public.enc_seam already"),
    "rename in a publication": (
        "PUBLICATION", "  - rename_table: {table: enc, to: e}", "publication pub would send the table under another name",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_can_t_be_done_is_refused(stand: Stand, name: str) -> None:
    """Each bad plan has its reason and its mend, and leaves neither a migration nor a trace on the table."""
    before, change, why = CASES[name]
    stand.sql(ENC)
    if before == "PUBLICATION":
        stand.sql("CREATE PUBLICATION pub FOR TABLE enc", admin=True)
    elif before:
        stand.sql(before)
    assert why in stand.refused(change)
    assert verb.listed(stand.dsn) == []
    assert stand.sql("SELECT relname FROM pg_class WHERE relname LIKE '%probe%'") == []


def test_a_stranger_s_table_is_refused(stand: Stand) -> None:
    """Without the owner's rights nothing is begun."""
    stand.sql("CREATE TABLE theirs (a int)", admin=True)
    assert "theirs belongs to owner" in stand.refused("  - drop_column: {table: theirs, column: a}")


def test_without_the_right_to_create_nothing_is_kept(stand: Stand) -> None:
    """A role that may not make a schema is told which right it lacks."""
    client = type(stand)(stand.dsn.replace("user=mig", "user=client"), stand.admin)
    assert "GRANT CREATE ON DATABASE" in client.refused(TO_BIGINT)


def test_a_plan_over_its_budget_is_refused(stand: Stand) -> None:
    """The estimate's p90 is held against the budget, and the cheapest ways out are named."""
    stand.sql(ENC)
    text = f"migration: m\nowner: {OWNER}\nbudget: 10ms\nchange:\n{TO_BIGINT}\n"
    found = verb.plan(stand.dsn, text, calibrate_s=0.5).surveyed
    assert "the budget is" in found.refusals[0].reason
    assert "off-peak" in found.refusals[0].mend


def test_a_full_disk_is_foreseen(stand: Stand) -> None:
    """What the table and its WAL may grow by has to be free."""
    stand.sql(ENC)
    assert "are free" in stand.refused(TO_BIGINT, more="platform: {disk_free: 1kB}")


def test_one_table_is_in_one_migration_at_a_time(stand: Stand) -> None:
    """A second plan on a table that is being changed names the first."""
    stand.sql(ENC)
    stand.approved(TO_BIGINT, name="first")
    stand.start("first")
    planned = stand.plan("  - drop_column: {table: enc, column: note}", name="second")
    assert "first" in planned.surveyed.refusals[0].reason


def test_a_pooler_in_transaction_mode_is_told(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two connections that turn out to be one session are no sessions of our own."""
    stand.sql(ENC)
    with psycopg.connect(stand.dsn, autocommit=True) as shared:

        class Lent:
            def __enter__(self) -> "psycopg.Connection[tuple[object, ...]]":
                return shared

            def __exit__(self, *_: object) -> None:
                pass

        monkeypatch.setattr(session, "connect", lambda _: Lent())
        assert "pooler" in session.check_no_pooler(stand.dsn)


def test_only_the_owner_approves(stand: Stand) -> None:
    """Another person's word starts nothing, nor does nobody's."""
    stand.sql(ENC)
    stand.plan(TO_BIGINT)
    with pytest.raises(Fix, match="not approved"):
        stand.start()
    with pytest.raises(Fix, match=r"ana@example.org's, not bob"):
        verb.approve(stand.dsn, "m", by="bob")
    assert verb.approve(stand.dsn, "m", by=OWNER).state == "APPROVED"


def test_a_table_that_changed_since_the_plan_is_planned_again(stand: Stand) -> None:
    """What was approved was held against another table."""
    stand.sql(ENC)
    stand.approved(TO_BIGINT)
    stand.sql("ALTER TABLE enc ADD late int")
    with pytest.raises(Fix, match="changed since the plan"):
        stand.start()


def test_an_edited_plan_is_planned_again(stand: Stand) -> None:
    """The sha256 of what was approved counts."""
    stand.sql(ENC)
    stand.approved(TO_BIGINT)
    with pytest.raises(Fix, match="edited"):
        stand.start(sha256="other")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("migration: m\nowner: a\nchange: []", "changes nothing"),
        ("migration: m\nowner: a\nchange: [{sing: {table: a}}]", "no operation 'sing'"),
        ("migration: m\nowner: a\nchange: [{drop_column: {table: a}}]", "missing required field `column`"),
        ("migration: M X\nowner: a\nchange: [{drop_column: {table: a, column: b}}]", "is no name"),
        ("migration: m\nowner: ''\nchange: [{drop_column: {table: a, column: b}}]", "no owner"),
        ("migration: m\nowner: a\nbudget: long\nchange: [{drop_column: {table: a, column: b}}]", "no duration"),
        ("migration: m\nowner: a\nguards: {p99: fast}\nchange: [{drop_column: {table: a, column: b}}]", "no limit"),
        ("migration: m\nowner: a\nguards: {mood: '<= 1'}\nchange: [{drop_column: {table: a, column: b}}]", "nothing is called"),
        ("migration: [", "no YAML"),
        ("migration: m\nowner: a\nchnage: []", "unknown field `chnage`"),
        ("- a", "can't be read"),
    ],
)  # fmt: skip
def test_a_plan_that_can_t_be_meant_is_refused_before_any_database(text: str, why: str) -> None:
    """One line that says where."""
    with pytest.raises(Fix, match=why):
        plans.read(text)
