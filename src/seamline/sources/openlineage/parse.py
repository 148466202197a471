"""OpenLineage events as Runs, Changes of tables, and what they prove of the map.

Contract: https://openlineage.io/docs/spec/object-model. A RunEvent says all that a JobEvent and a DatasetEvent
say, so every event is read for what it holds, not by its declared type.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Raw

from seamline.model import credential
from seamline.model import event as ev
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.payload import decode, moment
from seamline.sources.openlineage import shape
from seamline.sources.openlineage.run import changes, runs
from seamline.sources.openlineage.shape import Said
from seamline.sources.openlineage.statement import Statement, state_datasets, state_job, state_lineage

name = shape.SOURCE
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {"/api/v1/lineage": 201, "/api/v1/lineage/batch": 200}


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": OpenLineage has no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  OpenLineage clients can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets (`auth` of the client's HTTP transport)."""
    return credential.proves(headers, secrets)


def parse(delivery: Delivery) -> Iterator[ev.Event]:
    """Runs and Changes in the delivery's own order, then its map facts and claims, each once, sorted.

    Elements of a batch that are no events are passed over. Raises Unreadable when none is one.
    """
    statement = Statement(delivery.seq)
    moved: list[ev.Event] = []
    for said in _events(delivery):
        moved += runs(said)
        moved += changes(said)
        state_job(said, statement)
        state_datasets(said, statement)
        state_lineage(said, statement)
    return iter([*moved, *statement.events()])


def _events(delivery: Delivery) -> list[Said]:
    if delivery.body is None or not delivery.body.lstrip().startswith(b"["):
        return [_event(delivery, delivery.body)]
    batch = decode(delivery.body, list[Raw])
    read: list[Said] = []
    why: Unreadable | None = None
    for element in batch:
        try:
            read.append(_event(delivery, element))
        except Unreadable as error:
            why = why or error
    if why is not None and not read:
        raise why
    return read


def _event(delivery: Delivery, body: bytes | Raw | None) -> Said:
    event = decode(body, shape.Event)
    if event.job is None and event.dataset is None and event.run is None:
        members = ", ".join(sorted(decode(body, dict[str, Raw]))[:5]) or "nothing"
        raise Unreadable(
            f"neither a run, a job nor a dataset, but {members}",
            hint="a facet or a JSON Schema by itself says nothing of the stack",
        )
    time = shape.said(event.event_time) if isinstance(event.event_time, str) else event.event_time
    at = moment(time, delivery.received_at)
    return Said(delivery.seq, at, time not in (None, ""), event, event.job.ref() if event.job else "")
