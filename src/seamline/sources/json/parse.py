"""The neutral shape as events, one for one."""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from json import dumps
from operator import itemgetter
from typing import Any, Literal

from seamline.model import event as ev
from seamline.model.delivery import Delivery
from seamline.model.payload import moment
from seamline.model.refs import event_id
from seamline.sources.json import shape

name = "json"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

_LAST = datetime.max.replace(tzinfo=UTC)
# Of two states with one time the one further on is the later version.
_RANK: Mapping[ev.ChangeState, int] = {"announced": 0, "started": 1, "done": 2, "failed": 2, "reverted": 3}


def parse(delivery: Delivery) -> Iterator[ev.Event]:
    """The delivery's items in its own order. One that can't be read makes the whole unreadable."""
    return iter([_EVENT[type(said)](delivery, said) for said in shape.items(delivery.headers, delivery.body)])


def _change(delivery: Delivery, said: shape.Change) -> ev.Change:
    at = moment(said.at, delivery.received_at)
    over = said.state in ("done", "failed", "reverted")
    done_at = moment(said.done_at, at) if over else None
    said_at = moment(said.updated_at, done_at or at)
    return ev.Change(
        id=event_id(name, f"change:{said.id}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=_after(said_at, _RANK[said.state]),
        entity=said.entity,
        kind=said.kind,
        state=said.state,
        title=said.title or " ".join(filter(None, (said.kind, said.entity, said.version))),
        done_at=done_at,
        version=said.version or "",
        revision=said.revision or "",
        facts={
            field: float(fact) if isinstance(fact, bool) else fact
            for field, fact in (said.facts or {}).items()
            if fact is not None
        },
        also=said.also or (),
        dims=_dims(said),
        url=said.url or "",
    )


def _measurement(delivery: Delivery, said: shape.Measurement) -> ev.Measurement:
    samples = ((said.at, said.value),) if said.samples is None else said.samples
    taken = [
        (moment(at, delivery.received_at).timestamp(), math.nan if value is None else value)
        for at, value in samples
    ]
    taken.sort(key=itemgetter(0))
    labels = dict(sorted((_dims(said) | (said.labels or {}) | {"entity": said.entity}).items()))
    spelled = ",".join(f"{label}={dumps(value, ensure_ascii=False)}" for label, value in labels.items())
    return ev.Measurement(
        source=name,
        seq=delivery.seq,
        series=f"{said.metric}{{{spelled}}}",
        metric=said.metric,
        labels=labels,
        entity=said.entity,
        times=tuple(at for at, _ in taken),
        values=tuple(value for _, value in taken),
        delta=said.delta,
    )


def _alert(delivery: Delivery, said: shape.Alert) -> ev.Alert:
    at = moment(said.at, delivery.received_at)
    ended_at = None if said.firing else max(moment(said.ended_at, delivery.received_at), at)
    return ev.Alert(
        id=event_id(name, f"alert:{said.id}:{at.isoformat()}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at if ended_at is None else _after(ended_at, 1),
        name=said.name or str(said.id),
        fingerprint=str(said.id),
        entity=said.entity,
        labels=said.labels or {},
        firing=said.firing,
        ended_at=ended_at,
        summary=said.summary or "",
        severity=said.severity or "",
        dims=_dims(said),
    )


def _ticket(delivery: Delivery, said: shape.Ticket) -> ev.Ticket:
    at = moment(said.at, delivery.received_at)
    return ev.Ticket(
        id=event_id(name, f"ticket:{said.desk}:{said.id}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=moment(said.updated_at, at),
        number=str(said.id),
        desk=said.desk,
        subject=said.subject or "",
        text=said.text or "",
        requester=str(said.requester or ""),
        status=(said.status or "").lower(),
        priority=(said.priority or "").lower(),
        tags=said.tags or (),
        dims=_dims(said),
    )


def _run(delivery: Delivery, said: shape.Run) -> ev.Run:
    at = moment(said.at, delivery.received_at)
    return ev.Run(
        id=event_id(name, f"run:{said.job}:{said.run_id}:{said.state}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at,
        run_id=str(said.run_id),
        job=said.job,
        state=said.state,
        inputs=_states(said.inputs),
        outputs=_states(said.outputs),
        error=said.error or "",
        parent_job=said.parent_job or "",
        dims=_dims(said),
    )


def _states(states: tuple[shape.DatasetState, ...] | None) -> tuple[ev.DatasetState, ...]:
    return tuple(
        ev.DatasetState(s.dataset, s.columns, s.n_rows, s.null_counts, s.failed_assertions or ())
        for s in states or ()
    )


_EVENT: Mapping[type[shape.Said], Callable[[Delivery, Any], ev.Event]] = {
    shape.Change: _change,
    shape.Measurement: _measurement,
    shape.Alert: _alert,
    shape.Ticket: _ticket,
    shape.Run: _run,
}


def _dims(said: shape.Said) -> dict[str, str]:
    given = {dim: getattr(said, dim) for dim in ("environment", "region", "cluster", "tenant")}
    return {dim: value for dim, value in given.items() if value}


def _after(at: datetime, microseconds: int) -> datetime:
    return min(at, _LAST - timedelta(microseconds=9)) + timedelta(microseconds=microseconds)
