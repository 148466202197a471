"""Alert events of the Events API v2: a trigger fires, a resolve ends what fired under the same `dedup_key`.

Contract: developer.pagerduty.com, "Send an Alert Event". A resolve mostly carries nothing but the key. So the key
names the alert in both, and stands for what it is about: a trigger says so with a `same_as`. An acknowledgement
says who looks at it, not how the stack is.
"""

from typing import Any

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.event import Alert, Event, MapFact
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id
from seamline.sources.pagerduty import details
from seamline.sources.pagerduty.envelope import Envelope


class Payload(Struct, frozen=True, rename={"kind": "class"}):
    """What an event is about."""

    summary: str | None = None
    source: str | None = None
    severity: str | None = None
    timestamp: Stamp = None
    component: str | None = None
    group: str | None = None
    kind: str | None = None
    custom_details: Any = None


class About(Struct, frozen=True):
    """An alert event's payload; a resolve mostly has none."""

    payload: Payload | None = None


def events(source: str, delivery: Delivery, envelope: Envelope) -> list[Event]:
    """The Alert, and in a trigger what its key stands for."""
    if envelope.event_action == "acknowledge":
        return []
    payload = decode(delivery.body, About).payload or Payload()
    said = details.facts(payload.custom_details)
    if not payload.source and not said:
        return [_alert(source, delivery, envelope, payload, said, f"alert:{envelope.key}")]
    alert = _alert(source, delivery, envelope, payload, said, details.entity(said, payload.source or ""))
    return [alert, _stands_for(alert)]


def _alert(
    source: str, delivery: Delivery, envelope: Envelope, payload: Payload, said: details.Details, entity: str
) -> Alert:
    """A beginning or an end: two Alerts of one fingerprint, as neither knows the other's time."""
    at = moment(payload.timestamp, delivery.received_at)
    key, firing = envelope.key, envelope.event_action == "trigger"
    labels = {
        "class": payload.kind,
        "component": payload.component,
        "group": payload.group,
        "source": payload.source,
    }
    return Alert(
        id=event_id(source, f"{envelope.event_action}:{key}:{at.isoformat()}"),
        source=source,
        seq=delivery.seq,
        at=at,
        version_at=at,
        name=key,
        fingerprint=key,
        entity=entity,
        labels={label: value for label, value in labels.items() if value},
        firing=firing,
        ended_at=None if firing else at,
        summary=payload.summary or "",
        severity=(payload.severity or "").lower(),
        dims=details.dims(said),
    )


def _stands_for(alert: Alert) -> MapFact:
    ref = f"alert:{alert.fingerprint}"
    return MapFact(
        id=event_id(alert.source, f"{ref} same_as {alert.entity}"),
        source=alert.source,
        seq=alert.seq,
        at=alert.at,
        version_at=alert.version_at,
        subject=ref,
        predicate="same_as",
        object=alert.entity,
        evidence="the trigger under this dedup_key names it",
    )
