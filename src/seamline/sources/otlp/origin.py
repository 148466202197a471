"""Who speaks: what the attributes of a resource say of its series' labels, its entity and its place on the map."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from seamline.model import refs
from seamline.sources.otlp.attributes import Value, attributes, first_text, text_of
from seamline.sources.otlp.naming import label_name
from seamline.sources.otlp.series import Proof
from seamline.sources.otlp.shape import Export, OfResource

# label -> the attributes that may say it, the present spelling first
_LABELS = {
    "service_name": ("service.name",),
    "version": ("service.version",),
    "deployment_environment": ("deployment.environment.name", "deployment.environment"),
    "namespace": ("k8s.namespace.name",),
    "cluster": ("k8s.cluster.name",),
    "horizontalpodautoscaler": ("k8s.hpa.name",),
}
_READ = {key for keys in _LABELS.values() for key in keys}
_KUBERNETES = re.compile(r"k8s\.(\w+)\.name")  # and any other object by its kind: pod, deployment, node ...
_OF_ONE_REPLICA = frozenset({"instance", "pod", "node", "container", "replicaset"})
_REVISION_KEYS = ("vcs.ref.head.revision", "vcs.repository.ref.revision", "container.image.id")
_REPOSITORY = re.compile(r"\w+://[^/]+/([^/]+/.+?)(?:\.git)?/?")
_NAMELESS = "unknown_service"  # what a library sends when nobody told it the service's name
_REVISION = re.compile(r"[0-9a-f]{40}|(?:sha256:)?[0-9a-f]{64}")


class Origin(Struct, frozen=True, eq=False):
    """A sender. Equal attributes give the very same object as long as it is remembered.

    `labels` are those of every series of it, sorted; `shared` what its replicas have in common of them. `ref` is the
    entity it speaks of when it speaks of itself, `service` the same if that is a service, else "". `proofs` come with
    their evidence.
    """

    labels: Mapping[str, str]
    shared: Mapping[str, str]
    ref: str
    service: str
    proofs: Mapping[Proof, str]


@lru_cache(maxsize=4096)
def origin(encoded: tuple[bytes, ...]) -> Origin:
    """The sender behind the attributes of a resource. Raises Unreadable."""
    found = attributes(encoded)
    if text_of(found.get("service.name")).startswith(_NAMELESS):
        del found["service.name"]
    labels = dict(sorted(_labels(found).items()))
    service = f"service:{labels['service_name']}" if "service_name" in labels else ""
    return Origin(
        labels=labels,
        shared={name: text for name, text in labels.items() if name not in _OF_ONE_REPLICA},
        ref=service or _without_service(labels, found),
        service=service,
        proofs=dict(_proofs(service, labels, found) if service else _scaled(labels, found)),
    )


def origin_of(of_resource: OfResource) -> Origin:
    """The sender of one part of a request. Raises Unreadable."""
    return origin(tuple(of_resource.resource.attributes))


def senders(export: Export) -> Iterator[Origin]:
    """Everyone who speaks in a request. Raises Unreadable."""
    return map(origin_of, export.resources)


def items(export: Export) -> Iterator[tuple[Origin, Any]]:
    """Every span or log record of a request, with its sender. Raises Unreadable."""
    for of_resource in export.resources:
        sender = origin_of(of_resource)
        for of_scope in of_resource.scopes:
            for item in of_scope.items:
                yield sender, item


def _labels(found: Mapping[str, Value]) -> dict[str, str]:
    """A service is told by its name and place; a resource that names none is told apart by all it has."""
    labels: dict[str, str] = {}
    if "service.name" not in found:
        labels = {label_name(key): text_of(value) for key, value in found.items() if key not in _READ}
    labels |= {match[1]: text_of(v) for key, v in found.items() if (match := _KUBERNETES.fullmatch(key))}
    labels |= {label: first_text(found, *keys) for label, keys in _LABELS.items()}
    labels["instance"] = first_text(found, "service.instance.id") or _process(found)
    return {name: text for name, text in labels.items() if text}


def _process(found: Mapping[str, Value]) -> str:
    """Which of several processes speaks, for a sender without an instance id: they count separately."""
    if first_text(found, "k8s.pod.name"):
        return first_text(found, "process.pid")
    return ":".join(text for key in ("host.name", "process.pid") if (text := first_text(found, key)))


def _without_service(labels: Mapping[str, str], found: Mapping[str, Value]) -> str:
    ref = refs.from_labels(labels)
    host = first_text(found, "host.name")
    return f"host:{host}" if host and ref == refs.from_labels({}) else ref


def _proofs(
    service: str, labels: Mapping[str, str], found: Mapping[str, Value]
) -> Iterator[tuple[Proof, str]]:
    yield (service, "exists", ""), "it sends telemetry"
    for revision, key in _revisions(found).items():
        yield (service, "built_from", f"revision:{revision}"), f"{key} of what it sends"
    if repository := _REPOSITORY.fullmatch(first_text(found, "vcs.repository.url.full")):
        yield (service, "built_from", f"repo:{repository[1]}"), "vcs.repository.url.full of what it sends"
    if "deployment" in labels and "namespace" in labels:
        deployment = f"deployment:{labels['namespace']}/{labels['deployment']}"
        yield (service, "runs_on", deployment), "k8s.deployment.name of what it sends"


def _scaled(labels: Mapping[str, str], found: Mapping[str, Value]) -> Iterator[tuple[Proof, str]]:
    """What an autoscaler sizes, by its own resource."""
    ref = refs.from_labels(labels)
    target = first_text(found, "k8s.hpa.scaletargetref.name")
    if (
        target
        and "horizontalpodautoscaler" in labels
        and found.get("k8s.hpa.scaletargetref.kind") == "Deployment"
    ):
        deployment = f"deployment:{labels.get('namespace', 'default')}/{target}"
        yield (ref, "scales", deployment), "k8s.hpa.scaletargetref.name of its metrics"


def _revisions(found: Mapping[str, Value]) -> dict[str, str]:
    """The commit and the image that run, with the attribute that says so. Only full ones: a short one fits several."""
    told = {first_text(found, key): key for key in _REVISION_KEYS}
    digests = found.get("container.image.repo_digests")
    for digest in digests if isinstance(digests, list) else []:
        told.setdefault(text_of(digest).rpartition("@")[2], "container.image.repo_digests")
    return {revision: key for revision, key in told.items() if _REVISION.fullmatch(revision)}
