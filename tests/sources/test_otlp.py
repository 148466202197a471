"""What the shared contract can't show of OTLP: signals, names, joins, arithmetic, redaction and replies."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.detect import detect
from seamline.analysis.facts import Facts
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, MapFact, Measurement
from seamline.sources import otlp
from seamline.sources.otlp import wire
from seamline.sources.otlp.naming import metric_name

from .test_contract import cases, pseudonym

RECEIVED_AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
AT_S = 1_795_446_460
JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}
SHA = "3f786850e387550fdab836ed7e6dc881de23001b"


def value(said: Any) -> dict[str, Any]:
    """An AnyValue in JSON."""
    match said:
        case bool():
            return {"boolValue": said}
        case int():
            return {"intValue": str(said)}
        case float():
            return {"doubleValue": said}
        case list():
            return {"arrayValue": {"values": [value(item) for item in said]}}
        case dict():
            return {"kvlistValue": {"values": attributes(said)}}
        case _:
            return {"stringValue": said}


def attributes(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(item)} for key, item in said.items()]


def nanos(seconds: float = 0.0) -> str:
    return str(round((AT_S + seconds) * 1e9))


def resource(signal: str, items: list[Any], **said: Any) -> dict[str, Any]:
    """One resource's part of a request; `service_name` and the like name its attributes."""
    of_scope = {"spans": "scopeSpans", "metrics": "scopeMetrics", "logRecords": "scopeLogs"}[signal]
    named = {"service.name": "booking", **{key.replace("_", "."): item for key, item in said.items()}}
    return {"resource": {"attributes": attributes(named)}, of_scope: [{"scope": {}, signal: items}]}


def spans(*resources: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": resources}).encode()


def metrics(*items: dict[str, Any], **said: Any) -> bytes:
    return json.dumps({"resourceMetrics": [resource("metrics", list(items), **said)]}).encode()


def span(
    number: float, kind: int, parent: int = 0, said: Mapping[str, Any] | None = None, **more: Any
) -> Any:
    """A span of a tenth of a second; it begins so many seconds after the first, which also tells it apart."""
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"{round(number * 100):016x}",
        "parentSpanId": f"{parent * 100:016x}" if parent else "",
        "kind": kind,
        "startTimeUnixNano": nanos(number),
        "endTimeUnixNano": nanos(number + 0.1),
        "attributes": attributes(said or {}),
        **more,
    }


SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5


def delivery(body: bytes, headers: Mapping[str, str] = JSON) -> Delivery:
    return Delivery(1, "otlp", "", "", headers, RECEIVED_AT, body)


def parsed(body: bytes, headers: Mapping[str, str] = JSON) -> list[Event]:
    return list(otlp.parse(delivery(body, headers)))


def measured(body: bytes, headers: Mapping[str, str] = JSON) -> dict[str, Measurement]:
    """Measurements by metric and the labels that the tests look at."""
    looked_at = ("le", "quantile", "peer", "status_code", "span_kind", "severity")
    return {
        " ".join([m.metric, *(m.labels[name] for name in looked_at if name in m.labels)]): m
        for m in parsed(body, headers)
        if isinstance(m, Measurement)
    }


def proofs(body: bytes) -> set[tuple[str, str, str]]:
    """Relations and joins; that a service exists is left out."""
    facts = (e for e in parsed(body) if isinstance(e, MapFact) and e.predicate != "exists")
    return {(fact.subject, fact.predicate, fact.object) for fact in facts}


# -- signals --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("message", "item", "signal"),
    [
        ("Traces", {"span_id": b"12345678", "end_time_unix_nano": 5}, "traces"),
        ("Traces", {"trace_id": b"1234567812345678", "kind": 2}, "traces"),
        ("Logs", {"time_unix_nano": 5}, "logs"),
        ("Logs", {"observed_time_unix_nano": 5, "body": b"\n\x01x"}, "logs"),
        ("Logs", {"body": b"\n\x01x"}, "logs"),
        ("Metrics", {"name": "up"}, "metrics"),
        ("Metrics", {"name": "1234567812345678", "description": "12345678"}, "metrics"),
    ],
)
def test_a_protobuf_body_tells_its_signal(message: str, item: dict[str, Any], signal: str) -> None:
    """Without its path, a request is known by what its first item has."""
    empty: dict[str, Any] = {"scopes": [{}]}
    body = wire.encoded(message, resources=[empty, {"scopes": [{"items": [item]}]}])
    assert wire.read(body).signal == signal


