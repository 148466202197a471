"""How a difference between two OpenAPI documents becomes a finding."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from seamline.guards.json_schema._graph import Difference, Graph, Side
from seamline.guards.json_schema._said import Weight, do, weight
from seamline.guards.json_schema._steps import Step
from seamline.guards.openapi import RULES
from seamline.guards.openapi._operations import Operation, mapping
from seamline.model.artefact import Document, Place
from seamline.model.verdict import Finding

LINES = "x-lines"  # of a document as it was read: "POST /visits" -> line
HOLD = Weight("hold", "high", 0.95)
NOTE = Weight("note", "low", 0.5)
TURNED: Mapping[Side, Side] = {"senders": "readers", "readers": "senders"}
_WORDS: Mapping[Side, str] = {"senders": "request", "readers": "response"}
_SPECIAL = {
    ("senders", "new-required-property"): "new-required-request-property",
    ("senders", "new-required-property-with-default"): "new-required-request-property-with-default",
    ("senders", "required-property-removed"): "request-property-removed",
    ("senders", "optional-property-removed"): "request-property-removed",
    ("readers", "required-property-removed"): "response-required-property-removed",
    ("readers", "optional-property-removed"): "response-optional-property-removed",
}
Holder = Literal["body", "parameter", "header"]


def finding(
    rule: str, weighs: Weight, reason: str, do: str, document: Document, operation: Operation | None = None
) -> Finding:
    """A finding of a rule by oasdiff's id, at the operation's line."""
    return Finding(
        guard=f"openapi/{rule}",
        outcome=weighs.outcome,
        severity=weighs.severity,
        confidence=weighs.confidence,
        seam=None,
        reason=reason,
        do=do,
        missing=(reason,) if weighs.outcome == "unknown" else (),
        evidence=(f"rules: {RULES}",),
        entity=document.entity,
        place=_place(document, operation),
    )


def _place(document: Document, operation: Operation | None) -> Place:
    lines = mapping(mapping(document.content).get(LINES))
    line = lines.get(operation.label) if operation else None
    place = document.place
    return Place(place.repository, place.path, line) if isinstance(line, int) else place


class Seen(Struct):
    """One difference of schemas, and the places of the API that show it."""

    difference: Difference
    side: Side
    holder: Holder
    operation: Operation
    where: list[str]


class Schemas:
    """Collects what differs in schemas, so that what many operations share is said once."""

    def __init__(self, before: Document, after: Document) -> None:
        self._documents = (before, after)
        self._graphs: dict[Side, Graph] = {}
        self._seen: dict[tuple[Any, ...], Seen] = {}

    def compare(
        self,
        pair: tuple[Any, Any],
        side: Side,
        holder: Holder,
        operation: Operation,
        where: str,
        *,
        text: bool = False,
    ) -> None:
        """Hold the schemas of one place against each other; None stands for no schema.

        `text`: values travel as text there (parameters, headers, forms), so that a number is as good as its spelling.
        """
        was, now = ({} if schema is None else schema for schema in pair)
        if side not in self._graphs:
            before, after = self._documents
            self._graphs[side] = Graph(before.content, after.content, side)
        for difference in self._graphs[side].differences(was, now):
            step = difference.step
            if weight(step, side) is not None and not (text and _spelled_alike(step, side)):
                self._add(difference, side, holder, operation, where)

    def _add(
        self, difference: Difference, side: Side, holder: Holder, operation: Operation, where: str
    ) -> None:
        step = difference.step
        shared = difference.written[0] != ""
        place: tuple[str, ...] = difference.written if shared else (operation.label, where, *difference.path)
        name = rule(step, side, holder, difference.path)
        seen = self._seen.setdefault(
            (name, step.detail, place), Seen(difference, side, holder, operation, [])
        )
        seen.where.append(_way(operation, where, difference.path))

    def findings(self) -> Iterable[Finding]:
        """One for each difference, in the order they were met."""
        for seen in self._seen.values():
            step = seen.difference.step
            weighs = weight(step, seen.side)
            if weighs is None:
                continue
            name = rule(step, seen.side, seen.holder, seen.difference.path)
            others = len(set(seen.where)) - 1
            more = (
                f", and {others} more place{'s' if others > 1 else ''} that share this schema"
                if others
                else ""
            )
            reason = f"{seen.where[0]}: {step.what.replace('-', ' ')} ({step.detail}){more}"
            how = do(step, seen.side, _last(seen.difference.path))
            said = finding(name, weighs, reason, how, self._documents[1], seen.operation)
            yield replace(said, place=seen.difference.place(said.place or self._documents[1].place))


def _last(path: tuple[str, ...]) -> str:
    """The nearest name on a path; "" at its top."""
    return next((part.partition("/")[2] for part in reversed(path) if part.startswith("properties/")), "")


def _spelled_alike(step: Step, side: Side) -> bool:
    """Whether a change of types is none on paper: whoever takes any text takes the text of a number."""
    if step.what != "type-changed":
        return False
    to_text, from_text = step.detail.endswith(" to string"), step.detail.startswith("from string to ")
    scalar = not any(word in step.detail for word in ("object", "array", "anything", "format"))
    return scalar and (to_text if side == "senders" else from_text)


def _way(operation: Operation, where: str, path: tuple[str, ...]) -> str:
    return f"{operation.label} -> {'/'.join((where, *path))}"


def rule(step: Step, side: Side, holder: Holder, path: tuple[str, ...]) -> str:
    """oasdiff's id for a step: `request-property-max-length-set`."""
    if holder != "header" and (side, step.what) in _SPECIAL:
        return _SPECIAL[side, step.what]
    word = _WORDS[side]
    if holder == "body":
        what = step.what.removeprefix("property-") if step.at else step.what
        return f"{word}-{'property' if path else 'body'}-{what}"
    return f"{word}-{holder}-{'property-' if path and not step.at else ''}{step.what}"
