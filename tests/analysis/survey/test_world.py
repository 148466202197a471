"""All that reads or makes tables as one project: what is a node, what it is called, and whose bare names are meant."""

from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.opened import opened
from seamline.analysis.survey import world
from seamline.artefacts import sql
from seamline.model.artefact import Artefact, Column, Found, Operation, Place, Query, Table
from seamline.model.schema_change import Impact, SchemaChange


def migrated(repository: str, name: str, *columns: str) -> list[Found]:
    """A table that migrations make."""
    place = Place(repository, "m/0001.py")
    made = Operation("create_table", name, "0001", place)
    ref = f"dataset:app://{repository}/{name}"
    return [Table(ref, tuple(Column(c) for c in columns), place, complete=True), made]


def files(repository: str, **texts: str) -> list[Found]:
    """Plain SQL, each text a file of the argument's name."""
    return list(sql.read([Artefact(repository, f"{n}.sql", t.encode()) for n, t in sorted(texts.items())]))


def asked(found: list[Found], near: str = "shop") -> Asked:
    return opened(world.declared(found, near))


def drop(found: list[Found], node: str, column: str, near: str = "shop") -> Impact:
    """What follows when a column of a node goes."""
    return asked(found, near).impact(SchemaChange("drop_column", node, column)).impact


ORDERS = "dataset:app://shop/orders"


def test_scripts_that_fill_each_others_tables_are_on_no_circle() -> None:
    """The tables are there already: neither script waits for the other."""
    found = [*migrated("shop", "orders", "id", "code"), *migrated("shop", "lines", "id", "order_id")]
    found += files(
        "shop",
        a="insert into orders (id, code) select id, 'x' from lines",
        b="insert into lines (id, order_id) select id, id from orders",
    )
    assert not asked(found).project.troubles
    assert drop(found, ORDERS, "code").breaks == ("job:shop/a",)


def test_an_update_says_nothing_of_the_columns_that_it_leaves_alone() -> None:
    """A table has more columns than the one statement sets that was read of it."""
    found = files("wh", up="update mart.daily set n = s.n from raw.seen s", r="select day from mart.daily")
    assert drop(found, "mart.daily", "day", "wh").breaks == ("job:wh/r",)


def test_a_view_of_the_applications_own_is_followed() -> None:
    """It is read like any table."""
    found = migrated("shop", "orders", "id", "code")
    found += files(
        "shop", v="create view open_orders as select id, code from orders", r="select code from open_orders"
    )
    impact = drop(found, ORDERS, "code")
    assert (impact.breaks, impact.blocked) == (("dataset:sql://shop/open_orders",), ("job:shop/r",))


def test_a_table_is_found_by_every_spelling_of_its_own_repository() -> None:
    """With a schema in front, in capitals, in quotes."""
    found = migrated("shop", "orders", "id", "code")
    found += files("shop", a="select CODE from Public.ORDERS", b='select code from "orders"')
    nodes = [id_ for id_, (_, ref) in world.refs_by_id(found, "shop").items() if ref == ORDERS]
    broken = {id_ for node in nodes for id_ in drop(found, node, "code").breaks}
    assert broken == {"job:shop/a", "job:shop/b"}


def test_namesakes_of_two_applications_are_two_tables() -> None:
    """Each repository's bare name is its own table; a third's could be either."""
    found = [*migrated("shop", "users", "id", "mail"), *migrated("depot", "users", "id", "mail")]
    found += files("shop", a="select mail from users") + files("depot", b="select mail from users")
    found += files("bi", c="select mail from users")
    assert drop(found, "dataset:app://shop/users", "mail").breaks == ("job:shop/a",)
    assert drop(found, "dataset:app://depot/users", "mail", "depot").breaks == ("job:depot/b",)


def test_namesakes_that_are_not_looked_at_are_known_by_what_is_declared() -> None:
    """Their statement can't be asked for columns: nobody can say, and it isn't safe."""
    found = [*migrated("shop", "users", "id", "mail"), *migrated("depot", "users", "id", "mail")]
    found += files("depot", b="select mail from users")
    assert drop(found, "dataset:app://depot/users", "mail").unknown == ("job:depot/b",)


def test_steps_of_one_script_wait_for_what_each_reads() -> None:
    """What another step of the file reads is no reason to go in a circle."""
    text = (
        "create table a as select id, code from orders; create table b as select code from a; "
        "create table c as select code from b;"
    )
    found = [*migrated("shop", "orders", "id", "code"), *files("shop", etl=text)]
    assert not asked(found).project.troubles
    assert drop(found, ORDERS, "code").breaks == ("job:shop/etl",)
    assert drop(found, ORDERS, "code").blocked == ("job:shop/etl#2", "job:shop/etl#3")


def test_a_statement_that_fills_a_table_of_migrations_is_no_tables_maker() -> None:
    """The application writes it as well; what a one-off script left undone makes nobody's data old."""
    found = [*migrated("shop", "orders", "id"), *files("shop", a="insert into orders select id from raw.old")]
    assert world.refs_by_id(found, "shop")["job:shop/a"] == ("job:shop/a", "")


def test_a_query_without_a_text_is_kept_with_its_reason() -> None:
    """What can't be read is a node all the same."""
    place = Place("wh", "m.py")
    found: list[Found] = [Query("job:wh/m", "dataset:dbt/core.m", "", "", place, partial="it is Python")]
    (node,) = world.declared(found).nodes
    assert (node.sql, node.why) == ("", "it is Python")
