"""core/v1 Events as the platform's event exporter posts them."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession

from lab.program import compact, deliver

NAMESPACE = "clinic"
HEADERS = {"Content-Type": "application/json", "User-Agent": "event-exporter/1.7"}
API_VERSIONS = {"Deployment": "apps/v1", "HorizontalPodAutoscaler": "autoscaling/v2"}


@dataclass(frozen=True, slots=True)
class Happening:
    """What a controller says about one object."""

    kind: str
    name: str
    component: str
    reason: str
    message: str


def event(happening: Happening, at: datetime) -> dict[str, Any]:
    """The Event object; Kubernetes keeps whole seconds. Each call gives a new `metadata.uid`."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    object_uid = uuid.uuid5(uuid.NAMESPACE_URL, f"{happening.kind}/{NAMESPACE}/{happening.name}")
    version = str(int(at.timestamp() * 10))
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{happening.name}.{int(at.timestamp() * 1e9):x}",
            "namespace": NAMESPACE,
            "uid": str(uuid.uuid4()),
            "resourceVersion": version,
            "creationTimestamp": stamp,
        },
        "involvedObject": {
            "kind": happening.kind,
            "namespace": NAMESPACE,
            "name": happening.name,
            "uid": str(object_uid),
            "apiVersion": API_VERSIONS[happening.kind],
            "resourceVersion": version,
        },
        "reason": happening.reason,
        "message": happening.message,
        "source": {"component": happening.component},
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
        "type": "Normal",
        "eventTime": None,
        "reportingComponent": happening.component,
        "reportingInstance": "",
    }


class EventExporter:
    """Posts Events to the inbox."""

    def __init__(self, session: ClientSession, inbox_url: str) -> None:
        self._session = session
        self._url = f"{inbox_url}/in/kubernetes"

    async def post(self, happening: Happening) -> str:
        """Send one Event; gives its uid. Raises RuntimeError when the inbox refuses."""
        body = event(happening, datetime.now(UTC))
        await deliver(self._session, self._url, compact(body), HEADERS)
        return str(body["metadata"]["uid"])
