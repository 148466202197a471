"""OpenTelemetry's own Python SDK and exporters, sending to a real server."""

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from seamline.model.delivery import Delivery
from seamline.model.event import Event, MapFact, Measurement
from seamline.sources import otlp
from seamline.store.sqlite import SqliteLog

from .serving import SECRET, Server, serving
from .test_contract import cases

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="install what locks/dev.txt names")

from google.protobuf import json_format
from google.rpc.status_pb2 import Status as RpcStatus
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

BEARER = {"authorization": f"Bearer {SECRET}"}
RESOURCE = Resource.create(
    {
        "service.name": "booking",
        "service.version": "2.4.0",
        "deployment.environment.name": "production",
        "vcs.ref.head.revision": "3f786850e387550fdab836ed7e6dc881de23001b",
    }
)


class Inbox:
    """The running server, and what this test's requests left in its log."""

    def __init__(self, server: Server, log: Path) -> None:
        self.server = server
        self._log = log
        self._after = self._open().position()

    def _open(self) -> SqliteLog:
        return SqliteLog(self._log, write=False)

    def url(self, signal: str) -> str:
        return f"http://127.0.0.1:{self.server.port}/v1/{signal}"

    def deliveries(self) -> list[Delivery]:
        return list(self._open().read(self._after))

    def events(self) -> list[Event]:
        return [event for delivery in self.deliveries() for event in otlp.parse(delivery)]

    def measured(self) -> dict[tuple[str, str], Measurement]:
        """By metric and entity; the last one counts."""
        return {(m.metric, m.entity): m for m in self.events() if isinstance(m, Measurement)}

    def relations(self) -> set[tuple[str, str, str]]:
        return {(e.subject, e.predicate, e.object) for e in self.events() if isinstance(e, MapFact)}


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    home = tmp_path_factory.mktemp("otlp") / "home"
    with serving(home, "otlp") as server:
        yield server, home / "log.sqlite"


@pytest.fixture
def inbox(_running: tuple[Server, Path]) -> Inbox:
    return Inbox(*_running)


def traced() -> Sequence[ReadableSpan]:
    """A request that failed at the database, as the SDK records it."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("booking")
    with tracer.start_as_current_span("POST /visits", kind=SpanKind.SERVER) as server:
        server.set_attributes(
            {"http.response.status_code": 503, "enduser.id": "mhuber", "client.address": "203.0.113.7"}
        )
        with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT) as client:
            client.set_attributes({"db.system.name": "postgresql", "server.address": "visits-db"})
            client.record_exception(TimeoutError("for maria@patients.example"))
            client.set_status(Status(StatusCode.ERROR))
        server.set_status(Status(StatusCode.ERROR))
    provider.shutdown()
    return memory.get_finished_spans()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_spans_of_the_sdk(inbox: Inbox, compression: Compression) -> None:
    """Exported spans are taken, counted at the database they called, and stored without the person."""
    exporter = OTLPSpanExporter(inbox.url("traces"), headers=BEARER, compression=compression)
    assert exporter.export(traced()) is SpanExportResult.SUCCESS
    found = inbox.measured()
    assert found["traces_calls_total", "database:visits-db"].labels["status_code"] == "error"
    assert found["traces_calls_total", "service:booking"].values == (1.0,)
    assert found["traces_duration_seconds_sum", "service:booking"].values[0] > 0
    assert ("service:booking", "uses", "database:visits-db") in inbox.relations()
    stored = b"".join(delivery.body or b"" for delivery in inbox.deliveries())
    assert b"TimeoutError" in stored
    assert [word for word in (b"mhuber", b"203.0.113.7", b"maria@") if word in stored] == []


def test_json_says_what_protobuf_says(inbox: Inbox) -> None:
    """The SDK's own messages in the JSON mapping, ids in hexadecimal, give the same events."""
    message = encode_spans(traced())
    body = json.dumps(_hexadecimal(json_format.MessageToDict(message))).encode()
    answer = inbox.server.ask("POST", "/v1/traces", body, BEARER | {"content-type": "application/json"})
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "application/json", b"{}")
    (as_json,) = inbox.deliveries()
    headers = {"content-type": "application/x-protobuf"}
    as_protobuf = Delivery(
        as_json.seq, "otlp", "", "", headers, as_json.received_at, message.SerializeToString()
    )
    assert list(otlp.parse(as_json)) == list(otlp.parse(as_protobuf))


def _hexadecimal(value: Any) -> Any:
    if isinstance(value, list):
        return [_hexadecimal(item) for item in value]
    if not isinstance(value, dict):
        return value
    ids = ("traceId", "spanId", "parentSpanId")
    return {
        name: base64.b64decode(item).hex() if name in ids else _hexadecimal(item)
        for name, item in value.items()
    }


