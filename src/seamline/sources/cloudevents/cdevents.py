"""CDEvents as events: services that moved, environments that changed, incidents, tickets.

Contract: https://github.com/cdevents/spec, versions 0.1 to 0.5. Pipelines, builds, tests, artifacts, branches and
merges move nothing in production by themselves: what carries them there says so with a service event.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qs, unquote

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.event import Alert, Change, Event, MapFact, Ticket
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id
from seamline.sources.cloudevents.envelope import Occurrence

NAME = "cloudevents"
PREFIX = "dev.cdevents."
UNASSIGNED = "desk:unassigned"

_DIGEST = re.compile(r"(?:[0-9a-f]{40}|(?:sha256:)?[0-9a-f]{64})\Z")
_MOVED = {
    "deployed": "deploy",
    "upgraded": "upgrade",
    "rolledback": "roll back",
    "removed": "remove",
}
_ALTERED = {"created": "create", "modified": "modify", "deleted": "delete"}


class Named(Struct, frozen=True):
    """A thing that is pointed to. Its `source` says where it is known under that id."""

    id: str | None = None


class Context(Struct, frozen=True):
    """When, by the CDEvent's own word."""

    timestamp: Stamp = None


class Content(Struct, frozen=True, rename="camel"):
    """The fields of a subject that are read, of all kinds of subject."""

    environment: Named | str | None = None
    service: Named | str | None = None
    repository: Named | str | None = None
    artifact_id: str | None = None
    description: str | None = None
    name: str | None = None
    uri: str | None = None
    url: str | None = None
    ticket_uri: str | None = None
    summary: str | None = None
    group: str | None = None
    creator: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] | None = None


class Subject(Struct, frozen=True):
    """What an event is about."""

    id: str
    source: str | None = None
    content: Content | None = None


class Body(Struct, frozen=True):
    """A CDEvent."""

    subject: Subject
    context: Context | None = None


class Said(Struct, frozen=True):
    """One CDEvent and where it was read."""

    seq: int
    at: datetime
    key: str  # of the event itself
    predicate: str
    source: str  # that knows the subject under its id
    subject: Subject
    content: Content

    def dims(self) -> dict[str, str]:
        """The environment, in the sender's own spelling."""
        environment = _id(self.content.environment)
        return {"environment": environment} if environment else {}


def events(delivery: Delivery, one: Occurrence) -> list[Event]:
    """What one CDEvent says; nothing for those that say nothing of production. Raises Unreadable for another shape."""
    parts = one.type.removeprefix(PREFIX).split(".")
    read = _READ.get(parts[0])
    if read is None or len(parts) < 2:
        return []
    body = decode(one.data, Body)
    subject, context = body.subject, body.context or Context()
    said_at = moment(context.timestamp, moment(one.time, delivery.received_at))
    source = subject.source or one.source
    content = subject.content or Content()
    key = f"{one.source} {one.id}"
    return read(Said(delivery.seq, said_at, key, parts[1], source, subject, content))


def _service(said: Said) -> list[Event]:
    """A service exists, and moved unless it was merely published."""
    ref = f"service:{said.subject.id}"
    facts: list[Event] = [_exists(said, ref)] if said.predicate != "removed" else []
    if said.predicate not in _MOVED:
        return facts if said.predicate == "published" else []
    version, revision = _artifact(said.content.artifact_id or "")
    where = _id(said.content.environment) or "an environment"
    what = " ".join(filter(None, (_MOVED[said.predicate], said.subject.id, version)))
    return [*facts, _change(said, ref, f"{what} in {where}", version, revision)]


def _environment(said: Said) -> list[Event]:
    """An environment that was made, altered or taken down is a change of its configuration."""
    if said.predicate not in _ALTERED:
        return []
    title = f"{_ALTERED[said.predicate]} environment {said.content.name or said.subject.id}"
    return [_change(said, f"environment:{said.subject.id}", title, "", "")]


