"""What was told of a system as a case: the series up to the end, the pods, the steps and the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Alert, Case, Link, Question, Step, Watch
from seamline.bench._case_folder import Truth
from seamline.bench._system.flow import Floats, Pods
from seamline.bench._system.play import Play
from seamline.bench._system.sampling import Column


@dataclass(frozen=True, slots=True)
class Told:
    """A story with what was seen of it, up to the moment that somebody asks."""

    play: Play
    pods: Pods
    columns: Sequence[Column]
    page: Alert
    until_ts: float
    question: Question
    per_pod: bool
    truth: Truth

    @property
    def system(self) -> str:
        """The name of the system: its gateway's."""
        return self.play.system.services[0].name

    def case(self, id_: str) -> Case:
        """The case without its truth."""
        shown = self.play.times <= self.until_ts
        kept = sorted(
            (watch_of(one.name), i)
            for i, one in enumerate(self.columns)
            if np.isfinite(one.values[shown]).any()
        )
        values = np.stack([self.columns[i].values[shown] for _, i in kept])
        times = self.play.times[shown]
        return Case(
            id_, self.question, self.play.step_s, float(times[0]), self.until_ts, self.page, times,
            tuple(watch for watch, _ in kept), values, _links(self), _steps(self),
        )  # fmt: skip


def watch_of(name: str) -> Watch:
    """The watch of a column's name.

    >>> watch_of("a-1>b-2:latency_s")
    Watch(entity='b-2', metric='latency_s', caller='a-1')
    """
    ends, _, metric = name.rpartition(":")
    caller, _, entity = ends.rpartition(">")
    return Watch(entity, metric, caller)


def _links(told: Told) -> tuple[Link, ...]:
    services = told.play.system.services
    found = {Link(services[c.caller].name, services[c.callee].name, "calls") for c in told.play.system.calls}
    if told.per_pod:
        pods = zip(told.pods.names, told.pods.service, strict=True)
        found |= {Link(services[whole].name, name, "has_pod") for name, whole in pods if _came(told, name)}
    return tuple(sorted(found))


def _came(told: Told, pod: str) -> bool:
    """Whether a pod was there by the end."""
    births = {name: at_ts for release in told.play.releases for name, at_ts in release.births.items()}
    return births.get(pod, 0.0) <= told.until_ts


def _steps(told: Told) -> tuple[Step, ...]:
    found = []
    for release in told.play.releases:
        entity = told.play.system.services[release.service].name
        for n, (at_ts, *pods) in enumerate(release.steps, 1):
            if at_ts > told.until_ts:
                continue
            id_ = f"{release.id}#{n}" if len(release.steps) > 1 else release.id
            new, old, removed = (tuple(names) if told.per_pod else () for names in pods)
            found.append(Step(id_, release.kind, entity, at_ts, new, old, removed))
    return tuple(sorted(found, key=lambda s: (s.at_ts, s.id)))


def excursion(front: Sequence[Column], times: Floats, good: NDArray[np.bool_]) -> tuple[Floats, list[int]]:
    """How far the user's series are from what `good` samples were, the farthest per sample, and which one that is."""
    far, which = np.zeros(len(times)), [0] * len(times)
    for at, column in enumerate(front):
        if column.name.endswith("requests"):
            continue
        distance = _distance(column, good)
        farther = distance > far
        far = np.where(farther, distance, far)
        which = [at if here else was for here, was in zip(farther, which, strict=True)]
    return far, which


def _distance(column: Column, good: NDArray[np.bool_]) -> Floats:
    x = column.values
    if "latency" in column.name:
        x, floor = np.log(np.maximum(x, 1e-6)), 0.05
    elif "availability" in column.name:
        x, floor = 1.0 - x, 0.004
    elif "error_rate" in column.name:
        floor = 0.004
    else:
        floor = max(1.0, 0.004 * float(np.nanmax(x, initial=1.0)))
    usual = x[good & np.isfinite(x)]
    if len(usual) < 5:
        return np.zeros(len(x))
    middle = float(np.median(usual))
    scale = max(floor, 1.48 * float(np.median(np.abs(usual - middle))))
    return np.nan_to_num((x - middle) / scale)


def chance(rng: Generator, probability: float) -> bool:
    """Whether something of this probability happens."""
    return bool(rng.random() < probability)