@pytest.mark.parametrize("body", [b"", wire.encoded("Traces", resources=[{"scopes": [{}]}])])
def test_a_request_of_nothing_says_nothing(body: bytes) -> None:
    """No item, no event, and no refusal."""
    assert parsed(body, PROTOBUF) == []


@pytest.mark.parametrize("body", [b"{}", b'{"resourceProfiles":[]}', b"[]", b'{"resourceSpans":{}}'])
def test_json_without_a_signal_is_unreadable(body: bytes) -> None:
    """What has none of the three fields is not OTLP."""
    with pytest.raises(Unreadable):
        parsed(body)


@pytest.mark.parametrize(
    ("as_json", "as_protobuf"), [("metrics_kinds", "metrics_protobuf"), ("logs_json", "logs_protobuf")]
)
def test_both_encodings_say_the_same(as_json: str, as_protobuf: str) -> None:
    """The goldens of one request in JSON and in protobuf have the same events."""
    goldens = {golden.path.name.partition(".")[0]: golden for golden in cases("otlp")}
    one, other = (repr(list(otlp.parse(goldens[name].delivery()))) for name in (as_json, as_protobuf))
    assert one == other


# -- metrics --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "unit", "kind", "told"),
    [
        ("http.server.request.duration", "s", {}, "http_server_request_duration_seconds"),
        ("process.memory.usage", "By", {}, "process_memory_usage_bytes"),
        ("requests", "{request}", {"counter": True}, "requests_total"),
        ("requests_total", "1", {"counter": True}, "requests_total"),
        ("disk.io", "By/s", {}, "disk_io_bytes_per_second"),
        ("cpu.time", "s", {"counter": True}, "cpu_time_seconds_total"),
        ("hit.ratio", "1", {"gauge": True}, "hit_ratio"),
        ("in.use", "1", {"gauge": True}, "in_use_ratio"),
        ("in.use", "%", {"gauge": True}, "in_use_percent"),
        ("size.bytes", "By", {}, "size_bytes"),
        ("5xx", "", {}, "_5xx"),
        ("a__b..c", "", {}, "a_b_c"),
        ("rate", "{packet}/m", {}, "rate_per_minute"),
        ("größe", "Schnüre", {}, "gr_e_Schn_re"),
    ],
)
def test_a_metric_has_its_prometheus_name(name: str, unit: str, kind: dict[str, bool], told: str) -> None:
    """Names follow the compatibility specification of OpenTelemetry and Prometheus."""
    assert metric_name(name, unit, **kind) == told


def test_keys_that_become_one_label_share_it() -> None:
    """Two attributes whose keys become one label are joined, sorted by key."""
    point = {"timeUnixNano": nanos(), "asInt": 1, "attributes": attributes({"a_b": "2", "a.b": "1"})}
    (found,) = measured(metrics({"name": "up", "gauge": {"dataPoints": [point]}})).values()
    assert found.labels["a_b"] == "1;2"


@pytest.mark.parametrize(
    ("said", "spelled"),
    [("x", "x"), (True, "true"), (5, "5"), (0.5, "0.5"), (["a", 1], '["a",1]'), ({"a": 1.5}, '{"a":1.5}')],
)
def test_values_are_labels_in_their_own_words(said: object, spelled: str) -> None:
    """Booleans, numbers, lists and structures become texts as the standard says."""
    point = {"timeUnixNano": nanos(), "asInt": 1, "attributes": attributes({"a": said})}
    (found,) = measured(metrics({"name": "up", "gauge": {"dataPoints": [point]}})).values()
    assert found.labels["a"] == spelled


