"""Who moved first: the earliest sample from which a service's series stay away from where they usually are."""

from collections.abc import Mapping

import numpy as np

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import listing, number

_AWAY = 4.0  # spreads that a sample must be off
_LED = 0.5  # of a service's loudest movement: quieter series do not date it
_BACK = 0.5  # of the episode's length that is looked at before it
_FADES_STEPS = 2.0  # behind the first one, at which being first is worth a third
_TOGETHER = 3  # samples in which all begin alike: nobody was first


def first_moved(view: View) -> Mapping[str, Reading]:
    """1 for the service that moved first, less for later ones, 0 for those that did not move. O(rows x episode).

    Says nothing, 0 for all, where an episode is too short to tell who was first.
    """
    since = max(0, view.first - max(1, int(_BACK * (view.last - view.first))))
    began = (
        _began(view, since) if view.last - since > _TOGETHER else np.full(len(view.calls.services), np.inf)
    )
    moved = np.isfinite(began)
    if not moved.any():
        return {"moved first": Reading(view.nothing(), {})}
    earliest = int(began.min())
    firsts = [name for name, at in zip(view.calls.services, began, strict=True) if at == earliest]

    def say(service: int) -> str:
        times = view.case.times[since:]
        late_s = float(times[int(began[service])] - times[earliest])
        if late_s > 0:
            return f"began to move {number(late_s)} s after {listing(firsts)}"
        return (
            "began to move first"
            if len(firsts) == 1
            else f"began to move first, together with {len(firsts) - 1} more"
        )

    return {"moved first": reading(np.where(moved, np.exp(-(began - earliest) / _FADES_STEPS), 0.0), say)}


def _began(view: View, since: int) -> Floats:
    """The sample after `since` from which each service was away; infinity for those that were not."""
    m, loud = view.moved, view.nothing()
    rows = [
        (row, service)
        for row, (service, kind) in enumerate(zip(view.service, view.panel.kinds, strict=True))
        if service >= 0 and kind.whose != "host" and kind.role != "requests" and abs(m.z[row]) > _AWAY
    ]
    for row, service in rows:
        loud[service] = max(loud[service], abs(m.z[row]))
    began = np.full(len(loud), np.inf)
    for row, service in rows:
        if abs(m.z[row]) >= _LED * loud[service]:
            values = view.panel.values[row, since : view.last]
            began[service] = min(began[service], _away_from(values, m.usual[row], m.spread[row]))
    return began


def _away_from(values: Floats, usual: float, spread: float) -> float:
    """The first of two samples in a row that are off, or infinity. A gap is not off."""
    off = np.abs(values - usual) > _AWAY * spread
    twice = off[:-1] & off[1:]
    return float(np.argmax(twice)) if twice.any() else np.inf
