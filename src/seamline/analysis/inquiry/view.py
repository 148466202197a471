"""What evidence is read from: the series of a case, how far each moved in the episode, and whose it is."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.episode import Episode
from seamline.analysis.inquiry.kinds import Role, kind_of
from seamline.analysis.inquiry.panel import Moved, Panel, moved


class View(Struct, frozen=True):
    """A case as one looks at it; samples [first, last) are the episode.

    `service` and `caller` hold the numbers of each row's ends in `calls`, -1 where there is none.
    """

    case: Case
    panel: Panel
    moved: Moved
    calls: Calls
    first: int
    last: int
    service: tuple[int, ...]
    caller: tuple[int, ...]

    def rows(self, role: Role) -> Iterator[tuple[int, int, int]]:
        """Row, service and caller of the series of a role whose service is known."""
        for row, kind in enumerate(self.panel.kinds):
            if kind.role == role and self.service[row] >= 0:
                yield row, self.service[row], self.caller[row]

    def nothing(self) -> Floats:
        """A zero for each service."""
        return np.zeros(len(self.calls.services))

    def role(self) -> Role | None:
        """What the alert is about, None without one."""
        return kind_of(self.case.alert.metric).role if self.case.alert is not None else None

    def alerted_row(self) -> int:
        """The alerted series, -1 where it is not among those that were sampled."""
        alert = self.case.alert
        if alert is None:
            return -1
        found = (
            row
            for row, w in enumerate(self.panel.watches)
            if not w.caller and w.entity == alert.entity and w.metric == alert.metric
        )
        return next(found, -1)


def view(case: Case, p: Panel, calls: Calls, when: Episode) -> View:
    """A case seen in its episode. O(samples log samples), for `moved`."""
    return View(
        case,
        p,
        moved(p, when.first, when.last),
        calls,
        when.first,
        when.last,
        tuple(calls.of(w.entity) for w in p.watches),
        tuple(calls.of(w.caller) if w.caller else -1 for w in p.watches),
    )


class Reading(Struct, frozen=True):
    """One kind of evidence: a number for each service, 0 where it says nothing, and a sentence where it is not."""

    values: Floats
    texts: Mapping[int, str]


def reading(values: Floats, say: Callable[[int], str]) -> Reading:
    """A reading with what `say` has to say of each service that it speaks of."""
    return Reading(values, {service: say(service) for service in np.flatnonzero(values).tolist()})
