"""Names that hold within one repository only: two compose files that speak of `web` and `db` speak of four things.

Where several repositories define one service, database or queue, those that do so in a compose file alone get names of their
own, `service:{repository}/web`; a name that is a repository's is meant as such everywhere.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename

from msgspec.structs import replace

from seamline.analysis.survey.told import Repository
from seamline.model.artefact import Document, Fact, Figure, Found, Ownership, Query
from seamline.model.refs import kind_of, name_of

_KINDS = frozenset({"service", "database", "queue"})
_COMPOSE = re.compile(r"compose[^/]*\.ya?ml\Z", re.IGNORECASE)


def apart(repositories: Sequence[Repository]) -> list[Repository]:
    """The repositories, with names of their own for what else would be taken for one thing."""
    called = {r.name.rpartition("/")[2].lower() for r in repositories}
    local = {r.name: _local(r) for r in repositories}
    definers: dict[str, set[str]] = defaultdict(set)
    for repository in repositories:
        for ref in _defined(repository.found):
            definers[ref].add(repository.name)
    out = []
    for repository in repositories:
        own = {
            ref: f"{kind_of(ref)}:{repository.name}/{name_of(ref)}"
            for ref in local[repository.name]
            if len(definers[ref]) > 1 and name_of(ref).lower() not in called
        }
        out.append(_renamed(repository, own) if own else repository)
    return out


def is_compose(path: str) -> bool:
    """Whether a file is called as compose files are."""
    return _COMPOSE.search(basename(path)) is not None


def _defined(found: Iterable[Found]) -> Iterable[str]:
    return {
        f.subject
        for f in found
        if isinstance(f, Fact) and f.predicate == "exists" and kind_of(f.subject) in _KINDS
    }


def _local(repository: Repository) -> set[str]:
    """What only compose files of a repository define."""
    in_compose = [f for f in repository.found if isinstance(f, Fact) and is_compose(f.place.path)]
    elsewhere = [f for f in repository.found if isinstance(f, Fact) and not is_compose(f.place.path)]
    return {*_defined(in_compose)} - {*_defined(elsewhere)}


def _renamed(repository: Repository, own: Mapping[str, str]) -> Repository:
    return replace(repository, found=tuple(_one(found, own) for found in repository.found))


def _one(found: Found, own: Mapping[str, str]) -> Found:
    match found:
        case Fact():
            subject, object_ = own.get(found.subject, found.subject), own.get(found.object, found.object)
            return replace(found, subject=subject, object=object_)
        case Ownership() | Figure() | Document():
            return replace(found, entity=own.get(found.entity, found.entity))
        case Query():
            return replace(found, job=own.get(found.job, found.job))
        case _:
            return found