def _change(said: Said, ref: str, title: str, version: str, revision: str) -> Change:
    is_environment = ref.startswith("environment:")
    return Change(
        id=event_id(NAME, f"change:{said.key}"),
        source=NAME,
        seq=said.seq,
        at=said.at,
        version_at=said.at,
        entity=ref,
        kind="config" if is_environment else "deploy",
        state="done",
        title=title,
        done_at=said.at,
        version=version,
        revision=revision,
        dims={"environment": said.subject.id} if is_environment else said.dims(),
        url=said.content.uri or said.content.url or "",
    )


def _incident(said: Said) -> list[Event]:
    """One version of an incident's alert. The end says no start, so an ended one has none but its end."""
    service = _id(said.content.service)
    named = {"service": service, **said.dims()}
    over = said.predicate == "resolved"
    return [
        Alert(
            id=event_id(NAME, f"incident:{said.source} {said.subject.id}"),
            source=NAME,
            seq=said.seq,
            at=said.at,
            version_at=said.at,
            name="incident",
            fingerprint=f"{said.source} {said.subject.id}",
            entity=f"service:{service}" if service else f"alert:{said.source}",
            labels={label: value for label, value in named.items() if value},
            firing=not over,
            ended_at=said.at if over else None,
            summary=said.content.description or "",
            dims=said.dims(),
        )
    ]


def _ticket(said: Said) -> list[Event]:
    """A new ticket. Later events don't say when it was made, so they would make an old ticket a new one."""
    if said.predicate != "created":
        return []
    group = said.content.group
    return [
        Ticket(
            id=event_id(NAME, f"ticket:{said.source} {said.subject.id}"),
            source=NAME,
            seq=said.seq,
            at=said.at,
            version_at=said.at,
            number=said.subject.id,
            desk=f"desk:{group}" if group else UNASSIGNED,
            subject=said.content.summary or "",
            text=said.content.description or "",
            requester=said.content.creator or "",
            status="new",
            priority=(said.content.priority or "").lower(),
            tags=said.content.labels or (),
        )
    ]


def _repository(said: Said) -> list[Event]:
    return [] if said.predicate == "deleted" else [_exists(said, f"repo:{said.subject.id}")]


def _in_repository(said: Said) -> list[Event]:
    """Branches and changes of code: their repository exists."""
    repository = _id(said.content.repository)
    return [_exists(said, f"repo:{repository}")] if repository else []


_READ: Mapping[str, Callable[[Said], list[Event]]] = {
    "branch": _in_repository,
    "change": _in_repository,
    "environment": _environment,
    "incident": _incident,
    "repository": _repository,
    "service": _service,
    "ticket": _ticket,
}


def _exists(said: Said, ref: str) -> MapFact:
    return MapFact(
        id=event_id(NAME, f"{ref} exists"),
        source=NAME,
        seq=said.seq,
        at=said.at,
        version_at=said.at,
        subject=ref,
        predicate="exists",
        evidence=f"{said.source} speaks of it",
    )


def _id(named: Named | str | None) -> str:
    """The id of what is pointed to; some senders write it bare."""
    return (named if isinstance(named, str) else named.id if named else "") or ""


def _artifact(purl: str) -> tuple[str, str]:
    """Version as people say it and commit or digest, out of a package URL (https://github.com/package-url/purl-spec).

    >>> _artifact("pkg:oci/app@sha256%3A" + "ab" * 32 + "?tag=2.4.0")[0]
    '2.4.0'
    >>> _artifact("pkg:golang/example.org/app@1.2.3")
    ('1.2.3', '')
    """
    path, _, qualifiers = purl.partition("#")[0].partition("?")
    version = unquote(path.rpartition("@")[2]) if "@" in path else ""
    tag = parse_qs(qualifiers).get("tag", [""])[0]
    return (tag, version) if _DIGEST.match(version) else (version or tag, "")
