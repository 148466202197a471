"""What an entity is part of, needs, offers, is built from, and whose it is."""

import re
from collections.abc import Iterator

from seamline.artefacts.backstage.entity import Entity, Ref
from seamline.artefacts.backstage.refs import Names, plain
from seamline.model.artefact import Fact, Found, Ownership, Place, Unread
from seamline.model.refs import kind_of, name_of

# field of `spec`, kind that a reference without one has, predicate, whether the entity is the subject
_FIELDS = (
    ("system", "system", "part_of", True),
    ("domain", "domain", "part_of", True),
    ("subdomainOf", "domain", "part_of", True),
    ("subcomponentOf", "component", "part_of", True),
    ("providesApis", "api", "serves", True),
    ("consumesApis", "api", "calls", True),
    ("dependsOn", "", "depends_on", True),
    ("dependencyOf", "", "depends_on", False),
)
_SLUGS = (
    "github.com/project-slug", "gitlab.com/project-slug", "bitbucket.org/project-slug", "bitbucket.com/project-slug",
    "gitea.com/project-slug", "dev.azure.com/project-repo",
)  # fmt: skip
_SOURCE = "backstage.io/source-location"
_SAME = {
    "pagerduty.com/service-id": "pagerduty"
}  # what another tool calls it, as that tool's source spells it
_ADDRESS = re.compile(r"^(?:url:)?https?://[^/@\s]+/(?P<path>[^?#\s]+)")
_WITHIN = re.compile(r"/(?:-/)?(?:tree|blob|src|raw|edit)/.*$")


def facts(one: Entity, names: Names) -> Iterator[Found]:
    """That it exists, what it is called, and its relations; references that can't be followed are told."""
    ref = names.of(one.ref)
    yield Fact(ref, "exists", one.doc.place)
    for spelling in _other_spellings(one, ref):
        yield Fact(ref, "same_as", one.doc.at("metadata", "name"), spelling)
    title = one.text("metadata", "title")
    if title:
        yield Fact(ref, "named", one.doc.at("metadata", "title"), title)
    for field, kind, predicate, is_subject in _FIELDS:
        for other, spelled, place in one.refers("spec", field, kind=kind):
            yield _related(ref, predicate, other, spelled, place, names, is_subject=is_subject)
    yield from _elsewhere(one, ref)


def _other_spellings(one: Entity, ref: str) -> list[str]:
    """What those call it who don't know its type, and its name in the case in which it is written."""
    written = f"{kind_of(ref)}:{name_of(ref)[: -len(one.name)]}{one.name}"
    return sorted({plain(one.ref), written} - {ref})


def _related(
    ref: str, predicate: str, other: Ref | None, spelled: str, place: Place, names: Names, *, is_subject: bool
) -> Found:
    if other is None:
        why = f"{spelled[:80]!r} says no kind, and there is none to assume"
        return Unread(place, " ".join(why.split()), "write component:NAME or resource:NAME")
    ends = (ref, names.of(other)) if is_subject else (names.of(other), ref)
    return Fact(ends[0], predicate, place, ends[1])


def _elsewhere(one: Entity, ref: str) -> Iterator[Fact]:
    """Its repository, and what other tools call it."""
    said = one.annotations()
    repositories = {slug.strip("/"): key for key in _SLUGS if (slug := said.get(key, ""))}
    source = _ADDRESS.match(said.get(_SOURCE, ""))
    if source is not None and not repositories:
        repositories = {_WITHIN.sub("", source["path"]).strip("/").removesuffix(".git"): _SOURCE}
    for slug, key in repositories.items():
        yield Fact(ref, "built_from", one.doc.at("metadata", "annotations", key), f"repo:{slug}")
    for key, kind in _SAME.items():
        if said.get(key):
            yield Fact(ref, "same_as", one.doc.at("metadata", "annotations", key), f"{kind}:{said[key]}")


def owner(one: Entity, names: Names) -> Iterator[Ownership]:
    """`spec.owner`: a group, where no kind is said."""
    for found, _, place in one.refers("spec", "owner", kind="group"):
        if found is not None:
            yield Ownership(names.of(one.ref), f"backstage:{found}", place, "spec.owner")
