"""States of contracts as the readers give them, out of the short forms that cases are written in."""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from seamline import guards
from seamline.artefacts import avro, json_schema, openapi, protobuf
from seamline.model.artefact import Artefact, Document, Place
from seamline.model.verdict import Finding

READERS = {"openapi": openapi, "json_schema": json_schema, "avro": avro, "protobuf": protobuf}
KINDS = tuple(READERS)
_FILES = {
    "openapi": "api.json",
    "json_schema": "schemas/visit.json",
    "avro": "visit.avsc",
    "protobuf": "visit.proto",
}


def listed(file: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def state(kind: str, written: Any, mode: str = "BACKWARD") -> Document | None:
    """The Document of a state in its short form; None for a contract that isn't there.

    What no reader would take for a contract is handed to the rules as it is.
    """
    if written is None:
        return None
    whole = _api(written) if kind == "openapi" else written
    text = (
        f'syntax = "proto3"; package a; {written}'
        if kind == "protobuf"
        else msgspec.json.encode(whole).decode()
    )
    file = Artefact("sample", _FILES[kind], text.encode())
    found = [f for f in READERS[kind].read([file]) if isinstance(f, Document)]
    if kind == "json_schema" or not found:
        place = found[0].place if found else Place("sample", _FILES[kind])
        return Document("schema:sample", kind, whole, place)
    if kind == "avro":
        return Document("schema:sample", kind, {**found[0].content, "mode": mode}, found[0].place)
    return found[0]


def findings(kind: str, before: Document | None, after: Document | None) -> list[Finding]:
    """What all rules of a kind say of a step."""
    return [finding for rule in guards.rules(kind) for finding in rule.check(before, after)]


def _api(written: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "done"}}
    operation: dict[str, Any] = {"responses": responses}
    if "request" in written:
        operation["requestBody"] = {"content": {"application/json": {"schema": written["request"]}}}
    if "response" in written:
        responses["200"]["content"] = {"application/json": {"schema": written["response"]}}
    operation.update(written.get("operation", {}))
    animals = {
        name: {"type": "object", "properties": {"name": {"type": "string"}}} for name in ("Dog", "Cat")
    }
    whole = {"openapi": "3.1.0", "info": {"title": "Visits"}, "components": {"schemas": animals}}
    return {**whole, "paths": {"/visits": {"post": operation}}, **written.get("document", {})}
