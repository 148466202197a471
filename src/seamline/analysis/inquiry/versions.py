"""Who runs which version when: a rollout's new pods beside the old ones, and the series of both.

A sample speaks of the step of time before it, so the first ones of a new pod are of its birth. Series of calls stand
at both ends: what others see of a pod, and what it sees of others.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Case, Step

Side = Literal["answers", "asks"]  # calls that a pod answers (and all that is its own), calls that it makes
SIDES: tuple[Side, ...] = ("answers", "asks")
Cells = NDArray[np.bool_]

WARMS_UP_S = (60.0, 20.0, 0.0)  # the longest that leaves enough samples
_AT_LEAST = 2  # samples of a new pod within the harm: with fewer, others count too


class Rollout(Struct, frozen=True):
    """One change with all its steps, in order of time. `births`: when each new pod was first listed."""

    id: str
    kind: str
    entity: str
    steps: tuple[Step, ...]
    births: Mapping[str, float]
    old: frozenset[str]

    @property
    def began_ts(self) -> float:
        """When the first step began."""
        return self.steps[0].at_ts


def rollouts(case: Case) -> tuple[Rollout, ...]:
    """One for each change, by id. Pods of its entity that are not new are old, listed or not."""
    grouped: dict[str, list[Step]] = {}
    for step in sorted(case.steps, key=lambda s: (s.at_ts, s.id)):
        grouped.setdefault(step.rollout, []).append(step)
    pods: dict[str, set[str]] = {}
    for pod, service in case.pods().items():
        pods.setdefault(service, set()).add(pod)
    return tuple(_rollout(id_, steps, pods) for id_, steps in sorted(grouped.items()))


def _rollout(id_: str, steps: list[Step], pods: Mapping[str, set[str]]) -> Rollout:
    births: dict[str, float] = {}
    old: set[str] = set(pods.get(steps[0].entity, ())) if any(step.new for step in steps) else set()
    for step in steps:
        old |= {*step.old, *step.removed}
        for pod in step.new:
            births.setdefault(pod, step.at_ts)
    return Rollout(id_, steps[0].kind, steps[0].entity, tuple(steps), births, frozenset(old - set(births)))


class Rows(Struct, frozen=True):
    """Rows of the case by side and entity: (metric, the other end, row)."""

    of: Mapping[tuple[Side, str], list[tuple[str, str, int]]]

    def get(self, side: Side, entity: str) -> list[tuple[str, str, int]]:
        """All of one side of an entity, in order of names."""
        return self.of.get((side, entity), [])

    def by_metric(self, side: Side, entities: frozenset[str]) -> dict[str, dict[str, dict[str, int]]]:
        """Metric, the other end, entity: row."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for entity in sorted(entities):
            for metric, other, row in self.get(side, entity):
                found.setdefault(metric, {}).setdefault(other, {})[entity] = row
        return found


def rows(case: Case) -> Rows:
    """In order of the watches' names, whatever order they stand in. O(watches log watches)."""
    found: dict[tuple[Side, str], list[tuple[str, str, int]]] = {}
    for watch, row in sorted((watch, row) for row, watch in enumerate(case.watches)):
        found.setdefault(("answers", watch.entity), []).append((watch.metric, watch.caller, row))
        if watch.caller:
            found.setdefault(("asks", watch.caller), []).append((watch.metric, watch.entity, row))
    return Rows(found)


class Span(Struct, frozen=True):
    """Which samples count: those of the harm, and of a new pod those when it is warm."""

    harm_from_ts: float
    times: NDArray[np.float64]
    step_s: float

    def of_new(self, birth_ts: float, seen: Cells) -> Cells:
        """Cells of a pod that is as warm as can be, within the harm where there are enough of them."""
        for warm_s in WARMS_UP_S:
            warm = self.times > birth_ts + max(warm_s, self.step_s)
            late = warm & (self.times >= self.harm_from_ts)
            for cells in (late, warm):
                if (cells & seen).sum() >= _AT_LEAST:
                    return cells
        return np.asarray(self.times > birth_ts + self.step_s)

    def due(self, birth_ts: float) -> Cells:
        """Cells that a pod of this birth should have been seen in."""
        return np.asarray(self.times > birth_ts + 2 * max(WARMS_UP_S[0], self.step_s))
