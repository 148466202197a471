"""What a touch comes to: for whom, how far, and whether it stops."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from seamline import bootstrap
from seamline.analysis.lineage.opened import opened
from seamline.analysis.opinion import base_of
from seamline.analysis.survey import consequence, world
from seamline.analysis.survey.told import Repository
from seamline.app import survey, views
from seamline.app.home import Home
from seamline.model.artefact import Column, Fact, Found, Operation, Ownership, Place, Query, Table
from seamline.model.schema_change import SchemaChange
from seamline.model.verdict import Finding
from tests.analysis.survey.found import fact

AT = datetime(2026, 11, 2, tzinfo=UTC)
VISITS = "dataset:app://booking/visits"
RAW = "dataset:dbt/wh.raw.raw__booking__visits"
ORG = """\
[[person]]
id = "mara"
[[person]]
id = "lea"
reports_to = "mara"
[[person]]
id = "ben"
reports_to = "lea"
handles = ["github:@ben"]
[[person]]
id = "ann"
reports_to = "lea"
handles = ["github:@ann"]
[[person]]
id = "zoe"
reports_to = "mara"
handles = ["github:@zoe"]
[[template]]
match = "raw__{app}__{table}"
"""


def booking(*more: Found) -> Repository:
    """The application, Ben's, with its one table."""
    place = Place("booking", "m/0001.py")
    columns = tuple(Column(c) for c in ("id", "room", "fax"))
    found: tuple[Found, ...] = (
        Table(VISITS, columns, place, complete=True),
        Operation("create_table", "visits", "0001", place),
        fact("booking", "service:booking exists"),
        Ownership("service:booking", "github:@ben", place, "CODEOWNERS"),
    )
    return Repository("booking", "", (*found, *more), ("m/0001.py",))


def model(name: str, sql: str, reads: str, owner: str = "github:@ann", schema: str = "core") -> list[Found]:
    """A model of the warehouse and whose it is."""
    place, job, ref = Place("wh", f"{name}.sql"), f"job:wh/model.wh.{name}", f"dataset:dbt/wh.{schema}.{name}"
    facts = [
        fact("wh", f"{job} exists"),
        fact("wh", f"{job} reads {reads}"),
        fact("wh", f"{job} writes {ref}"),
    ]
    same = Fact(ref, "same_as", place, f"dataset:unique_id/model.wh.{name}")
    return [*facts, same, Ownership(job, owner, place, "meta"), Query(job, ref, sql, "postgres", place)]


def warehouse(*found: list[Found]) -> Repository:
    """What reads the table by its copy, beside what else is given."""
    copy: list[Found] = [Table(RAW, (), Place("wh", "s.yml")), fact("wh", f"{RAW} exists")]
    return Repository("wh", "", tuple(f for part in (copy, *found) for f in part))


STG = model("stg", "select id, room from wh.raw.raw__booking__visits", RAW)


def around(home: Home, *repositories: Repository) -> consequence.World:
    """The world of these, asked from the application's side."""
    found = [f for r in repositories for f in r.found]
    base = base_of(views.facts_of(home))
    asked = opened(world.declared(found, "booking"))
    refs = world.refs_by_id(found, "booking")
    return consequence.World(base.stack, base.tree, asked, refs, others=True, at=AT)


def settle(
    tmp_path: Path, touch: SchemaChange, *others: Repository, own: Repository | None = None
) -> list[Finding]:
    """What a drop in the application comes to beside these repositories."""
    org = tmp_path / "seamline.toml"
    org.write_text(ORG)
    repositories = (own or booking(), *others)
    entity = f"column:app://booking/visits#{touch.column}" if touch.column else VISITS
    finding = Finding("g", "hold", "high", 0.9, None, "it goes", "expand", entity=entity, touches=(touch,))
    with bootstrap.home_in_memory() as home:
        survey.survey(home, survey.Surveyed(repositories, 0, 0, 0.0), owner="mara", name="", org=org)
        return consequence.settle(finding, around(home, *repositories))


ROOM = SchemaChange("drop_column", "visits", "room")


def test_a_model_that_names_the_column_breaks_under_who_answers_for_both(tmp_path: Path) -> None:
    """Ben's table and Ann's model: Lea is the lowest above both."""
    (found,) = settle(tmp_path, ROOM, warehouse(STG))
    assert (found.outcome, found.person, found.downstream) == ("hold", "lea", (("model.wh.stg",),))