def test_replicas_count_apart() -> None:
    """Two processes of one service have series of their own."""
    point = {"timeUnixNano": nanos(), "asInt": 1}
    parts = [
        resource("metrics", [{"name": "up", "gauge": {"dataPoints": [point]}}], **named)
        for named in (
            {"host_name": "a", "process_pid": 7},
            {"host_name": "a", "process_pid": 8},
            {"service_instance_id": "a:7 "},
        )
    ]
    body = json.dumps({"resourceMetrics": parts}).encode()
    found = [m.labels.get("instance") for m in parsed(body) if isinstance(m, Measurement)]
    assert found == ["a:7", "a:8", "a:7 "]


def test_points_that_differ_by_a_person_alone_add_up() -> None:
    """A counter's points that only a user's id told apart are one sum; of a gauge's the last one counts."""
    points = [
        {"timeUnixNano": nanos(), "asInt": n, "attributes": attributes({"user.id": f"u{n}"})} for n in (2, 3)
    ]
    found = measured(
        metrics(
            {
                "name": "clicks",
                "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": points},
            },
            {"name": "level", "gauge": {"dataPoints": points}},
        )
    )
    assert (found["clicks_total"].values, found["level"].values) == ((5.0,), (3.0,))


SIZES = st.just(0.0) | st.floats(2.0**-10, 5000, width=32) | st.floats(-100, -(2.0**-10), width=32)


@given(values=st.lists(SIZES, min_size=1, max_size=40), scale=st.integers(-2, 6))
def test_powers_of_two_count_exponential_buckets_exactly(values: list[float], scale: int) -> None:
    """At every bound that is told, the count is the number of values at or below it."""
    point = exponential(values, scale)
    metric = {"name": "x", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [point]}}
    found = measured(metrics(metric))
    buckets = {float(key.split()[1]): m.values[0] for key, m in found.items() if key.startswith("x_bucket")}
    assert buckets.pop(float("inf")) == len(values)
    assert buckets == {bound: sum(1 for v in values if v <= bound) for bound in buckets}
    largest = max(values)
    assert largest <= 0 or any(bound >= largest for bound in buckets)


def exponential(values: list[float], scale: int) -> dict[str, Any]:
    """A point of an exponential histogram, counted as an SDK counts, with exact bounds."""

    def index(size: float) -> int:
        return math.ceil(math.log2(size) * 2.0**scale) - 1

    def side(sizes: list[float]) -> dict[str, Any]:
        found = [index(size) for size in sizes]
        if not found:
            return {}
        counts = [found.count(i) for i in range(min(found), max(found) + 1)]
        return {"offset": min(found), "bucketCounts": [str(n) for n in counts]}

    return {
        "timeUnixNano": nanos(),
        "count": str(len(values)),
        "scale": scale,
        "zeroCount": values.count(0),
        "positive": side([v for v in values if v > 0]),
        "negative": side([-v for v in values if v < 0]),
    }


@pytest.mark.parametrize("at", [0, 1, 86_400, 7_258_118_400])
def test_any_time_is_taken_as_said(at: int) -> None:
    """A point of 1970 or of 2200 keeps its time; one of time 0 has none and says nothing."""
    point = {"timeUnixNano": at * 10**9, "asInt": 1}
    found = measured(metrics({"name": "up", "gauge": {"dataPoints": [point]}}))
    assert [m.times for m in found.values()] == ([(float(at),)] if at else [])


def test_a_pool_is_the_callers_own() -> None:
    """A caller's view of a database counts at the database, its connection pool at the caller."""
    point = {
        "timeUnixNano": nanos(),
        "count": 1,
        "asInt": 1,
        "attributes": attributes({"db.system.name": "postgresql", "server.address": "visits-db"}),
    }
    found = measured(
        metrics(
            {"name": "db.client.operation.duration", "unit": "s", "histogram": {"dataPoints": [point]}},
            {"name": "db.client.connection.max", "sum": {"dataPoints": [point]}},
        )
    )
    assert found["db_client_operation_duration_seconds_count visits-db"].entity == "database:visits-db"
    assert found["db_client_connection_max"].entity == "service:booking"


