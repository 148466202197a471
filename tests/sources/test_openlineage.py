"""OpenLineage: what an event holds, producers that deviate, and what is personal."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, Claim, Event, MapFact, Run
from seamline.sources import openlineage

RECEIVED_AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
SHARED = Path(os.environ.get("SEAMLINE_SHARED", Path(__file__).parents[2].parent / "shared"))
PAYLOADS = SHARED / "payloads/openlineage"
needs_payloads = pytest.mark.skipif(
    not PAYLOADS.is_dir(), reason=f"no OpenLineage payloads at {PAYLOADS}: set SEAMLINE_SHARED"
)
SPACE = "duckdb://warehouse.duckdb"


def dataset(name: str, **facets: Any) -> dict[str, Any]:
    return {"namespace": SPACE, "name": name, "facets": facets}


def event(**other: Any) -> dict[str, Any]:
    return {
        "eventTime": "2026-11-23T15:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": "r1"},
        "job": {"namespace": "warehouse", "name": "load"},
        **other,
    }


def parsed(body: Any) -> list[Event]:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(openlineage.parse(Delivery(1, "openlineage", "", "", {}, RECEIVED_AT, encoded)))


def the_run(body: Any) -> Run:
    (run,) = (e for e in parsed(body) if isinstance(e, Run))
    return run


def facts(body: Any) -> set[tuple[str, str, str]]:
    return {(e.subject, e.predicate, e.object) for e in parsed(body) if isinstance(e, MapFact)}


def test_rows_are_those_that_nulls_were_counted_over() -> None:
    """`dataQualityMetrics` wins over `outputStatistics`, so that NULLs over rows is a share."""
    out = dataset("a", dataQualityMetrics={"rowCount": 40, "columnMetrics": {"code": {"nullCount": 40}}})
    out["outputFacets"] = {"outputStatistics": {"rowCount": 12}}
    (state,) = the_run(event(outputs=[out])).outputs
    assert (state.n_rows, state.null_counts) == (40, {"code": 40})
    (state,) = the_run(event(outputs=[{**dataset("a"), "outputFacets": out["outputFacets"]}])).outputs
    assert (state.n_rows, state.null_counts) == (12, None)


def test_an_empty_schema_says_nothing_of_columns() -> None:
    """dbt sends an empty list for a model without documented columns: that is not a table that lost them all."""
    (state,) = the_run(event(outputs=[dataset("a", schema={"fields": []})])).outputs
    assert state.columns is None


def test_a_filter_is_said_once_of_the_whole_dataset() -> None:
    """Columns that are used indirectly give no column edges, and one fact each however many columns they touch."""
    used = {"namespace": SPACE, "name": "src", "field": "at", "transformations": [{"type": "INDIRECT"}]}
    taken = {"namespace": SPACE, "name": "src", "field": "x", "transformations": []}
    lineage = {"fields": {c: {"inputFields": [taken, used]} for c in ("a", "b", "c")}, "dataset": [used]}
    body = event(outputs=[dataset("out", columnLineage=lineage)])
    column = f"column:{SPACE}/"
    assert the_run(body).column_edges == tuple(
        (f"{column}out#{c}", f"{column}src#x") for c in ("a", "b", "c")
    )
    indirect = [f for f in facts(body) if f[2] == f"{column}src#at"]
    assert indirect == [(f"dataset:{SPACE}/out", "derives", f"{column}src#at")]


def test_a_clipped_name_is_completed_from_the_inputs() -> None:
    """An origin without its database is the one input that ends in its name; with two of them it is left alone."""
    origin = {"namespace": SPACE, "name": "main.src", "field": "x"}
    out = dataset("out", columnLineage={"fields": {"a": {"inputFields": [origin]}}})
    edges = the_run(event(inputs=[dataset("db.main.src")], outputs=[out])).column_edges
    assert edges[0][1] == f"column:{SPACE}/db.main.src#x"
    two = [dataset("db.main.src"), dataset("old.main.src")]
    assert the_run(event(inputs=two, outputs=[out])).column_edges[0][1] == f"column:{SPACE}/main.src#x"


def test_nothing_derives_from_itself() -> None:
    """A job that updates a table in place doesn't make it its own origin."""
    body = event(inputs=[dataset("t"), dataset("u")], outputs=[dataset("t")])
    assert {f for f in facts(body) if f[1] == "derives"} == {
        (f"dataset:{SPACE}/t", "derives", f"dataset:{SPACE}/u")
    }


