"""Whose an object is, by its labels and annotations."""

import re
from collections.abc import Iterator

from seamline.analysis.manifests.objects import WORKLOADS, Manifest
from seamline.analysis.manifests.plain import texts
from seamline.artefacts.kubernetes.cluster import Cluster
from seamline.model.artefact import Ownership

_NAMES_OWNER = re.compile(r"(?:.*/)?(?:owner|owners|owned-by|team|squad|owning-team|maintainer|contact)")
_MANAGED_BY = "app.kubernetes.io/managed-by"
# Programs, whatever their spelling: they manage objects, and own none.
_PROGRAM = re.compile(
    r"(?i)(?:helm|tiller|kustomize|argo.?cd|flux|terraform|pulumi|skaffold|tanka|cdk8s|jsonnet|kubectl|kompose|ansible|"
    r"carvel|kapp|kapp-controller|crossplane|olm|rancher|fleet|config-connector|eks|gke|aks).*|.*(?:-operator|-controller)"
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST = 200


def owners(cluster: Cluster) -> Iterator[Ownership]:
    """Each claim once: of an object that is on the map, and of the service or database it runs."""
    claims = (c for one in cluster.objects for entity in _entities(one, cluster) for c in _of(one, entity))
    yield from dict.fromkeys(claims)


def _entities(one: Manifest, cluster: Cluster) -> list[str]:
    if one.kind in WORKLOADS:
        return list(dict.fromkeys((one.ref, cluster.entity(one))))
    if one.kind == "Service":
        return [cluster.service_entity(one)]
    return (
        [one.ref] if one.kind in ("HorizontalPodAutoscaler", "ScaledObject", "Ingress", "HTTPRoute") else []
    )


def _of(one: Manifest, entity: str) -> Iterator[Ownership]:
    for field, how in (("labels", "label"), ("annotations", "annotation")):
        for key, value in sorted(texts(one.content, "metadata", field).items()):
            told = _NAMES_OWNER.fullmatch(key) or (key == _MANAGED_BY and not _PROGRAM.fullmatch(value))
            if told and len(value) <= _LONGEST:
                for owner in spelled(value):
                    yield Ownership(entity, owner, one.place, f"{how} {key}")


def spelled(value: str) -> Iterator[str]:
    """Owners as the tools they come from spell them: addresses, GitHub's @names, else a bare name.

    >>> list(spelled("@acme/pay, ana@acme.example")), list(spelled("payments"))
    (['github:@acme/pay', 'email:ana@acme.example'], ['kubernetes:payments'])
    """
    for each in re.split(r"[,;]", value):
        name = each.strip()
        if _EMAIL.fullmatch(name):
            yield f"email:{name}"
        elif name.startswith("@"):
            yield f"github:{name}"
        elif name and "://" not in name and not name.startswith("#"):
            yield f"kubernetes:{name}"
