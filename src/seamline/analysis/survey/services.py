"""What a repository is on the map: the service that is built from it, and what it keeps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import basename, dirname

from seamline.analysis.owners import APPLICATION
from seamline.analysis.survey.told import Repository, Statement
from seamline.model.artefact import Document, Fact, Operation, Table
from seamline.model.refs import kind_of, name_of

SQL = "dataset:sql://"  # what plain SQL speaks of, by repository
_APIS = frozenset({"openapi", "protobuf"})


def statements(repositories: Sequence[Repository]) -> dict[str, list[Statement]]:
    """What each repository's own service is and which tables it writes, by repository.

    A service that an artefact says is built from the repository is it; else one of the repository's name, wherever it
    is spoken of; else the only one that the repository defines; else, where it has migrations, an API or an image of
    its own, one of its name.
    """
    known = {
        ref
        for r in repositories
        for f in r.found
        if isinstance(f, Fact)
        for ref in (f.subject, f.object)
        if kind_of(ref) == "service"
    }
    return {r.name: list(_of(r, known)) for r in repositories}


def _of(repository: Repository, known: set[str]) -> Iterator[Statement]:
    if repository.is_server:
        return
    repo = f"repo:{repository.name}"
    yield Statement(repo, "exists", evidence="a checkout of it was read")
    for other in sorted(
        {f.object for f in repository.found if isinstance(f, Fact) and _is_repo(f.object, repository)}
        - {repo}
    ):
        yield Statement(other, "same_as", repo, "its address ends in the name of the checkout")
    service, why = service_of(repository, known)
    if not service:
        return
    yield Statement(service, "exists", evidence=why)
    yield Statement(service, "built_from", repo, why)
    for ref, place in sorted(tables_of(repository).items()):
        yield Statement(service, "writes", ref, f"its migrations make it: {place}")


def service_of(repository: Repository, known: Iterable[str]) -> tuple[str, str]:
    """(ref, why) of the one service that a repository's own tables and interfaces are of; ("", "") for none."""
    facts = [f for f in repository.found if isinstance(f, Fact)]
    own = f"service:{repository.name}"
    built = {
        f.subject: str(f.place)
        for f in facts
        if f.predicate == "built_from" and _is_repo(f.object, repository)
    }
    built = {ref: place for ref, place in built.items() if kind_of(ref) == "service"}
    defined = {
        f.subject: str(f.place) for f in facts if f.predicate == "exists" and kind_of(f.subject) == "service"
    }
    for found in (built, defined):
        if own in found:
            return own, found[own]
        if len(found) == 1 and (found is built or _has_own_work(repository)):
            return next(iter(found.items()))
    if own in known:
        return own, f"it is called like the repository {repository.name}"
    if why := _own_work(repository):
        return own, why
    return "", ""


def homes(repositories: Sequence[Repository], own: Mapping[str, Sequence[Statement]]) -> dict[str, str]:
    """The repository that each service or repository's ref is of, by ref, for those that were read."""
    out: dict[str, str] = {}
    for repository in repositories:
        facts = [f for f in repository.found if isinstance(f, Fact) and f.predicate == "built_from"]
        out |= {f.subject: repository.name for f in facts if _is_repo(f.object, repository)}
    for name, statements in own.items():
        out |= {s.subject: name for s in statements}
    return out


def _is_repo(ref: str, repository: Repository) -> bool:
    """Whether a ref names this repository; with or without its owner, unless a namesake of it was read as well."""
    if kind_of(ref) != "repo":
        return False
    return name_of(ref) == repository.name or name_of(ref).rpartition("/")[2] == repository.name


def _has_own_work(repository: Repository) -> bool:
    return bool(_own_work(repository))


def _own_work(repository: Repository) -> str:
    """What shows that something is run out of a repository; "" for nothing."""
    for one in repository.found:
        if isinstance(one, Operation) or (isinstance(one, Table) and one.dataset.startswith(APPLICATION)):
            return f"it has migrations: {one.place}"
        if isinstance(one, Document) and one.format in _APIS:
            return f"it has an API: {one.place}"
    images = [p for p in repository.paths if basename(p) == "Dockerfile" and dirname(p).count("/") == 0]
    return f"it builds an image: {repository.name}/{images[0]}" if images else ""


def tables_of(repository: Repository) -> Mapping[str, str]:
    """The application tables of a repository, by ref, each with the place it is known from.

    Those that migrations make; where there are none, those that its plain SQL creates.
    """
    migrated: dict[str, str] = {}
    created: dict[str, str] = {}
    for one in repository.found:
        if isinstance(one, Table) and one.dataset.startswith(APPLICATION):
            migrated.setdefault(one.dataset, str(one.place))
        elif isinstance(one, Table) and one.complete and one.dataset.startswith(SQL):
            created.setdefault(one.dataset, str(one.place))
    return migrated or created
