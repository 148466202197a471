"""From the files of a repository to objects, and from objects to findings."""

import re
from collections.abc import Iterator, Sequence, Set
from typing import Any

from seamline.analysis.manifests.objects import Manifest, manifest
from seamline.analysis.manifests.plain import entries, part
from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.kubernetes.cluster import clusters
from seamline.artefacts.kubernetes.facts import facts
from seamline.artefacts.kubernetes.figures import figures
from seamline.artefacts.kubernetes.owners import owners
from seamline.artefacts.kubernetes.pruned import pruned
from seamline.artefacts.kubernetes.unrendered import Unrendered
from seamline.model.artefact import Artefact, Document, Fact, Figure, Found, Ownership, Place, Unread

name = "kubernetes"
_ENDINGS = (".yaml", ".yml", ".json")
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:node_modules|\.github/workflows|package(?:-lock)?\.json|tsconfig\.json)(?:/|$)"
)
_HEAD = re.compile(rb"""^[ \t\x00-]*['"]?apiVersion['"]?\x00?\s*:|['"]apiVersion['"]\s*:""", re.MULTILINE)
_BOM_16 = (b"\xff\xfe", b"\xfe\xff")
_GROUPS = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions", "keda.sh"})
_LIST_DEPTH = 3


def takes(path: str) -> bool:
    """Whether a file may hold manifests: any YAML or JSON that isn't known to be something else."""
    return path.lower().endswith(_ENDINGS) and not _ELSEWHERE.search(path)


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """Documents, facts, figures, owners of all manifests, and what could not be read. Never raises."""
    unrendered = Unrendered(files)
    yield from unrendered.told()
    objects: list[Manifest] = []
    for file in files:
        if not unrendered.covers(file) and _may_hold(file):
            found, unread = _objects(file)
            objects += found
            yield from unread
    said: dict[Fact | Figure | Ownership, None] = {}  # what sets share is said once
    for cluster in clusters(objects):
        for view in (facts, figures, owners):
            said |= dict.fromkeys(view(cluster))
    known = {fact.subject for fact in said if isinstance(fact, Fact) and fact.predicate == "exists"}
    yield from (_document(one, known) for one in objects)
    yield from said


def _may_hold(file: Artefact) -> bool:
    """Whether the bytes name an API version anywhere; most YAML and JSON of a repository doesn't."""
    return file.data.startswith(_BOM_16) or _HEAD.search(file.data) is not None


def _objects(file: Artefact) -> tuple[list[Manifest], list[Unread]]:
    docs, unread = documents(file)
    found = [one for doc in docs for content, place in _flat(doc) if (one := manifest(content, place))]
    return [one for one in found if is_kubernetes(one)], unread


def _flat(doc: Doc) -> Iterator[tuple[Any, Place]]:
    """The objects of a document, with their places: itself, or the items of a List (of Lists)."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(doc.content, ())]
    while waiting:
        content, path = waiting.pop()
        kind = part(content, "kind")
        if isinstance(kind, str) and kind.endswith("List") and len(path) < 2 * _LIST_DEPTH:
            items = [(item, (*path, "items", n)) for n, item in enumerate(entries(content, "items"))]
            waiting += reversed(items)
        else:
            yield content, doc.at(*path) if path else doc.place


def is_kubernetes(one: Manifest) -> bool:
    """Whether an object belongs to Kubernetes itself, or to what scales and routes in it."""
    group = one.api_version.rpartition("/")[0]
    if group in _GROUPS or (group.endswith(".k8s.io") and group != "kustomize.config.k8s.io"):
        return True
    return (group, one.kind) in (("argoproj.io", "Rollout"), ("apps.openshift.io", "DeploymentConfig"))


def _document(one: Manifest, known: Set[str]) -> Document:
    """Rules find objects by what is in them. Of nobody ("") is what stands on the map as no entity of its own."""
    named = (
        (f"{kind}:{one.name}" for kind in ("service", "database", "queue"))
        if one.kind == "Service"
        else (one.ref,)
    )
    return Document(next((ref for ref in named if ref in known), ""), "kubernetes", pruned(one), one.place)
