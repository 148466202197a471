"""Argo CD's notifications as events: a sync is one Change, a degraded application an Alert.

Contract: argo-cd.readthedocs.io, "Notifications", "Webhook"; what a body holds is up to the template that renders it.
Ours is in docs/sources/argo-cd.md; a whole Application and the flat bodies that people write are read as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from seamline.model import credential
from seamline.model.delivery import Delivery
from seamline.model.event import Event
from seamline.sources.argo_cd import health, sync
from seamline.sources.argo_cd.body import read

name = "argo-cd"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": Argo CD sends no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  Argo CD can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets (`headers` or `basicAuth` of the service)."""
    return credential.proves(headers, secrets)


def parse(delivery: Delivery) -> Iterator[Event]:
    """The application's service, its latest sync, and its health."""
    told = read(delivery.body)
    return iter([*sync.events(name, delivery, told), *health.events(name, delivery, told)])