@pytest.mark.parametrize(
    ("metric", "said"),
    [("gen_ai.server.request.duration", {"gen_ai.request.model": "m"}), ("model.agreement", {"model": "m"})],
)
def test_a_model_is_served_by_whom_measures_it(metric: str, said: dict[str, str]) -> None:
    """A serving side's figures count at the model, and prove who serves it."""
    point = {"timeUnixNano": nanos(), "asInt": 1, "attributes": attributes(said)}
    body = metrics({"name": metric, "gauge": {"dataPoints": [point]}})
    (found,) = measured(body).values()
    assert (found.entity, "peer" in found.labels) == ("model:m", False)
    assert proofs(body) == {("service:booking", "serves", "model:m")}


@pytest.mark.parametrize(
    ("metric", "named", "entity"),
    [
        (
            "k8s.deployment.available",
            {"k8s_namespace_name": "n", "k8s_deployment_name": "d"},
            "deployment:n/d",
        ),
        ("http.server.active", {"k8s_namespace_name": "n", "k8s_deployment_name": "d"}, "service:booking"),
        ("k8s.hpa.max_replicas", {"k8s_hpa_name": "h", "service_name": ""}, "autoscaler:default/h"),
        ("system.cpu.time", {"host_name": "node-7", "service_name": ""}, "host:node-7"),
        ("system.cpu.time", {"service_name": "unknown_service:python"}, "scrape:unknown"),
    ],
)
def test_who_a_metric_speaks_of(metric: str, named: dict[str, str], entity: str) -> None:
    """A service's metrics speak of it, the cluster's of their object, a host's of the host."""
    gauge = {"dataPoints": [{"timeUnixNano": nanos(), "asInt": 1}]}
    (found,) = measured(metrics({"name": metric, "gauge": gauge}, **named)).values()
    assert found.entity == entity


# -- traces ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "relation"),
    [
        ({"peer.service": "ledger"}, ("calls", "service:ledger")),
        ({"server.address": "Ledger.clinic.svc", "server.port": 80}, ("calls", "peer:ledger.clinic.svc")),
        ({"net.peer.name": "ledger"}, ("calls", "peer:ledger")),
        ({"http.host": "ledger:8080"}, ("calls", "peer:ledger")),
        ({"rpc.service": "v1.Ledger", "server.address": "10.1.2.3"}, ("calls", "peer:v1.Ledger")),
        ({"server.address": "127.0.0.1"}, None),
        ({"server.address": "fd00::1"}, None),
        ({"server.address": "/run/ledger.sock"}, None),
        ({"db.system.name": "postgresql", "server.address": "db"}, ("uses", "database:db")),
        ({"db.system": "postgresql", "db.name": "clinic"}, ("uses", "database:clinic")),
        ({"db.system": "sqlite"}, None),
        ({"messaging.destination.name": "q"}, None),
        ({"messaging.destination.name": "q", "messaging.operation.type": "send"}, ("publishes", "queue:q")),
        ({"messaging.destination.name": "q", "messaging.operation": "receive"}, ("consumes", "queue:q")),
        ({"messaging.destination.name": "q", "messaging.destination.temporary": True}, None),
        ({"gen_ai.request.model": "m", "server.address": "a.example"}, ("calls", "model:m")),
        ({"gen_ai.request.model": "m", "gen_ai.operation.name": "invoke_agent"}, None),
        ({"peer.service": "booking"}, None),
        ({}, None),
    ],
)
def test_whom_a_client_span_names(said: dict[str, Any], relation: tuple[str, str] | None) -> None:
    """The most specific name counts; an address or this machine is none, nor is the caller itself."""
    found = proofs(spans(resource("spans", [span(1, CLIENT, said=said)])))
    assert found == ({("service:booking", *relation)} if relation else set())