@pytest.mark.parametrize("temporality", [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA])
def test_metrics_of_the_sdk(inbox: Inbox, temporality: AggregationTemporality) -> None:
    """Counters, explicit and exponential histograms and gauges come under their Prometheus names."""
    exporter = OTLPMetricExporter(
        inbox.url("metrics"),
        headers=BEARER,
        preferred_temporality={Counter: temporality, Histogram: temporality},
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=float("inf"))
    wide = View(instrument_name="queue.wait", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], resource=RESOURCE, views=[wide])
    meter = provider.get_meter("booking")
    meter.create_counter("visits.booked").add(3, {"clinic": "north", "user.id": "mhuber"})
    meter.create_histogram("http.server.request.duration", "s").record(
        0.25, {"http.response.status_code": 200}
    )
    meter.create_histogram("queue.wait", "ms").record(5)
    meter.create_gauge("pool.used", "1").set(0.5)
    provider.force_flush()
    found = {metric: m for (metric, _), m in inbox.measured().items()}
    assert found["visits_booked_total"].values == (3.0,)
    assert found["visits_booked_total"].delta == (temporality is AggregationTemporality.DELTA)
    assert found["http_server_request_duration_seconds_sum"].values == (0.25,)
    assert found["queue_wait_milliseconds_bucket"].labels["le"] == "+Inf"
    assert found["pool_used_ratio"].values == (0.5,)
    assert {m.entity for m in found.values()} == {"service:booking"}
    assert not any(b"mhuber" in (delivery.body or b"") for delivery in inbox.deliveries())
    provider.shutdown()


def test_logs_of_the_sdk(inbox: Inbox) -> None:
    """Log records are counted by severity; what they say is not stored."""
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(
        SimpleLogRecordProcessor(OTLPLogExporter(inbox.url("logs"), headers=BEARER))
    )
    logger = provider.get_logger("booking")
    for severity in (SeverityNumber.INFO, SeverityNumber.ERROR):
        logger.emit(
            severity_number=severity, body="no room for Maria Huber", attributes={"exception.type": "Full"}
        )
    provider.shutdown()
    found = [e for e in inbox.events() if isinstance(e, Measurement)]
    assert [(m.labels["severity"], m.values) for m in found] == [("info", (1.0,)), ("error", (1.0,))]
    stored = b"".join(delivery.body or b"" for delivery in inbox.deliveries())
    assert b"Maria" not in stored
    assert b"Full" in stored


def test_a_collectors_batch(inbox: Inbox) -> None:
    """Several services in one gzipped request: one delivery, one map of who calls whom."""
    (golden,) = (case for case in cases("otlp") if case.path.name.startswith("traces_gateway"))
    headers = BEARER | dict(golden.headers) | {"content-encoding": "gzip"}
    answer = inbox.server.ask("POST", "/v1/traces", gzip.compress(golden.body), headers)
    assert (answer.status, answer.headers["content-type"], answer.body) == (
        200,
        "application/x-protobuf",
        b"",
    )
    assert len(inbox.deliveries()) == 1
    assert {
        ("service:web", "calls", "service:booking"),
        ("service:notify", "consumes", "queue:reminders"),
    } <= (inbox.relations())


def test_a_wrong_token_is_refused(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """The exporter is told 401 and gives up; nothing is stored."""
    exporter = OTLPSpanExporter(inbox.url("traces"), headers={"authorization": "Bearer other"})
    assert exporter.export(traced()) is SpanExportResult.FAILURE
    assert "401" in caplog.text
    assert inbox.deliveries() == []


def test_the_library_reads_our_rejections(inbox: Inbox) -> None:
    """A point without a time is counted in a message that OpenTelemetry's own code reads."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="up")
    metric.gauge.data_points.add(as_int=1)
    metric.gauge.data_points.add(as_int=1, time_unix_nano=1_795_446_460_000_000_000)
    headers = BEARER | {"content-type": "application/x-protobuf"}
    answer = inbox.server.ask("POST", "/v1/metrics", request.SerializeToString(), headers)
    told = ExportMetricsServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_data_points, told.error_message) == (200, 1, "without a time")


def test_the_library_reads_our_refusals(inbox: Inbox) -> None:
    """What is no OTLP is answered with 400 and a `google.rpc.Status`, and kept, sealed, with its reason."""
    headers = BEARER | {"content-type": "application/x-protobuf"}
    answer = inbox.server.ask("POST", "/v1/metrics", b"\xff\xff", headers)
    assert answer.status == 400
    assert "OTLP" in RpcStatus.FromString(answer.body).message
    assert len(inbox.deliveries()) == 1


def test_the_inboxs_own_path(inbox: Inbox) -> None:
    """At `/in/otlp` any signal is taken, with the inbox's own answer."""
    body = encode_spans(traced()).SerializeToString()
    headers = BEARER | {"content-type": "application/x-protobuf"}
    answer = inbox.server.ask("POST", "/in/otlp", body, headers)
    assert (answer.status, answer.json["parsed"]) == (202, True)
