"""What a change does downstream, over a whole project."""

import pytest

from seamline.analysis.lineage.impact import hops
from seamline.analysis.lineage.node import Node, Use
from seamline.analysis.lineage.users import FAILS, STALE, users
from seamline.model.errors import Fix
from seamline.model.schema_change import Impact, SchemaChange
from tests.analysis.lineage.projects import drop, model, project, source

CHAIN = (
    source("visits", "id code nurse", complete=True),
    model("stg", "select * from raw.visits", "source.visits"),
    model("mid", "select id, code from main.stg", "model.stg"),
    model("end", "select count(*) as n from main.mid", "model.mid"),
)


def test_a_star_passes_the_loss_on_to_who_names_it() -> None:
    """Through `select *` a column goes without a sound; who names it breaks, and what is below that is blocked."""
    assert drop(project(*CHAIN), "raw.visits.code") == Impact(
        ("model.mid",), ("model.end",), (("model.stg", "code"),), ()
    )


def test_a_broken_model_keeps_its_relation() -> None:
    """What reads a broken model does not break by it, even when it names the lost column."""
    chain = (*CHAIN[:3], model("last", "select code from main.mid", "model.mid"))
    found = drop(project(*chain), "raw.visits.code")
    assert (found.breaks, found.blocked) == (("model.mid",), ("model.last",))


def test_the_changed_model_itself_is_not_bound_anew() -> None:
    """A model's own column goes from its relation: only its readers are asked."""
    assert drop(project(*CHAIN), "main.stg.code").breaks == ("model.mid",)


def test_a_column_nobody_documented_is_there_by_the_askers_word() -> None:
    """A star over a source that nobody documented takes the column through, to whoever names it."""
    asked = project(
        source("visits"),
        model("stg", "select * from raw.visits", "source.visits"),
        model("mid", "select code from main.stg", "model.stg"),
        model("other", "select nurse from main.stg", "model.stg"),
    )
    assert drop(asked, "raw.visits.code") == Impact(("model.mid",), (), (("model.stg", "code"),), ())
    assert drop(asked, "raw.visits.never_named") == Impact((), (), (("model.stg", "never_named"),), ())


def test_arms_of_a_union_that_end_in_stars_break_by_their_number() -> None:
    """One arm with a column less does not fit the other."""
    asked = project(
        source("a", "id x", complete=True),
        source("b", "id x", complete=True),
        model("both", "select * from raw.a union all select * from raw.b", "source.a source.b"),
    )
    assert drop(asked, "raw.a.x").breaks == ("model.both",)


def test_a_loss_by_two_ways_is_taken_together() -> None:
    """What comes in by both parents is bound once, without the column in either."""
    asked = project(
        source("a", "id x", complete=True),
        model("l", "select * from raw.a", "source.a"),
        model("r", "select * from raw.a", "source.a"),
        model("both", "select * from main.l union all select * from main.r", "model.l model.r"),
    )
    assert drop(asked, "raw.a.x") == Impact(
        (), (), (("model.both", "x"), ("model.l", "x"), ("model.r", "x")), ()
    )


@pytest.mark.parametrize("sql", ["", "select from where ((("])
def test_what_cannot_be_read_is_unknown_and_so_is_what_reads_it(sql: str) -> None:
    """A model without readable SQL is unknown when something above it changes; below it nothing is safe."""
    asked = project(
        source("a", "id x", complete=True),
        model("odd", sql, "source.a", why="" if sql else "a python model"),
        model("below", "select id from main.odd", "model.odd"),
        model("beside", "select id from raw.a", "source.a"),
    )
    assert drop(asked, "raw.a.x").unknown == ("model.below", "model.odd")


def test_an_ephemeral_model_is_passed_through_and_not_listed() -> None:
    """It is part of its readers' SQL: they break, it does not."""
    inlined = "with __dbt__cte__e as (select x from raw.a) select x from __dbt__cte__e"
    asked = project(
        source("a", "id x", complete=True),
        model("e", "select x from raw.a", "source.a", kind="ephemeral"),
        model("m", inlined, "model.e"),
        model("below", "select 1 as one from main.m", "model.m"),
    )
    assert drop(asked, "raw.a.x") == Impact(("model.m",), ("model.below",), (), ())


def test_a_rename_is_a_loss_and_a_gain() -> None:
    """Who names the old name breaks, a star carries the new one on, and what was lost on the way is named."""
    asked = project(*CHAIN)
    change = SchemaChange("rename_column", "raw.visits", "code", "icd")
    assert asked.impact(change).impact == Impact(("model.mid",), ("model.end",), (("model.stg", "code"),), ())


