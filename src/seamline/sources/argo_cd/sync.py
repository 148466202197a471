"""A sync is one Change, from the time it started; and what it proves of the map."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from seamline.model.delivery import Delivery
from seamline.model.event import Change, ChangeState, Event, MapFact
from seamline.model.payload import moment
from seamline.model.refs import event_id
from seamline.sources.argo_cd.body import Told
from seamline.sources.argo_cd.place import dims

_STATES: Mapping[str, ChangeState] = {
    "running": "started",
    "terminating": "started",
    "succeeded": "done",
    "failed": "failed",
    "error": "failed",
}
_FULL_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LAST = datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=1)
_MAX_IMAGES = 30


def events(source: str, delivery: Delivery, told: Told) -> list[Event]:
    """The service and its name in Argo CD; the commit it runs once a sync is done; the sync's Change."""
    change = _change(source, delivery, told)
    at = change.at if change else delivery.received_at
    said = [(told.entity, "exists", "", f"Argo CD keeps the application {told.name}")]
    if told.service and told.service != told.name:
        said.append((told.entity, "named", told.name, "the application's name in Argo CD"))
    if change and change.state == "done" and change.revision:
        said.append(
            (told.entity, "built_from", f"revision:{change.revision}", "Argo CD synced it to this commit")
        )
    facts = [
        MapFact(
            id=event_id(source, f"{subject} {predicate} {other}".strip()),
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
    return [*facts, change] if change else [*facts]


def _change(source: str, delivery: Delivery, told: Told) -> Change | None:
    """One version of the sync's Change; None when no sync is told of."""
    state = _STATES.get(told.phase)
    if state is None:
        return None
    ended = state in ("done", "failed")
    finished_at = moment(told.finished_at, delivery.received_at)
    at = moment(told.started_at, finished_at)
    said_at = max(finished_at, at) if ended else at
    revision = next((sha for sha in told.revisions if _FULL_SHA.fullmatch(sha)), "")
    version = _version(told)
    return Change(
        id=event_id(source, f"sync:{told.identity}:{_begun(told, at)}"),
        source=source,
        seq=delivery.seq,
        at=at,
        version_at=min(said_at, _LAST) + timedelta(microseconds=int(ended)),  # its times are whole seconds
        entity=told.entity,
        kind="deploy",
        state=state,
        title=_title(told, version, revision),
        done_at=said_at if ended else None,
        version=version,
        revision=revision,
        facts=_facts(told),
        dims=dims(told),
        url=told.url,
    )


def _begun(told: Told, at: datetime) -> str:
    """What tells a sync from the next: when it started, else what it synced to, else when it ended."""
    if told.started_at:
        return at.isoformat()
    return " ".join(told.revisions) or at.isoformat()


def _version(told: Told) -> str:
    """The release as people say it: a chart's version, else the tag of its own image, else of the only one."""
    spoken = [revision for revision in told.revisions if not _FULL_SHA.fullmatch(revision)]
    if spoken:
        return spoken[0]
    tags = dict(map(_name_and_tag, told.images))
    own = tags.get(told.service) or tags.get(told.name)
    return own or (next(iter(tags.values())) if len(tags) == 1 else "")


def _name_and_tag(image: str) -> tuple[str, str]:
    """`booking` and `2.4.0` of `registry.example/clinic/booking:2.4.0@sha256:...`."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    return name, tag


def _title(told: Told, version: str, revision: str) -> str:
    cluster = "" if "://" in told.cluster else told.cluster
    where = "/".join(filter(None, (cluster, told.namespace))) or "a cluster"
    return " ".join(filter(None, ("sync", told.name, version or revision[:7], "to", where)))


def _facts(told: Told) -> dict[str, float | str]:
    said = {
        "chart": told.chart,
        "message": told.message,
        "path": told.path,
        "project": told.project,
        "repo": told.repo,
        "target_revision": told.target_revision,
    }
    facts: dict[str, float | str] = {word: fact for word, fact in said.items() if fact}
    for image in told.images[:_MAX_IMAGES]:
        facts["image" if len(told.images) == 1 else f"image.{_name_and_tag(image)[0]}"] = image
    return facts
