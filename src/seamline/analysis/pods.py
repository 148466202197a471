"""Which of a service's pods are ill, and what that says of a cause.

A change that reached every pod alike can't make one of them ill and leave its sibling well; a release makes its new
pods ill and leaves the old ones well while both serve; a fault in a pod needs no change at all. Pods are
compared over the same minutes, each by its own figures.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.candidates import Candidate
from seamline.analysis.detect import roles
from seamline.analysis.facts import Facts, Series
from seamline.analysis.stackmap import StackMap
from seamline.model.symptom import Observable

BEFORE_S = 180.0  # of healthy time that a pod's latency is compared with
LEAST = 10.0  # requests without which nothing is said of a pod
_BORN_S = 30.0  # pods that came with a rollout may be seen so much before it is announced
_SCALING_S = 180.0

# P(this pattern | the cause); a pattern by chance counts as _CHANCE.
_CHANCE = 0.2
_SOME = {
    "own": 0.4,
    "beneath": 0.05,
    "fits": 0.8,
    "misfits": 0.002,
    "joint": 0.4,
    "alike": 0.002,
    "unknown": 0.1,
}
_ALL = {"own": 0.3, "beneath": 0.3, "fits": 0.3, "misfits": 0.05, "joint": 0.3, "alike": 0.3, "unknown": 0.2}


class Pattern(Struct, frozen=True):
    """What one symptom looks like pod by pod. `born` is when each was first seen."""

    observable: str
    service: str
    ill: frozenset[str]
    well: frozenset[str]
    born: Mapping[str, float]

    def in_words(self) -> str:
        """One line for people."""
        n = len(self.ill) + len(self.well)
        return f"{len(self.ill)} of {n} pods of {self.service} are ill: {', '.join(sorted(self.ill)[:3])}"


class _Pod(Struct):
    """Sums of one pod, within the episode and before it."""

    bad: float = 0.0
    all: float = 0.0
    spent: float = 0.0
    count: float = 0.0
    before_spent: float = 0.0
    before_count: float = 0.0
    born: float = np.inf


def patterns(facts: Facts, stack: StackMap, sick: Sequence[Observable]) -> list[Pattern]:
    """One for every symptom of a service's own requests that at least two pods served. O(its series)."""
    wanted = [o for o in sick if o.kind in ("error_ratio", "latency") and not o.slice and o.symptom]
    if not wanted:
        return []
    services = {o.entity for o in wanted}
    series: dict[str, list[Series]] = {}
    for one in facts.series():
        own = one.labels.get("pod") and not one.labels.get("peer")  # a caller's figures name the caller's pod
        if own and len(one.times) and (entity := stack.canonical(one.entity)) in services:
            series.setdefault(entity, []).append(one)
    found = (_pattern(o, series.get(o.entity, ())) for o in wanted)
    return [one for one in found if one is not None]


def _pattern(o: Observable, series: Sequence[Series]) -> Pattern | None:
    assert o.symptom is not None
    since_ts = o.symptom.healthy_at.timestamp()
    until_ts = o.symptom.ended_at.timestamp() if o.symptom.ended_at else np.inf
    pods: dict[str, _Pod] = {}
    for one in series:
        pod = pods.setdefault(one.labels["pod"], _Pod())
        pod.born = min(pod.born, one.before_ts, float(one.times[0]))
        for part in roles.parts(one.metric, one.labels):
            if not part.slice:
                _count(pod, part, one, since_ts, until_ts)
    ill, well = _by_errors(pods) if o.kind == "error_ratio" else _by_latency(pods)
    if len(ill) + len(well) < 2 or not ill:
        return None
    return Pattern(o.id, o.entity, ill, well, {name: pod.born for name, pod in pods.items()})


def _count(pod: _Pod, part: roles.Part, one: Series, since_ts: float, until_ts: float) -> None:
    if part.formula not in ("ratio", "mean"):
        return
    during = _grown(one, since_ts, until_ts)
    match part.role:
        case "all":
            pod.all += during
        case "bad":
            pod.bad += during
        case "spent":
            pod.spent += during * part.unit
            pod.before_spent += _grown(one, since_ts - BEFORE_S, since_ts) * part.unit
        case "count":
            pod.count += during
            pod.before_count += _grown(one, since_ts - BEFORE_S, since_ts)


