"""Issue and work item hooks: an issue of the type Incident is an Alert, every delivery one version of it.

Contract: docs.gitlab.com, "Webhook events", "Work item events". All other issues are plans, and say nothing.
"""

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.event import Alert, Event
from seamline.model.payload import Stamp, decode
from seamline.model.refs import event_id
from seamline.sources.gitlab.shape import Project, at

_SEVERITY = {"critical": "critical", "high": "high", "medium": "warning", "low": "info"}


class Issue(Struct, frozen=True):
    """The part of an issue we read."""

    id: int | str
    iid: int | str | None = None
    type: str | None = None
    title: str | None = None
    state: str | None = None
    severity: str | None = None
    created_at: Stamp = None
    updated_at: Stamp = None
    closed_at: Stamp = None


class Hook(Struct, frozen=True):
    """An issue or work item hook."""

    project: Project
    object_attributes: Issue


def events(source: str, delivery: Delivery) -> list[Event]:
    """The incident's Alert at the project; nothing for any other issue."""
    said = decode(delivery.body, Hook)
    issue = said.object_attributes
    if (issue.type or "").lower() != "incident":
        return []
    said_at = at(issue.updated_at, delivery.received_at)
    firing = issue.state != "closed"
    title = issue.title or f"incident {issue.iid or issue.id}"
    return [
        Alert(
            id=event_id(source, f"incident:{said.project.path_with_namespace}:{issue.id}"),
            source=source,
            seq=delivery.seq,
            at=at(issue.created_at, said_at),
            version_at=said_at,
            name=title,
            fingerprint=f"{said.project.path_with_namespace}#{issue.iid or issue.id}",
            entity=said.project.ref,
            labels={"severity": issue.severity} if issue.severity else {},
            firing=firing,
            ended_at=None if firing else at(issue.closed_at, said_at),
            summary=title,
            severity=_SEVERITY.get((issue.severity or "").lower(), ""),
        )
    ]
