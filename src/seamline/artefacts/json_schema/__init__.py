"""JSON Schemas that stand in files of their own: draft 4 to 2020-12, in JSON or YAML."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.references import Bundle
from seamline.artefacts.text import unread
from seamline.model.artefact import Artefact, Document, Fact, Found, Ownership, Place

name = "json_schema"
_ENDINGS = (".json", ".yaml", ".yml", ".jsonschema")
_META = re.compile(rb"json-schema\.org/(?:draft|schema)")
_FOLDER = re.compile(r"(?:^|/)(?:json[-_])?schemas?/", re.I)
_SCHEMA_OF = ("type", "properties", "$defs", "definitions", "oneOf", "anyOf", "allOf", "enum")
_LARGE = 16_000_000  # bytes; no schema is, and every manifest and lock file would be looked through


def takes(path: str) -> bool:
    """Every YAML and JSON file that may be a schema, or a part of one."""
    lower = path.lower()
    return (
        lower.endswith(_ENDINGS) and "node_modules/" not in lower and not lower.endswith("package-lock.json")
    )


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """One Document for each schema. Its name is its `$id`, else its place."""
    by_path = {file.path: file for file in files}

    @cache
    def loaded(path: str) -> Any:
        docs = documents(_as_json(by_path[path]), "1.2")[0] if path in by_path else []
        return docs[0].content if docs else None

    schemas: list[tuple[Artefact, Doc]] = []
    for file in files:
        if not _may_be(file):
            continue
        docs, lost = documents(_as_json(file), "1.2")
        for one in lost if _declared(file) else ():
            yield unread(file, one.why, one.mend, one.place.line)
        schemas += [(file, doc) for doc in docs[:1] if _is_schema(file, doc)]
    named = {_identifier(doc): file.path for file, doc in schemas if _identifier(doc)}
    taken: set[str] = set()
    for file, doc in schemas:
        yield from _schema(file, doc, Bundle(file.path, doc.content, loaded, named), taken)


def _as_json(file: Artefact) -> Artefact:
    """`.jsonschema` is JSON by another ending."""
    path = file.path + ".json" if file.path.lower().endswith(".jsonschema") else file.path
    return Artefact(file.repository, path, file.data)


def _may_be(file: Artefact) -> bool:
    if len(file.data) > _LARGE:
        return False
    return _declared(file) or (bool(_FOLDER.search(file.path)) and b"properties" in file.data)


def _declared(file: Artefact) -> bool:
    return b"$schema" in file.data and bool(_META.search(file.data))


def _is_schema(file: Artefact, doc: Doc) -> bool:
    """A file that only names the schema it follows, as editors like it, is no schema."""
    content = doc.content
    if not isinstance(content, dict) or any(
        k in content for k in ("openapi", "swagger", "asyncapi", "kind", "avro")
    ):
        return False
    meta = content.get("$schema")
    if isinstance(meta, str):
        return bool(_META.search(meta.encode()))
    return bool(_FOLDER.search(file.path)) and isinstance(content.get("properties"), dict)


def _identifier(doc: Doc) -> str:
    found = doc.content.get("$id", doc.content.get("id"))
    return found.removesuffix("#") if isinstance(found, str) else ""


def _schema(file: Artefact, doc: Doc, bundle: Bundle, taken: set[str]) -> Iterator[Found]:
    place = Place(file.repository, file.path, doc.place.line)
    identifier = _identifier(doc)
    entity = f"schema:{identifier or f'{file.repository}/{file.path}'}"
    if entity in taken:
        entity = f"schema:{file.repository}/{file.path}"
    taken.add(entity)
    for ref in dict.fromkeys(bundle.lost):
        yield unread(
            file,
            f"refers to {ref[:200]}, which is not in the repository",
            "add the file, or mend the reference",
        )
    yield Fact(entity, "exists", place)
    yield Document(entity, name, bundle.content, place)
    owner = doc.content.get("x-owner")
    for one in owner if isinstance(owner, list) else [owner]:
        if isinstance(one, str) and one.strip():
            spelled = (
                f"email:{one}"
                if "@" in one[1:]
                else f"github:{one}"
                if one.startswith("@")
                else f"json_schema:{one}"
            )
            yield Ownership(entity, spelled, place, "x-owner")
