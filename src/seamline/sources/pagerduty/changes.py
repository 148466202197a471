"""Change events of the Events API v2: one Change each, as the sending team words it.

Contract: developer.pagerduty.com, "Send a Change Event". The contract knows no id, so the digest of the payload is
the natural key. A team that sends a `dedup_key` as with alerts has its "started" and "done" as one Change.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, ChangeKind, ChangeState
from seamline.model.payload import Stamp, decode, moment
from seamline.model.refs import event_id
from seamline.sources.pagerduty import details

_KINDS: Mapping[str, ChangeKind] = {kind: kind for kind in get_args(ChangeKind)}
# Words that say what was moved; the first one of a summary decides.
_WORDS: Mapping[str, ChangeKind] = {
    "deploy": "deploy",
    "deployed": "deploy",
    "deployment": "deploy",
    "release": "deploy",
    "released": "deploy",
    "rollout": "deploy",
    "rolled": "deploy",
    "build": "deploy",
    "merged": "deploy",
    "migration": "schema",
    "migrations": "schema",
    "migrated": "schema",
    "schema": "schema",
    "config": "config",
    "configuration": "config",
    "settings": "config",
    "flag": "flag",
    "toggle": "flag",
    "scaled": "scale",
    "autoscaled": "scale",
    "backfill": "data",
    "backfilled": "data",
    "retrained": "model",
}
_STATES: Mapping[str, ChangeState] = {
    "queued": "announced",
    "pending": "announced",
    "scheduled": "announced",
    "started": "started",
    "running": "started",
    "in_progress": "started",
    "failed": "failed",
    "failure": "failed",
    "error": "failed",
    "canceled": "failed",
    "cancelled": "failed",
    "reverted": "reverted",
}
_SAYS_KIND = ("kind", "change_type", "type")
_SAYS_STATE = ("state", "status", "deployment_status", "build_state", "result")
_SAYS_VERSION = ("version", "release", "tag", "image_tag")
_SAYS_REVISION = ("revision", "sha", "commit_sha", "git_sha", "commit", "image_digest", "digest")
_LETTERS = re.compile("[a-z]+")
_REVISION = re.compile(r"(?:sha256:)?[0-9a-f]{7,64}")


class Payload(Struct, frozen=True):
    """What was changed."""

    summary: str | None = None
    source: str | None = None
    timestamp: Stamp = None
    custom_details: Any = None


class Link(Struct, frozen=True):
    """Where to read more."""

    href: str | None = None


class Sent(Struct, frozen=True):
    """A change event."""

    payload: Payload
    links: tuple[Link, ...] | None = None


def change(source: str, delivery: Delivery, key: str) -> Change:
    """The Change. Raises Unreadable when it says neither what was changed nor where."""
    sent = decode(delivery.body, Sent)
    payload = sent.payload
    if not payload.summary and not payload.source:
        raise Unreadable("a change event without summary and source")
    said = details.facts(payload.custom_details)
    at = moment(payload.timestamp, delivery.received_at)
    state = _STATES.get(details.text(said, *_SAYS_STATE).lower().replace(" ", "_"), "done")
    return Change(
        id=event_id(source, f"change:{key}"),
        source=source,
        seq=delivery.seq,
        at=at,
        version_at=at,
        entity=details.entity(said, payload.source or ""),
        kind=_kind(said, payload.summary or ""),
        state=state,
        title=payload.summary or f"a change at {payload.source}",
        done_at=at if state in ("done", "failed") else None,
        version=details.text(said, *_SAYS_VERSION),
        revision=_revision(said),
        facts=said,
        dims=details.dims(said),
        url=next((link.href for link in sent.links or () if link.href), ""),
    )


def _kind(said: details.Details, summary: str) -> ChangeKind:
    """What the details call it, else the first known word of the summary, else a deploy."""
    named = details.text(said, *_SAYS_KIND).lower()
    if named in _KINDS:
        return _KINDS[named]
    words = _LETTERS.findall(f"{named} {summary.lower()}")
    return next((_WORDS[word] for word in words if word in _WORDS), "deploy")


def _revision(said: details.Details) -> str:
    revision = details.text(said, *_SAYS_REVISION)
    return revision if _REVISION.fullmatch(revision) else ""
