"""Jira's webhooks as events: every delivery that carries a whole issue is one version of its Ticket.

Contract: developer.atlassian.com, "Webhooks" of Jira Cloud and of Jira Data Center; Automation's "Send web request"
with issue data sends the issue alone. A `comment_*` delivery has but a part of its issue and would take away what is
known of it: the issue comes whole beside it, as `jira:issue_updated`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, MapFact, Ticket
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id
from seamline.sources.jira.text import plain

name = "jira"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

_ISSUE = "jira:issue_"
_PROJECT = frozenset({"project_created", "project_updated"})


class Named(Struct, frozen=True):
    """A status, a priority, a component, a request type."""

    name: str | None = None


class Project(Struct, frozen=True):
    """The part of a project we read."""

    key: str | None = None
    name: str | None = None


class User(Struct, frozen=True, rename={"account_id": "accountId"}):
    """A person, by the id of Jira Cloud, or by key and name of Jira Data Center."""

    account_id: str | None = None
    key: str | None = None
    name: str | None = None

    @property
    def id(self) -> str:
        """The id that stays when names change."""
        return self.account_id or self.key or self.name or ""


class Fields(Struct, frozen=True):
    """The fields we read. A description is text, or a document (ADF) in version 3 of the API."""

    summary: str | None = None
    description: Any = None
    project: Project | None = None
    reporter: User | None = None
    creator: User | None = None
    status: Named | None = None
    priority: Named | None = None
    labels: tuple[str, ...] | None = None
    components: tuple[Named, ...] | None = None
    created: Stamp = None
    updated: Stamp = None


class Issue(Struct, frozen=True):
    """An issue with all of its fields."""

    id: int | str
    key: str
    fields: Fields


class AnyBody(Struct, frozen=True, rename={"happened": "webhookEvent"}):
    """What every webhook has; Automation sends none of it but an issue's own fields."""

    happened: str | None = None
    timestamp: Stamp = None
    project: Project | None = None


class OfIssue(Struct, frozen=True):
    """A webhook about an issue."""

    issue: Issue


class Request(Struct, frozen=True, rename={"request_type": "requestType"}):
    """What a service desk keeps of a request, in a custom field of any number."""

    request_type: Named


class AnyFields(Struct, frozen=True):
    """All fields of an issue."""

    fields: Mapping[str, Any]


class AnyIssue(Struct, frozen=True):
    """All fields of a webhook's issue."""

    issue: AnyFields


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """`X-Atlassian-Webhook-Identifier`, the same in all retries; Jira Data Center sends none."""
    return headers.get("x-atlassian-webhook-identifier", "")


def parse(delivery: Delivery) -> Iterator[Event]:
    """The Ticket, the desk of a project; nothing for comments, links, sprints, versions and the like."""
    body = decode(delivery.body, AnyBody)
    if body.happened is None:
        issue = decode(delivery.body, Issue)
        return iter([_ticket(delivery, issue, issue.fields.updated, _request_type(delivery, AnyFields))])
    if body.happened.startswith(_ISSUE):
        issue = decode(delivery.body, OfIssue).issue
        stamp = body.timestamp or issue.fields.updated
        ticket = _ticket(delivery, issue, stamp, _request_type(delivery, AnyIssue), body.happened)
        return iter([ticket])
    if body.happened in _PROJECT and body.project and body.project.key:
        return iter(_desk(delivery, body, body.project))
    if not body.happened:
        raise Unreadable("an empty webhookEvent")
    return iter(())


def _ticket(delivery: Delivery, issue: Issue, stamp: Stamp, request_type: str, happened: str = "") -> Ticket:
    fields = issue.fields
    project = (fields.project.key if fields.project else None) or issue.key.rpartition("-")[0]
    created_at = moment(fields.created, delivery.received_at)
    reporter = fields.reporter or fields.creator
    components = [component.name for component in fields.components or ()]
    return Ticket(
        id=event_id(name, f"issue:{issue.id}"),
        source=name,
        seq=delivery.seq,
        at=created_at,
        version_at=moment(stamp, delivery.received_at),
        number=issue.key,
        desk=f"desk:{project or 'unassigned'}",
        subject=fields.summary or "",
        text=plain(fields.description),
        requester=reporter.id if reporter else "",
        status="deleted" if happened == "jira:issue_deleted" else _lower(fields.status),
        priority=_lower(fields.priority),
        tags=tuple(tag for tag in (*(fields.labels or ()), *components, request_type) if tag),
    )


def _lower(named: Named | None) -> str:
    return ((named.name if named else None) or "").lower()


def _request_type(delivery: Delivery, shape: type[AnyIssue] | type[AnyFields]) -> str:
    """The name of the request type, which stands in a custom field; "" outside of a service desk."""
    if b'"requestType"' not in (delivery.body or b""):
        return ""
    read = decode(delivery.body, shape)
    fields = read.issue.fields if isinstance(read, AnyIssue) else read.fields
    requests = (value.get("requestType") for _, value in sorted(fields.items()) if isinstance(value, dict))
    names = (request.get("name") for request in requests if isinstance(request, dict))
    return next((said for said in names if isinstance(said, str)), "")


def _desk(delivery: Delivery, body: AnyBody, project: Project) -> list[Event]:
    """The desk of a project, and what people call it."""
    ref = f"desk:{project.key}"
    at = moment(body.timestamp, delivery.received_at)
    said = [(ref, "exists", "", "a project in Jira")]
    if project.name:
        said.append((ref, "named", project.name, "the project's name in Jira"))
    return [
        MapFact(
            id=event_id(name, f"{subject} {predicate}"),
            source=name,
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
