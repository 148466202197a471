"""The part of an Application that we read, in Argo CD's own shape.

Contract: argo-cd.readthedocs.io, "Application Specification", and `ApplicationStatus` of its API. Nothing but the name
is sure to be there: an application that was never synced has no status, one of several sources no `source`.
"""

from typing import Any

from msgspec import Struct

from seamline.model.payload import Stamp


class Meta(Struct, frozen=True):
    """Who it is."""

    name: str | None = None
    uid: str | None = None
    labels: dict[str, Any] | None = None


class Source(Struct, frozen=True, rename={"repo_url": "repoURL", "target_revision": "targetRevision"}):
    """Where its manifests come from."""

    repo_url: str | None = None
    path: str | None = None
    chart: str | None = None
    target_revision: str | None = None


class Destination(Struct, frozen=True):
    """Where it runs: the cluster by name or address, and the namespace."""

    name: str | None = None
    server: str | None = None
    namespace: str | None = None


class Spec(Struct, frozen=True):
    """What it should be."""

    project: str | None = None
    source: Source | None = None
    sources: tuple[Source, ...] | None = None
    destination: Destination | None = None


class Revised(Struct, frozen=True):
    """Anything with a revision, or one for each source."""

    revision: str | None = None
    revisions: tuple[str, ...] | None = None

    @property
    def all_revisions(self) -> tuple[str, ...]:
        """Every revision, in the order of the sources."""
        return self.revisions or ((self.revision,) if self.revision else ())


class Operation(Struct, frozen=True):
    """What was asked for."""

    sync: Revised | None = None


class OperationState(Struct, frozen=True, rename="camel"):
    """The latest sync."""

    phase: str | None = None
    started_at: Stamp = None
    finished_at: Stamp = None
    message: str | None = None
    sync_result: Revised | None = None
    operation: Operation | None = None


class Health(Struct, frozen=True, rename="camel"):
    """How its resources are."""

    status: str | None = None
    message: str | None = None
    last_transition_time: Stamp = None


class Summary(Struct, frozen=True):
    """What runs."""

    images: tuple[str, ...] | None = None


class Status(Struct, frozen=True, rename="camel"):
    """What it is."""

    sync: Revised | None = None
    health: Health | None = None
    operation_state: OperationState | None = None
    summary: Summary | None = None

    @property
    def synced(self) -> Revised:
        """What it is synced to, as far as it is known."""
        return self.sync or Revised()

    @property
    def condition(self) -> Health:
        """How it is, as far as it is known."""
        return self.health or Health()

    @property
    def images(self) -> tuple[str, ...]:
        """What runs, as far as it is known."""
        return (self.summary.images if self.summary else None) or ()


class Application(Struct, frozen=True):
    """An application."""

    metadata: Meta
    spec: Spec | None = None
    status: Status | None = None

    @property
    def current(self) -> Status:
        """The status; an empty one before the first sync."""
        return self.status or Status()

    @property
    def operation_state(self) -> OperationState:
        """The latest sync; an empty one before the first."""
        return self.current.operation_state or OperationState()

    @property
    def project(self) -> str:
        """The project, "" when it isn't said."""
        return (self.spec.project if self.spec else None) or ""

    @property
    def source(self) -> Source:
        """Its source, of several the first."""
        spec = self.spec or Spec()
        said = (spec.source, *(spec.sources or ()))
        return next((source for source in said if source and source.repo_url), Source())

    @property
    def destination(self) -> Destination:
        """Where it runs, as far as it is said."""
        return (self.spec.destination if self.spec else None) or Destination()
