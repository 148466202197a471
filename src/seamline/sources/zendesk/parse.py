"""Zendesk event webhooks as events: every `ticket.*` delivery is one version of its Ticket.

Contract: developer.zendesk.com, "Webhook event types", "Ticket events". `detail` carries the whole ticket
each time, so any one delivery is enough; the latest by the envelope's `time` counts.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, Ticket
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id

name = "zendesk"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

_TYPE = "zen:event-type:"
_TICKET = _TYPE + "ticket."
_DELETED = frozenset({"soft_deleted", "permanently_deleted"})
_NO_GROUP = (None, "", 0, "0")  # how an unassigned ticket's group is spelled
UNASSIGNED = "desk:unassigned"


class Detail(Struct, frozen=True):
    """The part of a ticket we read. Ids are numbers in older event versions and strings in newer ones."""

    id: int | str
    subject: str | None = None
    description: str | None = None
    group_id: int | str | None = None
    requester_id: int | str | None = None
    status: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] | None = None
    created_at: Stamp = None
    updated_at: Stamp = None


class Envelope(Struct, frozen=True):
    """What every event has; `detail` is read when the type says that it is a ticket."""

    type: str
    time: Stamp = None
    detail: msgspec.Raw = msgspec.Raw(b"null")


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """The invocation id; the retries of one invocation carry the same one."""
    return headers.get("x-zendesk-webhook-invocation-id", "")


def parse(delivery: Delivery) -> Iterator[Event]:
    """The ticket, for ticket events; nothing for those of users, organisations, articles and the like."""
    envelope = decode(delivery.body, Envelope)
    if envelope.type.startswith(_TICKET):
        return iter([_ticket(delivery, envelope)])
    if envelope.type.startswith(_TYPE):
        return iter(())
    raise Unreadable(f"not a Zendesk event type: {envelope.type[:60]!r}")


def _ticket(delivery: Delivery, envelope: Envelope) -> Ticket:
    detail = decode(envelope.detail, Detail)
    created_at = moment(detail.created_at, delivery.received_at)
    said_at = moment(envelope.time, moment(detail.updated_at, delivery.received_at))
    happened = envelope.type.removeprefix(_TICKET)
    return Ticket(
        id=event_id(name, f"ticket:{detail.id}"),
        source=name,
        seq=delivery.seq,
        at=created_at,
        version_at=said_at,
        number=str(detail.id),
        desk=UNASSIGNED if detail.group_id in _NO_GROUP else f"desk:{detail.group_id}",
        subject=detail.subject or "",
        text=detail.description or "",
        requester="" if detail.requester_id is None else str(detail.requester_id),
        status="deleted" if happened in _DELETED else (detail.status or "").lower(),
        priority=(detail.priority or "").lower(),
        tags=detail.tags or (),
    )
