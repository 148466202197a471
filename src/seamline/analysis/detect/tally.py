"""Series of one formula added up per row and cell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seamline.analysis.detect import grid as gr
from seamline.analysis.detect.roles import Formula, Part, Role
from seamline.analysis.detect.window import Stretch
from seamline.analysis.facts import Floats, Series

Member = tuple[Stretch, int, Part]  # a series, the row it counts for, and as what
# formulas that look at one series of many, not at their sum
_WORST = ("down", "unavailable", "quality", "quantile", "held")
_COUNTS = ("ratio", "ratio_of_counts", "mean")  # formulas of counters


class Tally:
    """Sums (of some formulas: largest values) of each role's growth or level per row and cell."""

    def __init__(self, formula: Formula, grid: gr.Grid, n_rows: int) -> None:
        self.formula = formula
        self.grid = grid
        self._shape = (n_rows, grid.n)
        self._empty = np.nan if formula in _WORST else 0.0
        self._join = np.fmax if formula in _WORST else np.add
        self._by_role: dict[Role, Floats] = {}
        self._seen: dict[Role, NDArray[np.bool_]] = {}

    def add(self, members: Sequence[Member]) -> None:
        """Take all series at once; a series may count in several rows and roles. O(samples)."""
        by_name: dict[str, list[Member]] = {}
        for member in members:
            by_name.setdefault(member[0].series.series, []).append(member)
        stretches = [uses[0][0] for uses in by_name.values()]
        born = _born(stretches)
        for bundle in gr.bundles(stretches, self.grid):
            cells, seen = self._cells(bundle, born)
            by_role: dict[Role, list[tuple[int, int, float]]] = {}
            for i, one in enumerate(bundle.series):
                for _, row, part in by_name[one.series]:
                    by_role.setdefault(part.role, []).append((row, i, part.unit))
            for role, picked in by_role.items():
                self._add(role, sorted(picked), cells, seen)

    def _cells(
        self, bundle: gr.Bundle, born: dict[tuple[str, str], float]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        if self.formula not in _COUNTS:
            cells = gr.levels(bundle, self.grid)
            if self.formula in ("unavailable", "quality"):
                cells = 1.0 - cells
            return cells, np.isfinite(cells)
        first = bundle.times[0]
        late = first - gr.GAP * self.grid.step_s
        joined = np.array(
            [
                one.times[0] == first and np.isinf(one.before_ts) and born[_job(one)] < late
                for one in bundle.series
            ]
        )
        cells, looked = gr.increases(bundle, self.grid, joined)
        return cells, np.broadcast_to(looked, cells.shape)

    def _add(
        self, role: Role, picked: list[tuple[int, int, float]], cells: Floats, seen: NDArray[np.bool_]
    ) -> None:
        rows, which, units = (np.array(column) for column in zip(*picked, strict=True))
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        into = rows[starts]
        add = cells[which] * units[:, None]
        if self.formula not in _WORST:
            add = np.nan_to_num(add)
        if role not in self._by_role:
            self._by_role[role] = np.full(self._shape, self._empty)
            self._seen[role] = np.zeros(self._shape, dtype=bool)
        sums = self._by_role[role]
        sums[into] = self._join(sums[into], self._join.reduceat(add, starts, axis=0))
        self._seen[role][into] |= np.logical_or.reduceat(seen[which], starts, axis=0)

    def _role(self, role: Role) -> Floats:
        """A role's sums, NaN where none of its series was looked at."""
        if role not in self._by_role:
            return np.full(self._shape, np.nan)
        return np.where(self._seen[role], self._by_role[role], np.nan)

    def values(self) -> tuple[Floats, Floats]:
        """The formula's value per row and cell, and the count behind it (NaN where it is no count)."""
        no_count = np.full(self._shape, np.nan)
        if self.formula in ("ratio", "ratio_of_counts"):
            n = self._role("all")
            return _quotient(np.nan_to_num(self._role("bad")), n), n
        if self.formula == "mean":
            n = self._role("count")
            return _quotient(self._role("spent"), n), n
        if self.formula == "share":
            return _quotient(self._role("used"), self._role("limit")), no_count
        value = self._role("value")
        return (1.0 - value if self.formula == "down" else value), no_count


def _quotient(over: Floats, under: Floats) -> Floats:
    """Their quotient, NaN where nothing is under the line."""
    out = np.full(over.shape, np.nan)
    np.divide(over, under, out=out, where=under > 0)
    return out


def _job(one: Series) -> tuple[str, str]:
    return one.metric, one.labels.get("job") or one.labels.get("service_name", "")


def _born(stretches: Sequence[Stretch]) -> dict[tuple[str, str], float]:
    """When a job's metric was first seen: a pod or a label set that joins later began at 0.

    Where that is wrong (an old target that is scraped anew) one cell is, and one cell is no symptom; without
    it the first failures of a new pod or of a new code would be lost, and the onset would be late.
    """
    born: dict[tuple[str, str], float] = {}
    for one in stretches:
        job = _job(one.series)
        born[job] = min(born.get(job, np.inf), one.since_ts)
    return born
