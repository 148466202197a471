"""Images: versions that a server may not start its data with, and tags that mean another image tomorrow."""

from collections.abc import Iterator, Sequence

from seamline.analysis.manifests.images import Image, image
from seamline.analysis.manifests.objects import Manifest
from seamline.analysis.manifests.plain import rows, text
from seamline.guards.kubernetes._states import State, called, pairs, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/image-major", "kubernetes/image-latest")
WHOLE = True


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, refs and containers."""
    return [f for was, now in states(before, after) for f in _of(was, now)]


def _of(was: State, now: State) -> Iterator[Finding]:
    for a, b in pairs(was, now, *sorted({w.kind for w in now.workloads})):
        if b is None:
            continue
        had = _images(a) if a else {}
        for container, new in _images(b).items():
            old = had.get(container)
            if new.floats and new.name and (old is None or not old.floats):
                yield say(
                    "image-latest", ("note", "low", 0.95), b,
                    f"container {container} of {called(b)} takes {new.repository}:{new.tag or 'latest'}: the next pod may run "
                    "something else, and a rollback brings nothing back",
                    "name a version, or better a digest",
                )  # fmt: skip
            if old and old.repository == new.repository and _moved(old, new):
                yield _major(container, old, new, b)


def _images(one: Manifest) -> dict[str, Image]:
    found = rows(one.template, "spec", "initContainers") + rows(one.template, "spec", "containers")
    return {text(c, "name"): image(text(c, "image")) for c in found}


def _moved(old: Image, new: Image) -> bool:
    return old.major is not None and new.major is not None and old.major != new.major


def _major(container: str, old: Image, new: Image, one: Manifest) -> Finding:
    data = new.role != ""
    what = (
        "its data files are those of the old version" if data else "what it answers may have changed with it"
    )
    do = (
        "migrate the data first: dump and restore, replication, or the product's own upgrade, with a backup that was restored once"
        if data
        else "read its upgrade notes, release it to one replica first, keep the old version to go back to"
    )
    return say(
        "image-major", ("hold", "high", 0.85) if data else ("note", "medium", 0.9), one,
        f"container {container} of {called(one)} goes from {old.name} {old.tag} to {new.tag}, another major version: {what}",
        do,
    )  # fmt: skip
