"""What a survey's reader is told first: what there is, where it meets, who answers, and what is wrong with that.

Seams stand in the order in which they need somebody: out of the whole-stack owner's reach, unclaimed, contested, then
the rest by border.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from seamline.analysis import owners
from seamline.analysis import seams as seams_of
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Claim
from seamline.model.organisation import Organisation
from seamline.model.refs import DOMAINS, kind_of
from seamline.model.stack import Seam

Standing = Literal["out_of_reach", "unclaimed", "contested", "held"]
STANDINGS: tuple[Standing, ...] = ("out_of_reach", "unclaimed", "contested", "held")


N_EXAMPLES = 12  # of one meeting


class Meeting(Struct, frozen=True):
    """Seams of one border and standing that are alike: what meets what, how often, and the first few of them."""

    kind: str
    source: str  # "dev service"
    target: str
    n_seams: int
    examples: tuple[tuple[str, str], ...]  # their two units


class Border(Struct, frozen=True):
    """The seams of one standing between the same two owners, who answer through one person."""

    standing: Standing
    owners: tuple[str, str]  # person ids, sorted; twice the same where only the domains differ
    person: str
    altitude: int
    n_seams: int
    meetings: tuple[Meeting, ...]


class Standings(Struct, frozen=True):
    """The standing of each seam, asked by its key."""

    by_key: Mapping[tuple[str, str, str], Standing]

    def of(self, seam: Seam) -> Standing:
        """Never fails for a seam of the same map."""
        return self.by_key[seam.key()]


def standings(seams: Iterable[Seam], stack: StackMap, contested: frozenset[str]) -> Standings:
    """How each seam stands. An end is unclaimed when nobody was named for it, contested when two were."""
    return Standings({seam.key(): _standing(seam, stack, contested) for seam in seams})


def _standing(seam: Seam, stack: StackMap, contested: frozenset[str]) -> Standing:
    if seam.outside_reach:
        return "out_of_reach"
    ends = [stack.entity(end) for end in (seam.source, seam.target)]
    if any(end.ref in contested for end in ends):
        return "contested"
    return "unclaimed" if any(end.owned_how == "defaulted" for end in ends) else "held"


def order(standing: Standing, seam: Seam) -> tuple[int, int, tuple[str, str, str]]:
    """Sorts seams in reading order: by standing, then the highest altitude."""
    return (STANDINGS.index(standing), -seam.altitude, seam.key())


def contested(claims: Iterable[Claim], stack: StackMap, organisation: Organisation) -> frozenset[str]:
    """Refs of which somebody says that another person owns them than who does."""
    said = owners.claims_by_entity(claims, stack.canonical, organisation)
    return frozenset(ref for ref, some in said.items() if any(c.owner != stack.owner(ref) for c in some))


def borders(seams: Sequence[Seam], stack: StackMap, stands: Standings) -> list[Border]:
    """Borders in reading order: by standing, then the highest altitude, then the most seams."""
    found: dict[tuple[Standing, tuple[str, str], str], list[Seam]] = {}
    for pair, between in seams_of.borders(seams, stack).items():
        for seam in between:
            found.setdefault((stands.of(seam), pair, seam.accountable), []).append(seam)
    out = [
        Border(standing, pair, person, max(s.altitude for s in some), len(some), _meetings(some, stack))
        for (standing, pair, person), some in found.items()
    ]
    return sorted(
        out, key=lambda b: (STANDINGS.index(b.standing), -b.altitude, -b.n_seams, b.owners, b.person)
    )


def _meetings(seams: Sequence[Seam], stack: StackMap) -> tuple[Meeting, ...]:
    alike: dict[tuple[str, str, str], list[Seam]] = {}
    for seam in seams:
        source, target = (f"{stack.domain(end)} {kind_of(end)}" for end in (seam.source, seam.target))
        alike.setdefault((seam.kind, source, target), []).append(seam)
    found = [
        Meeting(*key, len(some), tuple((s.source, s.target) for s in some[:N_EXAMPLES]))
        for key, some in alike.items()
    ]
    return tuple(sorted(found, key=lambda m: (-m.n_seams, m.kind, m.source, m.target)))


def domains(stack: StackMap) -> dict[str, dict[str, int]]:
    """How many owned units of each kind there are, by domain, the most first. Parts of units are not counted."""
    counted = {domain: Counter[str]() for domain in DOMAINS}
    for entity in stack.entities.values():
        if entity.unit == entity.ref:
            counted.setdefault(entity.domain, Counter())[entity.kind] += 1
    return {
        domain: dict(sorted(kinds.items(), key=lambda k: (-k[1], k[0]))) for domain, kinds in counted.items()
    }
