"""What a notification tells of an application, from whichever template.

Three shapes: `{"app": {...}}` of our template and a bare Application (`{{toJson .app}}`), both with Argo CD's own
fields; else a flat object with names of the team's own choice, of which the usual ones are known.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import Stamp, decode
from seamline.sources.argo_cd.application import Application, OperationState

_PHASES = frozenset({"running", "terminating", "succeeded", "failed", "error"})
_HEALTH = frozenset({"healthy", "progressing", "degraded", "suspended", "missing", "unknown"})

_ENVIRONMENT_LABELS = ("environment", "env", "app.kubernetes.io/environment", "tags.datadoghq.com/env")
_NAME_LABEL = "app.kubernetes.io/name"

# The usual names in flat bodies, in lower case and without `_` and `-`; the first that says something counts.
_FLAT = {
    "name": ("app", "application", "appname", "applicationname", "name"),
    "project": ("project", "appproject", "argoproject"),
    "phase": ("phase", "operationphase", "syncphase", "operationstate", "state", "status"),
    "health": ("health", "healthstatus", "apphealth", "status"),
    "message": ("message", "error", "description"),
    "repo": ("repourl", "repo", "repository", "gitrepo"),
    "revision": ("revision", "syncrevision", "commitsha", "commit", "sha", "gitsha"),
    "started_at": ("startedat", "syncstartedat", "operationstartedat", "starttime"),
    "finished_at": ("finishedat", "syncfinishedat", "operationfinishedat", "syncedat", "timestamp", "time"),
    "environment": ("environment", "env"),
    "cluster": ("cluster", "clustername", "destinationname", "destinationserver", "server", "destination"),
    "namespace": ("namespace", "destinationnamespace"),
    "image": ("image",),
    "url": ("url", "appurl", "link", "titlelink"),
}


class Told(Struct, frozen=True):
    """What is known of an application after one notification; "" and None mean that it said nothing of it."""

    name: str
    service: str = ""  # what the application is called among services, when its labels say so
    uid: str = ""
    project: str = ""
    phase: str = ""  # in lower case, as is health
    started_at: Stamp = None
    finished_at: Stamp = None
    message: str = ""
    health: str = ""
    health_at: Stamp = None
    health_message: str = ""
    repo: str = ""
    path: str = ""
    chart: str = ""
    target_revision: str = ""
    revisions: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    environment: str = ""
    cluster: str = ""
    namespace: str = ""
    url: str = ""

    @property
    def entity(self) -> str:
        """The service that the application is."""
        return f"service:{self.service or self.name}"

    @property
    def identity(self) -> str:
        """What tells the application from others of its name."""
        return self.uid or f"{self.cluster}/{self.namespace}/{self.name}"


class Wrapped(Struct, frozen=True):
    """Our template: the application in its own shape, and what only the template knows."""

    app: msgspec.Raw = msgspec.Raw(b"null")
    metadata: msgspec.Raw = msgspec.Raw(b"null")
    environment: str | None = None
    url: str | None = None


def read(body: bytes | None) -> Told:
    """What the body tells. Raises Unreadable for one that names no application."""
    wrapped = decode(body, Wrapped)
    if bytes(wrapped.app).startswith(b"{"):
        return _of_application(decode(wrapped.app, Application), wrapped)
    if bytes(wrapped.metadata).startswith(b"{"):
        return _of_application(decode(body, Application), wrapped)
    return _of_flat(decode(body, dict[str, Any]))


def _of_application(app: Application, wrapped: Wrapped) -> Told:
    state, sync, health = app.operation_state, app.current.synced, app.current.condition
    source, destination, labels = app.source, app.destination, app.metadata.labels or {}
    return Told(
        name=_named(app.metadata.name),
        service=_label(labels, _NAME_LABEL),
        uid=app.metadata.uid or "",
        project=app.project,
        phase=(state.phase or "").lower(),
        started_at=state.started_at,
        finished_at=state.finished_at,
        message=state.message or "",
        health=(health.status or "").lower(),
        health_at=health.last_transition_time,
        health_message=health.message or "",
        repo=source.repo_url or "",
        path=source.path or "",
        chart=source.chart or "",
        target_revision=source.target_revision or "",
        revisions=_revisions(state) or sync.all_revisions,
        images=app.current.images,
        environment=wrapped.environment or _label(labels, *_ENVIRONMENT_LABELS),
        cluster=destination.name or destination.server or "",
        namespace=destination.namespace or "",
        url=wrapped.url or "",
    )


def _revisions(state: OperationState) -> tuple[str, ...]:
    """What the operation synced to, else what it was asked to sync to."""
    result = state.sync_result.all_revisions if state.sync_result else ()
    asked = state.operation.sync if state.operation else None
    return result or (asked.all_revisions if asked else ())


def _label(labels: Mapping[str, Any], *names: str) -> str:
    return next((said for name in names if isinstance(said := labels.get(name), str) and said), "")


def _named(name: str | None) -> str:
    if not name:
        raise Unreadable("the body names no application")
    return name


def _of_flat(said: Mapping[str, Any]) -> Told:
    """Argo CD's words in fields of any usual name. "Synced" is no phase: every later notification repeats it."""
    plain = {re.sub(r"[^a-z]", "", field.lower()): value for field, value in said.items()}
    found = {field: _first(plain, names) for field, names in _FLAT.items()}
    phase, health = _one_of(_PHASES, plain, _FLAT["phase"]), _one_of(_HEALTH, plain, _FLAT["health"])
    if not phase and not health:
        raise Unreadable("neither an Application, nor a sync's phase or an application's health")
    return Told(
        name=_named(found["name"]),
        project=found["project"],
        phase=phase,
        started_at=found["started_at"],
        finished_at=found["finished_at"],
        message=found["message"],
        health=health,
        health_message=found["message"],
        repo=found["repo"],
        revisions=_texts(plain.get("revisions")) or _texts(found["revision"]),
        images=_texts(plain.get("images")) or _texts(found["image"]),
        environment=found["environment"],
        cluster=found["cluster"],
        namespace=found["namespace"],
        url=found["url"],
    )


def _one_of(known: frozenset[str], plain: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of these fields that holds one of Argo CD's words, in lower case."""
    texts = (text.lower() for name in names if isinstance(text := plain.get(name), str))
    return next((text for text in texts if text in known), "")


def _first(plain: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of these fields that is text, and says more than Go does of a value that is not there."""
    texts = (plain.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text not in ("", "<no value>")), "")


def _texts(value: Any) -> tuple[str, ...]:
    """The texts in a list, or in a text with commas, or, as Go prints a list, `[with blanks]`."""
    if isinstance(value, str):
        return tuple(re.findall(r"[^\s,\[\]]+", value))
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
