"""A compose project: the files of one folder that are laid over each other, and what is called what in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename, dirname
from typing import Any

from msgspec import Struct

from seamline.analysis.manifests.addresses import Address, Role
from seamline.analysis.manifests.images import role_of
from seamline.analysis.manifests.plain import is_scalar, part, table, text, word, words
from seamline.artefacts.documents import Doc
from seamline.model.artefact import Place

_VARIABLE = re.compile(
    r"\$(?:\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-+?])(?P<word>[^{}]*))?\}|(?P<bare>[A-Za-z_]\w*))"
)
_SETTING = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=(?P<value>.{0,2000})")
_ESCAPED = "\0"
_LONGEST = 10_000  # characters of a value
_NESTED = 4  # variables in variables
_MOST_LINES = 10_000


class Service(Struct, frozen=True):
    """One entry of `services`, as one file writes it."""

    name: str
    content: Mapping[str, Any]
    place: Place
    variables: Mapping[str, str]  # of the .env beside it

    @property
    def image(self) -> str:
        return filled(text(self.content, "image"), self.variables)

    @property
    def role(self) -> Role:
        """Database or queue by its image, else ""."""
        return role_of(self.image, self.name)

    @property
    def environment(self) -> dict[str, str]:
        """Its variables, `${NAME:-default}` filled in from the .env file beside it, else with the default."""
        found = part(self.content, "environment")
        if isinstance(found, Mapping):
            said = [(key, word(value) if is_scalar(value) else None) for key, value in table(found).items()]
        else:
            assigned = (entry.partition("=") for entry in words(self.content, "environment"))
            said = [(key, value if equals else None) for key, equals, value in assigned]
        handed = self.variables
        return {key: filled(handed.get(key, "") if value is None else value, handed) for key, value in said}


class Project:
    """The services of one folder's compose files. Names are joined within it, and nowhere else."""

    def __init__(self, docs: Iterable[Doc], variables: Mapping[str, str]) -> None:
        self.services = [service for doc in docs for service in _services(doc, variables)]
        self._roles: dict[str, Role] = {}
        self._called: dict[str, str] = {}
        for service in self.services:
            self._roles[service.name] = self._roles.get(service.name, "") or service.role
            for alias in _names(service):
                self._called.setdefault(alias, service.name)

    def entity(self, name: str) -> str:
        """The ref of a service of the project."""
        return f"{self._roles.get(name) or 'service'}:{name}"

    def knows(self, name: str) -> bool:
        """Whether a service of this name is there."""
        return name in self._roles

    def resolve(self, address: Address, role: Role) -> tuple[str, bool]:
        """The entity at an address as a container of the project sees it, and whether a file shows it."""
        if called := self._called.get(address.host):
            return self.entity(called), True
        inside = role in ("database", "queue")
        return f"{role if inside else 'peer'}:{address.host}", False


def _services(doc: Doc, variables: Mapping[str, str]) -> list[Service]:
    return [
        Service(name, table(content), doc.at("services", name), variables)
        for name, content in table(doc.content, "services").items()
        if isinstance(content, Mapping)
    ]


def _names(service: Service) -> list[str]:
    """What other containers may call it: its name, its container's, its host name, aliases in networks."""
    content = service.content
    aliases = [a for network in table(content, "networks").values() for a in words(network, "aliases")]
    said = [text(content, "container_name"), text(content, "hostname"), *aliases]
    return [service.name.lower(), *(filled(name, service.variables).lower() for name in said if name)]


def filled(value: str, variables: Mapping[str, str]) -> str:
    """A value with its variables filled in, else with their defaults; what has neither leaves nothing behind.

    >>> filled("postgres://${USER:-app}:${PASS?}@${HOST-db}/x", {"USER": "ann"}), filled("$$HOME", {})
    ('postgres://ann:@db/x', '$HOME')
    """
    if "$" not in value or len(value) > _LONGEST:
        return value

    def fill(found: re.Match[str]) -> str:
        known = variables.get(found["name"] or found["bare"], "")
        return known or ((found["word"] or "") if (found["how"] or "").endswith("-") else "")

    text = value.replace("$$", _ESCAPED)
    for _ in range(_NESTED):
        text = _VARIABLE.sub(fill, text)[:_LONGEST]
    return text.replace(_ESCAPED, "$")


def settings(data: bytes) -> dict[str, str]:
    """The variables of a .env file; lines that are no assignments are passed over."""
    found = (
        _SETTING.fullmatch(line.strip())
        for line in data.decode("utf-8", "replace").splitlines()[:_MOST_LINES]
    )
    return {m["name"]: m["value"].strip().strip("\"'") for m in found if m}


def projects(docs: Sequence[Doc], variables: Mapping[str, Mapping[str, str]]) -> list[Project]:
    """One per folder, in the order of the folders.

    Files of one folder are laid over each other, or started beside each other: they see the same names.
    """
    by_folder: dict[str, list[Doc]] = {}
    for doc in docs:
        by_folder.setdefault(dirname(doc.place.path), []).append(doc)
    return [Project(found, variables.get(folder, {})) for folder, found in sorted(by_folder.items())]


def is_compose(path: str) -> bool:
    """Whether a file is named like a compose file.

    >>> [is_compose(p) for p in ("docker-compose.prod.yml", "a/compose.yaml", "compose.json", "recompose.yaml")]
    [True, True, False, False]
    """
    return (
        re.fullmatch(r"(?:docker-|podman-)?compose(?:[._-][\w.-]*)?\.ya?ml", basename(path).lower())
        is not None
    )
