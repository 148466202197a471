"""What is said of a step: whether it holds a change, how grave it is, and how to do it safely.

The table is by the step's name without the place it happens at; both kinds of contract that are made of schemas use it.
"""

from typing import Literal

from msgspec import Struct

from seamline.guards.json_schema._graph import Side
from seamline.guards.json_schema._steps import Effect, Step

WHATS = (
    "additional-properties-allowed", "additional-properties-forbidden", "any-of-added", "any-of-removed", "any-of-set",
    "any-of-unset", "became-enum", "became-not-nullable", "became-nullable", "const-added", "const-changed",
    "const-removed", "contains-added", "contains-changed", "contains-removed", "content-encoding-added",
    "content-encoding-changed", "content-encoding-removed", "content-media-type-added", "content-media-type-changed",
    "content-media-type-removed", "default-value-changed", "dependent-required-added", "dependent-required-removed",
    "dependent-schema-added", "dependent-schema-changed", "dependent-schema-removed",
    "discriminator-property-name-changed", "else-added", "else-changed", "else-removed", "enum-removed",
    "enum-value-added", "enum-value-removed", "if-added", "if-changed", "if-removed",
    "list-of-types-narrowed", "list-of-types-widened", "multiple-of-changed", "multiple-of-set", "multiple-of-unset",
    "new-required-property", "new-required-property-with-default", "not-added", "not-changed", "not-compared", "not-removed",
    "one-of-added", "one-of-removed", "one-of-set", "one-of-unset", "optional-property-removed", "pattern-added",
    "pattern-changed", "pattern-property-added", "pattern-property-removed", "pattern-removed", "prefix-items-added",
    "prefix-items-removed", "property-became-optional", "property-became-required", "property-names-added",
    "property-names-changed", "property-names-removed", "reference-target-changed", "required-property-removed",
    "then-added", "then-changed", "then-removed", "type-changed", "type-generalized",
    "unique-items-set", "unique-items-unset",
    *(f"{bound}-{how}" for bound in (
        "max", "max-length", "max-items", "max-properties", "exclusive-max", "max-contains",
        "min", "min-length", "min-items", "min-properties", "exclusive-min", "min-contains")
      for how in ("set", "unset", "increased", "decreased")),
)  # fmt: skip


class Weight(Struct, frozen=True):
    """How much a step counts."""

    outcome: Literal["hold", "unknown", "note"]
    severity: Literal["low", "medium", "high"]
    confidence: float


_WEIGHTS: dict[Effect, Weight] = {
    "breaks": Weight("hold", "high", 0.9),
    "unsure": Weight("unknown", "medium", 0.5),
    "may": Weight("note", "low", 0.5),
}
# Breaks only who sends, or insists on, a value at the edge: most callers never notice.
_EDGE = Weight("hold", "medium", 0.7)
_EDGES = (
    "-set",
    "-unset",
    "-increased",
    "-decreased",
    "enum-value-added",
    "one-of-added",
    "any-of-added",
    "pattern-added",
)


def effect(step: Step, side: Side) -> Effect:
    """Whom a step breaks, asked for one side."""
    return step.senders if side == "senders" else step.readers


def weight(step: Step, side: Side) -> Weight | None:
    """None for a step that this side doesn't feel."""
    found = _WEIGHTS.get(effect(step, side))
    if found is not None and found.outcome == "hold" and step.what.endswith(_EDGES):
        return _EDGE
    return found


def do(step: Step, side: Side, name: str = "") -> str:
    """The way to make this change safely, in steps. `name` is of the property it happens at or in."""
    what = step.at or name or "it"
    if step.what.startswith("new-required-property"):
        return f"expand: take {what} as optional and fill it in where it is missing; migrate: every sender sends it; contract: require it"
    if "property-removed" in step.what:
        return _DO_REMOVE[side].format(what=what)
    if step.what == "enum-value-added":
        return "expand: readers treat values they don't know as a default; then send the new value"
    if step.what == "not-compared":
        return "split the document, or hold its states against each other by hand"
    if step.what == "reference-target-changed":
        return (
            "keep the referred schema in the repository, or hold both its states against each other by hand"
        )
    if step.what.startswith(("type-", "list-of-types", "const-", "became-")):
        return f"expand: add a second field of the new form beside {what} and fill both; migrate: move everybody over; contract: remove the old one"
    return _DO[side].format(what=what)


_DO_REMOVE = {
    "senders": "expand: go on taking {what} and ignore it; migrate: senders stop sending it; contract: remove it",
    "readers": "expand: go on returning {what} beside what replaces it; migrate: readers move over; contract: remove it when none reads it",
}
_DO = {
    "senders": "expand: take both the old and the new form of {what}; migrate: senders move to the new one; contract: refuse the old when none arrives",
    "readers": "expand: make readers accept the new form of {what}; migrate: return it to those who ask for it; contract: return only the new one",
}
