"""What both encodings of OTLP hold, under the names of the protocol: protobuf messages and JSON records have them.

Three things are named alike in all signals, so that one walk serves all: `resources` (resource_spans ...),
`scopes` (scope_spans ...) and `items` (spans, metrics, log_records). Attributes stay encoded, one bytes object
for each, so that one that was seen before is recognised without decoding it. Times are epoch nanoseconds.
Source: https://github.com/open-telemetry/opentelemetry-proto
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

Signal = Literal["traces", "metrics", "logs"]
Attributes = Sequence[bytes]

DELTA = 1  # of AggregationTemporality
NO_RECORDED_VALUE = 1  # of DataPointFlags
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5  # of SpanKind
ERROR = 2  # of StatusCode


class Resource(Protocol):
    attributes: Attributes


class Scope(Protocol):
    name: str
    attributes: Attributes


class Point(Protocol):
    """A NumberDataPoint. One of the two values is set, the other is 0."""

    attributes: Attributes
    time_unix_nano: int
    flags: int
    as_double: float
    as_int: int


class HistogramPoint(Protocol):
    """`bucket_counts` has one entry more than `explicit_bounds`, or none. The sum may be missing."""

    attributes: Attributes
    time_unix_nano: int
    flags: int
    count: int
    sum: float | None
    bucket_counts: Sequence[int]
    explicit_bounds: Sequence[float]

    def HasField(self, field: str, /) -> bool: ...


class Buckets(Protocol):
    """Entry i counts values in (base^(offset+i), base^(offset+i+1)]."""

    offset: int
    bucket_counts: Sequence[int]


class ExponentialPoint(Protocol):
    """The base of its buckets is 2^(2^-scale). The sum may be missing."""

    attributes: Attributes
    time_unix_nano: int
    flags: int
    count: int
    sum: float | None
    scale: int
    zero_count: int
    positive: Buckets
    negative: Buckets

    def HasField(self, field: str, /) -> bool: ...


class AtQuantile(Protocol):
    quantile: float
    value: float


class SummaryPoint(Protocol):
    attributes: Attributes
    time_unix_nano: int
    flags: int
    count: int
    sum: float
    quantile_values: Sequence[AtQuantile]


class Gauge(Protocol):
    data_points: Sequence[Point]


class Sum(Protocol):
    data_points: Sequence[Point]
    aggregation_temporality: int
    is_monotonic: bool


class Histogram(Protocol):
    data_points: Sequence[HistogramPoint]
    aggregation_temporality: int


class ExponentialHistogram(Protocol):
    data_points: Sequence[ExponentialPoint]
    aggregation_temporality: int


class Summary(Protocol):
    data_points: Sequence[SummaryPoint]


class Metric(Protocol):
    """One of the five kinds of data is set, the others are empty."""

    name: str
    unit: str
    gauge: Gauge
    sum: Sum
    histogram: Histogram
    exponential_histogram: ExponentialHistogram
    summary: Summary


class SpanEvent(Protocol):
    name: str
    attributes: Attributes


class Status(Protocol):
    code: int


class Span(Protocol):
    """Ids are compared, never read: bytes in protobuf, text in JSON."""

    trace_id: bytes | str
    span_id: bytes | str
    parent_span_id: bytes | str
    kind: int
    start_time_unix_nano: int
    end_time_unix_nano: int
    attributes: Attributes
    events: Sequence[SpanEvent]
    status: Status


class LogRecord(Protocol):
    time_unix_nano: int
    observed_time_unix_nano: int
    severity_number: int
    severity_text: str
    attributes: Attributes
    event_name: str


class OfScope(Protocol):
    """What one instrumentation library said; `items` are of the signal's kind."""

    scope: Scope
    items: Sequence[Any]


class OfResource(Protocol):
    """What one sender said."""

    resource: Resource
    scopes: Sequence[OfScope]


class Export(Struct, frozen=True):
    """A request body, read. `signal` is None when it holds nothing at all."""

    signal: Signal | None
    resources: Sequence[OfResource]
