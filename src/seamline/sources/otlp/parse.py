"""OTLP requests as events: what spans, points and log records say, and what they prove of the map."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from seamline.model import credential
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, MapFact, Measurement
from seamline.model.refs import event_id
from seamline.sources.otlp import body, logs, metrics, traces
from seamline.sources.otlp.origin import senders
from seamline.sources.otlp.series import NAME, Proof

name = NAME
retention: Literal["record", "telemetry"] = "telemetry"
paths: Mapping[str, int] = {"/v1/traces": 200, "/v1/metrics": 200, "/v1/logs": 200}


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": OTLP has no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  exporters can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets (`headers` of the exporter)."""
    return credential.proves(headers, secrets)


def parse(delivery: Delivery) -> Iterator[Event]:
    """What was measured, then what it proves, sorted. Raises Unreadable."""
    if delivery.body is None:
        raise Unreadable("the body is gone: erased, or past its retention")
    export = body.read(delivery.headers, delivery.body)
    proved = {proof: why for sender in senders(export) for proof, why in sender.proofs.items()}
    match export.signal:
        case "metrics":
            samples = metrics.read(export)
            proved |= samples.proved()
            measured = list(samples.measurements(delivery.seq))
        case "traces":
            counts, seen = traces.read(export)
            proved |= seen
            measured = list(counts.measurements(delivery.seq))
        case _:
            measured = list(logs.read(export).measurements(delivery.seq))
    yield from measured
    yield from _map_facts(delivery, measured, proved)


def _map_facts(
    delivery: Delivery, measured: Sequence[Measurement], evidence: Mapping[Proof, str]
) -> Iterator[MapFact]:
    at = _at(max((one.times[-1] for one in measured), default=None)) or delivery.received_at
    for proof in sorted(evidence):
        yield MapFact(
            id=event_id(NAME, "|".join(proof)),
            source=NAME,
            seq=delivery.seq,
            at=at,
            version_at=at,
            subject=proof[0],
            predicate=proof[1],
            object=proof[2],
            evidence=evidence[proof],
        )


def _at(time_ts: float | None) -> datetime | None:
    """A time as the sender said it; None for none."""
    return None if time_ts is None else datetime.fromtimestamp(time_ts, UTC)
