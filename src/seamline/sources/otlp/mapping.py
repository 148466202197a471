"""OTLP in JSON: protobuf's JSON mapping with OTLP's own rules, as records with the names of the protocol.

Numbers of 64 bits may be text, enumerations their numbers or names, NaN and Infinity are text, null is absence.
Ids are hexadecimal here, but are only ever compared.
Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct, field

from seamline.model.errors import Unreadable
from seamline.model.payload import rewrite
from seamline.sources.otlp.shape import Export, Signal

Signed = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Count = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]  # times as well: until the year 2262
Small = Annotated[int, Meta(ge=-(1 << 31), le=(1 << 31) - 1)]

_SPAN_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS_CODES = ("UNSET", "OK", "ERROR")
_TEMPORALITIES = ("UNSPECIFIED", "DELTA", "CUMULATIVE")
_SEVERITIES = (
    "UNSPECIFIED",
    *(f"{name}{n}" for name in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL") for n in ("", 2, 3, 4)),
)


def _number(said: int | str, names: tuple[str, ...]) -> int:
    """The number of an enumeration's value; 0, "unspecified", for a name that is not known."""
    if isinstance(said, int):
        return said
    if said.isdecimal() and len(said) < 4:
        return int(said)
    return next((number for number, name in enumerate(names) if said.endswith("_" + name)), 0)


class _Attributed(Struct, rename="camel"):
    """Anything with attributes; each stays the JSON of its KeyValue."""

    encoded: list[Raw] = field(default_factory=list, name="attributes")

    @property
    def attributes(self) -> tuple[bytes, ...]:
        return tuple(map(bytes, self.encoded))


class Resource(_Attributed):
    pass


class Scope(_Attributed, rename="camel"):
    name: str = ""


class Point(_Attributed, rename="camel"):
    time_unix_nano: Count = 0
    flags: Count = 0
    as_double: float = 0.0
    as_int: Signed = 0


class HistogramPoint(_Attributed, rename="camel"):
    time_unix_nano: Count = 0
    flags: Count = 0
    count: Count = 0
    sum: float | None = None
    bucket_counts: list[Count] = []
    explicit_bounds: list[float] = []

    def HasField(self, field: str) -> bool:  # as protobuf spells it
        return getattr(self, field) is not None


class Buckets(Struct, rename="camel"):
    offset: Small = 0
    bucket_counts: list[Count] = []


class ExponentialPoint(_Attributed, rename="camel"):
    time_unix_nano: Count = 0
    flags: Count = 0
    count: Count = 0
    sum: float | None = None
    scale: Small = 0
    zero_count: Count = 0
    positive: Buckets = field(default_factory=Buckets)
    negative: Buckets = field(default_factory=Buckets)

    def HasField(self, field: str) -> bool:  # as protobuf spells it
        return getattr(self, field) is not None


class AtQuantile(Struct):
    quantile: float = 0.0
    value: float = 0.0


class SummaryPoint(_Attributed, rename="camel"):
    time_unix_nano: Count = 0
    flags: Count = 0
    count: Count = 0
    sum: float = 0.0
    quantile_values: list[AtQuantile] = []


class Gauge(Struct, rename="camel"):
    data_points: list[Point] = []


class _Temporal(Struct, rename="camel"):
    said_temporality: int | str = field(default=0, name="aggregationTemporality")

    @property
    def aggregation_temporality(self) -> int:
        return _number(self.said_temporality, _TEMPORALITIES)


class Sum(_Temporal, rename="camel"):
    data_points: list[Point] = []
    is_monotonic: bool = False


class Histogram(_Temporal, rename="camel"):
    data_points: list[HistogramPoint] = []


class ExponentialHistogram(_Temporal, rename="camel"):
    data_points: list[ExponentialPoint] = []


class Summary(Struct, rename="camel"):
    data_points: list[SummaryPoint] = []


