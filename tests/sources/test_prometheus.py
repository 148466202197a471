"""Remote write: the bytes, the samples, and what labels prove."""

import math
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, MapFact, Measurement
from seamline.sources import prometheus
from seamline.sources.prometheus.series import named

RECEIVED_AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
AT_MS = 1_795_446_460_808
STALE = struct.pack("<Q", 0x7FF0000000000002)
NOT_A_NUMBER = struct.pack("<Q", 0x7FF8000000000001)
CAPTURED = (
    Path(os.environ.get("SEAMLINE_SHARED", Path(__file__).parents[2].parent / "shared"))
    / "payloads/prometheus-remote-write/captured"
)


def varint(number: int) -> bytes:
    head, rest = number & 0x7F, number >> 7
    return bytes([head | 0x80]) + varint(rest) if rest else bytes([head])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def series(labels: dict[str, str], *samples: tuple[float | bytes, int]) -> bytes:
    """One TimeSeries, written by hand from the protocol; a value may be given as its eight bytes."""
    content = b"".join(field(1, field(1, n.encode()) + field(2, v.encode())) for n, v in labels.items())
    for value, at_ms in samples:
        eight = value if isinstance(value, bytes) else struct.pack("<d", value)
        content += field(2, b"\x09" + eight + b"\x10" + varint(at_ms & (1 << 64) - 1))
    return field(1, content)


def request(*entries: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(b"".join(entries)))


def delivery(body: bytes, headers: dict[str, str] | None = None) -> Delivery:
    return Delivery(1, "prometheus", "", "", headers or {}, RECEIVED_AT, body)


def parsed(*entries: bytes) -> list[Event]:
    return list(prometheus.parse(delivery(request(*entries))))


def proofs(*entries: bytes) -> set[tuple[str, str, str]]:
    return {(e.subject, e.predicate, e.object) for e in parsed(*entries) if isinstance(e, MapFact)}


def measurements(events: list[Event]) -> Iterator[Measurement]:
    return (e for e in events if isinstance(e, Measurement))


def test_only_the_stale_marker_ends_a_series() -> None:
    """The stale NaN comes out as NaN; a NaN that a summary computed is no sample at all."""
    (found,) = measurements(
        parsed(
            series({"__name__": "a"}, (1.0, AT_MS), (NOT_A_NUMBER, AT_MS + 1000), (STALE, AT_MS + 2000)),
            series({"__name__": "b"}, (NOT_A_NUMBER, AT_MS)),
        )
    )
    assert found.times == (AT_MS / 1000, AT_MS / 1000 + 2)
    assert found.values[0] == 1.0
    assert math.isnan(found.values[1])


def test_a_series_that_comes_twice_is_one_measurement() -> None:
    """Entries of one series join, oldest sample first, whatever order labels and entries came in."""
    one = {"__name__": "up", "job": "appt", "zone": "1"}
    other_order = {"zone": "1", "job": "appt", "__name__": "up"}
    (found,) = measurements(parsed(series(one, (2.0, AT_MS + 1000)), series(other_order, (1.0, AT_MS))))
    assert found.series == 'up{job="appt",zone="1"}'
    assert found.values == (1.0, 2.0)


def test_an_empty_label_is_no_label() -> None:
    """Prometheus knows no difference between an empty label and a missing one."""
    (found,) = measurements(parsed(series({"__name__": "up", "job": ""}, (1.0, AT_MS))))
    assert found.series == "up"


def test_alertmanagers_news_is_left_to_alertmanager() -> None:
    """`ALERTS` and `ALERTS_FOR_STATE` give no events."""
    assert parsed(series({"__name__": "ALERTS", "service_name": "a", "job": "b"}, (1.0, AT_MS))) == []


@pytest.mark.parametrize(
    ("pod", "deployment"),
    [
        ("appt-web-5d9c4b7f86-x2k9q", "appt-web"),  # Kubernetes' own alphabet
        ("msg-worker-0a1b2c3d4e-abcde", "msg-worker"),  # a hexadecimal hash
        ("web-66b6c48dd5-7hx9z", "web"),
        ("web-bcdfghjklm-7hx9z", "web"),  # a hash may be all letters
        ("node-exporter-x7k2p", None),  # a DaemonSet's
        ("backup-28412345-x7k2p", None),  # a CronJob's
        ("visits-db-0", None),  # a StatefulSet's
        ("web-5d9c4b7f86", None),
        ("", None),
    ],
)
def test_a_pod_of_a_deployment_is_told_by_its_name(pod: str, deployment: str | None) -> None:
    """A service runs on the Deployment that its pod's name proves, and on none where it proves nothing."""
    labels = {"__name__": "up", "namespace": "clinic", "pod": pod, "service_name": "booking"}
    expected = {("service:booking", "runs_on", f"deployment:clinic/{deployment}")} if deployment else set()
    assert proofs(series(labels, (1.0, AT_MS))) == expected


