"""What stands in the catalogue files of one repository."""

import re
from collections.abc import Iterator, Sequence

from seamline.artefacts.backstage.entity import KINDS, Entity, entity, is_backstage
from seamline.artefacts.backstage.parties import parties
from seamline.artefacts.backstage.refs import Names
from seamline.artefacts.backstage.relations import facts, owner
from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.text import RENDER, TEMPLATE
from seamline.model.artefact import Artefact, Found, Unread

name = "backstage"
_FILE = re.compile(r"(?:^|/)[^/]+\.ya?ml$")
_CATALOGUE = re.compile(r"(?:^|/)catalog-info\.ya?ml$")
# Looked for before anything is parsed: of a repository's YAML files few are the catalogue's.
_SIGN = re.compile(rb"""apiVersion["']?\s*:\s*["']?(?:[a-z0-9-]+\.)*backstage\.io/""")
_ON_THE_MAP = KINDS - {"group", "user", "location", "template"}


def takes(path: str) -> bool:
    """Any YAML file: catalogues are cut into files of any name."""
    return bool(_FILE.search(path))


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """Entities with their relations and owners, then people and groups; what can't be read, with its mend."""
    entities: list[Entity] = []
    for artefact in files:
        if _CATALOGUE.search(artefact.path) or _SIGN.search(artefact.data):
            docs, unreads = documents(artefact, spec="1.2")
            yield from unreads
            for doc in docs:
                found = entity(doc)
                if found is not None and found.ref.kind in KINDS:
                    entities.append(found)
                elif is_backstage(doc.content):
                    yield _nameless(doc)
    yield from _of(entities)


def _of(entities: Sequence[Entity]) -> Iterator[Found]:
    on_the_map = [e for e in entities if e.ref.kind in _ON_THE_MAP]
    names = Names(on_the_map)
    for one in on_the_map:
        yield from facts(one, names)
        yield from owner(one, names)
    yield from parties(entities)


def _nameless(doc: Doc) -> Unread:
    """Why a document that is Backstage's gives nothing."""
    metadata = doc.content.get("metadata")
    called = metadata.get("name") if isinstance(metadata, dict) else None
    if isinstance(called, str) and "{{" in called:
        return Unread(doc.at("metadata", "name"), TEMPLATE, RENDER)
    kind = doc.content.get("kind")
    if isinstance(kind, str) and kind and kind.casefold() not in KINDS:
        return Unread(doc.at("kind"), f"kind {kind[:40]!r} is none of Backstage's own", "it is passed over")
    return Unread(doc.place, "an entity without kind or metadata.name", "write both")
