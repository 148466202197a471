"""What the readers of migrations hold to beyond their goldens: orders, odd histories, hostile texts."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.artefacts import alembic, django, migrations_sql, rails
from seamline.artefacts.django.models import cut
from seamline.artefacts.python_values import UNKNOWN, value
from seamline.artefacts.rails.tree import parse
from seamline.model.artefact import Artefact, Operation, Table, Unread
from seamline.model.ports import Reader


def files(**texts: str) -> list[Artefact]:
    """Files of a repository; `__` in a name stands for `/`."""
    found = [Artefact("shop", name.replace("__", "/") + ".py", text.encode()) for name, text in texts.items()]
    return sorted(found, key=lambda file: file.path)


def kinds(reader: Reader, *given_: Artefact) -> list[tuple[str, str, str]]:
    """(kind, table, column) of each operation."""
    return [(o.kind, o.table, o.column) for o in reader.read(given_) if isinstance(o, Operation)]


def migration(operations: str, dependencies: str = "") -> str:
    """A module with one migration of Django."""
    return f"class Migration(migrations.Migration):\n    dependencies = [{dependencies}]\n    operations = [{operations}]\n"


MAKE = (
    'migrations.CreateModel("A", [("id", models.AutoField(primary_key=True)), ("x", models.IntegerField())])'
)


# -- Django ---------------------------------------------------------------------------------------
def test_dependencies_decide_not_names() -> None:
    """A migration that comes later by name runs first where another depends on it."""
    given_ = files(
        app__migrations__0001_b=migration('migrations.RemoveField("a", "x")', '("app", "0002_a")'),
        app__migrations__0002_a=migration(MAKE),
    )
    assert kinds(django, *given_) == [("create_table", "app_a", ""), ("drop_column", "app_a", "x")]


def test_a_cycle_of_dependencies_loses_nothing() -> None:
    """Two migrations that wait for each other are both read."""
    given_ = files(
        app__migrations__0001_a=migration(MAKE, '("app", "0002_b")'),
        app__migrations__0002_b=migration('migrations.RemoveField("a", "x")', '("app", "0001_a")'),
    )
    assert sorted(kinds(django, *given_)) == [("create_table", "app_a", ""), ("drop_column", "app_a", "x")]


def test_thousands_of_migrations_in_a_row_are_no_depth() -> None:
    """The order is found without a stack of Python's."""
    given_ = [
        Artefact("shop", f"app/migrations/{i:05}.py", migration("", f'("app", "{i + 1:05}")').encode())
        for i in range(3000)
    ]
    given_.append(Artefact("shop", "app/migrations/03000.py", migration(MAKE).encode()))
    assert kinds(django, *given_) == [("create_table", "app_a", "")]


def test_a_model_of_a_history_that_is_cut_off_is_not_complete() -> None:
    """What later steps tell is known, and that there is more."""
    given_ = files(
        app__migrations__0009_x=migration('migrations.AddField("a", "y", models.TextField(null=True))')
    )
    tables = [t for t in django.read(given_) if isinstance(t, Table)]
    assert [(t.dataset, [c.name for c in t.columns], t.complete) for t in tables] == [
        ("dataset:app://shop/app_a", ["y"], False)
    ]


def test_operations_that_code_makes_are_opaque() -> None:
    """A list that is put together when it runs is told as unknown."""
    given_ = files(app__migrations__0001_x=migration("*build(), make()"))
    assert [kind for kind, _, _ in kinds(django, *given_)] == ["opaque", "opaque"]


def test_long_names_are_cut_as_django_cuts_them() -> None:
    """63 characters, the last four a hash; shorter names stay."""
    assert cut("a" * 63) == "a" * 63
    assert len(cut("b" * 80)) == 63
    assert cut("b" * 80) != cut("b" * 79)


@pytest.mark.parametrize(
    "text",
    [
        "'%9999999999d' % 1",
        "'%*d' % (10**9, 1)",
        "'{' .format(1)",
        "[*x]",
        "-'a'",
        "{[]: 1}",
        "{**a, 'b': 1}",
        "a[b][c](d)(e)",
        "('a' + 1)",
        "f'{x!r:>{y}}'",
    ],
)
def test_expressions_are_never_run(text: str) -> None:
    """What would cost memory, or fail, when it runs is unknown or plain data."""
    found = value(ast.parse(text, mode="eval").body, {})
    assert found is UNKNOWN or len(repr(found)) < 500


# -- Alembic --------------------------------------------------------------------------------------
def revision(id_: str, down: str, body: str) -> str:
    """A module with one revision."""
    return f"from alembic import op\nimport sqlalchemy as sa\nrevision = {id_!r}\ndown_revision = {down}\ndef upgrade():\n    {body}\n"


