"""Webhooks, version 3: each delivery of an incident is one version of its Alert; services are on the map.

Contract: developer.pagerduty.com, "Webhooks", "Event Types" and "Event Data Types". An incident comes whole each
time; notes, responders, status updates and workflows come without it and say nothing of the stack.
"""

import re

import msgspec
from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.event import Alert, Event, MapFact
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id

# What accounts usually call their priorities: "P1", "SEV-2", "P3 - minor". Without one the urgency decides.
_PRIORITY = re.compile(r"(?:p|sev)[ -]?([0-5])\b", re.IGNORECASE)
_BY_PRIORITY = ("critical", "critical", "high", "warning", "info", "info")
_BY_URGENCY = {"high": "high", "low": "warning"}


class Reference(Struct, frozen=True):
    """A pointer to another object; `summary` is its name."""

    id: str | None = None
    summary: str | None = None


class Kind(Struct, frozen=True):
    """What every `data` has."""

    type: str | None = None


class Incident(Struct, frozen=True):
    """The part of an incident we read."""

    id: str
    status: str | None = None
    title: str | None = None
    created_at: Stamp = None
    service: Reference | None = None
    priority: Reference | None = None
    urgency: str | None = None
    teams: tuple[Reference, ...] | None = None


class Occurred(Struct, frozen=True):
    """The envelope of a webhook, with the kind of its data."""

    event_type: str
    occurred_at: Stamp = None
    data: Kind | None = None


class OfIncident(Struct, frozen=True):
    """The envelope of an incident's webhook."""

    data: Incident


class OfService(Struct, frozen=True):
    """The envelope of a service's webhook."""

    data: Reference


def events(source: str, delivery: Delivery, sent: msgspec.Raw) -> list[Event]:
    """The Alert and what it says of its service; a service that was created or renamed; else nothing."""
    occurred = decode(sent, Occurred)
    kind = occurred.data.type if occurred.data else None
    if kind == "incident":
        incident = decode(sent, OfIncident).data
        alert = _alert(source, delivery, occurred, incident)
        return [alert, *_service(source, delivery, occurred, incident.service)]
    if kind == "service" and occurred.event_type != "service.deleted":
        return list(_service(source, delivery, occurred, decode(sent, OfService).data))
    return []


def _alert(source: str, delivery: Delivery, occurred: Occurred, incident: Incident) -> Alert:
    said_at = moment(occurred.occurred_at, delivery.received_at)
    firing = (incident.status or "").lower() != "resolved"
    title = incident.title or incident.id
    return Alert(
        id=event_id(source, f"incident:{incident.id}"),
        source=source,
        seq=delivery.seq,
        at=moment(incident.created_at, said_at),
        version_at=said_at,
        name=title,
        fingerprint=incident.id,
        entity=_entity(incident.service) or f"alert:{title}",
        labels=_labels(incident),
        firing=firing,
        ended_at=None if firing else said_at,
        summary=title,
        severity=_severity(incident),
    )


def _entity(service: Reference | None) -> str:
    """A service under the name people gave it, else under its id; "" when there is none."""
    if service and service.summary:
        return f"service:{service.summary}"
    return f"pagerduty:{service.id}" if service and service.id else ""


def _labels(incident: Incident) -> dict[str, str]:
    labels = {
        "priority": incident.priority.summary if incident.priority else None,
        "service": incident.service.summary if incident.service else None,
        "status": incident.status,
        "team": ", ".join(team.summary or "" for team in incident.teams or ()),
        "urgency": incident.urgency,
    }
    return {label: value for label, value in labels.items() if value}


def _severity(incident: Incident) -> str:
    level = _PRIORITY.match((incident.priority.summary if incident.priority else None) or "")
    return _BY_PRIORITY[int(level[1])] if level else _BY_URGENCY.get((incident.urgency or "").lower(), "")


def _service(source: str, delivery: Delivery, occurred: Occurred, service: Reference | None) -> list[MapFact]:
    """The service under its name, and its id as another spelling of it, which outlives a renaming."""
    if service is None or not service.id or not service.summary:
        return []
    ref, by_id = f"service:{service.summary}", f"pagerduty:{service.id}"
    at = moment(occurred.occurred_at, delivery.received_at)
    said = (
        (ref, "exists", "", "PagerDuty pages somebody for it"),
        (by_id, "named", service.summary, "the service's name in PagerDuty"),
        (by_id, "same_as", ref, "PagerDuty's id of the service"),
    )
    return [
        MapFact(
            id=event_id(source, f"{subject} {predicate} {other}"),
            source=source,
            seq=delivery.seq,
            at=at,
            version_at=at,
            subject=subject,
            predicate=predicate,
            object=other,
            evidence=evidence,
        )
        for subject, predicate, other, evidence in said
    ]
