"""Capacity that manifests set: sizes, bounds, requests and limits, pools, connections."""

import re
from collections.abc import Iterator, Mapping

from seamline.analysis.manifests.environment import pool_size, workers
from seamline.analysis.manifests.images import POOLERS
from seamline.analysis.manifests.objects import Manifest, arguments, needs
from seamline.analysis.manifests.plain import number, table
from seamline.analysis.manifests.quantity import quantity
from seamline.artefacts.kubernetes.cluster import Cluster, software
from seamline.model.artefact import Figure

_RESOURCES = (
    ("requests", "cpu", "cpu_request_cores"), ("limits", "cpu", "cpu_limit_cores"),
    ("requests", "memory", "memory_request_bytes"), ("limits", "memory", "memory_limit_bytes"),
)  # fmt: skip
_BOUNDS = {
    "HorizontalPodAutoscaler": (("minReplicas", "min_replicas"), ("maxReplicas", "max_replicas")),
    "ScaledObject": (("minReplicaCount", "min_replicas"), ("maxReplicaCount", "max_replicas")),
}
_ARGUMENT = re.compile(r"(?:-c\s*)?(?:--)?max[_-]connections=(\d{1,7})")
_VARIABLES = (
    "POSTGRESQL_MAX_CONNECTIONS",
    "POSTGRES_MAX_CONNECTIONS",
    "MYSQL_MAX_CONNECTIONS",
    "MARIADB_MAX_CONNECTIONS",
)
_POOLER_VARIABLES = ("PGBOUNCER_MAX_CLIENT_CONN", "MAX_CLIENT_CONN")
_POOLER_POOLS = (
    "PGBOUNCER_MAX_DB_CONNECTIONS",
    "MAX_DB_CONNECTIONS",
    "PGBOUNCER_DEFAULT_POOL_SIZE",
    "DEFAULT_POOL_SIZE",
)
_SETTING = re.compile(r"(?m)^\s*max[_-]connections\s*[=\s]\s*'?(\d{1,7})'?\s*(?:#.*)?$")
_POOLER_SETTING = re.compile(r"(?m)^\s*max_client_conn\s*=\s*(\d{1,7})\s*(?:[;#].*)?$")


def figures(cluster: Cluster) -> Iterator[Figure]:
    """Each figure once, in the order of the objects."""
    yield from dict.fromkeys(figure for one in cluster.objects for figure in _of(one, cluster))


def _of(one: Manifest, cluster: Cluster) -> Iterator[Figure]:
    for field, name in _BOUNDS.get(one.kind, ()):
        yield from _figure(one.ref, name, number(one.content, "spec", field), one)
    if one in cluster.workloads:
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
        yield from _figure(entity, "db_pool_size", _count(env, _POOLER_POOLS), one)


def _limit(one: Manifest, env: Mapping[str, str], cluster: Cluster, *, pooler: bool) -> float | None:
    """Connections it takes: from its command line, its environment, else the configuration mounted into it."""
    if (said := _count(env, _POOLER_VARIABLES if pooler else _VARIABLES)) is not None:
        return said
    setting = _POOLER_SETTING if pooler else _SETTING
    for container in one.containers:
        for argument in [] if pooler else arguments(container):
            if match := _ARGUMENT.fullmatch(argument.strip()) or re.search(
                r"\s--max[_-]connections=(\d{1,7})\b|\s-c\s*max_connections=(\d{1,7})\b", argument
            ):
                return float(next(g for g in match.groups() if g))
    for need in needs(one):
        if need.kind == "ConfigMap":
            for value in cluster.config(one.namespace, need.name).values():
                if match := setting.search(value[:200_000]):
                    return float(match[1])
    return None


def _count(env: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    return next((float(env[n]) for n in names if re.fullmatch(r"\d{1,7}", env.get(n, "").strip())), None)
