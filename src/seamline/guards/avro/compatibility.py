"""Data that the new schema can't read, or that those who stay on the old one can't, by the schema's own mode.

The modes are those of schema registries. A transitive mode is held against the state before alone: older ones are the
registry's to know.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from seamline.guards.avro import RULES
from seamline.guards.avro._resolution import Mismatch, Schema, mismatches
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_KINDS = (
    "missing-union-branch", "type-mismatch", "reader-field-missing-default-value", "missing-enum-symbols",
    "fixed-size-mismatch", "name-mismatch", "logical-type-changed", "field-removed", "schema-removed", "type-unknown",
)  # fmt: skip
IDS = tuple(f"avro/{kind}" for kind in _KINDS)
_BACKWARD, _FORWARD = (
    "what was written before can't be read any more",
    "who stays on the old schema can't read what is written now",
)


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings in the order of the fields, backward before forward."""
    if before is None:
        return []
    if after is None:
        return [
            _finding(
                "schema-removed", "hold", "medium", f"{before.entity} is gone", _DO["schema-removed"], before
            )
        ]
    mode = _mode(after)
    old, new = _schema(before), _schema(after)
    if mode == "NONE" or old == new:
        return []
    found = list(_unknown(old, new, after))
    if not mode.startswith("FORWARD"):
        found += [_hold(m, _BACKWARD, old, after) for m in mismatches(new, old)]
    forward = mismatches(old, new)
    if mode.startswith(("FORWARD", "FULL")):
        found += [_hold(m, _FORWARD, new, after) for m in forward]
    else:
        found += [_removed(m, mode, after) for m in forward if m.kind == "reader-field-missing-default-value"]
    return found


def _mode(document: Document) -> str:
    mode = document.content.get("mode") if isinstance(document.content, Mapping) else None
    return mode if isinstance(mode, str) else "BACKWARD"


def _schema(document: Document) -> Schema:
    return Schema(document.content["schema"], document.content["types"])


def _unknown(old: Schema, new: Schema, after: Document) -> Iterator[Finding]:
    """Types whose definitions are in no file, in a schema that changed: they may have changed as well."""
    for name in sorted(
        set(_undefined(new.top, new)) | {n for t in new.types.values() for n in _undefined(t, new)}
    ):
        if name in old.types:
            reason = f"{name} is used, and its definition is no longer in the repository"
            yield _finding("type-unknown", "unknown", "medium", reason, "add its .avsc", after)


_PRIMITIVE = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))


def _undefined(schema: Any, space: Schema) -> Iterator[str]:
    if isinstance(schema, str):
        if schema not in space.types and schema not in _PRIMITIVE:
            yield schema
    elif isinstance(schema, list):
        for branch in schema:
            yield from _undefined(branch, space)
    elif isinstance(schema, Mapping):
        for inner in (
            schema.get("items"),
            schema.get("values"),
            *(f["type"] for f in schema.get("fields", ())),
        ):
            yield from _undefined(inner, space)


def _hold(mismatch: Mismatch, who: str, writer: Schema, after: Document) -> Finding:
    at = "/".join(mismatch.path) or "the schema itself"
    reason = f"{at}: {mismatch.kind.replace('-', ' ')} ({mismatch.detail}{_hint(mismatch, writer)}); {who}"
    severity: Literal["high", "medium"] = "medium" if mismatch.kind == "logical-type-changed" else "high"
    return _finding(mismatch.kind, "hold", severity, reason, _DO[mismatch.kind], after)


def _hint(mismatch: Mismatch, writer: Schema) -> str:
    """The one field that was written and is read no more, where a field is missing: it may be a new name for it."""
    if not mismatch.field:
        return ""
    return (
        "; if it is a new name, say the old one in `aliases`"
        if any(t.get("fields") for t in writer.types.values())
        else ""
    )


def _removed(mismatch: Mismatch, mode: str, after: Document) -> Finding:
    at = "/".join(mismatch.path)
    reason = (
        f"{at}: gone; {mode} allows it, and readers that stay on the old schema fail until they have moved"
    )
    do = "move every reader to the new schema first, or keep the field until they have"
    return _finding("field-removed", "note", "low", reason, do, after)


def _finding(
    kind: str, outcome: Literal["hold", "unknown", "note"], severity: Literal["low", "medium", "high"],
    reason: str, do: str, document: Document,
) -> Finding:  # fmt: skip
    return Finding(
        guard=f"avro/{kind}",
        outcome=outcome,
        severity=severity,
        confidence={"hold": 0.95, "unknown": 0.5, "note": 0.6}[outcome],
        seam=None,
        reason=reason,
        do=do,
        missing=(reason,) if outcome == "unknown" else (),
        evidence=(f"rules: {RULES}",),
        entity=document.entity,
        place=document.place,
    )


_NEW_FIELD = "expand: add a field of the new type with a default and write both; migrate: readers move over; contract: stop writing the old one"
_DO = {
    "missing-union-branch": "expand: have readers take the union with all branches; then write the new one; drop a branch only when no data has it",
    "type-mismatch": _NEW_FIELD,
    "reader-field-missing-default-value": "give the field a default, or make it a union with null that defaults to null",
    "missing-enum-symbols": "give the enum a default symbol first, then add or drop symbols",
    "fixed-size-mismatch": _NEW_FIELD,
    "name-mismatch": "name the old one in `aliases` of the new type",
    "logical-type-changed": _NEW_FIELD,
    "schema-removed": "expand: publish its successor beside it; migrate: writers, then readers; contract: remove it when no topic holds it",
}
