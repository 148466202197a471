"""Objects that are deployed together, and what they are called on the map.

A workload and the Services in front of it are one service: `service:{name}` by what its telemetry calls itself, else
by its Service, else by its own name; `database:` and `queue:` where its image is one. The workload stays beside it as
what it `runs_on`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seamline.analysis.manifests import objects, sets
from seamline.analysis.manifests.addresses import Address, Role
from seamline.analysis.manifests.images import Image, image, role_of
from seamline.analysis.manifests.objects import Manifest
from seamline.analysis.manifests.plain import text, texts

# What stands beside the Service that callers use.
_ASIDE = (
    "-metrics",
    "-headless",
    "-external",
    "-webhook",
    "-admin",
    "-discovery",
    "-monitoring",
    "-nodes",
    "-hl",
)
_TELEMETRY_LABELS = ("tags.datadoghq.com/service",)
_TELEMETRY_VARIABLES = ("OTEL_SERVICE_NAME", "DD_SERVICE", "ELASTIC_APM_SERVICE_NAME")


class Cluster:
    """The objects of one set, looked at together."""

    def __init__(self, found: Sequence[Manifest]) -> None:
        self.objects = found
        self.workloads = [o for o in found if o.kind in objects.WORKLOADS]
        self.services = [o for o in found if o.kind == "Service"]
        self._services = {(s.namespace, s.name): s for s in self.services}
        self._configs: dict[str, dict[str, Mapping[str, str]]] = {}
        for one in found:
            if one.kind == "ConfigMap":
                self._configs.setdefault(one.namespace, {})[one.name] = texts(one.content, "data")
        pods = objects.pods_of(self.workloads)
        self._behind = {(s.namespace, s.name): objects.behind(s, pods) for s in self.services}
        self._fronts: dict[str, list[Manifest]] = {}
        for service in self.services:
            for workload in self._behind[service.namespace, service.name]:
                self._fronts.setdefault(workload.ref, []).append(service)
        self._names: dict[str, str] = {}

    def environment(self, one: Manifest, container: Mapping[str, Any]) -> dict[str, str]:
        """A container's variables, those from ConfigMaps of the set too."""
        return objects.environment(one, container, self._configs.get(one.namespace, {}))

    def config(self, namespace: str, name: str) -> Mapping[str, str]:
        """A ConfigMap's keys and values."""
        return self._configs.get(namespace, {}).get(name, {})

    def behind(self, service: Manifest) -> Sequence[Manifest]:
        """The workloads whose pods a Service sends to."""
        return self._behind.get((service.namespace, service.name), ())

    def fronts(self, workload: Manifest) -> Sequence[Manifest]:
        """The Services in front of a workload."""
        return self._fronts.get(workload.ref, ())

    def entity(self, workload: Manifest) -> str:
        """What a workload is on the map: a service, a database, a queue; a job is itself."""
        if workload.kind not in objects.RUNNING:
            return workload.ref
        if workload.ref not in self._names:
            kind = role_of(software(workload).name, workload.name) or "service"
            self._names[workload.ref] = f"{kind}:{self._name(workload, kind)}"
        return self._names[workload.ref]

    def _name(self, workload: Manifest, kind: str) -> str:
        if kind == "service" and (told := self._telemetry_name(workload)):
            return told
        names = [s.name for s in self.fronts(workload) if not s.name.endswith(_ASIDE)]
        return workload.name if workload.name in names else min(names, key=_plainest, default=workload.name)

    def _telemetry_name(self, workload: Manifest) -> str:
        labels = (workload.pod_labels.get(label, "") for label in _TELEMETRY_LABELS)
        if told := next((label for label in labels if label), ""):
            return told
        for container in workload.containers[:1]:
            env = self.environment(workload, container)
            attributes = dict(
                pair.split("=", 1)
                for pair in env.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
                if "=" in pair
            )
            said = (*(env.get(v, "") for v in _TELEMETRY_VARIABLES), attributes.get("service.name", ""))
            return next((s for s in said if s and "$" not in s and "\n" not in s and len(s) < 200), "")
        return ""

    def service_entity(self, service: Manifest) -> str:
        """What stands behind a Service: its workload's entity, else a service of its own name."""
        workloads = self.behind(service)
        if workloads:
            return self.entity(min(workloads, key=lambda w: (w.name != service.name, w.name)))
        if outside := text(service.content, "spec", "externalName"):
            return f"peer:{outside.lower()}"
        return f"service:{service.name}"

    def resolve(self, address: Address, namespace: str, role: Role) -> tuple[str, bool]:
        """The entity at an address as a pod of a namespace sees it, and whether a manifest shows it.

        What lies in no manifest is named by its host: within the cluster by its Service's name alone.
        """
        inside = _inside(address.host, namespace)
        for place in inside:
            if service := self._services.get(place):
                entity = self.service_entity(service)
                if entity.startswith("peer:") and role in ("database", "queue"):
                    entity = f"{role}:{entity.removeprefix('peer:')}"
                return entity, True
        name = inside[0][1] if inside and (".svc" in address.host or "." not in address.host) else ""
        if name:
            return f"{role or 'service'}:{name}", False
        return f"{role if role in ('database', 'queue') else 'peer'}:{address.host}", False


def software(workload: Manifest) -> Image:
    """The image of what a workload is for."""
    return image(text(workload.containers[0], "image")) if workload.containers else image("")


def _plainest(name: str) -> tuple[int, str]:
    return len(name), name


def _inside(host: str, namespace: str) -> list[tuple[str, str]]:
    """(namespace, Service) that a host may mean within the cluster, the likeliest first.

    `db`, `db.clinic`, `db.clinic.svc.cluster.local`, and one pod of a StatefulSet: `db-0.db.clinic.svc`.
    """
    parts = host.split(".")
    if "svc" in parts:
        at = parts.index("svc")
        return [(parts[at - 1], parts[at - 2])] if at >= 2 else []
    if len(parts) == 1:
        return [(namespace, host)]
    if len(parts) == 2:
        return [(parts[1], parts[0]), (namespace, parts[1])]
    return [(parts[2], parts[1])] if len(parts) == 3 else []


def clusters(found: Sequence[Manifest]) -> Iterator[Cluster]:
    """The sets of a repository's objects, each with what all share; one where nothing is there twice."""
    roots = sets.roots((one.ref, one.place.path) for one in found)
    by_set = sets.split(((one.place.path, one) for one in found), roots)
    shared = by_set.pop("", [])
    for name in sorted(by_set) or [""]:
        above = [
            o for other in by_set if other != name and name.startswith(f"{other}/") for o in by_set[other]
        ]
        yield Cluster([*shared, *above, *by_set.get(name, [])])
