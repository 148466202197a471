"""What objects say of each other, as facts of the map."""

from collections.abc import Iterator

from seamline.analysis.manifests.addresses import Address
from seamline.analysis.manifests.environment import links
from seamline.analysis.manifests.objects import ROUTES, WORKLOADS, Manifest, backends, ref_of
from seamline.analysis.manifests.plain import part, rows, text
from seamline.artefacts.kubernetes.cluster import Cluster
from seamline.model.artefact import Fact

_AUTOSCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})
_PART_OF = "app.kubernetes.io/part-of"
_NAME = "app.kubernetes.io/name"
# Triggers of KEDA and the fields that name what is waited for. https://keda.sh/docs/latest/scalers/
_TRIGGERS: dict[str, tuple[str, ...]] = {
    "kafka": ("topic",), "rabbitmq": ("queueName",), "aws-sqs-queue": ("queueURL",), "azure-servicebus": ("queueName", "topicName"),
    "gcp-pubsub": ("subscriptionName", "topicName"), "pulsar": ("topic",), "nats-jetstream": ("stream",), "azure-queue": ("queueName",),
    "activemq": ("destinationName",), "artemis-queue": ("queueName",), "redis-streams": ("stream",),
}  # fmt: skip


def facts(cluster: Cluster) -> Iterator[Fact]:
    """Each fact once, in the order of the objects."""
    yield from dict.fromkeys(fact for one in cluster.objects for fact in _of(one, cluster))


def _of(one: Manifest, cluster: Cluster) -> Iterator[Fact]:
    if one.kind in WORKLOADS:
        yield from _of_workload(one, cluster)
    elif one.kind == "Service":
        yield from _of_service(one, cluster)
    elif one.kind in _AUTOSCALERS:
        yield from _of_autoscaler(one, cluster)
    elif one.kind == "Ingress" or one.kind in ROUTES:
        yield Fact(one.ref, "exists", one.place)
        for namespace, name, _ in backends(one):
            entity, _ = cluster.resolve(Address(f"{name}.{namespace}.svc"), namespace, "service")
            yield Fact(one.ref, "calls", one.place, entity)


def _of_workload(one: Manifest, cluster: Cluster) -> Iterator[Fact]:
    entity = cluster.entity(one)
    yield Fact(one.ref, "exists", one.place)
    if entity != one.ref:
        yield Fact(entity, "exists", one.place)
        yield Fact(entity, "runs_on", one.place, one.ref)
        named = one.labels.get(_NAME, "")
        if named and named != entity.partition(":")[2]:
            yield Fact(entity, "named", one.place, named)
    if whole := one.labels.get(_PART_OF):
        yield Fact(entity, "part_of", one.place, f"system:{whole}")
    for container in one.containers:
        yield from _of_environment(one, entity, cluster.environment(one, container), cluster)


def _of_environment(one: Manifest, entity: str, env: dict[str, str], cluster: Cluster) -> Iterator[Fact]:
    for link in links(env):
        if link.predicate in ("consumes", "publishes") or (
            link.role == "queue"
            and not link.address.port
            and "." not in link.address.host
            and not link.address.scheme
        ):
            other, shown = f"queue:{link.address.host}", True
        else:
            other, shown = cluster.resolve(link.address, one.namespace, link.role)
        if other == entity or not (link.sure or shown):
            continue
        predicate = _predicate(link.predicate, other)
        yield Fact(entity, predicate, one.place, other)
        if link.address.scheme and link.address.database and other.startswith("database:"):
            yield Fact(other, "named", one.place, str(link.address))


def _predicate(said: str, other: str) -> str:
    """What is called over HTTP may be a database all the same, and the other way round."""
    if said in ("consumes", "publishes"):
        return said
    return "uses" if other.startswith(("database:", "queue:")) else "calls"


def _of_service(one: Manifest, cluster: Cluster) -> Iterator[Fact]:
    entity = cluster.service_entity(one)
    own = f"{entity.partition(':')[0]}:{one.name}"
    if entity.startswith("peer:"):
        yield Fact(f"service:{one.name}", "same_as", one.place, entity)
    elif own != entity and len({cluster.entity(w) for w in cluster.behind(one)}) == 1:
        yield Fact(own, "same_as", one.place, entity)
    else:
        yield Fact(own, "exists", one.place)
    for workload in cluster.behind(one):
        if cluster.entity(workload) != entity:
            yield Fact(own, "runs_on", one.place, workload.ref)


def _of_autoscaler(one: Manifest, cluster: Cluster) -> Iterator[Fact]:
    yield Fact(one.ref, "exists", one.place)
    target = target_of(one)
    if not target:
        return
    yield Fact(one.ref, "scales", one.place, target)
    if one.kind == "ScaledObject":
        made = (
            text(one.content, "spec", "advanced", "horizontalPodAutoscalerConfig", "name")
            or f"keda-hpa-{one.name}"
        )
        yield Fact(one.ref, "same_as", one.place, ref_of("HorizontalPodAutoscaler", one.namespace, made))
        workload = next((w for w in cluster.workloads if w.ref == target), None)
        consumer = cluster.entity(workload) if workload else f"service:{target.rpartition('/')[2]}"
        for queue in _awaited(one):
            yield Fact(consumer, "consumes", one.place, f"queue:{queue}")


def target_of(one: Manifest) -> str:
    """The ref of what an autoscaler sizes, "" when it names none."""
    target = part(one.content, "spec", "scaleTargetRef")
    name = text(target, "name")
    return ref_of(text(target, "kind") or "Deployment", one.namespace, name) if name else ""


def _awaited(one: Manifest) -> Iterator[str]:
    for trigger in rows(one.content, "spec", "triggers"):
        for field in _TRIGGERS.get(text(trigger, "type"), ()):
            name = text(trigger, "metadata", field).rstrip("/").rpartition("/")[2]
            if name and "$" not in name and ":" not in name:
                yield name
                break
