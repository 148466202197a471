"""Seams gathered into borders, those that need somebody's attention first. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from seamline.analysis import seams as seams_of
from seamline.app.reader import Seen
from seamline.model.stack import Seam


class Border(Struct, frozen=True):
    """All seams between the same two owners."""

    owners: tuple[str, str]  # person ids, sorted
    domains: tuple[str, ...]
    seams: tuple[Seam, ...]
    unclaimed: tuple[str, ...]  # refs at its ends that nobody said to own
    contested: tuple[str, ...]  # refs of which a tool names another owner

    @property
    def outside_reach(self) -> bool:
        """Whether a seam of it belongs to somebody above the whole-stack owner."""
        return any(s.outside_reach for s in self.seams)

    @property
    def altitude(self) -> int:
        """The highest of its seams'."""
        return max(s.altitude for s in self.seams)

    @property
    def accountable(self) -> tuple[str, ...]:
        """Everybody who answers for a seam of it; one person unless a seam was handed down."""
        return tuple(sorted({s.accountable for s in self.seams}))


def borders(seen: Seen) -> Sequence[Border]:
    """Outside reach, unclaimed, contested, then from the highest down."""
    stack = seen.opinion.base.stack
    found = []
    for owners, theirs in seams_of.borders(seen.seams, stack).items():
        ends = sorted({end for s in theirs for end in (s.source, s.target)})
        found.append(
            Border(
                owners,
                tuple(dict.fromkeys(stack.domain(end) for end in ends)),
                tuple(sorted(theirs, key=lambda s: (-s.altitude, s.key()))),
                tuple(end for end in ends if stack.entity(end).owned_how == "defaulted"),
                tuple(end for end in ends if end in seen.contested),
            )
        )
    return sorted(
        found,
        key=lambda b: (not b.outside_reach, not b.unclaimed, not b.contested, -b.altitude, b.owners),
    )
