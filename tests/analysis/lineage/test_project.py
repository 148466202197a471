"""A whole project, read: columns, order, names, and what is remembered."""

from collections.abc import Mapping

from seamline.analysis.lineage.names import Spellings
from seamline.analysis.lineage.node import Declared, Node
from seamline.analysis.lineage.opened import opened, read
from seamline.analysis.lineage.order import ordered
from seamline.analysis.lineage.project import build
from seamline.analysis.lineage.reading import Known, Reading
from seamline.analysis.lineage.remembered import Remembered
from tests.analysis.lineage.projects import drop, model, project, source


def test_columns_that_are_used_and_not_documented_are_added() -> None:
    """With a single open relation in scope a name must be its, and a star beside it has the column too."""
    asked = project(
        source("a", "id"),
        model("names", "select id, extra from raw.a", "source.a"),
        model("star", "select * from raw.a", "source.a"),
    )
    assert asked.project.known["raw.a"].columns == ("id", "extra")
    assert [o.name for o in asked.project.readings["model.star"].outputs] == ["id", "extra"]


def test_a_column_named_through_a_star_is_the_sources() -> None:
    """What a reader names of a model that ends in a star over one source, that source has."""
    asked = project(
        source("a"),
        model("star", "select * from raw.a", "source.a"),
        model("names", "select deep from main.star", "model.star"),
    )
    assert asked.project.known["raw.a"].columns == ("deep",)


def test_a_snapshots_own_columns_are_there() -> None:
    """Its relation has columns that its SQL does not give."""
    node = Node(
        "snapshot.s",
        "snapshot",
        "main.s",
        "select id from raw.a",
        "duckdb",
        ("source.a",),
        adds=("dbt_valid_to",),
    )
    asked = project(source("a", "id", complete=True), node)
    assert asked.project.known["main.s"] == Known(("id", "dbt_valid_to"), True)


def test_sql_that_reads_more_than_is_declared_is_told_and_followed() -> None:
    """Edges come from the declaration and from the SQL; a mismatch is among the troubles."""
    asked = project(source("a", "id x", complete=True), model("b", "select x from raw.a"))
    assert asked.project.troubles == ["model.b: its SQL reads raw.a, which its declaration does not name"]
    assert drop(asked, "raw.a.x").breaks == ("model.b",)


def test_undeclared_parents_are_read_first_all_the_same() -> None:
    """Where nothing is declared the order comes from the SQL, whatever the nodes are called."""
    asked = project(
        model("a_child", "select * from main.z_parent"),
        model("z_parent", "select x, y from raw.s"),
        source("s"),
    )
    assert [o.name for o in asked.project.readings["model.a_child"].outputs] == ["x", "y"]


def test_a_table_that_somebody_builds_is_known_by_who_builds_it() -> None:
    """A source that is another project's model has the model's columns."""
    upstream = Node("model.up", "model", "raw.s", "select 1 as x, 2 as y", "duckdb")
    asked = project(source("s"), upstream, model("m", "select * from raw.s", "source.s"))
    assert asked.project.known["raw.s"] == Known(("x", "y"), True)
    assert asked.project.order.index("model.up") < asked.project.order.index("model.m")


def test_a_short_spelling_means_one_relation_or_none() -> None:
    """A table's bare name is its alias only while no other schema has one of that name."""
    spellings = Spellings(["a.x", "b.x", "b.y"])
    assert dict(spellings.aliases()) == {"y": "b.y"}
    assert spellings.doubtful() == ["x"]


def test_order_names_the_way_round() -> None:
    """Parents first; what goes round is told once, from its first name on."""
    order, circles = ordered({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["nobody"], "f": ["e"]})
    assert order == ["e", "f", "a", "b", "c", "d"]
    assert circles == [["a", "b", "c"]]


class _Kept(dict[bytes, bytes]):
    def put(self, key: bytes, body: bytes) -> None:
        self[key] = body


def test_only_what_changed_is_read_again() -> None:
    """A changed model is read, and a reader of it only where what comes out of it changed."""
    kept, was_read = _Kept(), list[str]()

    def counted(sql: str, dialect: str, known: Mapping[str, Known]) -> Reading:
        was_read.append(sql)
        return read(sql, dialect, known)

    def run(first: str) -> list[str]:
        was_read.clear()
        nodes = (
            source("a", "id x", complete=True),
            model("one", first, "source.a"),
            model("two", "select id from main.one", "model.one"),
        )
        build(Declared(nodes), Remembered(counted, kept, b"1"))
        return list(was_read)

    assert len(run("select id from raw.a")) == 2
    assert run("select id from raw.a") == []
    assert run("select id from raw.a where x > 1") == ["select id from raw.a where x > 1"]
    assert len(run("select id, x from raw.a")) == 2


def test_a_broken_memory_is_not_trusted() -> None:
    """Bodies that are no readings are read anew."""
    kept = _Kept()
    nodes = (source("a", "id", complete=True), model("one", "select id from raw.a", "source.a"))
    before = opened(Declared(nodes), kept, b"1").project.readings
    for key in kept:
        kept[key] = b"\xc1nonsense"
    assert opened(Declared(nodes), kept, b"1").project.readings == before


def test_two_declarations_of_one_table_are_taken_together() -> None:
    """Packages declare the same source with different columns; one with a catalog knows them all."""
    other = Node("source.other", "source", "raw.a", columns=("x", "y"))
    asked = project(source("a", "id x"), other, model("m", "select * from raw.a", "source.a"))
    assert asked.project.known["raw.a"] == Known(("id", "x", "y"))
    whole = Node("source.other", "source", "raw.a", columns=("id", "z"), complete=True)
    asked = project(source("a", "id x"), whole, model("m", "select * from raw.a", "source.a"))
    assert asked.project.known["raw.a"] == Known(("id", "z"), True)


def test_a_dialect_that_nobody_knows_is_no_reason_to_fail() -> None:
    """A model may name any dialect: what can be read is read, the rest is unknown."""
    asked = project(
        source("a", "id", complete=True), model("m", "select id from raw.a", "source.a", dialect="klingon")
    )
    reading = asked.project.readings["model.m"]
    assert reading.unknown or reading.named == (("raw.a", "id"),)
