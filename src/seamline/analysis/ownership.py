"""Who answers: exactly one person for anything, at any time, and by which rule.

The rule, in order:
1. A person who has left counts as the nearest manager above them who has not. The root never counts as gone.
2. A seam belongs to the lowest person at or above the owners of both ends; a person is above themself.
3. Who it belongs to may have handed it down to a person at or below them, who accepted, until a date. A hand-down
   that is declined, over, not yet accepted, given by somebody else, or to a person who left or is not
   below, counts for nothing.
4. A person away has one dated stand-in. A stand-in who is away too, or gone, is not followed to a stand-in of
   their own: the seam goes up, to the nearest manager who is there or has a stand-in who is. When nobody up to
   the root is there, it stays with who it belonged to.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from msgspec import Struct

from seamline.model.organisation import HandDown, Organisation
from seamline.model.stack import Accountable

SeamKey = tuple[str, str, str]


def _as_is(ref: str) -> str:
    return ref


class Holder(Struct, frozen=True):
    """Who a seam belongs to before anybody stands in: by the rule, or by a hand-down that is in force."""

    person: str
    why: str
    named: str  # rule | hand-down


class Tree:
    """The people of one organisation, ready to be asked. Total for every valid or broken tree.

    `canonical` resolves the refs in hand-downs, which may be spelled as they were when they were given.
    """

    __slots__ = ("_by_seam", "_depth", "_people", "root")

    def __init__(self, organisation: Organisation, canonical: Callable[[str], str] = _as_is) -> None:
        self._people = {p.id: p for p in organisation.people}
        roots = sorted(p.id for p in organisation.people if p.reports_to not in self._people)
        self.root = roots[0] if roots else min(self._people, default="owner")
        self._by_seam: dict[SeamKey, list[HandDown]] = {}
        for given in organisation.hand_downs:
            source, target, kind = given.seam
            self._by_seam.setdefault((canonical(source), canonical(target), kind), []).append(given)
        self._depth = {p: len(self.chain(p)) - 1 for p in self._people}

    def chain(self, person: str) -> tuple[str, ...]:
        """The person and everybody above, up to the root. A person nobody knows counts as the root."""
        if person not in self._people:
            person = self.root
        seen: dict[str, None] = {}
        while person in self._people and person not in seen:
            seen[person] = None
            person = self._people[person].reports_to
        return tuple(seen) or (self.root,)

    def knows(self, person: str) -> bool:
        """Whether there is such a person, gone or not."""
        return person in self._people

    def present(self, person: str, at: datetime) -> str:
        """The person, or the nearest manager above who has not left; the root when all have."""
        return next((p for p in self.chain(person) if not self._left(p, at)), self.root)

    def _left(self, person: str, at: datetime) -> bool:
        known = self._people.get(person)
        return person != self.root and known is not None and known.left_at is not None and known.left_at <= at

    def holder(self, owners: Iterable[str], at: datetime, seam: SeamKey | None = None) -> Holder:
        """Who it belongs to by rules 1 to 3. No owners at all: the root."""
        named = sorted(set(owners)) or [self.root]
        there = sorted({self.present(o, at) for o in named})
        above = [self.chain(p) for p in there]
        shared = [p for p in above[0] if all(p in chain for chain in above)]
        person = self.present(next(iter(shared), self.root), at)
        given = self._in_force(seam, person, at)
        if given is not None:
            return Holder(given.to, f"handed down by {given.by} until {given.until:%Y-%m-%d}", "hand-down")
        return Holder(person, self._rule_in_words(named, at), "rule")

    def _rule_in_words(self, owners: list[str], at: datetime) -> str:
        left = [f"{o} has left and counts as {self.present(o, at)}" for o in owners if self._left(o, at)]
        unknown = [f"nobody knows {o}, who counts as {self.root}" for o in owners if not self.knows(o)]
        many = len(owners) > 1
        rule = f"lowest person at or above {' and '.join(owners)}" if many else f"{owners[0]} is the owner"
        return "; ".join([rule, *left, *unknown])

    def _in_force(self, seam: SeamKey | None, person: str, at: datetime) -> HandDown | None:
        """The hand-down that holds, the latest accepted one of several."""
        if seam is None:
            return None
        valid = [h for h in self._by_seam.get(seam, ()) if self._holds(h, person, at)]
        return max(valid, key=lambda h: (h.accepted_at, h.until, h.to, h.by), default=None)

    def _holds(self, h: HandDown, person: str, at: datetime) -> bool:
        accepted = h.accepted_at is not None and h.accepted_at <= at < h.until
        declined = h.declined_at is not None and h.declined_at <= at
        if not accepted or declined or not self.knows(h.to) or self._left(h.to, at):
            return False
        # who gave it may be gone by now: then it is their manager's, and stays given
        may_give = h.by in self.chain(person) or (self.knows(h.by) and self.present(h.by, at) == person)
        return may_give and person in self.chain(h.to)

    def accountable(self, owners: Iterable[str], at: datetime, seam: SeamKey | None = None) -> Accountable:
        """The one person, by all four rules. O(owners x depth)."""
        held = self.holder(owners, at, seam)
        if self._absent(held.person, at) is None:
            return Accountable(held.person, held.why, held.named, at)
        for person in self.chain(held.person):
            if self._left(person, at):
                continue
            stand_in = self._absent(person, at)
            if stand_in is None:
                why = f"{held.person} is away and has no stand-in who is there: up to {person}; {held.why}"
                return Accountable(person, why, "rule", at)
            if self.knows(stand_in) and not self._left(stand_in, at) and self._absent(stand_in, at) is None:
                return Accountable(
                    stand_in, f"stands in for {person}, who is away; {held.why}", "stand-in", at
                )
        why = f"away, but so is everybody above, and every stand-in; {held.why}"
        return Accountable(held.person, why, held.named, at)

    def _absent(self, person: str, at: datetime) -> str | None:
        """The stand-in named for an absence at this time; None when the person is there."""
        known = self._people.get(person)
        now = [a for a in (known.absences if known else ()) if a.start_at <= at < a.end_at]
        return min(now, key=lambda a: (a.start_at, a.end_at, a.stand_in)).stand_in if now else None

    def altitude(self, owners: Collection[str], at: datetime, seam: SeamKey | None = None) -> int:
        """Levels from who it belongs to down to the lower owner; 0 for one person. Stand-ins change nothing."""
        held = self.holder(owners, at, seam).person
        lowest = max((self._depth.get(self.present(o, at), 0) for o in owners), default=0)
        return max(0, lowest - self._depth.get(held, 0))


def accountable_for(
    organisation: Organisation, owners: Iterable[str], at: datetime, seam: SeamKey | None = None
) -> Accountable:
    """The one person for what these people own, at a time: never nobody, never two.

    `owners` are person ids, in any order; `seam` lets its hand-downs count. For many questions about one
    organisation build a `Tree` once.
    """
    return Tree(organisation).accountable(owners, at, seam)
