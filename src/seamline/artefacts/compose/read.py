"""From compose files to findings."""

from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename, dirname
from typing import Any

from seamline.analysis.manifests.connections import limit
from seamline.analysis.manifests.environment import links, pool_size, workers
from seamline.analysis.manifests.images import POOLERS, image
from seamline.analysis.manifests.plain import entries, number, part, table, text, texts, words
from seamline.analysis.manifests.quantity import byte_size, quantity
from seamline.artefacts.compose.project import Project, Service, is_compose, projects, settings
from seamline.artefacts.compose.pruned import pruned
from seamline.artefacts.documents import documents
from seamline.model.artefact import Artefact, Document, Fact, Figure, Found, Ownership, Place, Unread

name = "compose"
_OWNER_LABELS = frozenset({"owner", "team", "squad", "owned-by", "contact", "maintainer"})


def takes(path: str) -> bool:
    """Whether a file is named like a compose file, or gives such files their variables."""
    return is_compose(path) or basename(path) == ".env"


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """Documents, facts, figures and owners, a folder at a time. Never raises."""
    docs = []
    variables = {dirname(f.path): settings(f.data) for f in files if not is_compose(f.path)}
    for file in (f for f in files if is_compose(f.path)):
        found, unread = documents(file)
        yield from unread
        docs += [doc for doc in found if isinstance(part(doc.content, "services"), Mapping)]
    for project in projects(docs, variables):
        said: dict[Fact | Figure | Ownership, None] = {}
        for service in project.services:
            yield Document(project.entity(service.name), "compose", pruned(service.content), service.place)
            for view in (_facts, _figures, _owners):
                said |= dict.fromkeys(view(service, project))
        yield from said
    yield from _included(docs)


def _facts(service: Service, project: Project) -> Iterator[Fact]:
    entity, place = project.entity(service.name), service.place
    yield Fact(entity, "exists", place)
    linked: set[str] = set()
    for link in links(service.environment):
        by_name = link.predicate in ("consumes", "publishes")
        other, shown = (
            (f"queue:{link.address.host}", True) if by_name else project.resolve(link.address, link.role)
        )
        if other == entity or not (link.sure or shown):
            continue
        linked.add(other)
        inside = other.startswith(("database:", "queue:"))
        yield Fact(entity, link.predicate if by_name else "uses" if inside else "calls", place, other)
        if link.address.scheme and link.address.database and other.startswith("database:"):
            yield Fact(other, "named", place, str(link.address))
    for other in _needed(service):
        if project.knows(other) and (ref := project.entity(other)) not in linked | {entity}:
            yield Fact(entity, "depends_on" if ref.startswith("service:") else "uses", place, ref)


def _needed(service: Service) -> list[str]:
    """What it names in `depends_on` and `links`, both in either form."""
    found = list(table(service.content, "depends_on")) + words(service.content, "depends_on")
    found += [link.partition(":")[0] for link in words(service.content, "links")]
    return list(dict.fromkeys(found))


def _figures(service: Service, project: Project) -> Iterator[Figure]:
    content, entity = service.content, project.entity(service.name)
    env = service.environment
    limits, requests = (
        part(content, "deploy", "resources", "limits"),
        part(content, "deploy", "resources", "reservations"),
    )
    pooler = image(service.image).name in POOLERS
    inside = entity.startswith(("database:", "queue:"))
    said = {
        "replicas": number(content, "deploy", "replicas")
        if part(content, "deploy", "replicas")
        else number(content, "scale"),
        "cpu_limit_cores": _first(quantity(part(limits, "cpus")), quantity(part(content, "cpus"))),
        "memory_limit_bytes": _first(
            byte_size(part(limits, "memory")), byte_size(part(content, "mem_limit"))
        ),
        "cpu_request_cores": quantity(part(requests, "cpus")),
        "memory_request_bytes": _first(
            byte_size(part(requests, "memory")), byte_size(part(content, "mem_reservation"))
        ),
        "db_pool_size": None if inside else pool_size(env),
        "workers_per_replica": None if inside else workers(env),
        "max_connections": limit(env, _command(content), pooler=pooler)
        if entity.startswith("database:")
        else None,
    }
    for figure, value in said.items():
        if value is not None and value >= 0:
            yield Figure(entity, figure, value, service.place)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _command(content: Mapping[str, Any]) -> list[str]:
    return words(content, "command") or text(content, "command").split()


def _owners(service: Service, project: Project) -> Iterator[Ownership]:
    said = texts(service.content, "labels") | {
        key: value for key, _, value in (label.partition("=") for label in words(service.content, "labels"))
    }
    for key, value in sorted(said.items()):
        if key.rpartition("/")[2].rpartition(".")[2] in _OWNER_LABELS and 0 < len(value) < 200:
            yield Ownership(project.entity(service.name), _spelled(value), service.place, f"label {key}")


def _spelled(value: str) -> str:
    if value.startswith("@"):
        return f"github:{value}"
    return f"email:{value}" if "@" in value else f"compose:{value}"


def _included(docs: Sequence[Any]) -> Iterator[Unread]:
    """What a file takes from elsewhere: told once per folder."""
    told: set[str] = set()
    for doc in docs:
        folder = dirname(doc.place.path)
        if entries(doc.content, "include") and folder not in told:
            told.add(folder)
            why = "includes other files, which are read as projects of their own"
            place = Place(doc.place.repository, doc.place.path, doc.at("include").line)
            yield Unread(
                place, why, f"docker compose --project-directory {folder or '.'} config writes them as one"
            )
