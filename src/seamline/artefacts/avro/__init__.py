"""Avro schemas (.avsc) and protocols (.avpr), with the named types they take from other files."""

from collections.abc import Iterator, Sequence
from typing import Any

from seamline.artefacts.avro.names import Types, declared, normalised
from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.text import unread
from seamline.model.artefact import Artefact, Document, Fact, Found, Place

name = "avro"
_MODES = (
    "BACKWARD",
    "FORWARD",
    "FULL",
    "NONE",
    "BACKWARD_TRANSITIVE",
    "FORWARD_TRANSITIVE",
    "FULL_TRANSITIVE",
)
_MODE_KEYS = ("x-compatibility", "compatibility", "compatibilityLevel")
_SOURCE = ".avdl"
_PRIMITIVE = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def takes(path: str) -> bool:
    """By the endings that Avro's own tools use."""
    return path.lower().endswith((".avsc", ".avpr", _SOURCE))


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """One Document for each schema of a file. Its name is the type's full name, else the file's place."""
    schemas: list[tuple[Artefact, Doc]] = []
    for file in files:
        if file.path.lower().endswith(_SOURCE):
            yield unread(file, "Avro IDL, a source", "avro-tools idl2schemata, and keep the .avsc beside it")
            continue
        docs, lost = documents(Artefact(file.repository, file.path + ".json", file.data), "1.2")
        for one in lost:
            yield unread(file, one.why, one.mend, one.place.line)
        schemas += [(file, doc) for doc in docs]
    known: Types = {}
    for _, doc in schemas:
        known.update(declared(doc.content))
    taken: set[str] = set()
    for file, doc in schemas:
        yield from _of_file(file, doc, known, taken)


def _of_file(file: Artefact, doc: Doc, known: Types, taken: set[str]) -> Iterator[Found]:
    place = Place(file.repository, file.path, doc.place.line)
    content = doc.content
    protocol = isinstance(content, dict) and "protocol" in content
    tops = list(declared(content)) if protocol else [normalised(content, "", {})]
    if not protocol and not _is_schema(content):
        yield unread(file, "JSON, but no Avro schema", "give it another ending, or say its type", place.line)
        return
    for top in tops:
        called = top if isinstance(top, str) and top not in _PRIMITIVE else f"{file.repository}/{file.path}"
        entity = f"schema:{called}"
        if entity in taken:
            continue
        taken.add(entity)
        yield Fact(entity, "exists", place)
        types = _needed(top, {**known, **declared(content)})
        yield Document(entity, name, {"schema": top, "types": types, "mode": _mode(content)}, place)
        for missing in _missing(top, types):
            yield unread(file, f"type {missing[:200]} is not in the repository", "add its .avsc", place.line)


def _is_schema(content: Any) -> bool:
    return isinstance(content, str | list) or (isinstance(content, dict) and "type" in content)


def _mode(content: Any) -> str:
    """How its registry compares states of it; BACKWARD, the registries' own default, where nothing is said."""
    for key in _MODE_KEYS:
        said = content.get(key) if isinstance(content, dict) else None
        if isinstance(said, str) and said.upper() in _MODES:
            return said.upper()
    return "BACKWARD"


def _needed(top: Any, known: Types) -> Types:
    """The named types that a schema is made of, itself included."""
    found: Types = {}
    waiting = [top]
    while waiting:
        for called in _names_in(waiting.pop()):
            if called in known and called not in found:
                found[called] = known[called]
                waiting.append(known[called])
    return found


def _missing(top: Any, types: Types) -> list[str]:
    used = {n for one in (top, *types.values()) for n in _names_in(one)}
    return sorted(n for n in used if n not in types and n not in _PRIMITIVE)


def _names_in(schema: Any) -> Iterator[str]:
    """Each type that a normalised schema names."""
    if isinstance(schema, str):
        yield schema
    elif isinstance(schema, list):
        for branch in schema:
            yield from _names_in(branch)
    elif isinstance(schema, dict):
        for key in ("items", "values"):
            yield from _names_in(schema.get(key))
        for field in schema.get("fields", ()):
            yield from _names_in(field["type"])