def test_two_owners_of_what_breaks_are_told_apart(tmp_path: Path) -> None:
    """Each broken model is told under who answers for its own seam."""
    far = model("far", "select room from wh.raw.raw__booking__visits", RAW, "github:@zoe")
    told = {f.person: f.downstream for f in settle(tmp_path, ROOM, warehouse(STG, far))}
    assert told == {"lea": (("model.wh.stg",),), "mara": (("model.wh.far",),)}


def test_a_column_that_nobody_names_is_a_note(tmp_path: Path) -> None:
    """The consumers had moved before."""
    (found,) = settle(tmp_path, SchemaChange("drop_column", "visits", "fax"), warehouse(STG))
    assert (found.outcome, found.downstream) == ("note", ())


def test_a_table_that_goes_breaks_all_that_read_its_copy(tmp_path: Path) -> None:
    """Whatever columns they name."""
    (found,) = settle(tmp_path, SchemaChange("drop_table", "visits"), warehouse(STG))
    assert (found.outcome, found.downstream) == ("hold", (("model.wh.stg",),))


def test_who_reads_the_table_itself_without_a_statement_is_unknown(tmp_path: Path) -> None:
    """A service's code was not read as SQL: nobody can say which columns it takes."""
    desk = Repository(
        "desk", "", (fact("desk", "service:desk exists"), fact("desk", f"service:desk reads {VISITS}"))
    )
    (found,) = settle(tmp_path, ROOM, desk)
    assert (found.outcome, found.downstream) == ("unknown", (("service:desk",),))


def test_the_applications_own_service_is_no_reader_to_be_told(tmp_path: Path) -> None:
    """Its code comes with the change."""
    own = booking(
        fact("booking", f"service:booking reads {VISITS}"),
        fact("booking", f"service:booking writes {VISITS}"),
    )
    (found,) = settle(tmp_path, ROOM, own=own)
    assert found.outcome == "note"


def test_below_a_load_that_breaks_all_gets_old(tmp_path: Path) -> None:
    """The load fills a table that is there; what reads it keeps what it had."""
    job, place, mart = "job:etl/fill", Place("etl", "fill.sql"), "dataset:sql://etl/mart.daily"
    load: list[Found] = [
        fact("etl", f"{job} exists"), fact("etl", f"{job} reads {RAW}"), fact("etl", f"{job} writes {mart}"),
        Query(job, mart, "insert into mart.daily (r) select room from wh.raw.raw__booking__visits", "", place),
        fact("etl", f"job:etl/report reads {mart}"), fact("etl", f"dashboard:rooms reads {mart}"),
        Query("job:etl/report", "", "select r from mart.daily", "", place),
    ]  # fmt: skip
    (found,) = settle(tmp_path, ROOM, warehouse(), Repository("etl", "", tuple(load)))
    assert found.downstream == ((job,), ("job:etl/report", "dashboard:rooms"))
    assert "leaves report with old data" in found.reason


def unjoined(relation: str) -> Repository:
    """A model that reads a table which nothing joins to the application's."""
    ref = f"dataset:dbt/{relation}"
    found = model("stg", f"select id, room from {relation}", ref)
    return Repository("wh", "", (Table(ref, (), Place("wh", "s.yml")), fact("wh", f"{ref} exists"), *found))


@pytest.mark.parametrize(
    "relation", ["lake.raw.visits", "lake.raw.clinic_visits", "lake.landing.raw__booking__app__visits"]
)
def test_a_table_of_a_like_name_that_nothing_joins_may_be_the_same(tmp_path: Path, relation: str) -> None:
    """Never a pass: nobody can say, and the mend is named."""
    (found,) = settle(tmp_path, ROOM, unjoined(relation))
    assert (found.outcome, found.downstream) == ("unknown", (("model.wh.stg",),))
    assert "[[template]]" in found.missing[0]


def test_a_table_of_a_like_name_says_nothing_of_a_column_that_it_is_not_asked_for(tmp_path: Path) -> None:
    """What reads it doesn't name the column."""
    (found,) = settle(tmp_path, SchemaChange("drop_column", "visits", "fax"), unjoined("lake.raw.visits"))
    assert found.outcome == "note"


def test_a_table_that_says_it_is_of_another_application_is_not_the_same(tmp_path: Path) -> None:
    """Its name names where it comes from."""
    (found,) = settle(tmp_path, ROOM, unjoined("lake.raw.raw__depot__app__visits"))
    assert found.outcome == "note"