def test_revisions_run_in_their_order() -> None:
    """Names of files do not count; what is not there begins the order."""
    given_ = files(
        versions__a=revision("z", "'y'", "op.drop_table('t')"),
        versions__b=revision("y", "'gone'", "op.create_table('t', sa.Column('a', sa.Integer()))"),
    )
    assert kinds(alembic, *given_) == [("create_table", "t", ""), ("drop_table", "t", "")]


def test_revisions_in_a_circle_are_all_read() -> None:
    """A cycle is cut somewhere."""
    given_ = files(
        versions__a=revision("a", "'b'", "op.drop_table('t')"),
        versions__b=revision("b", "'a'", "op.drop_table('u')"),
    )
    assert sorted(kinds(alembic, *given_)) == [("drop_table", "t", ""), ("drop_table", "u", "")]


def test_functions_that_call_themselves_end() -> None:
    """They are followed a few times, no more."""
    text = revision("a", "None", "again()") + "def again():\n    op.drop_table('t')\n    again()\n"
    assert 1 <= len(kinds(alembic, *files(versions__a=text))) < 20


# -- Rails ----------------------------------------------------------------------------------------
RUBY = (
    "create_table :a do |t|", "t.string :b", "end", "def up", "class A < ActiveRecord::Migration[7.0]", "if x", "else",
    "add_column :a, :b, :string", "execute <<~SQL", "SQL", "'", '"', "#{", "}", "{ |x|", "[", "]", "(", ")", "%w[", "->",
    "=>", ",", ":", "?", "&.", "\n", "\n", "\\", "=begin", "=end", "#", "x = 1", "unless", "case", "when", "do", ";", "::",
)  # fmt: skip


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.lists(st.sampled_from(RUBY), max_size=30))
def test_no_ruby_raises(words: list[str]) -> None:
    """Words in any order are a tree, and a migration of them gives findings."""
    text = " ".join(words)
    parse(text)
    list(
        rails.read(
            [Artefact("shop", "db/migrate/1_a.rb", f"class A < Migration\ndef change\n{text}".encode())]
        )
    )


@pytest.mark.parametrize(
    "deep", ["[" * 5000, "(" * 5000, "if a\n" * 5000, "a.b { " * 5000, "x + " * 5000, "a" + ".b" * 5000]
)
def test_deep_ruby_is_unread_at_worst(deep: str) -> None:
    """A nest without end costs one line."""
    text = f"class A < Migration\ndef change\n{deep}\nend\nend"
    found = list(rails.read([Artefact("shop", "db/migrate/1_a.rb", text.encode())]))
    assert all(isinstance(f, Unread | Operation) for f in found)


def test_two_databases_of_one_application_are_two_histories() -> None:
    """`db/cache_migrate` is no part of `db/migrate`."""
    text = (
        "class A < ActiveRecord::Migration[7.1]\n def change\n  create_table(:t) { |t| t.text :a }\n end\nend"
    )
    given_ = [
        Artefact("shop", f"db/{folder}/1_a.rb", text.encode()) for folder in ("cache_migrate", "migrate")
    ]
    assert len([t for t in rails.read(given_) if isinstance(t, Table)]) == 2


# -- SQL ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("db/migration/V1__a.sql", True), ("sql/V2024.01__a.sql", True), ("migrations/0001_a.up.sql", True),
        ("prisma/migrations/20240101_a/migration.sql", True), ("deploy/a.sql", True), ("sqitch.plan", True),
        ("models/orders.sql", False), ("db/structure.sql", False), ("seeds/people.sql", False), ("migrations/readme.md", False),
    ],
)  # fmt: skip
def test_layouts(path: str, taken: bool) -> None:
    """A path says whether it is a migration."""
    assert migrations_sql.takes(path) is taken


def test_versions_are_numbers() -> None:
    """V10 comes after V9, and a repeatable one at the end."""
    names = ("R__a", "V10__a", "V9__a", "V9.1__a")
    given_ = [Artefact("shop", f"db/{name}.sql", f"drop table t{i}".encode()) for i, name in enumerate(names)]
    found = [o.migration for o in migrations_sql.read(given_) if isinstance(o, Operation)]
    assert found == ["V9__a", "V9.1__a", "V10__a", "R__a"]


def test_a_folder_called_deploy_is_sqitchs_only_with_its_plan() -> None:
    """Without a plan its files are left alone; with one they run in its order."""
    sql = [Artefact("shop", f"deploy/{name}.sql", f"drop table {name}".encode()) for name in ("a", "b")]
    plan = Artefact(
        "shop",
        "sqitch.plan",
        b"%project=x\n\nb 2024-01-01T00:00:00Z Ana <a@x> # b\na [b] 2024-01-02T00:00:00Z Ana <a@x>\n",
    )
    assert kinds(migrations_sql, *sql) == []
    assert kinds(migrations_sql, *sql, plan) == [("drop_table", "b", ""), ("drop_table", "a", "")]
