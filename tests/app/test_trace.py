"""The graph of a home's columns: kept, found to stand or drawn anew, and the same as walking what was read."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seamline import bootstrap
from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.opened import opened
from seamline.analysis.lineage.project import Project
from seamline.analysis.survey import columns
from seamline.analysis.survey.told import Repository
from seamline.app import chain, erase, survey, trace
from seamline.app.home import Home
from seamline.app.trace import Question, Traced
from seamline.artefacts import dbt
from seamline.bench import _wide
from seamline.bench import survey as bench
from seamline.bench._company import ROOT
from seamline.model.artefact import Artefact, Fact, Place, Query
from seamline.model.errors import Fix

KEPT = "lineage.sqlite"
RAW, STG, MART = "wh.raw.visits", "dataset:dbt/wh.core.stg", "dataset:dbt/wh.core.mart"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with bootstrap.open_home(tmp_path / "home", write=True) as made:
        yield made


def statement(name: str, sql: str) -> Query:
    return Query(f"job:wh/{name}", f"dataset:dbt/wh.core.{name}", sql, "duckdb", Place("wh", f"{name}.sql"))


def warehouse(*found: Query) -> Repository:
    return Repository("wh", "", found)


WH = warehouse(
    statement("stg", "select id, room from wh.raw.visits where fax is null"),
    statement("mart", "select room as place, 1 as n from wh.core.stg"),
)


def read(home: Home, *repositories: Repository, keep: bool = True) -> None:
    """As `init` does."""
    survey.survey(home, survey.Surveyed(repositories, 0, 0, 0.0), owner="Mara", name="")
    if keep:
        trace.keep(home, opened)


def ask(home: Home, of: str, way: trace.Way = "downstream") -> Traced:
    return trace.of_home(home, opened).answer(Question(way, of))


def parts(answer: Traced) -> dict[str, tuple[str, ...]]:
    assert not answer.error, answer.error
    return {part.table: part.columns for part in answer.parts}


def position(home: Home) -> int:
    assert home.columns is not None
    return home.columns.position()


def unread(declared: object) -> Asked:
    """An opener for answers that need no statement."""
    raise AssertionError(f"the statements were read: {declared}")


def event(job: str, column: str, made: str = "n") -> bytes:
    """OpenLineage: what a job makes of a column of the mart."""
    origin = {"namespace": "dbt", "name": "wh.core.mart", "field": column}
    facet = {"columnLineage": {"fields": {made: {"inputFields": [origin]}}}}
    return json.dumps(
        {
            "eventTime": "2026-11-01T06:00:00Z",
            "job": {"namespace": "spark", "name": job},
            "inputs": [{"namespace": "dbt", "name": "wh.core.mart"}],
            "outputs": [{"namespace": "lake", "name": job, "facets": facet}],
        }
    ).encode()


def send(home: Home, body: bytes) -> None:
    home.log.append([home.inbox.take("openlineage", {}, body, home.clock())])


# -- answers --------------------------------------------------------------------------------------
def test_a_column_is_followed_both_ways(home: Home) -> None:
    """By value, and by what decides the rows of a whole table."""
    read(home, WH)
    assert parts(ask(home, "wh.raw.visits.room")) == {STG: ("room",), MART: ("place",)}
    assert parts(ask(home, "raw.visits.fax")) == {STG: ("id", "room"), MART: ("place",)}
    up = parts(ask(home, "mart.place", "upstream"))
    assert {table: sorted(names) for table, names in up.items()} == {RAW: ["fax", "room"], STG: ["room"]}


def test_all_of_a_table_can_be_asked_about(home: Home) -> None:
    """Its own columns are not made of it."""
    read(home, WH)
    assert parts(ask(home, "stg.*")) == {MART: ("place",)}


def test_what_could_not_be_read_is_never_left_out(home: Home) -> None:
    """It may be made of anything of what it reads; so may what is made of it."""
    partial = Query(
        "job:wh/odd", "dataset:dbt/wh.core.odd", "", "", Place("wh", "odd.py"), partial="it is Python"
    )
    found = warehouse(
        *(q for q in WH.found if isinstance(q, Query)), partial, statement("end", "select x from wh.core.odd")
    )
    fact = msgspec.structs.replace(
        found, found=(*found.found, Fact("job:wh/odd", "reads", Place("wh", "odd.py"), STG))
    )
    read(home, fact)
    answer = ask(home, "stg.room")
    assert parts(answer) == {MART: ("place",)}
    assert answer.unknown == ("dataset:dbt/wh.core.end", "dataset:dbt/wh.core.odd")


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("nowhere.x", "no such relation"),
        ("wh.core.stg.zip", "has no column zip that is known"),
        ("room", "no relation: no such"),
    ],
)
def test_what_cannot_be_meant_is_an_answer_with_an_error(home: Home, of: str, said: str) -> None:
    """With the mend."""
    read(home, WH)
    answer = ask(home, of)
    assert said in str(answer.error)
    assert answer.hint


# -- keeping --------------------------------------------------------------------------------------
def test_what_is_kept_is_asked_without_reading_anything(home: Home) -> None:
    """Also when other things came in since."""
    read(home, WH)
    send(home, b'{"job": {"namespace": "a", "name": "b"}, "run": {}}')
    tracer = trace.of_home(home, unread)
    assert parts(tracer.answer(Question("downstream", "stg.room"))) == {MART: ("place",)}
    assert position(home) == home.log.position()


def test_reading_the_same_again_draws_nothing_anew(home: Home) -> None:
    """The log says what it said."""
    read(home, WH)
    survey.survey(home, survey.Surveyed((WH,), 0, 0, 0.0), owner="", name="")
    trace.keep(home, unread)


def test_nothing_of_an_earlier_state_remains(home: Home) -> None:
    """A statement that is gone is gone from the graph."""
    read(home, WH)
    read(home, warehouse(statement("stg", "select id from wh.raw.visits")))
    assert parts(ask(home, "raw.visits.id")) == {STG: ("id",)}
    assert "no such relation" in str(ask(home, "mart.place").error)
    assert "no column room" in str(ask(home, "stg.room").error)


def test_a_survey_that_kept_no_graph_is_seen(home: Home) -> None:
    """The log is ahead: whoever asks has it drawn."""
    read(home, WH)
    read(home, warehouse(statement("stg", "select id as room from wh.raw.visits")), keep=False)
    assert parts(ask(home, "raw.visits.id")) == {STG: ("room",)}


def test_events_that_say_more_are_seen_and_those_that_repeat_are_not(home: Home) -> None:
    """The first run of a job draws the graph anew; its next ones say the same."""
    read(home, WH)
    send(home, event("daily", "place"))
    assert parts(ask(home, "raw.visits.room"))["dataset:lake/daily"] == ("n",)
    send(home, event("daily", "place").replace(b"06:00:00", b"07:00:00"))
    assert parts(trace.of_home(home, unread).answer(Question("downstream", "stg.room")))["dataset:lake/daily"]
    send(home, event("daily", "n", made="m"))
    assert parts(ask(home, "mart.n"))["dataset:lake/daily"] == ("m",)


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_bytes(b"nonsense" * 1000)])
def test_a_lost_or_damaged_graph_comes_back_from_the_log(home: Home, harm: Callable[[Path], None]) -> None:
    """With the same answer, and it is kept again."""
    read(home, WH)
    before = ask(home, "raw.visits.room")
    harm(home.path / KEPT)
    assert ask(home, "raw.visits.room") == before
    assert position(home) == home.log.position()


def test_a_graph_that_cannot_be_kept_is_drawn_for_each_answer(home: Home) -> None:
    """The answer is the same."""
    read(home, WH, keep=False)
    (home.path / KEPT).mkdir()
    assert parts(ask(home, "stg.room")) == {MART: ("place",)}


def test_a_log_that_ends_before_the_graph_is_another_log(home: Home) -> None:
    """Restored from a backup, it says what it says."""
    read(home, WH)
    assert home.columns is not None
    home.columns.move(1000)
    assert parts(ask(home, "stg.room")) == {MART: ("place",)}
    assert position(home) == home.log.position()


def test_what_is_erased_is_in_no_graph(home: Home) -> None:
    """Neither at once nor after."""
    read(home, WH)
    send(home, event("secret", "place"))
    ask(home, "stg.room")
    erase.erase(home, [home.log.position()], "asked for")
    assert not (home.path / KEPT).exists()
    assert parts(ask(home, "stg.room")) == {MART: ("place",)}
    assert b"secret" not in (home.path / KEPT).read_bytes()


def test_a_home_that_knows_of_no_column_says_so(home: Home) -> None:
    """With what to do."""
    read(home, Repository("shop", "", ()))
    with pytest.raises(Fix, match="nothing in it says which column is made of which") as refused:
        trace.of_home(home, opened)
    assert f"--home {home.path}" in refused.value.hint


# -- the same as walking --------------------------------------------------------------------------
Ref = tuple[str, str]


def walked(project: Project, start: Ref) -> set[Ref]:
    """Columns below one, statement by statement, by nothing but what each reading says."""
    reached, grown = {start}, True
    while grown:
        before = len(reached)
        for id_ in project.order:
            reading, key = project.readings.get(id_), project.key_of[id_]
            if reading is not None:
                whole = not reached.isdisjoint(reading.indirect)
                made = (o for o in reading.outputs if whole or not reached.isdisjoint(o.direct))
                reached |= {(key, output.name) for output in made}
        grown = len(reached) > before
    return reached - {start}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(8, 60), st.data())
def test_the_kept_graph_answers_as_walking_the_project_does(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n_models: int, data: st.DataObject
) -> None:
    """Generated projects: through the log and the file, any column, downstream and back."""
    manifest = json.dumps(_wide.manifest(n_models, seed, n_columns=8)).encode()
    found = tuple(dbt.read([Artefact("wh", "target/manifest.json", manifest)]))
    project = opened(dbt.project([("manifest.json", manifest)])).project
    with bootstrap.open_home(tmp_path_factory.mktemp("wide") / "home", write=True) as home:
        read(home, Repository("wh", "", found))
        tracer = trace.of_home(home, unread)
    key = data.draw(st.sampled_from(sorted(project.makers)))
    for column in project.known[key].columns:
        answer = tracer.answer(Question("downstream", f"{key}.{column}"))
        below = {(p.table.removeprefix("dataset:dbt/"), c) for p in answer.parts for c in p.columns}
        assert below == walked(project, (key, column))
        for table, name in sorted(below)[:3]:
            above = tracer.answer(Question("upstream", f"{table}.{name}"))
            assert column in {c for p in above.parts if p.table.endswith(f"/{key}") for c in p.columns}


def test_nothing_that_breaks_or_is_lost_is_missing_downstream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty repositories: what `impact` names for a column of an application, the kept graph has below it."""
    bench.write(tmp_path / "src", 3, git=False)
    surveyed = survey.read(bootstrap.checkouts_at([tmp_path / "src"]), bootstrap.readers())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opening = (
        bootstrap.lineage_opener()
    )  # each application is asked in its own words: statements are read once
    with opening as opener, bootstrap.open_home(tmp_path / "home", write=True) as home:
        survey.survey(home, surveyed, owner=ROOT, name="")
        trace.keep(home, opener)
        tracer = trace.of_home(home, unread)
        asked = chain.known(home, (), opener)
        refs = columns_refs(asked)
        tables = [t for t in tracer.graph.tables if t.startswith("dataset:app://")]
        n_named = 0
        for table in tables[::12]:
            for column in tracer.graph.columns(table):
                of = f"{table.removeprefix('dataset:app://')}.{column}"
                change = {"kind": "drop_column", "relation": of.rpartition(".")[0], "column": column}
                (followed,) = asked.answers([json.dumps(change)])
                assert followed.reached is not None, followed.error
                answer = tracer.answer(Question("downstream", of))
                below = {part.table for part in answer.parts} | {*answer.unknown, *answer.users}
                named = {*followed.reached.breaks, *followed.reached.loses}
                n_named += len(named)
                assert {refs[id_] for id_ in named} <= below
    assert n_named > 20


def columns_refs(asked: chain.Chain) -> dict[str, str]:
    """What the graph calls each node."""
    around = asked._world("")
    called = columns._Called(around.asked.project, around.refs, around.stack)
    return {id_: called.of(key or id_) for id_, key in around.asked.project.key_of.items()}
