"""Remote write requests as Prometheus sends them, for loads: a snappy block around a protobuf `WriteRequest`.

Source: https://prometheus.io/docs/specs/prw/remote_write_spec/#protocol
"""

import struct
from collections.abc import Iterable, Mapping

import cramjam

HEADERS = {
    "content-type": "application/x-protobuf",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "0.1.0",
}


_SAMPLE_BYTES = 16  # tag and double, tag and a time in milliseconds, which has 6 bytes today


def labels(metric: str, given: Mapping[str, str]) -> bytes:
    """A label set on the wire, to be made once and used for every sample."""
    named = sorted({"__name__": metric, **given}.items())
    return b"".join(_field(1, _field(1, k.encode()) + _field(2, v.encode())) for k, v in named)


def request(samples: Iterable[tuple[bytes, float, float]]) -> bytes:
    """One request body: (label set on the wire, epoch seconds, value) per sample."""
    series = (
        _field(
            1, encoded + _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(round(ts * 1000)))
        )
        for encoded, ts, value in samples
    )
    return bytes(cramjam.snappy.compress_raw(b"".join(series)))


def _field(number: int, payload: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def head(metric: str, given: Mapping[str, str]) -> bytes:
    """All of a series with one sample but its value and time, which `scrape` adds. For very many series."""
    encoded = labels(metric, given)
    return b"\x0a" + _varint(len(encoded) + 2 + _SAMPLE_BYTES) + encoded + bytes([0x12, _SAMPLE_BYTES, 0x09])


def scrape(heads: Iterable[bytes], values: Iterable[float], at_ts: float) -> bytes:
    """One request body: one sample per head, all at one time (epoch seconds, between 2004 and 2109)."""
    time_ms, pack = b"\x10" + _varint(round(at_ts * 1000)), struct.Struct("<d").pack
    series = (known + pack(value) + time_ms for known, value in zip(heads, values, strict=True))
    return bytes(cramjam.snappy.compress_raw(b"".join(series)))
