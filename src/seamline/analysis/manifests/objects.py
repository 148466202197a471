"""Kubernetes objects as manifests describe them: what runs, what selects it, what it refers to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from seamline.analysis.manifests.environment import expanded
from seamline.analysis.manifests.plain import part, rows, table, text, texts, words
from seamline.model.artefact import Document, Place

# Where the template of the pods stands.
_TEMPLATE = {
    "Deployment": ("spec", "template"), "StatefulSet": ("spec", "template"), "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"), "ReplicationController": ("spec", "template"), "Job": ("spec", "template"),
    "Rollout": ("spec", "template"), "DeploymentConfig": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"), "Pod": (),
}  # fmt: skip
WORKLOADS = frozenset(_TEMPLATE)
RUNNING = WORKLOADS - {"Job", "CronJob"}  # those that stay up
_CLUSTER_WIDE_TEXT = """
Node Namespace PersistentVolume StorageClass ClusterRole ClusterRoleBinding CustomResourceDefinition
PriorityClass IngressClass GatewayClass
"""
CLUSTER_WIDE = frozenset(_CLUSTER_WIDE_TEXT.split())
_SPELLED = {"HorizontalPodAutoscaler": "autoscaler", "ScaledObject": "autoscaler", "Job": "batchjob"}


def ref_of(kind: str, namespace: str, name: str) -> str:
    """The ref of an object, spelled as the cluster's own events spell it (`sources.kubernetes.refs`).

    >>> ref_of("Deployment", "clinic", "appt-web"), ref_of("HorizontalPodAutoscaler", "clinic", "appt-web")
    ('deployment:clinic/appt-web', 'autoscaler:clinic/appt-web')
    """
    spelled = _SPELLED.get(kind, kind.lower())
    return f"{spelled}:{name}" if kind in CLUSTER_WIDE else f"{spelled}:{namespace}/{name}"


class Manifest(Struct, frozen=True):
    """One object. `content` is the whole of it."""

    kind: str
    api_version: str
    namespace: str  # "default" where it names none, "" for what belongs to the whole cluster
    name: str
    content: Any
    place: Place

    @property
    def ref(self) -> str:
        return ref_of(self.kind, self.namespace, self.name)

    @property
    def labels(self) -> dict[str, str]:
        return texts(self.content, "metadata", "labels")

    @property
    def template(self) -> Mapping[str, Any]:
        """The pods' template, the object itself for a Pod; empty for what runs nothing."""
        return table(self.content, *_TEMPLATE[self.kind]) if self.kind in _TEMPLATE else {}

    @property
    def pod_labels(self) -> dict[str, str]:
        return texts(self.template, "metadata", "labels")

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """The pods' containers that stay up, the first being what the pod is for."""
        spec = part(self.template, "spec")
        sidecars = [c for c in rows(spec, "initContainers") if text(c, "restartPolicy") == "Always"]
        return rows(spec, "containers") + sidecars


def manifest(content: Any, place: Place) -> Manifest | None:
    """The object that a document holds; None when it is none, or has no name to be spoken of by."""
    kind, version = part(content, "kind"), part(content, "apiVersion")
    name = text(content, "metadata", "name")
    if not (isinstance(kind, str) and isinstance(version, str) and kind and version and name):
        return None
    namespace = "" if kind in CLUSTER_WIDE else text(content, "metadata", "namespace") or "default"
    return Manifest(kind, version, namespace, name, content, place)


def of_document(document: Document | None) -> Manifest | None:
    """The object that a finding of format `kubernetes` holds."""
    return (
        manifest(document.content, document.place) if document and document.format == "kubernetes" else None
    )


