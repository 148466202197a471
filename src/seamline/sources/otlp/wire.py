"""OTLP in protobuf: the messages, described here as far as they are read.

What is not described is skipped by the parser and kept when a message is written again. Attributes and the
bodies of logs stay bytes.
Source: https://github.com/open-telemetry/opentelemetry-proto
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from seamline.model.errors import Unreadable
from seamline.sources.otlp.shape import Export, Signal

# `any` marks the fields of AnyValue's one-of.
_DESCRIBED = """
message Unknown { repeated UnknownOfResource resources = 1 }
message UnknownOfResource { Resource resource = 1; repeated UnknownOfScope scopes = 2 }
message UnknownOfScope { Scope scope = 1; repeated bytes items = 2 }
message Leaf {
  fixed64 log_time = 1; int32 log_severity = 2; int32 span_kind = 6; fixed64 span_start = 7;
  fixed64 span_end = 8; fixed64 log_observed = 11
}
message Named { bytes name = 1 }

message Resource { repeated bytes attributes = 1 }
message Scope { string name = 1; string version = 2; repeated bytes attributes = 3 }

message Traces { repeated TracesOfResource resources = 1 }
message TracesOfResource { Resource resource = 1; repeated TracesOfScope scopes = 2 }
message TracesOfScope { Scope scope = 1; repeated Span items = 2 }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated bytes attributes = 9;
  repeated SpanEvent events = 11; repeated SpanLink links = 13; Status status = 15
}
message SpanEvent { string name = 2; repeated bytes attributes = 3 }
message SpanLink { repeated bytes attributes = 4 }
message Status { string message = 2; int32 code = 3 }

message Logs { repeated LogsOfResource resources = 1 }
message LogsOfResource { Resource resource = 1; repeated LogsOfScope scopes = 2 }
message LogsOfScope { Scope scope = 1; repeated LogRecord items = 2 }
message LogRecord {
  fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; bytes body = 5;
  repeated bytes attributes = 6; fixed64 observed_time_unix_nano = 11; string event_name = 12
}

message Metrics { repeated MetricsOfResource resources = 1 }
message MetricsOfResource { Resource resource = 1; repeated MetricsOfScope scopes = 2 }
message MetricsOfScope { Scope scope = 1; repeated Metric items = 2 }
message Metric {
  string name = 1; string description = 2; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9;
  ExponentialHistogram exponential_histogram = 10; Summary summary = 11; repeated bytes metadata = 12
}
message Gauge { repeated Point data_points = 1 }
message Sum { repeated Point data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3 }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2 }
message ExponentialHistogram { repeated ExponentialPoint data_points = 1; int32 aggregation_temporality = 2 }
message Summary { repeated SummaryPoint data_points = 1 }
message Point {
  fixed64 time_unix_nano = 3; double as_double = 4; repeated Exemplar exemplars = 5; sfixed64 as_int = 6;
  repeated bytes attributes = 7; uint32 flags = 8
}
message HistogramPoint {
  fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5; repeated fixed64 bucket_counts = 6;
  repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8; repeated bytes attributes = 9; uint32 flags = 10
}
message ExponentialPoint {
  repeated bytes attributes = 1; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5; sint32 scale = 6;
  fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9; uint32 flags = 10;
  repeated Exemplar exemplars = 11
}
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2 }
message SummaryPoint {
  fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5; repeated AtQuantile quantile_values = 6;
  repeated bytes attributes = 7; uint32 flags = 8
}
message AtQuantile { double quantile = 1; double value = 2 }
message Exemplar { repeated bytes attributes = 7 }

message Response { PartialSuccess partial_success = 1 }
message PartialSuccess { int64 rejected = 1; string error_message = 2 }
message RpcStatus { int32 code = 1; string message = 2 }

message KeyValue { string key = 1; AnyValue value = 2 }
message AnyValue {
  any string string_value = 1; any bool bool_value = 2; any int64 int_value = 3; any double double_value = 4;
  any ArrayValue array_value = 5; any KeyValueList kvlist_value = 6; any bytes bytes_value = 7
}
message ArrayValue { repeated AnyValue values = 1 }
message KeyValueList { repeated KeyValue values = 1 }
"""

_PACKAGE = "seamline.otlp"
_MESSAGE = re.compile(r"message (\w+) \{(.*?)\}", re.DOTALL)
_FIELD = re.compile(r"(repeated |optional |any |)(\w+) (\w+) = (\d+)")
_FieldType = descriptor_pb2.FieldDescriptorProto.Type


def read(body: bytes) -> Export:
    """The request in a protobuf body. Raises Unreadable."""
    signal, message = request(body)
    return Export(signal, message.resources)


def request(body: bytes) -> tuple[Signal | None, Any]:
    """The signal, which the body itself tells, and the message; None for a request of nothing. Raises Unreadable."""
    signal = _signal_of(body)
    return signal, decoded("Unknown" if signal is None else signal.capitalize(), body)


def decoded(name: str, encoded: bytes) -> Any:
    """The message of this name. Raises Unreadable."""
    try:
        return message_type(name).FromString(encoded)
    except DecodeError:
        raise Unreadable(f"OTLP: not a protobuf {name}") from None


def encoded(name: str, **fields: Any) -> bytes:
    """A message of this name in protobuf."""
    return bytes(message_type(name)(**fields).SerializeToString())


def _signal_of(body: bytes) -> Signal | None:
    """By the first item's fields: only spans and log records have these with these wire types, only metrics a name.

    A field that comes with another wire type than described counts as unknown.
    """
    first = next(_items(body), None)
    if first is None:
        return None
    leaf = decoded("Leaf", first)
    if leaf.span_start or leaf.span_end or leaf.span_kind:
        return "traces"
    if leaf.log_time or leaf.log_observed or leaf.log_severity:
        return "logs"
    return "metrics" if decoded("Named", first).name else "logs"


def _items(body: bytes) -> Iterator[bytes]:
    for of_resource in decoded("Unknown", body).resources:
        for of_scope in of_resource.scopes:
            yield from of_scope.items


@cache
def message_type(name: str) -> type[Message]:
    """The class of a message described above."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="seamline/otlp.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGE.findall(_DESCRIBED):
        message = file.message_type.add(name=name)
        for how, of, field, number in _FIELD.findall(fields):
            _add_field(message, how.strip(), of, field, int(number))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message: descriptor_pb2.DescriptorProto, how: str, of: str, name: str, number: int) -> None:
    field = message.field.add(name=name, number=number)
    repeated = how == "repeated"
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    if of[0].isupper():
        field.type, field.type_name = field.TYPE_MESSAGE, of
    else:
        field.type = _FieldType.Value(f"TYPE_{of.upper()}")
    if how == "any":
        if not message.oneof_decl:
            message.oneof_decl.add(name="value")
        field.oneof_index = 0
    if how == "optional":  # what is optional in proto3 is a one-of with one member
        message.oneof_decl.add(name=f"_{name}")
        field.oneof_index, field.proto3_optional = len(message.oneof_decl) - 1, True
