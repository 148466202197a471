"""Remote write requests as Measurements, one per series, and MapFacts where labels prove a join."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from seamline.model import credential
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, MapFact, Measurement
from seamline.model.ports import Pseudonym
from seamline.model.refs import event_id
from seamline.sources.prometheus import wire
from seamline.sources.prometheus.series import Named, Proof, named

name = "prometheus"
retention: Literal["record", "telemetry"] = "telemetry"
paths: Mapping[str, int] = {"/api/v1/write": 204}

# The one NaN that says "this series ended"; every other NaN is a value that could not be computed.
# https://prometheus.io/docs/specs/prw/remote_write_spec/#stale-markers
_STALE = struct.pack("<Q", 0x7FF0000000000002)


class _Gathered(Struct):
    """A series of one request and its samples so far; `times` in epoch milliseconds."""

    named: Named
    times: list[int]
    values: list[float]


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": remote write has no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  remote write can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets (`authorization` or `basic_auth` of remote_write)."""
    return credential.proves(headers, secrets)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The same bytes: series are about machines."""
    return body


def parse(delivery: Delivery) -> Iterator[Event]:
    """The request's series in its own order, then what their labels prove, sorted.

    Series without samples (native histograms only) and Prometheus' own `ALERTS` say nothing here.
    Raises Unreadable.
    """
    if delivery.body is None:
        raise Unreadable("the body is gone: erased, or past its retention")
    _refuse_version_2(delivery.headers)
    gathered = _gather(wire.series_of(delivery.body))
    for found in gathered:
        if found.times:
            yield _measurement(delivery.seq, found)
    yield from _map_facts(delivery, gathered)


def _refuse_version_2(headers: Mapping[str, str]) -> None:
    says = (headers.get("content-type", ""), headers.get("x-prometheus-remote-write-version", ""))
    if "write.v2" in says[0] or says[1].startswith("2"):
        raise Unreadable(
            "remote write 2.0 is not supported",
            hint="set protobuf_message: prometheus.WriteRequest in the sender's remote_write",
        )


def _gather(requested: Iterable[wire.TimeSeries]) -> list[_Gathered]:
    """Samples by series: a sender's queue may hold several entries of one series."""
    by_series: dict[str, _Gathered] = {}
    for entry in requested:
        label_set = named(tuple(entry.labels))
        if label_set.metric in ("ALERTS", "ALERTS_FOR_STATE"):
            continue  # Alertmanager says it better
        found = by_series.get(label_set.series)
        if found is None:
            found = by_series[label_set.series] = _Gathered(label_set, [], [])
        for sample in entry.samples:
            value = sample.value
            if value == value or struct.pack("<d", value) == _STALE:
                found.times.append(sample.timestamp)
                found.values.append(value)
    return list(by_series.values())


def _measurement(seq: int, found: _Gathered) -> Measurement:
    times, values = found.times, found.values
    if len(times) > 1:
        order = sorted(range(len(times)), key=times.__getitem__)
        times, values = [times[i] for i in order], [values[i] for i in order]
    label_set = found.named
    return Measurement(
        source=name,
        seq=seq,
        series=label_set.series,
        metric=label_set.metric,
        labels=label_set.labels,
        entity=label_set.entity,
        times=tuple(t / 1000 for t in times),
        values=tuple(values),
    )


def _map_facts(delivery: Delivery, gathered: Iterable[_Gathered]) -> list[MapFact]:
    """Each proof once; of several series that prove the same the first by text is the evidence."""
    evidence: dict[Proof, _Gathered] = {}
    services: dict[str, set[str]] = {}
    for found in gathered:
        for proof in found.named.proofs:
            known = evidence.get(proof)
            if known is None or found.named.series < known.named.series:
                evidence[proof] = found
            if proof[1] == "same_as":
                services.setdefault(proof[0], set()).add(proof[2])
    # A job that scrapes several services is the same as none of them.
    shared = {job for job, found_services in services.items() if len(found_services) > 1}
    return [
        _map_fact(delivery, proof, evidence[proof])
        for proof in sorted(evidence)
        if not (proof[1] == "same_as" and proof[0] in shared)
    ]


def _map_fact(delivery: Delivery, proof: Proof, found: _Gathered) -> MapFact:
    at = _at(max(found.times, default=None)) or delivery.received_at
    return MapFact(
        id=event_id(name, "|".join(proof)),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at,
        subject=proof[0],
        predicate=proof[1],
        object=proof[2],
        evidence=found.named.series,
    )


def _at(time_ms: int | None) -> datetime | None:
    """A sample's time; None for one outside the calendar."""
    try:
        return None if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
