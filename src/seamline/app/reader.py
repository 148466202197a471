"""What readers of a live home are shown: the latest opinion, kept in memory, or one formed as of an earlier time.

Triage goes on changing its facts, so a reader gets copies of their tables; the events in them are frozen, which makes
a copy cheap. No reader waits for an opinion that is being formed, and the log is read again only for an earlier time.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TypeVar

from msgspec import Struct

from seamline.analysis import owners, seams
from seamline.analysis.facts import Facts
from seamline.analysis.opinion import Opinion, opine
from seamline.app import views
from seamline.app.home import Home
from seamline.app.ingest import read_delivery
from seamline.app.lanes import Mark, marks
from seamline.app.story import tell
from seamline.app.triage import Triage
from seamline.model.delivery import Delivery
from seamline.model.errors import UnknownIncident
from seamline.model.incident import Incident
from seamline.model.stack import Seam
from seamline.model.story import Story

A = TypeVar("A")

REMEMBERED = 4  # opinions of earlier times that are kept; each holds a whole map


class Seen:
    """One opinion with the facts behind it, as a reader sees it. Never changes; may be read by many threads."""

    def __init__(self, opinion: Opinion, facts: Facts) -> None:
        self.opinion = opinion
        self.facts = facts
        self._stories: dict[str, Story] = {}

    @property
    def position(self) -> int:
        """The log position it stands on."""
        return self.opinion.position

    @property
    def as_of(self) -> datetime | None:
        """None for an empty log."""
        return self.facts.as_of

    @property
    def time_zone(self) -> str:
        """IANA name of the organisation's."""
        return self.opinion.base.organisation.time_zone

    @cached_property
    def people(self) -> Mapping[str, str]:
        """Names by person id."""
        return {p.id: p.name for p in self.opinion.base.organisation.people}

    @cached_property
    def incidents(self) -> Sequence[Incident]:
        """Recorded ones: open before closed, the newest first."""
        found = [i for i in self.opinion.incidents if i.state != "candidate"]
        found.sort(key=lambda i: (i.opened_at is not None, i.opened_at, i.id), reverse=True)
        return sorted(found, key=lambda i: i.state != "open")

    @cached_property
    def seams(self) -> Sequence[Seam]:
        """Every seam of the map, sorted by key."""
        base = self.opinion.base
        return seams.find(base.stack, base.organisation, self.opinion.as_of)

    @cached_property
    def contested(self) -> frozenset[str]:
        """Refs of which a tool says that somebody else owns them than who does."""
        base = self.opinion.base
        claims = owners.claims_by_entity(self.facts.claims.values(), base.stack.canonical, base.organisation)
        return frozenset(
            ref for ref, said in claims.items() if any(c.owner != base.stack.owner(ref) for c in said)
        )

    @cached_property
    def marks(self) -> Sequence[Mark]:
        """All that the lanes show, oldest first."""
        return marks(self.opinion, self.facts)

    def work_out(self) -> None:
        """Do now what the first reader would else wait for."""
        _ = self.marks, self.incidents

    def story(self, incident: str) -> Story:
        """One incident, told. Raises UnknownIncident with the ids there are."""
        if incident not in self._stories:
            found = next((i for i in self.incidents if i.id == incident), None)
            if found is None:
                known = ", ".join(i.id for i in self.incidents) or "none"
                raise UnknownIncident(f"no incident {incident!r}", hint=f"there are: {known}")
            self._stories[incident] = tell(found, self.opinion, self.facts)
        return self._stories[incident]


class _Unread(Struct, frozen=True):
    """The deliveries that can't be read: how many, and of the latest ones log position and reason, ascending."""

    n: int
    latest: Mapping[int, str]


class Reader:
    """Hands out what is to be seen. `look` belongs to the thread that triage runs on, all else to any thread."""

    def __init__(self, home: Home, triage: Triage) -> None:
        self._home = home
        self._triage = triage
        self._latest = Seen(triage.opinion or opine(Facts()), _kept(triage.facts))
        self._latest.work_out()
        self._earlier: OrderedDict[datetime, Seen] = OrderedDict()
        self._forming = Lock()  # one at a time: an opinion of an earlier time reads the whole log
        self._unread = _Unread(triage.n_unreadable, dict(triage.unreadable))
        self._listeners: list[Callable[[], None]] = []

    @property
    def n_unreadable(self) -> int:
        """How many deliveries can't be read."""
        return self._unread.n

    @property
    def unreadable(self) -> Mapping[int, str]:
        """Log position of each of the latest deliveries that can't be read, with the reason; ascending."""
        return self._unread.latest

    def why_unreadable(self, delivery: Delivery) -> str:
        """Why it can't be read, "" when it can. One from before the latest unreadable ones is read again."""
        unread = self._unread
        if delivery.seq in unread.latest:
            return unread.latest[delivery.seq]
        forgotten = unread.n > len(unread.latest) and delivery.seq < min(unread.latest)
        return read_delivery(self._home.sources, delivery).unreadable if forgotten else ""

    def tell(self, listener: Callable[[], None]) -> None:
        """Have somebody called, on whatever thread, when there is something new to see."""
        self._listeners.append(listener)

    def after(self, on_batch: Callable[[Sequence[Delivery]], A]) -> Callable[[Sequence[Delivery]], A]:
        """`on_batch`, followed by a look."""

        def looked(batch: Sequence[Delivery]) -> A:
            answer = on_batch(batch)
            self.look()
            return answer

        return looked

    def look(self) -> None:
        """Take over what triage formed since the last look."""
        if self._triage.n_unreadable > self._unread.n:
            self._unread = _Unread(self._triage.n_unreadable, dict(self._triage.unreadable))
        formed = self._triage.opinion
        if formed is not None and formed.position > self._latest.position:
            self._show(Seen(formed, _kept(self._triage.facts)))

    def renew(self) -> None:
        """Form the opinion from the log now: whoever put something on record sees it at once."""
        with self._forming:
            facts = views.facts_of(self._home)
            self._show(Seen(opine(facts), facts))

    def at(self, as_of: datetime | None = None) -> Seen:
        """What is to be seen now, or was to be seen as of a time."""
        if as_of is None:
            return self._latest
        with self._forming:
            if as_of in self._earlier:
                self._earlier.move_to_end(as_of)
                return self._earlier[as_of]
            facts = views.facts_of(self._home, as_of)
            seen = Seen(opine(facts), facts)
            if self._latest.as_of is not None and as_of < self._latest.as_of:  # else more may come before it
                self._earlier[as_of] = seen
                if len(self._earlier) > REMEMBERED:
                    self._earlier.popitem(last=False)
            return seen

    def _show(self, seen: Seen) -> None:
        seen.work_out()
        if seen.position >= self._latest.position:
            self._latest = seen
        for listener in self._listeners:
            listener()


def _kept(facts: Facts) -> Facts:
    """The tables as they are now, without the samples: nobody reads those beside the analysis."""
    kept = Facts()
    kept.position, kept.as_of = facts.position, facts.as_of
    kept.changes, kept.alerts = dict(facts.changes), dict(facts.alerts)
    kept.tickets, kept.runs = dict(facts.tickets), dict(facts.runs)
    kept.claims = dict(facts.claims)
    return kept
