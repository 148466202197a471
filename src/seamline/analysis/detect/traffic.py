"""Lasting changes of the request rate: context for the story of a collision, never a symptom by themselves."""

from collections.abc import Callable
from datetime import datetime
from math import exp

import numpy as np
from msgspec import Struct

from seamline.analysis.detect.baseline import MIN_HEALTHY
from seamline.analysis.detect.eps import moment
from seamline.analysis.detect.indicators import panels
from seamline.analysis.detect.window import stretches
from seamline.analysis.facts import Facts, Floats

MIN_RATIO = 1.5
_LASTS_S = 20.0


class TrafficShift(Struct, frozen=True):
    """From `at` on an entity got `ratio` times the requests that were usual before."""

    entity: str
    at: datetime
    ratio: float
    environment: str


def traffic_shifts(
    facts: Facts, canonical: Callable[[str], str], as_of: datetime, environment: str = ""
) -> list[TrafficShift]:
    """The biggest lasting shift per entity in the window up to `as_of`, by (time, entity)."""
    found: list[TrafficShift] = []
    as_of_ts = as_of.timestamp()
    for panel in panels(stretches(facts.series(), as_of_ts), canonical, as_of_ts, environment):
        if panel.kind != "error_ratio":
            continue
        for row in np.flatnonzero(np.isfinite(panel.n).any(axis=1)):
            shift = _biggest(panel.n[row], panel.grid.step_s)
            if shift is not None:
                at = moment((panel.grid.first + shift[0] + 1) * panel.grid.step_s)
                key = panel.keys[row]
                found.append(TrafficShift(key.entity, at, round(shift[1], 2), key.environment))
    return sorted(found, key=lambda s: (s.at, s.entity, s.ratio))


def _biggest(n: Floats, step_s: float) -> tuple[int, float] | None:
    """Cell and ratio of the split that most changes the level of log rates, if it is big and lasts. O(cells).

    The split of least squares over all cells, by prefix sums; counts of 0 are taken as half a request.
    """
    cells = np.flatnonzero(np.isfinite(n))
    lasts = max(3, int(np.ceil(_LASTS_S / step_s)))
    if len(cells) < MIN_HEALTHY + lasts:
        return None
    logs = np.log(np.maximum(n[cells], 0.5))
    before = np.arange(1, len(logs))
    sums = np.cumsum(logs)
    left = sums[:-1] / before
    right = (sums[-1] - sums[:-1]) / (len(logs) - before)
    gain = (left - right) ** 2 * before * (len(logs) - before)
    gain[: MIN_HEALTHY - 1] = -1.0
    gain[len(gain) - lasts + 1 :] = -1.0
    split = int(np.argmax(gain)) + 1
    usual, now = float(np.median(logs[:split])), float(np.median(logs[split:]))
    noise = float(np.median(np.abs(logs[:split] - usual)))
    if abs(now - usual) < max(np.log(MIN_RATIO), noise):
        return None
    return int(cells[split]), exp(now - usual)
