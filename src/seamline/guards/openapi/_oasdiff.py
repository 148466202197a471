"""What `oasdiff breaking -f json` or `oasdiff changelog -f json` printed, as findings."""

import json
from collections.abc import Mapping
from typing import Any

from seamline.guards.json_schema._said import Weight
from seamline.model.artefact import Place
from seamline.model.errors import Fix
from seamline.model.verdict import Finding

_LEVELS = {3: Weight("hold", "high", 0.9), 2: Weight("note", "medium", 0.6)}  # ERR, WARN; INFO says nothing
_WORDS = {"error": 3, "warning": 2, "warn": 2, "info": 1}


def from_oasdiff(text: str, entity: str = "", place: Place | None = None) -> list[Finding]:
    """One finding per error or warning, in oasdiff's order. Raises Fix for what oasdiff does not print."""
    try:
        said = json.loads(text.strip() or "[]")
    except ValueError as error:
        raise Fix(f"oasdiff output: {error}", hint="oasdiff breaking -f json BASE REVISION") from None
    changes = said.get("changes", []) if isinstance(said, Mapping) else said
    if not isinstance(changes, list | None):
        raise Fix("oasdiff output: no list of changes", hint="oasdiff breaking -f json BASE REVISION")
    found = (_finding(c, entity, place) for c in changes or () if isinstance(c, Mapping))
    return [one for one in found if one is not None]


def _finding(change: Mapping[str, Any], entity: str, place: Place | None) -> Finding | None:
    level = change.get("level", 1)
    weighs = _LEVELS.get(_WORDS.get(level.lower(), 1) if isinstance(level, str) else level)
    if weighs is None:
        return None
    where = " ".join(str(change[k]) for k in ("operation", "path") if change.get(k))
    said = " ".join(str(change.get("text") or change.get("id") or "").split())
    return Finding(
        guard=f"openapi/{change.get('id', 'unknown')}",
        outcome=weighs.outcome,
        severity=weighs.severity,
        confidence=weighs.confidence,
        seam=None,
        reason=f"{where}: {said}" if where else said,
        do=" ".join(
            str(
                change.get("comment") or "keep the old form beside the new one until callers moved over"
            ).split()
        ),
        evidence=("rules: oasdiff, as it ran",),
        entity=entity,
        place=place,
    )
