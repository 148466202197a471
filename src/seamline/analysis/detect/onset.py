"""When a deviation began, how long it lasted, and whether it counts.

A CUSUM of clipped distances (Page 1954) finds in one pass that there is a lasting deviation: some slack is
forgiven per sample, one sample adds at most `_CLIP`, the sum has to pass `_ALARM`, and at least `MIN_SAMPLES`
unhealthy samples have to span the rule's time. From there the way goes back to the first unhealthy sample.
It ends with as much healthy time in a row; what begins again soon after is the same episode.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.detect.rules import Rule
from seamline.analysis.facts import Floats

MIN_SAMPLES = 3
_CLIP, _ALARM, _CAP = 6.0, 9.0, 40.0
COOL = 2.0  # scales above usual from which on a sample is not healthy, once there is a deviation
REJOIN_S = 120.0  # what begins again within that time goes on
LOST_S = 300.0  # without a sample for so long nothing is said to go on

Ints = NDArray[np.int64]


class Episode(Struct, frozen=True):
    """Cells of one lasting deviation of one row."""

    healthy: int  # last healthy cell before it, -1 when none was seen
    onset: int
    last: int  # last cell that was not healthy
    ended: int  # first cell of the healthy stretch that ended it, -1 while it lasts


def episodes(distance: Floats, values: Floats, step_s: float, rule: Rule) -> list[list[Episode]]:
    """The lasting deviations of each row, oldest first. O(cells); one step per column for the rows in question.

    A row is in question when enough of its samples are unhealthy for one; before its first sample over the slack
    its state says nothing.
    """
    enough = values >= rule.least
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero(((distance >= COOL) & enough).sum(axis=1) >= MIN_SAMPLES)
        over = (distance[rows] > rule.slack).any(axis=0)
    out: list[list[Episode]] = [[] for _ in distance]
    if not over.any():
        return out
    distance, enough = distance[rows], enough[rows]
    walk = _Walk(len(rows), step_s, rule)
    known = np.isfinite(distance).any(axis=0)
    known[: int(np.argmax(over))] = False  # type: ignore[index]
    for cell in np.flatnonzero(known):
        walk.step(int(cell), distance[:, cell], enough[:, cell])
    for row, far, found in zip(rows, distance, walk.found(distance.shape[1]), strict=True):
        out[row] = [_began(one, far) for one in found]
    return out


def _began(one: Episode, distance: Floats) -> Episode:
    """The episode from its first unhealthy sample on: the sum may have fallen to 0 once more after it.

    A single healthy sample between unhealthy ones does not end the way back.
    """
    known = np.flatnonzero(np.isfinite(distance[: one.onset]))
    onset, healthy = one.onset, -1
    for i in range(len(known) - 1, -1, -1):
        if distance[known[i]] >= COOL:
            onset = int(known[i])
        elif i == 0 or distance[known[i - 1]] < COOL:
            healthy = int(known[i])
            break
    return Episode(healthy, _in_earnest(distance, onset, one.last), one.last, one.ended)


def _in_earnest(distance: Floats, onset: int, last: int) -> int:
    """The first cell of an episode that is at least a quarter as far off as half of it is.

    A drift may come before a step, of something else or of noise that is no noise (the mean of a sliding window):
    the harm then began somewhere between the last healthy cell and this one.
    """
    far = distance[onset : last + 1]
    hot = far[far >= COOL]
    return onset + int(np.argmax(far >= max(COOL, float(np.median(hot)) / 4))) if len(hot) else onset


class _Walk:
    """The state of every row while walking over the cells."""

    def __init__(self, n_rows: int, step_s: float, rule: Rule) -> None:
        self.slack = rule.slack
        self.persist = max(MIN_SAMPLES, int(np.ceil(rule.persist_s / step_s)))
        self.rejoin = int(REJOIN_S / step_s)
        self.lost = max(int(LOST_S / step_s), 2 * self.persist)
        self.total = np.zeros(n_rows)  # the sum
        self.calm = np.zeros(n_rows, dtype=np.int64)  # healthy samples in a row
        self.on = np.zeros(n_rows, dtype=bool)  # in an episode
        self.hot = np.zeros(n_rows, dtype=np.int64)  # unhealthy samples since the onset that count
        self.onset = np.full(n_rows, -1)  # cell in which the sum left 0 for the last time
        self.last = np.full(n_rows, -1)  # last unhealthy cell
        self.cool = np.full(n_rows, -1)  # first cell of the healthy ones in a row
        self.seen = np.full(n_rows, -1)  # last cell with a sample
        self._found: list[list[Episode]] = [[] for _ in range(n_rows)]

    def step(self, cell: int, distance: Floats, enough: NDArray[np.bool_]) -> None:
        """Move every row that has a sample in this cell on by it. `enough`: it may count for an alarm."""
        known = np.isfinite(distance)
        self.seen[known] = cell
        far = np.clip(np.where(known, distance, 0.0), -_CLIP, _CLIP) - self.slack
        rising = known & (self.total == 0.0) & (far > 0) & ~self.on
        self.total = np.where(known, np.clip(self.total + far, 0.0, _CAP), self.total)
        self.onset[rising], self.hot[rising] = cell, 0
        unhealthy = known & (distance >= COOL)
        self.hot[unhealthy & enough] += 1
        self.last[unhealthy] = cell
        well = known & ~unhealthy
        self.cool[well & (self.calm == 0)] = cell
        self.calm = np.where(well, self.calm + 1, np.where(unhealthy, 0, self.calm))
        lasting = (self.hot >= MIN_SAMPLES) & (self.last - self.onset + 1 >= self.persist)
        self.on |= (self.total >= _ALARM) & lasting
        for row in np.flatnonzero(self.on & (self.calm >= self.persist)):
            self._close(int(row))

    def _close(self, row: int) -> None:
        self._keep(row, int(self.cool[row]))
        self.on[row], self.total[row] = False, 0.0

    def _keep(self, row: int, ended: int) -> None:
        found = self._found[row]
        onset = int(self.onset[row])
        if found and onset - found[-1].ended <= self.rejoin:
            onset = found.pop().onset
        found.append(Episode(-1, onset, int(self.last[row]), ended))

    def found(self, n_cells: int) -> list[list[Episode]]:
        """What was found, the last healthy cell still open; what goes on has no end, what was lost sight of ends
        there."""
        for row in np.flatnonzero(self.on):
            lost = n_cells - self.seen[row] > self.lost
            self._keep(int(row), int(self.seen[row]) + 1 if lost else -1)
        return self._found
