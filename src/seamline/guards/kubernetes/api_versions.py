"""API versions that newer clusters no longer serve. Table: kubernetes.io/docs/reference/using-api/deprecation-guide."""

from collections.abc import Iterator, Sequence

from seamline.guards.kubernetes._states import State, called, pairs, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/api-version-removed",)
WHOLE = True
_ALL = ""
# (apiVersion, kind or all of it) -> the release that no longer serves it, what to write instead
_REMOVED: dict[tuple[str, str], tuple[str, str]] = {
    ("extensions/v1beta1", "Deployment"): ("1.16", "apps/v1"),
    ("extensions/v1beta1", "DaemonSet"): ("1.16", "apps/v1"),
    ("extensions/v1beta1", "ReplicaSet"): ("1.16", "apps/v1"),
    ("extensions/v1beta1", "NetworkPolicy"): ("1.16", "networking.k8s.io/v1"),
    ("extensions/v1beta1", "PodSecurityPolicy"): ("1.16", "Pod Security Admission"),
    ("extensions/v1beta1", "Ingress"): ("1.22", "networking.k8s.io/v1"),
    ("apps/v1beta1", _ALL): ("1.16", "apps/v1"),
    ("apps/v1beta2", _ALL): ("1.16", "apps/v1"),
    ("networking.k8s.io/v1beta1", "Ingress"): ("1.22", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "IngressClass"): ("1.22", "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", _ALL): ("1.22", "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", _ALL): ("1.22", "rbac.authorization.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", _ALL): ("1.22", "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", _ALL): ("1.22", "apiregistration.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"): (
        "1.22", "admissionregistration.k8s.io/v1"
    ),
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"): (
        "1.22", "admissionregistration.k8s.io/v1"
    ),
    ("certificates.k8s.io/v1beta1", _ALL): ("1.22", "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", _ALL): ("1.22", "coordination.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", _ALL): ("1.22", "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "StorageClass"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "VolumeAttachment"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIDriver"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSINode"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity"): ("1.27", "storage.k8s.io/v1"),
    ("batch/v1beta1", "CronJob"): ("1.25", "batch/v1"),
    ("batch/v2alpha1", "CronJob"): ("1.21", "batch/v1"),
    ("discovery.k8s.io/v1beta1", _ALL): ("1.25", "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", _ALL): ("1.25", "events.k8s.io/v1"),
    ("policy/v1beta1", "PodDisruptionBudget"): ("1.25", "policy/v1"),
    ("policy/v1beta1", "PodSecurityPolicy"): ("1.25", "Pod Security Admission"),
    ("node.k8s.io/v1beta1", _ALL): ("1.25", "node.k8s.io/v1"),
    ("autoscaling/v2beta1", _ALL): ("1.25", "autoscaling/v2"),
    ("autoscaling/v2beta2", _ALL): ("1.26", "autoscaling/v2"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", _ALL): ("1.26", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", _ALL): ("1.29", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", _ALL): ("1.32", "flowcontrol.apiserver.k8s.io/v1"),
}  # fmt: skip


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Objects that come to a removed version, or are new with one; what stood there already is not the change's."""
    return [f for was, now in states(before, after) for f in _of(was, now)]


def _of(was: State, now: State) -> Iterator[Finding]:
    kinds = sorted({one.kind for one in now.objects.values()})
    for a, b in pairs(was, now, *kinds):
        if b is None or (a is not None and a.api_version == b.api_version):
            continue
        found = _REMOVED.get((b.api_version, b.kind)) or _REMOVED.get((b.api_version, _ALL))
        if found:
            yield say(
                "api-version-removed", ("hold", "high", 0.95), b,
                f"{called(b)} is written in {b.api_version}, which Kubernetes {found[0]} and later refuse",
                f"write it in {found[1]}; kubectl convert shows the fields that moved",
            )  # fmt: skip
