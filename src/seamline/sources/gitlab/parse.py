"""GitLab webhooks as events: deployments and flag flips are Changes, incidents Alerts; every project exists.

Contract: docs.gitlab.com, "Webhook events". A push, a merge request, a release, a pipeline or a job moves nothing in
production by itself: what does is announced as a deployment. The body says which kind it is; the header has the
same word only for project and group hooks, and "System Hook" for all others.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Event, MapFact
from seamline.model.payload import decode
from seamline.model.refs import event_id
from seamline.sources.gitlab import deployment, flag, incident
from seamline.sources.gitlab.shape import Project

name = "gitlab"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

_READ: Mapping[str, Callable[[str, Delivery], list[Event]]] = {
    "deployment": deployment.events,
    "feature_flag": flag.events,
    "issue": incident.events,
    "work_item": incident.events,
}


class AnyBody(Struct, frozen=True):
    """What hooks have: those of projects a kind, those of groups and of the instance mostly an event only."""

    object_kind: str | None = None
    event_name: str | None = None
    project: Project | None = None


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """The id that a retry repeats (since GitLab 17.4), else one that is new with each attempt.

    The body's digest would not do: flipping a flag on, off and on again sends the same bytes twice.
    """
    return headers.get("idempotency-key") or headers.get("x-gitlab-webhook-uuid", "")


def parse(delivery: Delivery) -> Iterator[Event]:
    """The project, and what its deployment, flag or incident says."""
    body = decode(delivery.body, AnyBody)
    if body.object_kind is None and body.event_name is None:
        raise Unreadable("neither object_kind nor event_name")
    if body.project is None or not body.project.path_with_namespace:
        return iter(())
    read = _READ.get(body.object_kind or "")
    said = read(name, delivery) if read else []
    return iter([_exists(delivery, body.project, delivery.received_at), *said])


def _exists(delivery: Delivery, project: Project, at: datetime) -> MapFact:
    """GitLab says neither when a project was made nor when it was edited."""
    return MapFact(
        id=event_id(name, f"{project.ref} exists"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at,
        subject=project.ref,
        predicate="exists",
        evidence=f"GitLab sends deliveries of {project.path_with_namespace}",
    )
