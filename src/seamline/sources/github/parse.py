"""GitHub webhooks as events: a deployment and its statuses are one Change; every repository exists.

Contract: docs.github.com, "Webhook events and payloads". Only `deployment` and `deployment_status` say that
production moved. A push, a merged pull request or a published release moves nothing by itself: whatever
carries it into production announces that with a deployment of its own.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, get_args
from urllib.parse import parse_qs

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, ChangeKind, ChangeState, Event, MapFact
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id

name = "github"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

# Deployment states that say something new of the change. `inactive` is left out: it says that a later
# deployment took over, which is that deployment's news.
_STATES: Mapping[str, ChangeState] = {
    "queued": "announced",
    "pending": "announced",
    "waiting": "announced",
    "in_progress": "started",
    "success": "done",
    "failure": "failed",
    "error": "failed",
}
_KINDS: frozenset[str] = frozenset(get_args(ChangeKind))
_TASK_WORDS: Mapping[str, ChangeKind] = {
    "migration": "schema",
    "migrations": "schema",
    "migrate": "schema",
    "configuration": "config",
    "settings": "config",
    "backfill": "data",
    "autoscale": "scale",
}
# GitHub's times are whole seconds: of two states in one second the one further on is the later version.
_RANK: Mapping[ChangeState, int] = {"announced": 0, "started": 1, "done": 2, "failed": 2}


class Repository(Struct, frozen=True):
    """The part of a repository we read."""

    full_name: str
    html_url: str | None = None
    default_branch: str | None = None
    created_at: Stamp = None
    updated_at: Stamp = None


class Deployment(Struct, frozen=True):
    """The part of a deployment we read. `payload` is what the deploying team put there, of any shape."""

    id: int | str
    sha: str | None = None
    ref: str | None = None
    task: str | None = None
    payload: Any = None
    environment: str | None = None
    description: str | None = None
    created_at: Stamp = None


class Status(Struct, frozen=True):
    """The part of a deployment status we read."""

    state: str
    created_at: Stamp = None
    target_url: str | None = None
    log_url: str | None = None


class AnyBody(Struct, frozen=True):
    """What every kind of delivery may have; organisation-wide ones have no repository."""

    repository: Repository | None = None


class DeploymentBody(Struct, frozen=True):
    """A `deployment` or `deployment_status` delivery."""

    repository: Repository
    deployment: Deployment
    deployment_status: Status | None = None


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """`X-GitHub-Delivery`; a redelivery carries the same one."""
    return headers.get("x-github-delivery", "")


def json_of(body: bytes) -> bytes:
    """The JSON of a body: GitHub wraps it in a form when the hook's content type says so."""
    if not body.startswith(b"payload="):
        return body
    try:
        return parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8)["payload"][0].encode()
    except ValueError:  # not a form, not ASCII, or escapes that are not UTF-8
        raise Unreadable("not a form with a payload field") from None


def parse(delivery: Delivery) -> Iterator[Event]:
    """The repository, and the Change when the delivery speaks of a deployment."""
    kind = delivery.headers.get("x-github-event", "")
    if not kind:
        raise Unreadable("no X-GitHub-Event header")
    body = None if delivery.body is None else json_of(delivery.body)
    if kind in ("deployment", "deployment_status"):
        deployed = decode(body, DeploymentBody)
        events: list[Event] = [_exists(delivery, deployed.repository)]
        change = _change(delivery, deployed)
        return iter(events if change is None else [*events, change])
    repository = decode(body, AnyBody).repository
    if repository is None or kind == "ping":
        return iter(())
    return iter([_exists(delivery, repository)])


def _exists(delivery: Delivery, repository: Repository) -> MapFact:
    ref = f"repo:{repository.full_name}"
    at = moment(repository.created_at, delivery.received_at)
    return MapFact(
        id=event_id(name, f"{ref} exists"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=moment(repository.updated_at, at),
        subject=ref,
        predicate="exists",
        evidence=f"GitHub sends deliveries of {repository.full_name}",
    )


def _change(delivery: Delivery, body: DeploymentBody) -> Change | None:
    """One version of the deployment's Change; None for a status that says nothing new of it."""
    deployment, status, repository = body.deployment, body.deployment_status, body.repository
    state = _STATES.get(status.state) if status else "announced"
    if state is None:
        return None
    at = moment(deployment.created_at, delivery.received_at)
    said_at = moment(status.created_at, delivery.received_at) if status else at
    facts = _facts(deployment.payload)
    version = _version(deployment, facts, repository)
    environment = (deployment.environment or "").casefold()  # GitHub compares environments without case
    return Change(
        id=event_id(name, f"deployment:{repository.full_name}:{deployment.id}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=said_at + timedelta(microseconds=_RANK[state]),
        entity=f"repo:{repository.full_name}",
        kind=_kind(deployment.task or "", facts),
        state=state,
        title=_title(deployment, version, repository, environment),
        done_at=said_at if state in ("done", "failed") else None,
        version=version,
        revision=deployment.sha or "",
        facts=facts,
        dims={"environment": environment} if environment else {},
        url=_url(status, repository),
    )


def _facts(payload: Any) -> dict[str, float | str]:
    """The scalar fields of a deployment's payload, which may also be JSON in a string; numbers as floats."""
    if isinstance(payload, str) and payload.lstrip().startswith("{"):
        try:
            payload = decode(payload.encode(), object)
        except Unreadable:
            return {}  # the API takes any text here; only an object has named fields
    if not isinstance(payload, dict):
        return {}
    return {field: fact for field, value in payload.items() if (fact := _scalar(value)) is not None}


def _scalar(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return str(value)


def _kind(task: str, facts: Mapping[str, float | str]) -> ChangeKind:
    """What moves: the payload's own `kind`, else the first word of the task that is known, else a deploy."""
    for word in (str(facts.get("kind", "")).lower(), *reversed(re.split(r"[^a-z]+", task.lower()))):
        if word in _TASK_WORDS:
            return _TASK_WORDS[word]
        if word in _KINDS:
            return word  # type: ignore[return-value]  # _KINDS are the literal's own words
    return "deploy"


def _version(deployment: Deployment, facts: Mapping[str, float | str], repository: Repository) -> str:
    """The release as people say it: the payload's, else a ref that is neither a commit nor the default branch."""
    for field in ("release", "version"):
        if facts.get(field):
            return str(facts[field])
    ref = (deployment.ref or "").removeprefix("refs/heads/").removeprefix("refs/tags/")
    return "" if ref in (deployment.sha, repository.default_branch) else ref


def _title(deployment: Deployment, version: str, repository: Repository, environment: str) -> str:
    if deployment.description:
        return deployment.description
    what = version or (deployment.sha or "")[:7] or str(deployment.id)
    return f"{deployment.task or 'deploy'} {repository.full_name} {what} to {environment or 'an environment'}"


def _url(status: Status | None, repository: Repository) -> str:
    said = (status.log_url or status.target_url) if status else ""
    return said or (f"{repository.html_url}/deployments" if repository.html_url else "")
