"""Capacity that manifests set: sizes, bounds, requests and limits, pools, connections."""

from collections.abc import Iterator, Mapping

from seamline.analysis.manifests.connections import limit, pooled
from seamline.analysis.manifests.environment import pool_size, workers
from seamline.analysis.manifests.images import POOLERS
from seamline.analysis.manifests.objects import WORKLOADS, Manifest, arguments, needs
from seamline.analysis.manifests.plain import number, part, table
from seamline.analysis.manifests.quantity import quantity
from seamline.artefacts.kubernetes.cluster import Cluster, software
from seamline.model.artefact import Figure

_RESOURCES = (
    ("requests", "cpu", "cpu_request_cores"), ("limits", "cpu", "cpu_limit_cores"),
    ("requests", "memory", "memory_request_bytes"), ("limits", "memory", "memory_limit_bytes"),
)  # fmt: skip
# field, figure, and what the cluster takes where the field is not given
_BOUNDS: dict[str, tuple[tuple[str, str, float | None], ...]] = {
    "HorizontalPodAutoscaler": (("minReplicas", "min_replicas", 1.0), ("maxReplicas", "max_replicas", None)),
    "ScaledObject": (("minReplicaCount", "min_replicas", 0.0), ("maxReplicaCount", "max_replicas", 100.0)),
}


def figures(cluster: Cluster) -> Iterator[Figure]:
    """Each figure once, in the order of the objects."""
    yield from dict.fromkeys(figure for one in cluster.objects for figure in _of(one, cluster))


def _of(one: Manifest, cluster: Cluster) -> Iterator[Figure]:
    for field, name, default in _BOUNDS.get(one.kind, ()):
        said = part(one.content, "spec", field) is not None
        yield from _figure(one.ref, name, number(one.content, "spec", field) if said else default, one)
    if one.kind in WORKLOADS:
        yield from _figure(one.ref, "replicas", number(one.content, "spec", "replicas"), one)
        yield from _resources(one)
        yield from _connections(one, cluster)


def _figure(entity: str, name: str, value: float | None, one: Manifest) -> Iterator[Figure]:
    if value is not None and value >= 0:
        yield Figure(entity, name, value, one.place)


def _resources(one: Manifest) -> Iterator[Figure]:
    """Of a whole pod: the sum of its containers; none where one of them says nothing."""
    for kind, resource, name in _RESOURCES:
        said = [quantity(table(c, "resources", kind).get(resource)) for c in one.containers]
        known = [value for value in said if value is not None]
        if known and len(known) == len(said):
            yield from _figure(one.ref, name, sum(known), one)


def _connections(one: Manifest, cluster: Cluster) -> Iterator[Figure]:
    """Pools of what connects, and the limit of what is connected to."""
    entity = cluster.entity(one)
    env: dict[str, str] = {}
    for container in reversed(one.containers):
        env |= cluster.environment(one, container)
    pooler = software(one).name in POOLERS
    if entity.startswith("database:"):
        yield from _figure(entity, "max_connections", _limit(one, env, cluster, pooler=pooler), one)
    if not entity.startswith(("database:", "queue:")):
        yield from _figure(entity, "db_pool_size", pool_size(env), one)
        yield from _figure(entity, "workers_per_replica", workers(env), one)
    elif pooler:
        yield from _figure(entity, "db_pool_size", pooled(env), one)


def _limit(one: Manifest, env: Mapping[str, str], cluster: Cluster, *, pooler: bool) -> float | None:
    """Connections it takes; configuration is looked for in what is mounted into it."""
    mounted = sorted({need.name for need in needs(one) if need.kind == "ConfigMap"})
    settings = [value for name in mounted for value in cluster.config(one.namespace, name).values()]
    command = [argument for container in one.containers for argument in arguments(container)]
    return limit(env, command, settings, pooler=pooler)