def test_a_parent_in_another_service_is_its_caller() -> None:
    """The host that a client span called is the service whose server span is its child."""
    body = spans(
        resource("spans", [span(1, CLIENT, said={"server.address": "lb"})], service_name="web"),
        resource("spans", [span(2, SERVER, 1), span(3, 1, 2)]),
    )
    assert proofs(body) == {
        ("service:web", "calls", "service:booking"),
        ("service:web", "calls", "peer:lb"),
        ("peer:lb", "same_as", "service:booking"),
    }


def test_a_host_that_leads_to_several_services_is_none_of_them() -> None:
    """A proxy is not the same as any of the services behind it."""
    body = spans(
        resource(
            "spans", [span(n, CLIENT, said={"server.address": "lb"}) for n in (1, 2)], service_name="web"
        ),
        resource("spans", [span(3, SERVER, 1)], service_name="a"),
        resource("spans", [span(4, SERVER, 2)], service_name="b"),
    )
    assert not any(predicate == "same_as" for _, predicate, _ in proofs(body))


def test_a_message_is_no_call() -> None:
    """A consumer whose parent is the producer is tied by the queue alone."""
    to = {"messaging.destination.name": "q"}
    body = spans(
        resource("spans", [span(1, PRODUCER, said=to)], service_name="web"),
        resource("spans", [span(2, CONSUMER, 1, said=to)]),
    )
    assert proofs(body) == {
        ("service:web", "publishes", "queue:q"),
        ("service:booking", "consumes", "queue:q"),
    }


@pytest.mark.parametrize(
    ("said", "status", "failed"),
    [
        ({}, {}, False),
        ({}, {"code": 2}, True),
        ({}, {"code": "STATUS_CODE_ERROR"}, True),
        ({"http.response.status_code": 503}, {}, True),
        ({"http.status_code": 500}, {"code": 1}, True),
        ({"http.response.status_code": 404}, {"code": 2}, False),
        ({"http.response.status_code": 200}, {"code": 2}, True),
    ],
)
def test_a_failure_is_the_answering_sides(said: dict[str, Any], status: dict[str, Any], failed: bool) -> None:
    """An error status or a 5xx fails; a 4xx that the caller calls an error is an answer."""
    found = measured(spans(resource("spans", [span(1, SERVER, said=said, status=status)])))
    assert set(found) == {
        f"{name} {'error' if failed else 'ok'} server"
        for name in ("traces_calls_total", "traces_duration_seconds_sum", "traces_duration_seconds_count")
    }


def test_spans_of_replicas_add_up() -> None:
    """One sample per series and delivery, at the latest end, whichever replica and in which order."""
    body = spans(
        resource("spans", [span(5, SERVER), span(3, SERVER)], k8s_pod_name="a"),
        resource("spans", [span(4, SERVER)], k8s_pod_name="b"),
    )
    found = measured(body)
    calls, spent = found["traces_calls_total ok server"], found["traces_duration_seconds_sum ok server"]
    assert (calls.values, calls.times, calls.delta) == ((3.0,), (AT_S + 5.1,), True)
    assert spent.values == pytest.approx((0.3,))


def test_a_clock_that_went_back_costs_no_time() -> None:
    """A span that ends before it begins took 0 seconds."""
    body = spans(resource("spans", [span(1, SERVER, startTimeUnixNano=nanos(9))]))
    assert measured(body)["traces_duration_seconds_sum ok server"].values == (0.0,)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"vcs.ref.head.revision": SHA}, {("service:booking", "built_from", f"revision:{SHA}")}),
        ({"vcs.ref.head.revision": SHA[:7]}, set()),
        (
            {"container.image.repo_digests": [f"r.example/b@sha256:{SHA + SHA[:24]}", "r.example/b"]},
            {("service:booking", "built_from", f"revision:sha256:{SHA + SHA[:24]}")},
        ),
        (
            {"vcs.repository.url.full": "https://git.example/team/group/booking.git"},
            {("service:booking", "built_from", "repo:team/group/booking")},
        ),
        ({"vcs.repository.url.full": "http://["}, set()),
        ({"k8s.deployment.name": "booking"}, set()),
        (
            {"k8s.deployment.name": "web", "k8s.namespace.name": "clinic"},
            {("service:booking", "runs_on", "deployment:clinic/web")},
        ),
    ],
)
def test_what_a_resource_proves(said: dict[str, Any], found: set[tuple[str, str, str]]) -> None:
    """Full commits and digests, the repository, and the Deployment that runs the service."""
    part = resource("spans", [span(1, SERVER)])
    part["resource"]["attributes"] += attributes(said)
    assert proofs(spans(part)) == found


