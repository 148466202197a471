"""core/v1 Events (and events.k8s.io/v1, which spells some fields anew): what a controller said once or often."""

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import Stamp, decode, moment
from seamline.sources.kubernetes.objects import Meta

_NEW_SIZE = re.compile(r"New size: (?P<to>\d{1,9})(?:; reason: (?P<reason>.*))?", re.DOTALL)
# Three generations of one sentence: "to 8", "to 8 from 2", "from 2 to 8".
_SCALED = re.compile(
    r"Scaled (?:up|down) replica set (?P<set>\S+)"
    r"(?: from (?P<before>\d{1,9}))? to (?P<to>\d{1,9})(?: from (?P<after>\d{1,9}))?"
)


class About(Struct, frozen=True):
    """The object that an Event is about."""

    kind: str = ""
    name: str = ""
    namespace: str | None = None


class Series(Struct, frozen=True, rename="camel"):
    """Repeats of an Event, counted by its sender."""

    count: int | None = None
    last_observed_time: Stamp = None


class Occurrence(Struct, frozen=True, rename="camel"):
    """The part of an Event we read. Without `series`, `count` says how often it happened until the last time."""

    metadata: Meta
    reason: str | None = None
    type: str | None = None
    involved_object: About | None = None
    regarding: About | None = None
    message: str | None = None
    note: str | None = None
    count: int | None = None
    deprecated_count: int | None = None
    series: Series | None = None
    event_time: Stamp = None
    first_timestamp: Stamp = None
    deprecated_first_timestamp: Stamp = None
    last_timestamp: Stamp = None
    deprecated_last_timestamp: Stamp = None
    source: dict[str, Any] | None = None
    reporting_component: str | None = None
    reporting_controller: str | None = None

    def about(self) -> About:
        """The object it is about. Raises Unreadable when it names none."""
        about = self.involved_object or self.regarding
        if about is None or not about.kind or not about.name:
            raise Unreadable("a Kubernetes Event about no object")
        return about

    def text(self) -> str:
        """What the controller said."""
        return self.message or self.note or ""

    def component(self) -> str:
        """Who said it."""
        spoken = self.reporting_component or self.reporting_controller or (self.source or {}).get("component")
        return spoken if isinstance(spoken, str) else ""

    def n_times(self) -> int:
        """How often it happened so far; at least 1."""
        repeats = self.series.count if self.series else None
        return max(1, repeats or self.count or self.deprecated_count or 1)

    def first_at(self, default: datetime) -> datetime:
        """When it happened first."""
        created_at = moment(self.metadata.creation_timestamp, default)
        return moment(self.first_timestamp or self.deprecated_first_timestamp or self.event_time, created_at)

    def last_at(self, default: datetime) -> datetime:
        """When it happened last."""
        repeated = self.series.last_observed_time if self.series else None
        return moment(
            repeated or self.last_timestamp or self.deprecated_last_timestamp, self.first_at(default)
        )

    def identity(self) -> str:
        """What tells it from all others: its uid, else its name. Raises Unreadable when it has neither."""
        meta = self.metadata
        if not meta.uid and not meta.name:
            raise Unreadable("a Kubernetes Event without uid and name")
        return meta.uid or f"{meta.namespace or 'default'}/{meta.name}"


def read(raw: msgspec.Raw) -> Occurrence:
    """The Event. Raises Unreadable."""
    return decode(raw, Occurrence)


def rescaled(message: str) -> dict[str, float | str]:
    """What an autoscaler's "New size: 8; reason: ..." says: `replicas_to`, `reason`.

    >>> rescaled("New size: 8; reason: cpu above target")
    {'replicas_to': 8.0, 'reason': 'cpu above target'}
    """
    match = _NEW_SIZE.match(message)
    if not match:
        return {"reason": message} if message else {}
    reason = {"reason": match["reason"].strip()} if match["reason"] else {}
    return {"replicas_to": float(match["to"]), **reason}


def scaled(message: str) -> dict[str, float | str]:
    """What a Deployment's "Scaled up replica set appt-web-6d4cf56db6 to 8 from 2" says.

    The figures are that replica set's: in a rollout the Deployment's own size is the sum of two sets.
    """
    match = _SCALED.match(message)
    if not match:
        return {}
    facts: dict[str, float | str] = {"replica_set": match["set"], "replicas_to": float(match["to"])}
    before = match["before"] or match["after"]
    return facts if before is None else {**facts, "replicas_from": float(before)}
