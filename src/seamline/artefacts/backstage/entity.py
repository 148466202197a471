"""One document of a catalogue, with what is asked of every kind."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from seamline.artefacts.documents import Doc
from seamline.artefacts.text import has_template
from seamline.model.artefact import Place

KINDS = frozenset(
    {"component", "api", "resource", "system", "domain", "group", "user", "location", "template"}
)


class Ref(Struct, frozen=True):
    """An entity as others refer to it, in lower case: Backstage compares without case."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


class Entity(Struct, frozen=True):
    """An entity of the catalogue and where it is written."""

    doc: Doc
    ref: Ref
    name: str  # as spelled

    def text(self, *path: str) -> str:
        """The text at the end of a path, stripped; "" for none, and for what is still a template."""
        return text(self._value(*path))

    def texts(self, *path: str) -> Iterator[tuple[str, Place]]:
        """Each text of a list, or the one text that stands instead of it, with its place."""
        value = self._value(*path)
        for i, item in enumerate(value if isinstance(value, list) else [value]):
            found = text(item)
            if found:
                yield found, self.doc.at(*path, i)

    def annotations(self) -> dict[str, str]:
        """Annotations and labels whose value is a text."""
        found = {
            **_mapping(self._value("metadata", "labels")),
            **_mapping(self._value("metadata", "annotations")),
        }
        return {key: said for key, value in found.items() if (said := text(value))}

    def refers(self, *path: str, kind: str = "") -> Iterator[tuple[Ref | None, str, Place]]:
        """(entity, as spelled, place) of each reference there; None where the kind is not said and has no default."""
        for spelled, place in self.texts(*path):
            yield reference(spelled, kind, self.ref.namespace), spelled, place

    def _value(self, *path: str) -> Any:
        at = self.doc.content
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
        return at


def entity(doc: Doc) -> Entity | None:
    """The entity of a document; None for one of another tool, or of no name."""
    content = doc.content
    if not isinstance(content, dict) or not is_backstage(content):
        return None
    kind = text(content.get("kind")).casefold()
    metadata = _mapping(content.get("metadata"))
    name = text(metadata.get("name"))
    if not kind or not name:
        return None
    namespace = (text(metadata.get("namespace")) or "default").casefold()
    return Entity(doc, Ref(kind, namespace, name.casefold()), name)


def is_backstage(content: Any) -> bool:
    """Whether a document says that it belongs to a Backstage catalogue."""
    version = content.get("apiVersion") if isinstance(content, dict) else None
    group = version.partition("/")[0] if isinstance(version, str) else ""
    return group == "backstage.io" or group.endswith(".backstage.io")


def reference(spelled: str, kind: str, namespace: str) -> Ref | None:
    """`[kind:][namespace/]name`; None when no kind is said and there is none to assume.

    >>> str(reference("Pay", "group", "default")), str(reference("user:acme/Ana", "group", "default"))
    ('group:default/pay', 'user:acme/ana')
    """
    said, colon, rest = spelled.strip().casefold().rpartition(":")
    space, slash, name = rest.rpartition("/")
    kind = said if colon else kind
    return Ref(kind, space if slash else namespace, name) if kind and name else None


def text(value: Any) -> str:
    """A text; "" for anything else, and for a template that nobody filled in."""
    return value.strip() if isinstance(value, str) and "${{" not in value and not has_template(value) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
