"""How Kubernetes objects are named on the map."""

import re

_KINDS = {"HorizontalPodAutoscaler": "autoscaler", "Job": "batchjob"}  # a `job` is work on data
_CLUSTER_WIDE = frozenset({"Node", "Namespace", "PersistentVolume", "StorageClass"})
# The hash of a pod template: drawn from an alphabet without vowels, 0, 1 and 3, or hexadecimal. Words
# ("node-exporter-x7k2p", a DaemonSet's pod) and plain numbers ("backup-28412345-x7k2p", a CronJob's) are none.
_HASH = r"(?!\d+(?:-|$))(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|(?=[a-f]*\d)[\da-f]{8,10})"
_GENERATED = {  # what a Deployment's controllers put behind its name
    "ReplicaSet": re.compile(rf"(?P<deployment>.+)-{_HASH}"),
    "Pod": re.compile(rf"(?P<deployment>.+)-{_HASH}-[a-z\d]{{5}}"),
}


def ref_of(kind: str, namespace: str, name: str) -> str:
    """The ref of an object. Replica sets, and pods named as a Deployment's are, stand for their Deployment.

    >>> ref_of("Pod", "clinic", "appt-web-6d4cf56db6-x7k2p")
    'deployment:clinic/appt-web'
    >>> ref_of("Pod", "clinic", "postgres-0")
    'pod:clinic/postgres-0'
    """
    generated = _GENERATED.get(kind)
    if generated and (match := generated.fullmatch(name)):
        return f"deployment:{namespace}/{match['deployment']}"
    spelled = _KINDS.get(kind, kind.lower())
    return f"{spelled}:{name}" if kind in _CLUSTER_WIDE else f"{spelled}:{namespace}/{name}"
