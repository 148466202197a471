"""Jobs of which no statement is there: what their recorded lineage makes of a change."""

from collections.abc import Sequence
from datetime import UTC, datetime

from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.opened import opened
from seamline.analysis.survey import recorded, world
from seamline.model.artefact import Column, ColumnEdge, Fact, Found, Place, Query, Table
from seamline.model.event import MapFact
from seamline.model.refs import column
from seamline.model.schema_change import Impact, SchemaChange

AT = datetime(2026, 11, 2, tzinfo=UTC)
PLACE = Place("lake", "events.jsonl", 1)
JOB = "job:spark/daily"
RAW, DAILY, WEEKLY = (
    f"dataset:postgres://db:5432/lab.{t}" for t in ("raw.visits", "marts.daily", "marts.weekly")
)


def edge(said: str, job: str = JOB) -> ColumnEdge:
    """`daily.n <- raw.id`; without a column before the arrow, of the whole."""
    into, _, origin = said.split()
    tables = {"raw": RAW, "daily": DAILY, "weekly": WEEKLY}
    (table, _, name), (source, _, column_) = into.partition("."), origin.partition(".")
    return ColumnEdge(tables[table], name, tables[source], column_, job, PLACE)


EDGES = [
    edge("daily.n <- raw.id"),
    edge("daily <- raw.room"),
    edge("weekly.n <- daily.n", "job:spark/weekly"),
]


def asked(found: Sequence[Found]) -> Asked:
    return opened(world.declared(found))


def after(kind: str, name: str, found: Sequence[Found], to: str = "") -> Impact:
    """What a change to `relation.column` does."""
    relation, _, column_ = name.rpartition(".")
    return asked(found).impact(SchemaChange(kind, relation, column_, to)).impact  # type: ignore[arg-type]


def test_a_job_breaks_with_a_column_that_it_was_seen_to_use() -> None:
    """By value or for its rows; what is below builds on what it made last."""
    for name in ("lab.raw.visits.id", "lab.raw.visits.room"):
        found = after("drop_column", name, EDGES)
        assert (found.breaks, found.blocked) == ((JOB,), ("job:spark/weekly",))


def test_a_rename_is_told_by_its_names_alone() -> None:
    """Nobody can bind a statement anew that nobody has."""
    assert after("rename_column", "lab.raw.visits.id", EDGES, to="visit_id").breaks == (JOB,)


def test_what_it_was_not_seen_to_use_goes_without_harm() -> None:
    """Of a table that it reads."""
    assert after("drop_column", "lab.raw.visits.fax", EDGES) == Impact()


def test_another_type_is_for_somebody_to_look_at() -> None:
    """A value of another type goes all the way down."""
    assert after("change_type", "lab.raw.visits.id", EDGES).unknown == (JOB, "job:spark/weekly")


def test_columns_are_met_in_any_case() -> None:
    """A producer spells them as its engine does."""
    table = Table(RAW, (Column("ID"), Column("Room")), PLACE, complete=True)
    assert after("drop_column", "lab.raw.visits.id", [table, *EDGES]).breaks == (JOB,)


def test_a_statement_that_makes_the_table_knows_better() -> None:
    """Lineage of its run says the same less exactly, under another name."""
    query = Query(
        "job:wh/model.wh.daily", "dataset:dbt/lab.marts.daily", "select id from lab.raw.visits", "", PLACE
    )
    assert after("drop_column", "lab.raw.visits.room", [query, *EDGES]) == Impact()
    assert after("drop_column", "lab.raw.visits.id", [query, *EDGES]).breaks == ("model.wh.daily",)


def test_of_two_jobs_that_make_one_table_the_table_is_named() -> None:
    """Nobody knows which of them fails first."""
    found = [edge("daily.n <- raw.id", "job:a"), edge("daily.m <- raw.room", "job:b")]
    assert after("drop_column", "lab.raw.visits.id", found).breaks == (DAILY,)


def test_a_job_of_which_only_tables_are_known_is_unknown() -> None:
    """So is all that is made of what it makes: never safe."""
    reads = [Fact(JOB, "reads", PLACE, RAW), Fact(JOB, "writes", PLACE, DAILY)]
    found = after(
        "drop_column", "lab.raw.visits.id", [*reads, edge("weekly.n <- daily.n", "job:spark/weekly")]
    )
    assert found.unknown == (JOB, "job:spark/weekly")


def test_a_job_that_a_statement_speaks_for_is_asked_by_that() -> None:
    """What it reads besides is in the statement."""
    reads: list[Found] = [
        Fact("job:wh/q", "reads", PLACE, RAW),
        Query("job:wh/q", "", "select id from lab.raw.visits", "", PLACE),
    ]
    assert after("drop_column", "lab.raw.visits.room", reads) == Impact()


def test_a_table_made_of_itself_waits_for_nobody() -> None:
    """A merge reads what it fills."""
    found = [*EDGES, ColumnEdge(DAILY, "n", DAILY, "n", JOB, PLACE)]
    assert not asked(found).project.troubles
    assert after("drop_column", "lab.raw.visits.id", found).breaks == (JOB,)


def said(subject: str, predicate: str, object_: str) -> MapFact:
    return MapFact("id", "openlineage", 1, AT, AT, subject, predicate, object_)


def test_events_that_came_to_the_door_say_the_same() -> None:
    """Columns as facts of the map, by the job that reads the one table and writes the other."""
    facts = [
        said(JOB, "reads", RAW),
        said(JOB, "writes", DAILY),
        said(DAILY, "derives", RAW),
        said(column(DAILY, "n"), "derives", column(RAW, "id")),
        said(DAILY, "derives", column(RAW, "room")),
    ]
    found = recorded.sent(facts).found
    assert [
        (e.column, e.origin_column, e.job, e.dataset, e.origin) for e in found if isinstance(e, ColumnEdge)
    ] == [("n", "id", JOB, DAILY, RAW), ("", "room", JOB, DAILY, RAW)]
    assert after("drop_column", "lab.raw.visits.room", found).breaks == (JOB,)
