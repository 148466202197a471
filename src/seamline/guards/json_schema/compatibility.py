"""A schema that refuses what it took, or stops promising what was read.

`x-direction: producer` at the top of a schema says that its owner writes the data and others read it; without it
the owner is who takes the data, and the senders are asked.
"""

from collections.abc import Mapping
from typing import Any

from seamline.guards.json_schema import RULES
from seamline.guards.json_schema._graph import Difference, Graph, Side
from seamline.guards.json_schema._said import WHATS, do, weight
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

IDS = tuple(f"json_schema/{what}" for what in (*WHATS, "schema-removed"))


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings in the order they are met from the top; a schema that is new breaks nobody."""
    if before is None:
        return []
    if after is None:
        return [_gone(before)]
    side = _side(after.content)
    found = Graph(before.content, after.content, side).differences(before.content, after.content)
    first = {(d.step.what, d.step.detail, d.written): d for d in reversed(found)}
    said = [_finding(d, side, after) for d in reversed(first.values())]
    return [finding for finding in said if finding is not None]


def _side(content: Any) -> Side:
    direction = content.get("x-direction", "") if isinstance(content, Mapping) else ""
    return "readers" if direction == "producer" else "senders"


def _finding(difference: Difference, side: Side, document: Document) -> Finding | None:
    step = difference.step
    counts = weight(step, side)
    if counts is None:
        return None
    path = "/".join(difference.path) or "the schema itself"
    return Finding(
        guard=f"json_schema/{step.what}",
        outcome=counts.outcome,
        severity=counts.severity,
        confidence=counts.confidence,
        seam=None,
        reason=f"{path}: {step.what.replace('-', ' ')} ({step.detail}); this breaks who {_WHO[side]}",
        do=do(step, side, difference.path[-1].rpartition("/")[2] if difference.path else ""),
        missing=(step.detail,) if counts.outcome == "unknown" else (),
        evidence=(f"rules: {RULES}",),
        entity=document.entity,
        place=difference.place(document.place),
    )


_WHO = {"senders": "sends such data", "readers": "reads such data"}


def _gone(document: Document) -> Finding:
    return Finding(
        guard="json_schema/schema-removed",
        outcome="hold",
        severity="high",
        confidence=0.8,
        seam=None,
        reason=f"{document.entity} is gone, and with it what others validate against",
        do="expand: publish its successor beside it; migrate: those who refer to it move over; contract: remove it",
        evidence=(f"rules: {RULES}",),
        entity=document.entity,
        place=document.place,
    )
