"""A broken rule as a finding, at the line of what it is about."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seamline.guards.protobuf import RULES
from seamline.guards.protobuf._weights import BY_ID
from seamline.model.artefact import Document, Place
from seamline.model.verdict import Finding

Package = Mapping[str, Any]


def finding(rule: str, reason: str, document: Document, about: str, confidence: float = 0.95) -> Finding:
    """`about` is the full name that the reason speaks of: of a message, or message # number."""
    weighs = BY_ID[rule]
    return Finding(
        guard=f"protobuf/{rule}",
        outcome=weighs.outcome,
        severity=weighs.severity,
        confidence=confidence,
        seam=None,
        reason=reason,
        do=weighs.do,
        evidence=(f"rules: {RULES}",),
        entity=document.entity,
        place=_place(document, about),
    )


def _place(document: Document, about: str) -> Place:
    """The line of a part, else of the whole it was part of, else the document's."""
    lines = document.content.get("lines", {})
    at = lines.get(about) or lines.get(about.partition("#")[0]) or lines.get(about.rpartition(".")[0])
    return Place(document.place.repository, at[0], at[1]) if at else document.place


def pairs(kind: str, before: Document, after: Document) -> Iterator[tuple[str, Package, Package]]:
    """(full name, before, after) of each message, enum or service that is in both states."""
    was, now = before.content[kind], after.content[kind]
    for name in sorted(was.keys() & now.keys()):
        yield name, was[name], now[name]


def reserved(number: int, ranges: Iterable[list[int]]) -> bool:
    """Whether a number lies in a reserved range, ends included."""
    return any(start <= number <= end for start, end in ranges)


def gaps(was: Iterable[list[int]], now: Iterable[list[int]]) -> list[str]:
    """Ranges of before that the ranges of now don't take in as a whole, as written."""
    merged: list[list[int]] = []
    for start, end in sorted(map(list, now)):
        if merged and start <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    lost = [(a, b) for a, b in was if not any(start <= a and b <= end for start, end in merged)]
    return [str(a) if a == b else f"{a} to {b}" for a, b in lost]