def test_an_autoscaler_says_what_it_sizes() -> None:
    """A metric of an autoscaler whose resource names its Deployment proves that it scales it."""
    said = {
        "k8s.hpa.name": "h",
        "k8s.hpa.scaletargetref.kind": "Deployment",
        "k8s.hpa.scaletargetref.name": "d",
    }
    part = resource("metrics", [{"name": "k8s.hpa.max_replicas", "gauge": {}}], service_name="")
    part["resource"]["attributes"] += attributes(said)
    body = json.dumps({"resourceMetrics": [part]}).encode()
    assert proofs(body) == {("autoscaler:default/h", "scales", "deployment:default/d")}


def test_repeats_are_one_fact() -> None:
    """The same proof in a later delivery has the same id."""
    first, later = (
        next(e for e in parsed(spans(resource("spans", [span(n, SERVER)]))) if isinstance(e, MapFact))
        for n in (1, 60)
    )
    assert first.id == later.id
    assert first.version_at < later.version_at


def test_failing_spans_are_symptoms_of_service_and_callee() -> None:
    """Half an hour of calls, of which the last three minutes fail: seen at the service, and at its database."""
    facts = Facts()
    for n in range(360):
        status = {"code": 2 if n >= 324 and n % 3 else 0}
        to = {"db.system.name": "postgresql", "server.address": "visits-db"}
        calls = [(SERVER, {}), (CLIENT, to)] * 20
        items = [
            span(5 * n + i / 100, kind, said=said, status=status) for i, (kind, said) in enumerate(calls)
        ]
        facts.add(parsed(spans(resource("spans", items))))
    as_of = datetime.fromtimestamp(AT_S + 5 * 360, UTC)
    found = detect(facts, lambda ref: ref, as_of, "production")
    failing = {one.entity for one in found if one.kind == "error_ratio" and one.symptom is not None}
    assert failing == {"service:booking", "database:visits-db"}


# -- redaction ------------------------------------------------------------------------------------
def redacted(body: bytes, headers: Mapping[str, str] = JSON) -> bytes:
    return otlp.redact(headers, body, pseudonym)


@pytest.mark.parametrize(
    "said",
    [
        {"user.name": "Huber"},
        {"enduser.id": "Huber"},
        {"client.address": "Huber"},
        {"http.request.header.x-name": ["Huber"]},
        {"url.query": "name=Huber"},
        {"url.full": "https://booking.example/visits?name=Huber#Huber"},
        {"http.url": "https://Huber:pw@booking.example/visits"},
        {"http.target": "/visits?name=Huber"},
        {"gen_ai.prompt.0.content": "I am Huber"},
        {"gen_ai.input.messages": [{"role": "user", "content": "I am Huber"}]},
        {"context": {"user.id": "Huber", "deep": [{"enduser.id": "Huber"}]}},
        {"note": "huber@patients.example"},
        {"notes": ["to huber@patients.example"]},
    ],
    ids=lambda said: next(iter(said)),
)
@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_no_person_is_left(said: dict[str, Any], encoding: str) -> None:
    """Attributes of persons go from spans, their events and the resource, in both encodings, structured or not."""
    if encoding == "json":
        part = resource("spans", [span(1, SERVER, said=said, events=[{"attributes": attributes(said)}])])
        part["resource"]["attributes"] += attributes(said)
        left = redacted(spans(part))
    else:
        encoded = [encoded_attribute(key, item) for key, item in {"a": "b", **said}.items()]
        item = {"start_time_unix_nano": 1, "attributes": encoded, "events": [{"attributes": encoded}]}
        of_scope = {"items": [item], "scope": {"attributes": encoded}}
        left = redacted(
            wire.encoded("Traces", resources=[{"resource": {"attributes": encoded}, "scopes": [of_scope]}]),
            PROTOBUF,
        )
    assert b"uber" not in left


