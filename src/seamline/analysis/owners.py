"""What was declared of an entity, and whose it is: declared, inherited, or the root's by default."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import translate

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis.identity import Identity
from seamline.model.event import Claim
from seamline.model.organisation import EntityDecl, Organisation
from seamline.model.refs import kind_of
from seamline.model.stack import LooseEnd, Relation

# Domain of what nobody declared and whose owner has none.
DOMAIN_OF_KIND = {
    "service": "dev", "endpoint": "dev", "api": "dev", "schema": "dev", "repo": "dev", "agent": "dev", "alert": "platform", "scrape": "platform",
    "deployment": "platform", "autoscaler": "platform", "pod": "platform", "database": "platform",
    "queue": "platform", "dataset": "data", "column": "data", "job": "data", "dashboard": "data", "model": "data",
    "desk": "support", "topic": "support", "vendor": "vendor", "peer": "vendor",
}  # fmt: skip
# Run by somebody else, whoever keeps them inside.
OUTSIDE = frozenset({"vendor", "peer"})
APPLICATION = "dataset:app://"
PARTS = frozenset({"column", "endpoint", "pod"})  # always parts of an owned unit, where the whole is known
# Whose owner an entity takes that has none: along these relations, from source to target.
_INHERITS = ("part_of", "scales", "built_from")


class Owned(Struct, frozen=True):
    """An entity's one owner and how that came about: declared | inherited | defaulted."""

    person: str
    how: str


class Declared:
    """The `[[entity]]` tables, asked by entity: a ref before a pattern, a longer pattern before a shorter."""

    __slots__ = ("_by_ref", "_patterns", "_spellings")

    def __init__(self, organisation: Organisation, identity: Identity) -> None:
        self._spellings = identity.spellings
        self._by_ref = {d.ref: d for d in organisation.entities if d.ref}
        patterns = [d for d in organisation.entities if d.match]
        patterns.sort(key=lambda d: (-len(d.match), d.match))
        self._patterns = [(re.compile(translate(d.match)), d) for d in patterns]

    def of(self, ref: str) -> list[EntityDecl]:
        """What covers an entity in any of its spellings, the most telling first."""
        refs = [ref, *(r for r in self._spellings(ref) if r != ref)]
        exact = [self._by_ref[r] for r in refs if r in self._by_ref]
        return exact + [d for pattern, d in self._patterns if any(pattern.match(r) for r in refs)]


def owners(
    refs: Iterable[str],
    declared: Mapping[str, Sequence[EntityDecl]],
    relations: Sequence[Relation],
    claims: Mapping[str, Sequence[Claim]],
    root: str,
) -> dict[str, Owned]:
    """The one owner of each canonical ref.

    What nobody declared takes the owner of its whole, of what it scales, of its repository, or of the service
    built from it; else the one person of the tree whom the heaviest of tools' claims name, on itself or, the nearest
    first, on any of those; else the root's, defaulted.
    """
    above = _above(relations)
    by_word = _below(above, [ref for ref, found in declared.items() if any(d.owner for d in found)])
    by_claim = _below(above, [ref for ref, found in claims.items() if _claimed(found)])
    return {
        ref: _owner(ref, declared if ref in by_word else {}, above, claims, root)
        if ref in by_word or ref in by_claim
        else Owned(root, "defaulted")
        for ref in refs
    }


def _below(above: Mapping[str, Sequence[str]], owned: Iterable[str]) -> set[str]:
    """What may inherit from any of these, and these. The others need no search: parts of parts may be thousands."""
    below: dict[str, list[str]] = {}
    for ref, further in above.items():
        for one in further:
            below.setdefault(one, []).append(ref)
    found = set(owned)
    waiting = list(found)
    while waiting:
        new = [ref for ref in below.get(waiting.pop(), ()) if ref not in found]
        found.update(new)
        waiting.extend(new)
    return found


def _above(relations: Sequence[Relation]) -> dict[str, list[str]]:
    """From whom each ref may inherit, in the order of `_INHERITS`, then a repository from its services."""
    out: dict[str, list[str]] = {}
    for kind in _INHERITS:
        for r in relations:
            if r.kind == kind:
                out.setdefault(r.source, []).append(r.target)
    for r in relations:
        if r.kind == "built_from":
            out.setdefault(r.target, []).append(r.source)
    return out


def _owner(
    ref: str,
    declared: Mapping[str, Sequence[EntityDecl]],
    above: Mapping[str, Sequence[str]],
    claims: Mapping[str, Sequence[Claim]],
    root: str,
) -> Owned:
    waiting, seen, claimed = deque([ref]), {ref}, ""
    while waiting:
        at = waiting.popleft()
        person = next((d.owner for d in declared.get(at, ()) if d.owner), "")
        if person:
            return Owned(person, "declared" if at == ref else "inherited")
        claimed = claimed or _claimed(claims.get(at, ()))
        if claimed and not declared:
            break
        further = [r for r in above.get(at, ()) if r not in seen]
        seen.update(further)
        waiting.extend(further)
    return Owned(claimed, "inherited") if claimed else Owned(root, "defaulted")


def _claimed(claims: Sequence[Claim]) -> str:
    """The one person whom the heaviest claims name; "" where they name two, or there are none."""
    heaviest = max((c.weight for c in claims), default=0)
    named = {c.owner for c in claims if c.weight == heaviest}
    return named.pop() if len(named) == 1 else ""


def claims_by_entity(
    claims: Iterable[Claim], canonical: Callable[[str], str], organisation: Organisation
) -> dict[str, list[Claim]]:
    """Claims that name a person of the tree by id or handle, each with the person's id, by canonical ref, sorted."""
    people = {handle: p.id for p in organisation.people for handle in p.handles}
    people |= {p.id: p.id for p in organisation.people}
    out: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda c: (c.entity, c.owner, c.id)):
        if claim.owner in people:
            out.setdefault(canonical(claim.entity), []).append(replace(claim, owner=people[claim.owner]))
    return out


def contested(claims: Mapping[str, Sequence[Claim]], owned: Mapping[str, Owned]) -> list[LooseEnd]:
    """Claims that name somebody else than who is accountable."""
    return [
        LooseEnd(
            ref, f"{claim.source} says {claim.owner} owns it; {owned[ref].person} is {owned[ref].how}",
            evidence=claim.evidence, contested=True,
        )
        for ref, found in sorted(claims.items())
        for claim in found
        if ref in owned and claim.owner != owned[ref].person
    ]  # fmt: skip


def domain(ref: str, declared: Sequence[EntityDecl], owned: Owned, domain_of: Mapping[str, str]) -> str:
    """Declared, else its owner's, else by kind.

    What somebody else runs is a vendor's whoever keeps it, and an owner by default says nothing of a domain.
    """
    said = next((d.domain for d in declared if d.domain), "")
    if said:
        return said
    if kind_of(ref) not in OUTSIDE and owned.how != "defaulted" and domain_of.get(owned.person):
        return domain_of[owned.person]
    return domain_by_kind(ref)


def domain_by_kind(ref: str) -> str:
    """What the kind says. An application's own tables, as its migrations spell them, are development's."""
    return "dev" if ref.startswith(APPLICATION) else DOMAIN_OF_KIND.get(kind_of(ref), "platform")
