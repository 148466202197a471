"""The map's records: entities, relations, seams, and who is accountable."""

from datetime import datetime

from msgspec import Struct


class Entity(Struct, frozen=True):
    """Anything that can break or be blamed, under its canonical ref."""

    ref: str
    kind: str
    domain: str
    owner: str  # person id: exactly one
    owned_how: str  # declared | inherited | defaulted
    unit: str  # ref of the owned unit it is a part of; itself when it is one
    spellings: tuple[str, ...] = ()  # other refs that resolve to it, sorted


class Relation(Struct, frozen=True):
    """A directed edge in the tool's own direction, with why it is believed."""

    source: str
    kind: str
    target: str
    evidence: str = ""
    seq: int = 0  # delivery it was read from; 0 when declared


class LooseEnd(Struct, frozen=True):
    """Something that deliveries speak of and that could not be joined to the declared map."""

    ref: str
    why: str
    suggestion: str = ""  # ref it may be the same as
    evidence: str = ""
    contested: bool = False  # it is on the map and has an owner, and somebody says that another one owns it


class Seam(Struct, frozen=True):
    """Two owned units that differ in domain or owner, and the one person who answers for what happens there."""

    source: str
    target: str
    kind: str
    accountable: str
    why: str  # the rule that gave the person, in words
    named: str  # rule | hand-down | stand-in
    altitude: int
    outside_reach: bool
    evidence: tuple[Relation, ...] = ()

    def key(self) -> tuple[str, str, str]:
        """(source, target, kind): the seam's identity."""
        return (self.source, self.target, self.kind)


class Accountable(Struct, frozen=True):
    """The one person who answers for something at a time, and by which rule."""

    person: str
    why: str
    named: str  # rule | hand-down | stand-in
    at: datetime