def test_states_of_a_run_are_events_of_their_own() -> None:
    """START and COMPLETE of a run differ in id; the same state said again does not."""
    start, complete = the_run(event(eventType="START")), the_run(event())
    assert start.id != complete.id
    assert complete.id == the_run(event(eventTime="2026-11-23T15:00:01Z")).id


def test_facts_have_no_time_in_their_ids() -> None:
    """The same lineage of a later run is the same facts."""
    io = {"inputs": [dataset("a")], "outputs": [dataset("b")]}
    later = event(run={"runId": "r2"}, eventTime="2026-11-24T15:00:00Z", **io)
    ids = [{e.id for e in parsed(body) if isinstance(e, MapFact)} for body in (event(**io), later)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("run", [None, {}, {"runId": "{{ run_id }}"}, {"runId": "${json-unit.any-string}"}])
def test_a_run_without_an_id_is_told_apart_by_job_and_time(run: Any) -> None:
    """Without a usable run id the job and the event's time are the key; without a time there is no Run."""
    assert the_run(event(run=run)).run_id == ""
    assert the_run(event(run=run)).id != the_run(event(run=run, eventTime="2026-11-23T15:00:01Z")).id
    undated = parsed(event(run=run, eventTime="{{ ts }}"))
    assert undated
    assert not any(isinstance(e, Run) for e in undated)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-23T15:08:30.164117985Z", datetime(2026, 11, 23, 15, 8, 30, 164117, UTC)),
        ("2026-11-23T15:08:30", datetime(2026, 11, 23, 15, 8, 30, tzinfo=UTC)),
        ("2020-12-28T19:52:00.001+10:00", datetime(2020, 12, 28, 9, 52, 0, 1000, UTC)),
        (None, RECEIVED_AT),
    ],
)
def test_times_of_any_precision_and_offset(said: str | None, at: datetime) -> None:
    """Nanoseconds, no offset and other offsets are UTC in the end; no time is the time of receipt."""
    assert the_run(event(eventTime=said)).at == at


def test_a_facet_of_another_shape_costs_only_itself() -> None:
    """The rest of the event is read."""
    out = dataset("a", schema={"fields": "all"}, dataQualityMetrics={"rowCount": 3})
    (state,) = the_run(event(outputs=[out])).outputs
    assert (state.columns, state.n_rows) == (None, 3)


def test_a_rename_is_a_change_of_both_names_once_it_is_done() -> None:
    """RENAME gives a schema change when the run is complete; CREATE, and a run that began, give none."""
    before = {"namespace": SPACE, "name": "old"}
    renamed = dataset(
        "new", lifecycleStateChange={"lifecycleStateChange": "RENAME", "previousIdentifier": before}
    )
    created = dataset("other", lifecycleStateChange={"lifecycleStateChange": "CREATE"})
    (change,) = (e for e in parsed(event(outputs=[renamed, created])) if isinstance(e, Change))
    assert (change.kind, change.entity, change.also) == (
        "schema",
        f"dataset:{SPACE}/new",
        (f"dataset:{SPACE}/old",),
    )
    assert not any(isinstance(e, Change) for e in parsed(event(eventType="START", outputs=[renamed])))


