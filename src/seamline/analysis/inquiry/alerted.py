"""What the alerted series says: how far it moved, what moves in step with it, and whether more was asked than usual."""

from collections.abc import Mapping

import numpy as np

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.harm import CLEAR
from seamline.analysis.inquiry.kinds import Role
from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import named

_BACK = 3  # lengths of the episode that are looked back at for what moves in step
_LEAST_IN_STEP = 4  # samples
_HARM: tuple[Role, ...] = ("latency", "failures")


def movement(view: View) -> float:
    """How far the alerted entity moved in what was alerted, in spreads; NaN where that is not among the series.

    Harm only where a kind has a harmful side; of several series of one kind the loudest.
    """
    row = view.alerted_row()
    if row < 0:
        return np.nan
    role, entity = view.panel.kinds[row].role, view.panel.watches[row].entity
    if role not in _HARM:
        return abs(float(view.moved.z[row]))
    alike = [
        r
        for r, (w, k) in enumerate(zip(view.panel.watches, view.panel.kinds, strict=True))
        if k.role == role and w.entity == entity and not w.caller and k.whose in ("own", "user")
    ]
    return float(view.moved.z[alike].max(initial=0.0))


def surge(view: View) -> float:
    """How far more was asked of the alerted entity than usual, in spreads: a crowd is nobody's fault."""
    alert = view.case.alert
    if alert is None:
        return 0.0
    at = view.calls.of(alert.entity)
    rows = [row for row, service, caller in view.rows("requests") if service == at and caller < 0]
    return float(view.moved.z[rows].max(initial=0.0))


def in_step(view: View) -> Mapping[str, Reading]:
    """The best correlation of each service's harm with the alerted series, from a little before the episode on."""
    best, row_of = view.nothing(), dict[int, int]()
    row = view.alerted_row()
    if row >= 0:
        since = max(0, view.first - _BACK * max(2, view.last - view.first))
        alerted = view.panel.values[row, since:]
        for other, service in _harmed(view):
            alike = _correlation(view.panel.values[other, since:], alerted)
            if alike > best[service]:
                best[service], row_of[service] = alike, other

    def say(service: int) -> str:
        series = named(view.panel, row_of[service])
        if row_of[service] == row:
            return f"{series} is what was alerted"
        return f"{series} moves with what was alerted (correlation {best[service]:.2f})"

    return {"in step": reading(best, say)}


def _harmed(view: View) -> list[tuple[int, int]]:
    """Series of latency and failures that moved, and whose they are; what users see is the alert itself."""
    return [
        (row, service)
        for role in _HARM
        for row, service, _ in view.rows(role)
        if abs(view.moved.z[row]) > CLEAR and view.panel.kinds[row].whose != "user"
    ]


def _correlation(a: Floats, b: Floats) -> float:
    """Pearson's, of the samples that both have; 0 where they are too few or never change."""
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < _LEAST_IN_STEP:
        return 0.0
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0
