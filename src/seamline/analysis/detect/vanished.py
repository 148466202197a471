"""Metrics that an entity no longer sends while its scrape job goes on.

One watch per entity. A metric is gone when every series of it at the entity is: a pod that a rollout
replaced has siblings, so it is no symptom. The whole job falling silent is none either (the sender may be
down); its targets then show in `up`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from seamline.analysis.detect.eps import clock, eps, moment
from seamline.analysis.detect.grid import GAP, step_of
from seamline.analysis.detect.indicators import Key, environment_of
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.series import LINGER_S, few
from seamline.analysis.facts import Series
from seamline.model.symptom import Observable, Symptom

MIN_SAMPLES = 20  # a series has to have lived so long
_MIN_GONE_S = 30.0
_SHORT_LIVED = 600.0  # series that lived only some samples long ago are of no interest


class _Life:
    """When one metric was alive at one entity."""

    def __init__(self) -> None:
        self.first = np.inf
        self.last = -np.inf
        self.n = 0
        self.step_s = 0.0
        self.seq = 0
        self.jobs: set[str] = set()

    def add(self, first: float, last: float, n: int, step_s: float, seq: int, job: str) -> None:
        if (last, seq) > (self.last, self.seq):
            self.last, self.seq = last, seq
        self.first = min(self.first, first)
        self.n = max(self.n, n)
        self.step_s = max(self.step_s, step_s)
        self.jobs.add(job)


def observe(
    series: Sequence[Series], canonical: Callable[[str], str], as_of_ts: float, environment: str
) -> list[Observable]:
    """One observable per entity with series that lived long enough to be missed."""
    lives: dict[Key, dict[str, _Life]] = {}
    latest: dict[str, float] = {}  # job -> newest sample of any of its series
    steps: dict[tuple[int, float], float] = {}
    for one in series:
        span = _alive(one, as_of_ts)
        if span is None:
            continue
        low, high = span
        first, last = float(one.times[low]), float(one.times[high])
        job = one.labels.get("job", "")
        latest[job] = max(latest.get(job, -np.inf), last)
        mark = (high, last)
        if mark not in steps:
            steps[mark] = step_of(one.times[low : high + 1])
        key = Key(canonical(one.entity), "", environment_of(one.labels, environment))
        life = lives.setdefault(key, {}).setdefault(one.metric, _Life())
        life.add(first, last, high - low + 1, steps[mark], int(one.seqs[high]), job)
    return [_observable(key, metrics, latest, environment) for key, metrics in sorted(lives.items())]


def _alive(one: Series, as_of_ts: float) -> tuple[int, int] | None:
    """First and last position of real samples in the window; None where there are none."""
    low = int(np.searchsorted(one.times, as_of_ts - 6 * LINGER_S, side="right"))
    high = int(np.searchsorted(one.times, as_of_ts, side="right")) - 1
    while high >= low and not np.isfinite(one.values[high]):
        high -= 1
    return (low, high) if high >= low else None


def _observable(
    key: Key, metrics: dict[str, _Life], latest: dict[str, float], default_environment: str
) -> Observable:
    gone = {name: life for name, life in sorted(metrics.items()) if _is_gone(life, latest)}
    first = min(life.first for life in metrics.values())
    seen = max(max(latest[job] for job in life.jobs) for life in metrics.values())
    return Observable(
        id=observable_id("vanished", key.entity, "", key.environment, default_environment),
        entity=key.entity,
        kind="vanished",
        eps=max(0.02, eps(0, seen - first)),
        watched_since=moment(first),
        seen_at=moment(seen),
        symptom=_symptom(gone, len(metrics)) if gone else None,
        environment=key.environment,
    )


def _is_gone(life: _Life, latest: dict[str, float]) -> bool:
    gone_s = max(latest[job] for job in life.jobs) - life.last
    return life.n >= MIN_SAMPLES and max(GAP * life.step_s, _MIN_GONE_S) < gone_s <= LINGER_S


def _symptom(gone: dict[str, _Life], n_metrics: int) -> Symptom:
    first = min(gone.values(), key=lambda life: life.last)
    onset_at = moment(first.last + first.step_s)
    named = ", ".join(list(gone)[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
    return Symptom(
        onset_at=onset_at,
        healthy_at=moment(first.last),
        strength=round(2.0 + 6.0 * len(gone) / n_metrics, 2),
        detail=f"no longer sent: {named}, since {clock(onset_at)}",
        seqs=few({life.seq for life in gone.values()}),
        confirmed_by=len(gone),
    )
