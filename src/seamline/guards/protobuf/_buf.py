"""What `buf breaking --error-format=json` printed, as findings."""

import json
from collections.abc import Mapping
from typing import Any

from seamline.guards.protobuf._weights import GENERATED
from seamline.model.artefact import Place
from seamline.model.errors import Fix
from seamline.model.verdict import Finding


def from_buf(text: str, repository: str = "") -> list[Finding]:
    """One finding for each line, in buf's order. Raises Fix for what buf does not print."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
        except ValueError as error:
            raise _unlike(number, str(error)) from None
        if not isinstance(said, Mapping) or not isinstance(said.get("type"), str):
            raise _unlike(number, "no `type`")
        found.append(_finding(said, repository))
    return found


def _unlike(number: int, why: str) -> Fix:
    return Fix(f"buf output, line {number}: {why}", hint="buf breaking --error-format=json --against ...")


def _finding(said: Mapping[str, Any], repository: str) -> Finding:
    rule, line = said["type"], said.get("start_line")
    note = rule in GENERATED
    place = Place(repository, str(said.get("path", "")), line if isinstance(line, int) else 0)
    return Finding(
        guard=f"protobuf/{rule}",
        outcome="note" if note else "hold",
        severity="low" if note else "high",
        confidence=0.9,
        seam=None,
        reason=" ".join(str(said.get("message") or rule).split()),
        do="keep the old form beside the new one until every reader and writer has moved over",
        evidence=("rules: buf, as it ran",),
        place=place,
    )