@pytest.mark.parametrize(
    "body",
    [
        {"columnLineage": {"_producer": "p", "_schemaURL": "u", "fields": {}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {}},
        {},
        [{"ownership": {}}],
        {"job": []},
        {"run": {"runId": 7}, "job": {}},
        [[]],
        3,
    ],
)
def test_what_is_no_event_is_unreadable(body: Any) -> None:
    """A facet or a schema by itself, and JSON of another shape, are refused with a reason."""
    with pytest.raises(Unreadable, match=r"."):
        parsed(body)


def test_a_batch_is_read_past_what_is_no_event() -> None:
    """One bad element doesn't cost the others; an empty batch says nothing."""
    assert the_run([{"ownership": {}}, event()]).job == "job:warehouse/load"
    assert parsed([]) == []


def test_owners_are_claims_and_people_are_not_named() -> None:
    """A URN stays, a bare name and an address become pseudonyms, twice is the same, names and places stay."""
    owners = [{"name": "team:data"}, {"name": "Lena Brandt"}, {"name": "user:lena@clinic.example"}]
    azure = {"namespace": "abfss://raw@lake.dfs.core.windows.net", "name": "visits"}
    body = json.dumps(event(outputs=[dataset("a", ownership={"owners": owners})], inputs=[azure])).encode()
    once = openlineage.redact(
        {}, body, lambda text: "p_" + {"Lena Brandt": "a", "lena@clinic.example": "b"}[text] * 12
    )
    assert openlineage.redact({}, once, lambda _: "p_other") == once
    owners_left = {e.owner for e in parsed(once) if isinstance(e, Claim)}
    assert owners_left == {"team:data", "p_" + "a" * 12, "user:p_" + "b" * 12}
    assert facts(once) == facts(body)


def test_a_new_owner_takes_over() -> None:
    """The owner a later event names is a later version of the same claim."""
    claims = [
        next(
            e
            for e in parsed(event(outputs=[dataset("a", ownership={"owners": [{"name": n}]})]))
            if isinstance(e, Claim)
        )
        for n in ("team:data", "team:finance")
    ]
    assert claims[0].id == claims[1].id


def test_a_body_without_people_keeps_its_bytes() -> None:
    """Redaction that has nothing to do changes nothing, white space included."""
    body = json.dumps(event(), indent=3).encode()
    assert openlineage.redact({}, body, lambda _: "p_x") is body


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FACETS = [
    "schema",
    "dataQualityMetrics",
    "outputStatistics",
    "dataQualityAssertions",
    "columnLineage",
    "lineage",
    "symlinks",
    "ownership",
    "lifecycleStateChange",
]


@given(st.sampled_from(["eventTime", "eventType", "run", "job", "dataset", "inputs", "outputs"]), JSON)
def test_any_value_in_any_field_is_read_or_unreadable(field: str, value: Any) -> None:
    """A field of any type never ends in another error."""
    with suppress(Unreadable):
        parsed(event(**{field: value}))


@given(st.sampled_from(FACETS), JSON)
def test_any_facet_leaves_the_event_readable(facet: str, value: Any) -> None:
    """A facet of any shape never makes its event unreadable."""
    assert the_run(event(outputs=[dataset("a", **{facet: value})])).outputs


@needs_payloads
def test_events_of_real_producers_are_read() -> None:
    """Every event that dbt, Spark, Flink, Marquez and the clients have in their tests is read, deviations included.

    `schemas` are no events, and of `spec-tests` all but the full event are single facets.
    """
    files = [p for p in sorted(PAYLOADS.glob("*/*.json")) if not p.name.endswith(".headers.json")]
    facets = {p for p in files if p.parent.name == "spec-tests" and p.name != "example_full_event.json"}
    events = [p for p in files if p.parent.name != "schemas" and p not in facets]
    unreadable = {}
    for path in events:
        try:
            parsed(path.read_bytes())
        except Unreadable as error:
            unreadable[path.name] = str(error)
    assert len(events) > 80
    assert unreadable == {}


@needs_payloads
@pytest.mark.parametrize("folder", ["schemas", "spec-tests"])
def test_facets_and_schemas_alone_are_unreadable(folder: str) -> None:
    """What names no run, job or dataset is refused, and the reason names what was there instead."""
    for path in sorted(PAYLOADS.glob(f"{folder}/*.json")):
        if path.name != "example_full_event.json":
            with pytest.raises(Unreadable, match="neither a run, a job nor a dataset"):
                parsed(path.read_bytes())
