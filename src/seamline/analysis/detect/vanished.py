"""Metrics that an entity no longer sends while its scrape job goes on.

One watch per entity. A metric is gone when every series of it at the entity is: a pod that a rollout
replaced has siblings, so it is no symptom. The whole job falling silent is none either (the sender may be
down); its targets then show in `up`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from seamline.analysis.detect.eps import eps, moment
from seamline.analysis.detect.grid import GAP
from seamline.analysis.detect.indicators import Key
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.series import LINGER_S, few
from seamline.analysis.detect.window import Stretch
from seamline.analysis.environment import environment_of
from seamline.model.symptom import Observable, Symptom

MIN_SAMPLES = 20  # a series has to have lived so long
_MIN_GONE_S = 30.0


class _Life:
    """When one metric was alive at one entity."""

    def __init__(self) -> None:
        self.first = np.inf
        self.last = -np.inf
        self.n = 0
        self.step_s = 0.0
        self.seq = 0
        self.jobs: set[str] = set()

    def add(self, one: Stretch, job: str) -> None:
        seq = int(one.series.seqs[one.high - 1])
        if (one.last_ts, seq) > (self.last, self.seq):
            self.last, self.seq = one.last_ts, seq
        self.first = min(self.first, one.since_ts)
        self.n = max(self.n, one.high - one.low)
        self.step_s = max(self.step_s, one.step_s)
        self.jobs.add(job)


def observe(
    stretches: Sequence[Stretch], canonical: Callable[[str], str], environment: str
) -> list[Observable]:
    """One observable per entity. O(series)."""
    lives: dict[Key, dict[str, _Life]] = {}
    latest: dict[str, float] = {}  # job -> newest sample of any of its series
    for one in stretches:
        series = one.series
        job = series.labels.get("job", "")
        latest[job] = max(latest.get(job, -np.inf), one.last_ts)
        key = Key(canonical(series.entity), "", environment_of(series.labels, environment))
        lives.setdefault(key, {}).setdefault(series.metric, _Life()).add(one, job)
    return [_observable(key, metrics, latest, environment) for key, metrics in sorted(lives.items())]


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
        detail=f"no longer sent: {named}",
        seqs=few({life.seq for life in gone.values()}),
        confirmed_by=len(gone),
    )