class Metric(Struct, rename="camel"):
    name: str = ""
    unit: str = ""
    gauge: Gauge = field(default_factory=Gauge)
    sum: Sum = field(default_factory=Sum)
    histogram: Histogram = field(default_factory=Histogram)
    exponential_histogram: ExponentialHistogram = field(default_factory=ExponentialHistogram)
    summary: Summary = field(default_factory=Summary)


class SpanEvent(_Attributed):
    name: str = ""


class Status(Struct):
    said_code: int | str = field(default=0, name="code")

    @property
    def code(self) -> int:
        return _number(self.said_code, _STATUS_CODES)


class Span(_Attributed, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    said_kind: int | str = field(default=0, name="kind")
    start_time_unix_nano: Count = 0
    end_time_unix_nano: Count = 0
    events: list[SpanEvent] = []
    status: Status = field(default_factory=Status)

    @property
    def kind(self) -> int:
        return _number(self.said_kind, _SPAN_KINDS)


class LogRecord(_Attributed, rename="camel"):
    time_unix_nano: Count = 0
    observed_time_unix_nano: Count = 0
    said_severity: int | str = field(default=0, name="severityNumber")
    severity_text: str = ""
    event_name: str = ""

    @property
    def severity_number(self) -> int:
        return _number(self.said_severity, _SEVERITIES)


class SpansOfScope(Struct):
    scope: Scope = field(default_factory=Scope)
    items: list[Span] = field(default_factory=list, name="spans")


class SpansOfResource(Struct):
    resource: Resource = field(default_factory=Resource)
    scopes: list[SpansOfScope] = field(default_factory=list, name="scopeSpans")


class MetricsOfScope(Struct):
    scope: Scope = field(default_factory=Scope)
    items: list[Metric] = field(default_factory=list, name="metrics")


class MetricsOfResource(Struct):
    resource: Resource = field(default_factory=Resource)
    scopes: list[MetricsOfScope] = field(default_factory=list, name="scopeMetrics")


class LogsOfScope(Struct):
    scope: Scope = field(default_factory=Scope)
    items: list[LogRecord] = field(default_factory=list, name="logRecords")


class LogsOfResource(Struct):
    resource: Resource = field(default_factory=Resource)
    scopes: list[LogsOfScope] = field(default_factory=list, name="scopeLogs")


class Body(Struct, rename="camel"):
    """A request of any signal; one of the three is there."""

    resource_spans: list[SpansOfResource] | None = None
    resource_metrics: list[MetricsOfResource] | None = None
    resource_logs: list[LogsOfResource] | None = None


class Value(Struct, rename="camel"):
    """An AnyValue."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Signed | None = None
    double_value: float | None = None
    array_value: "Values | None" = None
    kvlist_value: "KeyValues | None" = None
    bytes_value: str | None = None


class Values(Struct):
    values: list[Value] = []


class KeyValue(Struct):
    """One attribute."""

    key: str = ""
    value: Value = field(default_factory=Value)


class KeyValues(Struct):
    values: list[KeyValue] = []


_BODY = msgspec.json.Decoder(Body, strict=False)
_KEY_VALUE = msgspec.json.Decoder(KeyValue, strict=False)


def read(body: bytes) -> Export:
    """The request in a JSON body. Raises Unreadable."""
    if b"null" in body:
        body = rewrite(body, _without_nulls)
    found = _decoded(_BODY, body)
    signals: tuple[tuple[Signal, Any], ...] = (
        ("traces", found.resource_spans),
        ("metrics", found.resource_metrics),
        ("logs", found.resource_logs),
    )
    for signal, resources in signals:
        if resources is not None:
            return Export(signal, resources)
    raise Unreadable("OTLP: neither resourceSpans nor resourceMetrics nor resourceLogs")


def key_value(encoded: bytes) -> KeyValue:
    """One attribute, decoded. Raises Unreadable."""
    found: KeyValue = _decoded(_KEY_VALUE, encoded)
    return found


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """As `model.payload.decode`, with numbers that may be written as text."""
    try:
        return decoder.decode(body)
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"not OTLP in JSON: {error}") from None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value
