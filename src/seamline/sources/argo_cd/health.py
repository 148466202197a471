"""A degraded application is an Alert until it is healthy again.

Argo CD tells when the present health began, not when the one before it did: beginning and end are two Alerts of one
fingerprint, and the end of one ends the other.
"""

from seamline.model.delivery import Delivery
from seamline.model.event import Alert
from seamline.model.payload import moment
from seamline.model.refs import event_id
from seamline.sources.argo_cd.body import Told
from seamline.sources.argo_cd.place import dims

_ALERT = "Degraded"
_FIRING = {"degraded": True, "healthy": False}  # all others are on the way to one of them, or say nothing


def events(source: str, delivery: Delivery, told: Told) -> list[Alert]:
    """The beginning or the end of a degradation."""
    firing = _FIRING.get(told.health)
    if firing is None:
        return []
    at = moment(told.health_at, delivery.received_at)
    labels = {"app": told.name, "namespace": told.namespace, "project": told.project}
    return [
        Alert(
            id=event_id(source, f"health:{told.identity}:{told.health}:{at.isoformat()}"),
            source=source,
            seq=delivery.seq,
            at=at,
            version_at=at,
            name=_ALERT,
            fingerprint=told.identity,
            entity=told.entity,
            labels={label: value for label, value in labels.items() if value},
            firing=firing,
            ended_at=None if firing else at,
            summary=f"{told.name} is {told.health}"
            + (f": {told.health_message}" if told.health_message else ""),
            severity="warning" if firing else "",
            dims=dims(told),
        )
    ]
