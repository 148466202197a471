"""OpenAPI 3.0, 3.1 and Swagger 2.0 documents, in YAML or JSON, with what they refer to in the repository."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.openapi import swagger
from seamline.artefacts.references import Bundle
from seamline.artefacts.text import unread
from seamline.model.artefact import Artefact, Document, Fact, Found, Ownership

name = "openapi"
LINES = "x-lines"  # of a Document's content: "POST /visits" -> line
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_ENDINGS = (".yaml", ".yml", ".json")
_MARK = re.compile(rb"""(?:^|[{,])\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]\b""", re.M)
_SMALL = 1_000_000  # bytes of JSON up to which lines are looked for: they cost a second parse
_HOST = re.compile(r"^[a-z]+://([a-z0-9-]+)(?:\.[a-z0-9-]+\.svc[a-z0-9.-]*)?(?::\d+)?(?:/|$)")


def takes(path: str) -> bool:
    """Every YAML and JSON file: a document may have any name, and parts of it stand in files of their own."""
    return path.lower().endswith(_ENDINGS) and "node_modules/" not in path


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """One Document for each API, with who serves and who owns it as far as it says so."""
    by_path = {file.path: file for file in files}

    @cache
    def loaded(path: str) -> Any:
        docs = documents(by_path[path], "1.2")[0] if path in by_path else []
        return docs[0].content if docs else None

    taken: set[str] = set()
    for file in files:
        if not _may_be(file.data):
            continue
        docs, lost = documents(file, "1.2")
        yield from lost
        for doc in docs:
            if _is_api(doc):
                yield from _api(file, doc, Bundle(file.path, doc.content, loaded), taken)


def _may_be(data: bytes) -> bool:
    """Whether a document may be in there; UTF-16 is looked through without its zeros."""
    plain = data.replace(b"\x00", b"") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data
    return (b"openapi" in plain or b"swagger" in plain) and bool(_MARK.search(plain))


def _is_api(doc: Doc) -> bool:
    """3.1 needs no paths; the version may be unquoted, and then it is a number."""
    content = doc.content
    if not isinstance(content, dict):
        return False
    version = str(content.get("openapi") or content.get("swagger") or "")
    return version.startswith("3.1") or (version.startswith(("2.", "3.")) and "paths" in content)


def _api(file: Artefact, doc: Doc, bundle: Bundle, taken: set[str]) -> Iterator[Found]:
    info = doc.content.get("info")
    info = info if isinstance(info, dict) else {}
    service = _service(doc.content, info)
    entity = _entity(file, service or _text(info.get("title")) or file.path, taken)
    for ref in dict.fromkeys(bundle.lost):
        yield unread(
            file,
            f"refers to {ref[:200]}, which is not in the repository",
            "add the file, or mend the reference",
        )
    yield Fact(entity, "exists", doc.place)
    content = dict(bundle.content)
    if "swagger" in content:
        content = swagger.converted(content)
        yield unread(file, "Swagger 2.0: read as far as OpenAPI 3 can say it", "convert it to OpenAPI 3")
    yield Document(entity, name, {**content, LINES: _lines(file, doc)}, doc.place)
    yield from _owners(entity, doc, info)
    if service:
        yield Fact(f"service:{service}", "serves", doc.place, entity)
        for label, path in _operations(content):
            yield Fact(
                f"endpoint:{service} {label}", "exists", doc.at("paths", *path) if _cheap(file) else doc.place
            )


def _entity(file: Artefact, called: str, taken: set[str]) -> str:
    """`api:{name}`; the second of a name is told apart by its file."""
    entity = f"api:{called}"
    if entity in taken:
        entity = f"api:{called} ({file.path})"
    taken.add(entity)
    return entity


def _service(content: Mapping[str, Any], info: Mapping[str, Any]) -> str:
    """The service that answers: `x-service`, else the one in-cluster host that the servers name."""
    said = _text(content.get("x-service")) or _text(info.get("x-service"))
    if said:
        return said
    servers = content.get("servers")
    urls = [_text(s.get("url")) for s in servers if isinstance(s, dict)] if isinstance(servers, list) else []
    hosts = {m[1] for url in urls if (m := _HOST.match(url))} - {"localhost", "127"}
    return hosts.pop() if len(hosts) == 1 else ""


def _owners(entity: str, doc: Doc, info: Mapping[str, Any]) -> Iterator[Ownership]:
    said = doc.content.get("x-owner", info.get("x-owner"))
    for owner in said if isinstance(said, list) else [said]:
        if _text(owner):
            yield Ownership(entity, _spelled(_text(owner)), doc.place, "x-owner")
    contact = info.get("contact")
    if isinstance(contact, dict):
        owner = _text(contact.get("email")) or _text(contact.get("name"))
        if owner:
            yield Ownership(entity, _spelled(owner), doc.place, "info.contact")


def _spelled(owner: str) -> str:
    """`email:` for an address, `github:` for a handle, else as this file spells it."""
    if "@" in owner[1:] and " " not in owner:
        return f"email:{owner}"
    return f"github:{owner}" if owner.startswith("@") else f"openapi:{owner}"


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _lines(file: Artefact, doc: Doc) -> dict[str, int]:
    if not _cheap(file):
        return {}
    return {label: doc.at("paths", *path).line for label, path in _operations(doc.content)}


def _cheap(file: Artefact) -> bool:
    return not file.path.lower().endswith(".json") or len(file.data) < _SMALL


def _operations(content: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """(`POST /visits`, (path, method)) in the order of the document."""
    paths = content.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in _METHODS:
            if isinstance(item, dict) and method in item:
                yield f"{method.upper()} {path}", (path, method)