def encoded_attribute(key: str, said: Any) -> bytes:
    """A KeyValue in protobuf."""
    return wire.encoded("KeyValue", key=key, value=any_value(said))


def any_value(said: Any) -> dict[str, Any]:
    match said:
        case list():
            return {"array_value": {"values": [any_value(item) for item in said]}}
        case dict():
            pairs = [{"key": key, "value": any_value(item)} for key, item in said.items()]
            return {"kvlist_value": {"values": pairs}}
        case _:
            return {"string_value": said}


def test_an_escape_hides_nobody() -> None:
    """A key or an address spelled with JSON escapes is found as well."""
    body = spans(
        resource("spans", [span(1, SERVER, said={"user.id": "Huber", "note": "huber@patients.example"})])
    )
    hidden = body.replace(b"user.id", rb"\u0075ser.id").replace(b"huber@", rb"huber\u0040")
    assert b"uber" not in redacted(hidden)


@pytest.mark.parametrize("odd", [{"key": []}, {"key": {}}, {"key": "http.url", "value": 5}, {}, []])
def test_an_odd_attribute_is_unreadable_at_worst(odd: object) -> None:
    """Attributes that are none don't stop a redaction."""
    item = span(1, SERVER, said={"user.id": "Huber"})
    item["attributes"].append(odd)
    assert b"Huber" not in redacted(spans(resource("spans", [item])))


def test_what_is_not_described_is_kept() -> None:
    """Fields that this source doesn't know survive a redaction byte for byte."""
    link = b"\x6a\x06\x0a\x04abcd"  # field 13 of a span, a link with a trace id
    secret = encoded_attribute("user.id", "Huber")
    item = wire.message_type("Span")(start_time_unix_nano=1, attributes=[secret]).SerializeToString() + link
    body = wire.encoded("Unknown", resources=[{"scopes": [{"items": [item]}]}])
    assert link in redacted(body, PROTOBUF)
    assert b"Huber" not in redacted(body, PROTOBUF)


def test_a_resource_without_items_is_redacted() -> None:
    """A request that says nothing may still name a person."""
    encoded = [encoded_attribute("user.id", "Huber")]
    body = wire.encoded("Traces", resources=[{"resource": {"attributes": encoded}}])
    assert b"Huber" not in redacted(body, PROTOBUF)


def test_what_names_nobody_is_stored_as_it_came() -> None:
    """Package names with an at-sign, user agents and ordinary attributes leave the bytes alone."""
    said = {"user_agent.original": "Mozilla", "code.namespace": "@clinic/booking", "server.address": "db"}
    body = spans(resource("spans", [span(1, SERVER, said=said)]))
    assert redacted(body) is body


def test_bodies_of_logs_go_as_a_whole() -> None:
    """Nothing of what a log says is stored, whatever its type; its attributes stay."""
    records = [
        {"timeUnixNano": nanos(), "body": value(text), "attributes": attributes({"body": "kept"})}
        for text in ("Huber", {"name": "Huber"}, ["Huber"])
    ]
    left = redacted(json.dumps({"resourceLogs": [resource("logRecords", records)]}).encode())
    assert b"Huber" not in left
    assert left.count(b"kept") == 3


# -- replies --------------------------------------------------------------------------------------
def test_success_is_empty_in_the_senders_encoding() -> None:
    """200: an empty message in protobuf, an empty object in JSON."""
    as_json = otlp.reply("/v1/traces", JSON, spans(resource("spans", [span(1, SERVER)])))
    as_protobuf = otlp.reply("/v1/traces", PROTOBUF, b"")
    assert as_json is not None
    assert as_protobuf is not None
    assert (as_json.status, as_json.body, as_json.content_type) == (200, b"{}", "application/json")
    assert (as_protobuf.status, as_protobuf.body, as_protobuf.content_type) == (
        200,
        b"",
        "application/x-protobuf",
    )