def test_a_job_of_several_services_is_the_same_as_none() -> None:
    """Two services behind one scrape job give no join."""
    entries = [series({"job": "pods", "service_name": name}, (1.0, AT_MS)) for name in ("a", "b")]
    assert proofs(entries[0]) == {("scrape:pods", "same_as", "service:a")}
    assert proofs(*entries) == set()


@pytest.mark.parametrize("revision", ["3f786850", "unknown", "", "3F786850E387550FDAB836ED7E6DC881DE23001B"])
def test_a_build_is_joined_by_a_full_sha_alone(revision: str) -> None:
    """A short or unknown revision proves nothing."""
    labels = {"__name__": "build_info", "service_name": "a", "revision": revision}
    assert proofs(series(labels, (1.0, AT_MS))) == set()


def test_repeats_are_one_fact() -> None:
    """The same proof at another time, by another series, has the same id."""
    first, later = (
        parsed(series({"__name__": name, "job": "j", "service_name": "s"}, (1.0, at_ms)))[1]
        for name, at_ms in (("a", AT_MS), ("b", AT_MS + 60_000))
    )
    assert isinstance(first, MapFact)
    assert isinstance(later, MapFact)
    assert first.id == later.id
    assert first.version_at < later.version_at


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request"},
        {"x-prometheus-remote-write-version": "2.0.0"},
    ],
)
def test_version_2_is_refused_by_name(headers: dict[str, str]) -> None:
    """A 2.0 request is unreadable, and the reason and the mend are said."""
    with pytest.raises(Unreadable, match=r"2\.0 is not supported") as refused:
        list(prometheus.parse(delivery(request(series({"__name__": "up"}, (1.0, AT_MS))), headers)))
    assert "prometheus.WriteRequest" in refused.value.hint


def test_a_block_that_claims_gigabytes_is_not_unpacked() -> None:
    """Five bytes that claim 4 GiB are refused before anything is allocated."""
    with pytest.raises(Unreadable, match="claims more than"):
        list(prometheus.parse(delivery(varint((1 << 32) - 1) + b"abc")))


@pytest.mark.parametrize("at_ms", [-(1 << 63), (1 << 63) - 1, 0])
def test_any_sample_time_is_taken_as_said(at_ms: int) -> None:
    """A time outside the calendar is kept in the Measurement; the facts fall back to the time of receipt."""
    found, fact = parsed(series({"__name__": "up", "job": "j", "service_name": "s"}, (1.0, at_ms)))
    assert isinstance(found, Measurement)
    assert isinstance(fact, MapFact)
    assert found.times == (at_ms / 1000,)
    assert fact.at == (RECEIVED_AT if at_ms else datetime(1970, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_unreadable(content: bytes, packed: bool) -> None:
    """Garbage, packed or not, never ends in another error."""
    with suppress(Unreadable):
        list(prometheus.parse(delivery(request(content) if packed else content)))


@given(st.data())
def test_a_damaged_request_is_read_or_unreadable(data: st.DataObject) -> None:
    """One flipped byte of the protobuf never ends in another error."""
    labels = {"__name__": "up", "job": "j", "pod": "a-5d9c4b7f86-x2k9q", "service_name": "s"}
    content = bytearray(series(labels, (1.0, AT_MS), (STALE, AT_MS + 1)))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with suppress(Unreadable):
        list(prometheus.parse(delivery(request(bytes(content)))))


def test_label_sets_are_read_once() -> None:
    """Of 20,000 series that come again each label set is recognised, not read anew."""
    body = request(
        *(
            series(
                {
                    "__name__": "requests",
                    "code": str(n),
                    "job": "appt",
                    "le": "0.5",
                    "service_name": "booking",
                },
                (float(n), AT_MS),
            )
            for n in range(20_000)
        )
    )
    assert sum(1 for _ in prometheus.parse(delivery(body))) == 20_001
    before = named.cache_info()
    assert sum(1 for _ in prometheus.parse(delivery(body))) == 20_001
    after = named.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (20_000, 0)


@pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"no captured requests at {CAPTURED}: set SEAMLINE_SHARED")
def test_what_a_real_prometheus_sent_is_read() -> None:
    """Every captured request gives measurements; the ones at a target's death give stale markers."""
    read = {path.stem: list(prometheus.parse(delivery(path.read_bytes()))) for path in CAPTURED.glob("*.pb")}
    assert read
    assert all(any(True for _ in measurements(events)) for events in read.values())
    n_stale = sum(
        any(math.isnan(v) for v in m.values) for events in read.values() for m in measurements(events)
    )
    assert n_stale == 3
