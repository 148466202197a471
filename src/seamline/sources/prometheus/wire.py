"""The bytes of a remote write 1.0 request: a snappy block around a protobuf `WriteRequest`.

Only the fields that are read are described; upb skips the rest (metadata, exemplars, native histograms).
Labels are left as bytes, so that a known label set is recognised without decoding it.
Source: https://prometheus.io/docs/specs/prw/remote_write_spec/#protocol
"""

from collections.abc import Sequence
from functools import cache
from typing import Protocol, cast

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from seamline.model.errors import Unreadable

MAX_UNPACKED = 256 * 1024 * 1024  # what a block may claim to hold; the claim is allocated before it is read

_Field = descriptor_pb2.FieldDescriptorProto


class Sample(Protocol):
    """One value; `timestamp` in epoch milliseconds."""

    value: float
    timestamp: int


class TimeSeries(Protocol):
    """One series of a request; each label is an undecoded `Label` message."""

    labels: Sequence[bytes]
    samples: Sequence[Sample]


class _WriteRequest(Protocol):
    timeseries: Sequence[TimeSeries]


class _Label(Protocol):
    name: str
    value: str


def series_of(body: bytes) -> Sequence[TimeSeries]:
    """The series of a request body, in the sender's order. Raises Unreadable."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > MAX_UNPACKED:
            raise Unreadable(f"remote write: the snappy block claims more than {MAX_UNPACKED} bytes")
        unpacked = bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise Unreadable(f"remote write: not a snappy block ({error})") from error
    try:
        request = _message("WriteRequest").FromString(unpacked)
    except DecodeError as error:
        raise Unreadable("remote write: the snappy block holds no protobuf WriteRequest") from error
    return cast(_WriteRequest, request).timeseries


def labels_of(encoded: Sequence[bytes]) -> dict[str, str]:
    """The label set by name; an empty value means "no such label". Raises Unreadable."""
    try:
        found = [cast(_Label, _message("Label").FromString(label)) for label in encoded]
    except DecodeError as error:
        raise Unreadable("remote write: a label is not a protobuf Label in UTF-8") from error
    return {label.name: label.value for label in sorted(found, key=lambda label: label.name) if label.value}


@cache
def _message(name: str) -> type[Message]:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_file())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"seamline.prometheus.{name}"))


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="seamline/remote_write.proto", package="seamline.prometheus", syntax="proto3"
    )
    file.message_type.extend(
        [
            _described("WriteRequest", _Field(name="timeseries", number=1, type_name="TimeSeries")),
            _described(
                "TimeSeries",
                _Field(name="labels", number=1, type=_Field.TYPE_BYTES),
                _Field(name="samples", number=2, type_name="Sample"),
            ),
            _described(
                "Sample",
                _Field(name="value", number=1, type=_Field.TYPE_DOUBLE, label=_Field.LABEL_OPTIONAL),
                _Field(name="timestamp", number=2, type=_Field.TYPE_INT64, label=_Field.LABEL_OPTIONAL),
            ),
            _described(
                "Label",
                _Field(name="name", number=1, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL),
                _Field(name="value", number=2, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL),
            ),
        ]
    )
    return file


def _described(name: str, *fields: _Field) -> descriptor_pb2.DescriptorProto:
    """A message type; a field that names no label is repeated, one that names no type is a message."""
    for field in fields:
        if not field.HasField("label"):
            field.label = _Field.LABEL_REPEATED
        if not field.HasField("type"):
            field.type = _Field.TYPE_MESSAGE
    return descriptor_pb2.DescriptorProto(name=name, field=fields)