def test_a_rename_to_a_name_that_is_there_in_a_join_breaks() -> None:
    """The new name makes another one ambiguous."""
    asked = project(
        source("a", "id x", complete=True),
        source("b", "id y", complete=True),
        model("m", "select y from raw.a join raw.b on a.id = b.id", "source.a source.b"),
    )
    assert asked.impact(SchemaChange("rename_column", "raw.a", "x", "y")).impact.breaks == ("model.m",)


def test_a_dropped_table_breaks_its_readers() -> None:
    """Only those whose SQL reads it."""
    asked = project(*CHAIN, model("says", "select 1 as one", "source.visits"))
    assert asked.impact(SchemaChange("drop_table", "raw.visits")).impact == Impact(
        ("model.stg",), ("model.end", "model.mid"), (), ()
    )


def test_another_type_leaves_its_users_unknown() -> None:
    """Casts and joins may fail or not: whoever names the column, or what is made of it, is not safe."""
    asked = project(
        *CHAIN,
        model("coded", "select upper(code) as big from main.mid", "model.mid"),
        model("far", "select big from main.coded", "model.coded"),
    )
    found = asked.impact(SchemaChange("change_type", "raw.visits", "code", "int")).impact
    assert found == Impact((), (), (), ("model.coded", "model.far", "model.mid"))


def test_not_null_concerns_writers_only() -> None:
    """No reader breaks by it."""
    assert project(*CHAIN).impact(SchemaChange("add_not_null", "raw.visits", "code")).impact == Impact()


@pytest.mark.parametrize(
    "spelling",
    [
        "raw.visits",
        '"raw"."visits"',
        "RAW.VISITS",
        "`raw`.`visits`",
        "visits",
        "[raw].[visits]",
        "lab.raw.visits",
    ],
)
@pytest.mark.parametrize("column", ["code", "CODE"])
def test_a_relation_is_found_by_any_spelling(spelling: str, column: str) -> None:
    """Quoted or not, in any case, with fewer or more parts."""
    change = SchemaChange("drop_column", spelling, column)
    assert project(*CHAIN).impact(change).impact.breaks == ("model.mid",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SchemaChange("drop_column", "raw.nothing", "x"), "no such relation"),
        (SchemaChange("drop_column", "", "x"), "no such relation"),
        (SchemaChange("drop_column", "raw.visits", "x"), "has no column x"),
        (SchemaChange("drop_column", "raw.visits"), "names no column"),
        (SchemaChange("rename_column", "raw.visits", "code"), "no new name"),
    ],
)
def test_a_question_that_cannot_be_meant_says_so(change: SchemaChange, said: str) -> None:
    """A relation or column that the project cannot have is no empty answer."""
    with pytest.raises(Fix, match=said):
        project(*CHAIN).impact(change)


def test_a_column_that_only_the_catalog_has_can_be_asked_about() -> None:
    """Of two columns of one name an engine renames one as it stores them: the catalog knows, the SQL does not say."""
    stored = Node(
        "model.both",
        "model",
        "main.both",
        "select 1 as x, 2 as x",
        "duckdb",
        columns=("x", "x_1"),
        complete=True,
    )
    asked = project(stored, model("names", "select x_1 from main.both", "model.both"))
    assert drop(asked, "main.both.x_1").breaks == ("model.names",)


def test_a_circle_is_named_and_the_rest_still_works() -> None:
    """Nodes on a circle are unknown; what is beside them is answered."""
    asked = project(
        *CHAIN,
        model("p", "select code from main.q join main.stg using (code)", "model.q model.stg"),
        model("q", "select code from main.p", "model.p"),
    )
    assert asked.project.troubles == ["a circle: model.p -> model.q -> model.p"]
    found = drop(asked, "raw.visits.code")
    assert found.breaks == ("model.mid",)
    assert set(found.unknown) == {"model.p", "model.q"}


def test_the_users_are_told_how_they_are_touched() -> None:
    """A test of the lost column fails, a dashboard above a broken model is stale, a test of another column is fine."""
    asked = project(
        *CHAIN,
        uses=(
            Use("test.code", "test", "not_null", ("model.stg",), ("code",)),
            Use("test.id", "test", "not_null", ("model.stg",), ("id",)),
            Use("exposure.board", "exposure", "board", ("model.end",)),
        ),
    )
    told = asked.impact(SchemaChange("drop_column", "raw.visits", "code"))
    assert {one.use.id: one.how for one in users(asked.project, told, "code")} == {
        "test.code": FAILS,
        "exposure.board": STALE,
    }
    assert hops(asked.project, told.key) == {"model.stg": 1, "model.mid": 2, "model.end": 3}
