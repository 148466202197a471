"""Who moved first: the earliest sample from which a service's series stay away from where they usually are."""

import numpy as np

from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.panel import Moved, Panel

_AWAY = 4.0  # spreads that a sample must be off
_LED = 0.5  # of a service's loudest movement: quieter series do not date it
_BACK = 0.5  # of the episode's length that is looked at before it
_FADES_STEPS = 2.0  # behind the first one, at which being first is worth a third
_TOGETHER = 3  # samples in which all begin alike: nobody was first


def first_moved(p: Panel, m: Moved, calls: Calls, first: int, last: int) -> Floats:
    """1 for the service that moved first, less for later ones, 0 for those that did not move. O(rows x episode).

    Says nothing, 0 for all, where an episode is too short to tell who was first.
    """
    n = len(calls.services)
    since = max(0, first - max(1, int(_BACK * (last - first))))
    if last - since <= _TOGETHER:
        return np.zeros(n)
    loud, began = np.zeros(n), np.full(n, np.inf)
    rows = [
        (row, calls.of(w.entity))
        for row, (w, k) in enumerate(zip(p.watches, p.kinds, strict=True))
        if k.whose != "host" and k.role != "requests" and abs(m.z[row]) > _AWAY
    ]
    for row, service in rows:
        if service >= 0:
            loud[service] = max(loud[service], abs(m.z[row]))
    for row, service in rows:
        if service >= 0 and abs(m.z[row]) >= _LED * loud[service]:
            began[service] = min(
                began[service], _onset(p.values[row, since:last], m.usual[row], m.spread[row])
            )
    moved = np.isfinite(began)
    if not moved.any():
        return np.zeros(n)
    return np.where(moved, np.exp(-(began - began[moved].min()) / _FADES_STEPS), 0.0)


def _onset(values: Floats, usual: float, spread: float) -> float:
    """The first of two samples in a row that are off, or infinity. A gap is not off."""
    off = np.abs(values - usual) > _AWAY * spread
    twice = off[:-1] & off[1:]
    return float(np.argmax(twice)) if twice.any() else np.inf
