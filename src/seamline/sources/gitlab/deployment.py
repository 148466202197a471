"""Deployment hooks: all deliveries of one deployment are versions of one Change.

Contract: docs.gitlab.com, "Webhook events", "Deployment events". A delivery has the time of its own state only:
the Change is dated by the latest.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.event import Change, ChangeState, Event
from seamline.model.payload import Stamp, decode
from seamline.model.refs import event_id
from seamline.sources.gitlab.shape import Project, at

# `approved` and `rejected` are a person's answer to a deployment that was `blocked`; one that was rejected, canceled
# or overtaken (`skipped`) never came to be.
_STATES: Mapping[str, ChangeState] = {
    "created": "announced",
    "blocked": "announced",
    "approved": "announced",
    "running": "started",
    "success": "done",
    "failed": "failed",
    "canceled": "failed",
    "rejected": "failed",
    "skipped": "failed",
}
# Some GitLabs write whole seconds: of two states in one second the one further on is the later version.
_RANK: Mapping[ChangeState, int] = {"announced": 0, "started": 1, "done": 2, "failed": 2}
_LAST = datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=max(_RANK.values()))
_COMMIT = re.compile(r"/commit/([0-9a-f]{40,64})\Z")
_SHA = re.compile(r"[0-9a-f]{7,64}")


class Deployment(Struct, frozen=True):
    """The part of a deployment hook we read."""

    project: Project
    status: str
    deployment_id: int | str | None = None
    deployable_id: int | str | None = None
    deployable_url: str | None = None
    status_changed_at: Stamp = None
    environment: str | None = None
    environment_tier: str | None = None
    short_sha: str | None = None
    commit_url: str | None = None
    commit_title: str | None = None
    ref: str | None = None


def events(source: str, delivery: Delivery) -> list[Event]:
    """One version of the deployment's Change; nothing for a state that GitLab has yet to invent."""
    said = decode(delivery.body, Deployment)
    state = _STATES.get(said.status)
    if state is None:
        return []
    said_at = at(said.status_changed_at, delivery.received_at)
    environment = said.environment or ""
    version = _version(said)
    return [
        Change(
            id=event_id(source, f"deployment:{said.project.path_with_namespace}:{_number(said, delivery)}"),
            source=source,
            seq=delivery.seq,
            at=said_at,
            version_at=min(said_at, _LAST) + timedelta(microseconds=_RANK[state]),
            entity=said.project.ref,
            kind="deploy",
            state=state,
            title=_title(said, version, environment),
            done_at=said_at if state in ("done", "failed") else None,
            version=version,
            revision=_revision(said),
            facts=_facts(said),
            dims={"environment": environment} if environment else {},
            url=said.deployable_url or said.commit_url or "",
        )
    ]


def _number(said: Deployment, delivery: Delivery) -> str:
    """The deployment's id; before GitLab 14 the job's; else nothing tells one from another but its delivery."""
    if said.deployment_id is not None:
        return str(said.deployment_id)
    if said.deployable_id is not None:
        return f"job {said.deployable_id}"
    return f"delivery {delivery.key or delivery.received_at.isoformat()}"


def _revision(said: Deployment) -> str:
    """The whole sha, which only the address of the commit has; else the short one."""
    whole = _COMMIT.search(said.commit_url or "")
    return whole[1] if whole else said.short_sha or ""


def _version(said: Deployment) -> str:
    """The ref, unless that is the default branch or a commit."""
    ref = (said.ref or "").removeprefix("refs/heads/").removeprefix("refs/tags/")
    return "" if ref == said.project.default_branch or _SHA.fullmatch(ref) else ref


def _facts(said: Deployment) -> dict[str, float | str]:
    facts = {"commit_title": said.commit_title, "environment_tier": said.environment_tier}
    return {word: fact for word, fact in facts.items() if fact}


def _title(said: Deployment, version: str, environment: str) -> str:
    what = version or said.short_sha or _revision(said)[:8]
    where = environment or "an environment"
    return " ".join(filter(None, ("deploy", said.project.path_with_namespace, what, "to", where)))