def test_what_has_no_time_is_rejected_by_count() -> None:
    """Spans, points and records without a time are counted in the answer."""
    body = spans(resource("spans", [span(1, SERVER), span(2, SERVER, endTimeUnixNano="0")]))
    answer = otlp.reply("/v1/traces", JSON, body)
    assert answer is not None
    assert json.loads(answer.body) == {
        "partialSuccess": {"rejectedSpans": "1", "errorMessage": "without a time"}
    }


@pytest.mark.parametrize("headers", [JSON, PROTOBUF])
def test_what_cannot_be_read_is_not_sent_again(headers: dict[str, str]) -> None:
    """400 with the reason in `google.rpc.Status`: exporters don't repeat it."""
    answer = otlp.reply("/v1/traces", headers, b"\xff")
    assert answer is not None
    assert answer.status == 400
    assert b"OTLP" in answer.body


def test_the_inbox_answers_for_itself() -> None:
    """At `/in/otlp` the answer is the inbox's own."""
    assert otlp.reply("/in/otlp", JSON, b"{}") is None


# -- hostile and large bodies ---------------------------------------------------------------------
@given(st.data())
def test_a_damaged_request_is_read_or_unreadable(data: st.DataObject) -> None:
    """Flipped bytes of a protobuf never end in another error, in reading, redacting or answering."""
    golden = data.draw(st.sampled_from([case for case in cases("otlp") if "json" not in str(case.headers)]))
    content = bytearray(golden.body)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(Unreadable):
        list(otlp.parse(golden.delivery(body=bytes(content))))
    with suppress(Unreadable):
        otlp.redact(golden.headers, bytes(content), pseudonym)
    otlp.reply("/v1/traces", golden.headers, bytes(content))


@pytest.mark.parametrize(
    "point",
    [
        {"timeUnixNano": 10**30, "asInt": 1},
        {"timeUnixNano": "9" * 5000, "asInt": 1},
        {"timeUnixNano": -1, "asInt": 1},
        {"timeUnixNano": nanos(), "asInt": 10**30},
        {"timeUnixNano": nanos(), "asInt": "x"},
    ],
)
def test_numbers_beyond_the_protocol_are_unreadable(point: dict[str, Any]) -> None:
    """64 bits are what a number has."""
    with pytest.raises(Unreadable):
        parsed(metrics({"name": "up", "gauge": {"dataPoints": [point]}}))


@pytest.mark.parametrize("scale", [-(2**31), -12, 21, 2**31 - 1])
def test_a_scale_beyond_the_protocol_costs_nothing(scale: int) -> None:
    """Buckets of an impossible scale are left out; count and sum stay."""
    point = {"timeUnixNano": nanos(), "count": 3, "scale": scale, "positive": {"bucketCounts": [1, 2]}}
    found = measured(metrics({"name": "x", "exponentialHistogram": {"dataPoints": [point]}}))
    assert set(found) == {"x_count"}


def test_large_batches_are_read_whole() -> None:
    """1,000 spans count as so many, and 5,000 points are as many series."""
    batch = spans(
        resource(
            "spans", [span(n, CLIENT, said={"server.address": "db", "id": f"{n}"}) for n in range(1, 1001)]
        )
    )
    points = [{"timeUnixNano": nanos(), "asInt": 1, "attributes": attributes({"n": n})} for n in range(5000)]
    body = metrics({"name": "up", "gauge": {"dataPoints": points}})
    counts = [m for m in parsed(batch) if isinstance(m, Measurement) and m.metric == "traces_calls_total"]
    assert sum(sum(m.values) for m in counts) == 1000
    assert sum(isinstance(m, Measurement) for m in parsed(body)) == 5000