def _grown(one: Series, since_ts: float, until_ts: float) -> float:
    """By how much a counter grew in (since, until]; one that began in there grew from 0."""
    known = np.isfinite(one.values)
    times, values = one.times[known], one.values[known]
    low, high = times.searchsorted((since_ts, until_ts), side="right")
    if high <= low:
        return 0.0
    if one.delta:
        return float(values[low:high].sum())
    start = values[low - 1] if low else (0.0 if np.isinf(one.before_ts) else values[low])
    steps = np.diff(np.concatenate(([start], values[low:high])))
    return float(np.where(steps < 0, values[low:high], steps).sum())


def _by_errors(pods: Mapping[str, _Pod]) -> tuple[frozenset[str], frozenset[str]]:
    """Ill: fails at half the rate of all together or more; well: at less than a tenth of it."""
    n = sum(pod.all for pod in pods.values())
    usual = sum(pod.bad for pod in pods.values()) / n if n else 0.0
    rates = {name: pod.bad / pod.all for name, pod in pods.items() if pod.all >= LEAST}
    ill = frozenset(name for name, rate in rates.items() if rate >= usual / 2 > 0)
    return ill, frozenset(name for name, rate in rates.items() if rate < usual / 10)


def _by_latency(pods: Mapping[str, _Pod]) -> tuple[frozenset[str], frozenset[str]]:
    """Ill: nearer to how slow all are now than to how they were, as ratios; well: as they were."""
    n, before_n = sum(p.count for p in pods.values()), sum(p.before_count for p in pods.values())
    now = sum(p.spent for p in pods.values()) / n if n else 0.0
    before = sum(p.before_spent for p in pods.values()) / before_n if before_n else 0.0
    if not before < now:
        return frozenset(), frozenset()
    means = {name: pod.spent / pod.count for name, pod in pods.items() if pod.count >= LEAST}
    ill = frozenset(name for name, mean in means.items() if mean >= np.sqrt(before * now))
    return ill, frozenset(name for name, mean in means.items() if mean < 2 * before) - ill


def weight(c: Candidate | None, pattern: Pattern, stack: StackMap, kinds: Mapping[str, str]) -> float:
    """Nats that a pattern speaks for a candidate (None: *unknown*). `kinds`: of each change by id."""
    table = _SOME if pattern.well else _ALL
    return float(np.log(table[_fit(c, pattern, stack, kinds)] / _CHANCE))


def _fit(c: Candidate | None, pattern: Pattern, stack: StackMap, kinds: Mapping[str, str]) -> str:
    if c is None or c.main is None:
        return "unknown"
    if c.kind == "collision":
        return "joint"
    own = {pattern.service, *_platform(pattern.service, stack)}
    if c.main.origin not in own:
        return "alike"
    if c.kind == "latent":
        return "own" if c.main.origin == pattern.service else "beneath"
    kind = kinds.get(c.changes[0], "")
    if kind not in ("deploy", "scale") or c.main.start_ts is None:
        return "alike"
    if kind == "scale" and not pattern.well:
        return "alike"
    return _fit_by_birth(pattern, _touched(pattern, c.main.start_ts, kind))


def _touched(pattern: Pattern, began_ts: float, kind: str) -> frozenset[str]:
    """Pods that a rollout or a scaling brought: those born since it began."""
    since_ts, until_ts = (
        (began_ts, began_ts + _SCALING_S) if kind == "scale" else (began_ts - _BORN_S, np.inf)
    )
    return frozenset(p for p, born in pattern.born.items() if since_ts <= born <= until_ts)


def _fit_by_birth(pattern: Pattern, touched: frozenset[str]) -> str:
    seen = pattern.ill | pattern.well
    return "fits" if pattern.ill <= touched and not (touched & seen) - pattern.ill else "misfits"


def _platform(service: str, stack: StackMap) -> Iterable[str]:
    """What a service runs on, and what scales that."""
    for r in stack.outward(service):
        if r.kind == "runs_on":
            yield r.target
            yield from (s.source for s in stack.to(r.target) if s.kind == "scales")