# -- selection ------------------------------------------------------------------------------------
def pod_selector(one: Manifest) -> Any:
    """What picks a workload's own pods: `matchLabels` and `matchExpressions`, or plain labels in older kinds."""
    found = part(one.content, "spec", "selector")
    if one.kind in ("ReplicationController", "DeploymentConfig", "Service") and isinstance(found, Mapping):
        return {"matchLabels": found}
    return found


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a label selector picks these labels. An empty one picks everything, None nothing.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    if not isinstance(selector, Mapping):
        return False
    if any(labels.get(key) != value for key, value in texts(selector, "matchLabels").items()):
        return False
    return all(_holds(expression, labels) for expression in rows(selector, "matchExpressions"))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = text(expression, "key"), words(expression, "values")
    match text(expression, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


Pods = Mapping[str, Sequence[tuple[Manifest, Mapping[str, str]]]]  # namespace -> workload, its pods' labels


def pods_of(workloads: Sequence[Manifest]) -> Pods:
    """What Services may send to, ready to be selected from."""
    out: dict[str, list[tuple[Manifest, Mapping[str, str]]]] = {}
    for workload in workloads:
        if workload.kind in RUNNING:
            out.setdefault(workload.namespace, []).append((workload, workload.pod_labels))
    return out


def behind(service: Manifest, pods: Pods) -> list[Manifest]:
    """The workloads whose pods a Service sends to; none where it has no selector (somebody else fills it)."""
    selector = texts(service.content, "spec", "selector").items()
    if not selector or text(service.content, "spec", "type") == "ExternalName":
        return []
    return [workload for workload, labels in pods.get(service.namespace, ()) if selector <= labels.items()]


# -- what the pods are given ----------------------------------------------------------------------------
Configs = Mapping[str, Mapping[str, str]]  # ConfigMap -> key -> value


def environment(one: Manifest, container: Mapping[str, Any], configs: Configs) -> dict[str, str]:
    """A container's variables as far as manifests give them: literals, labels handed down, ConfigMaps.

    `configs` are those of its namespace. What stands in a Secret is not looked at.
    """
    said: dict[str, str] = {}
    for row in rows(container, "envFrom"):
        prefix = text(row, "prefix")
        values = configs.get(text(row, "configMapRef", "name"), {})
        said |= {f"{prefix}{key}": value for key, value in values.items()}
    own: list[tuple[str, str]] = []
    for row in rows(container, "env"):
        name, value = text(row, "name"), _value(one, row, configs)
        if name and value is not None:
            own.append((name, value))
            said.pop(name, None)
    return expanded([*said.items(), *own])


def _value(one: Manifest, row: Mapping[str, Any], configs: Configs) -> str | None:
    if row.get("value") is not None:
        return text(row, "value")
    if key := table(row, "valueFrom", "configMapKeyRef"):
        return configs.get(text(key, "name"), {}).get(text(key, "key"))
    return _handed_down(one, text(row, "valueFrom", "fieldRef", "fieldPath"))


def _handed_down(one: Manifest, path: str) -> str | None:
    if path == "metadata.namespace":
        return one.namespace
    if path.startswith("metadata.labels['") and path.endswith("']"):
        return one.pod_labels.get(path.removeprefix("metadata.labels['").removesuffix("']"))
    return None


class Need(Struct, frozen=True, order=True):
    """What pods need of another object: a ConfigMap or Secret, one `key` of it or ("") all, a claim, an account."""

    kind: str
    name: str
    key: str
    where: str  # in words


def needs(one: Manifest) -> list[Need]:
    """Everything that a workload's pods can't start without, sorted; what is marked optional is left out."""
    spec = part(one.template, "spec")
    found = set(_of_volumes(spec))
    for container in rows(spec, "containers") + rows(spec, "initContainers"):
        found |= set(_of_container(container))
    for row in rows(spec, "imagePullSecrets"):
        if name := text(row, "name"):
            found.add(Need("Secret", name, "", "imagePullSecrets"))
    account = text(spec, "serviceAccountName") or text(spec, "serviceAccount")
    if account and account != "default":
        found.add(Need("ServiceAccount", account, "", "serviceAccountName"))
    return sorted(found)


def _of_container(container: Mapping[str, Any]) -> Iterator[Need]:
    called = text(container, "name")
    for row in rows(container, "env"):
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            source = table(row, "valueFrom", field)
            if source.get("name") and source.get("optional") is not True:
                where = f"variable {text(row, 'name')} of container {called}"
                yield Need(kind, text(source, "name"), text(source, "key"), where)
    for row in rows(container, "envFrom"):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            source = table(row, field)
            if source.get("name") and source.get("optional") is not True:
                yield Need(kind, text(source, "name"), "", f"envFrom of container {called}")


def _of_volumes(spec: Any) -> Iterator[Need]:
    for volume in rows(spec, "volumes"):
        where = f"volume {text(volume, 'name')}"
        sources = [volume, *rows(volume, "projected", "sources")]
        for source in sources:
            for field, kind, named in (
                ("configMap", "ConfigMap", "name"),
                ("secret", "Secret", "secretName"),
            ):
                inner = table(source, field)
                name = text(inner, named) or text(inner, "name")
                if name and inner.get("optional") is not True:
                    keys = [text(item, "key") for item in rows(inner, "items")] or [""]
                    yield from (Need(kind, name, key, where) for key in keys)
        if claim := text(volume, "persistentVolumeClaim", "claimName"):
            yield Need("PersistentVolumeClaim", claim, "", where)


def keys_of(one: Manifest) -> frozenset[str]:
    """The keys of a ConfigMap or Secret."""
    return frozenset(k for field in ("data", "binaryData", "stringData") for k in table(one.content, field))


def arguments(container: Mapping[str, Any]) -> list[str]:
    """The whole command line that a manifest gives a container."""
    return words(container, "command") + words(container, "args")


def backends(one: Manifest) -> Iterator[tuple[str, str, str | int]]:
    """(namespace, Service, port name or number, "" for none) that an Ingress or a Gateway route sends to."""
    if one.kind == "Ingress":
        yield from _of_ingress(one)
    elif one.kind in ROUTES:
        for rule in rows(one.content, "spec", "rules"):
            for ref in rows(rule, "backendRefs"):
                if text(ref, "kind") in ("", "Service") and text(ref, "name"):
                    namespace = text(ref, "namespace") or one.namespace
                    yield namespace, text(ref, "name"), _port(part(ref, "port"))


ROUTES = frozenset({"HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"})


def _of_ingress(one: Manifest) -> Iterator[tuple[str, str, str | int]]:
    spec = part(one.content, "spec")
    bare = [table(spec, "defaultBackend"), table(spec, "backend")]
    bare += [table(p, "backend") for r in rows(spec, "rules") for p in rows(r, "http", "paths")]
    for backend in bare:
        if name := text(backend, "service", "name"):
            port = part(backend, "service", "port", "number")
            yield (
                one.namespace,
                name,
                _port(part(backend, "service", "port", "name") if port is None else port),
            )
        elif name := text(backend, "serviceName"):  # before networking.k8s.io/v1
            yield one.namespace, name, _port(part(backend, "servicePort"))


def _port(said: Any) -> str | int:
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    return int(said) if isinstance(said, str) and said.isdecimal() and len(said) < 6 else str(said or "")
