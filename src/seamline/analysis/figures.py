"""Figures of joint limits as deliveries gave them: samples of series, and what changes say of themselves."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec import Struct

from seamline.analysis.facts import Facts, Series
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.refs import kind_of

# How teams and exporters spell the figures.
POOL_FACTS = (
    "db_pool_size", "pool_size", "max_pool_size", "db.pool.max", "db_pool_max", "maximum_pool_size",
    "connections_per_replica",
)  # fmt: skip
POOL_METRICS = (
    "hikaricp_connections_max",
    "db_client_connection_max",
    "db_client_connections_max",
    "db_pool_connections",
)
LIMIT_METRICS = (
    "pg_settings_max_connections",
    "mysql_global_variables_max_connections",
    "postgresql_connection_max",
)
REPLICA_METRICS = ("kube_deployment_status_replicas", "k8s_deployment_available")
MOST_METRICS = ("kube_horizontalpodautoscaler_spec_max_replicas", "k8s_hpa_max_replicas")
LEAST_METRICS = ("kube_horizontalpodautoscaler_spec_min_replicas", "k8s_hpa_min_replicas")

_ROLLOUT = timedelta(minutes=2)
_TOGETHER_S = 60.0  # samples of one scrape of several pods


class Figure(Struct, frozen=True):
    """A number, the delivery it was read from, and since when it holds. `change`: the event that set it, or ""."""

    value: float
    seq: int
    at: datetime
    change: str = ""


def by_entity(facts: Facts, metrics: Sequence[str], stack: StackMap) -> dict[str, tuple[Series, ...]]:
    """Series of the first of these metrics that speaks of an entity."""
    out: dict[str, tuple[Series, ...]] = {}
    for metric in metrics:
        found: dict[str, list[Series]] = {}
        for series in facts.latest(metric):
            found.setdefault(stack.canonical(series.entity), []).append(series)
        out = {entity: tuple(group) for entity, group in found.items()} | out
    return out


def sample(series: Sequence[Series], at: datetime, *, least: bool = False) -> Figure | None:
    """The latest value at or before a time; the largest (or least) of series that were seen together."""
    found: list[tuple[float, float, int]] = []
    for one in series:
        i = int(np.searchsorted(one.times, at.timestamp(), side="right")) - 1
        while i >= 0 and np.isnan(one.values[i]):
            i -= 1
        if i >= 0:
            found.append((float(one.times[i]), float(one.values[i]), int(one.seqs[i])))
    if not found:
        return None
    newest = max(t for t, _, _ in found)
    together = [f for f in found if f[0] >= newest - _TOGETHER_S]
    t, value, seq = min(together, key=lambda f: (f[1] if least else -f[1], -f[0], f[2]))
    return Figure(value, seq, datetime.fromtimestamp(t, UTC))


def earliest(series: Sequence[Series]) -> Figure | None:
    """The first value ever seen: a limit that was scraped only after the changes held before, too."""
    first = [float(s.times[0]) for s in series if len(s.times)]
    return sample(series, datetime.fromtimestamp(min(first), UTC), least=True) if first else None


def latest(figures: Sequence[Figure], at: datetime) -> Figure | None:
    i = bisect_right(figures, at, key=lambda f: f.at)
    return figures[i - 1] if i else None


def number(change: Change, keys: Sequence[str]) -> float | None:
    """The first of these facts of a change that is a count."""
    for key in keys:
        try:
            value = float(change.facts[key])
        except (KeyError, ValueError):
            continue
        if 0 <= value < 1e6:
            return value
    return None


def pool_figures(changes: Sequence[Change], stack: StackMap) -> dict[str, list[Figure]]:
    """service -> connections per replica as its changes said, oldest first."""
    out: dict[str, list[Figure]] = {}
    for c in changes:
        value = number(c, POOL_FACTS)
        if value is not None and c.state not in ("failed", "reverted"):
            out.setdefault(stack.canonical(c.entity), []).append(Figure(value, c.seq, c.at, c.id))
    return out


def size_figures(changes: Sequence[Change], stack: StackMap) -> dict[str, list[Figure]]:
    """deployment -> replicas as scalings said, oldest first."""
    out: dict[str, list[Figure]] = {}
    scalings = [c for c in changes if c.kind == "scale" and c.state not in ("failed", "reverted")]
    for c in scalings:
        value = number(c, ("replicas_to",))
        if value is None or _one_of_a_rollout(c, scalings):
            continue
        sized = [r.target for r in stack.outward(c.entity) if r.kind == "scales"]
        for deployment in sized or [stack.canonical(c.entity)]:
            if kind_of(deployment) == "deployment":
                out.setdefault(deployment, []).append(Figure(value, c.seq, c.at, c.id))
    return out


def _one_of_a_rollout(change: Change, scalings: Sequence[Change]) -> bool:
    """Whether a Deployment moves replicas from one replica set to another: its count is then a part only."""
    if kind_of(change.entity) != "deployment":
        return False
    return any(
        other.entity == change.entity
        and abs(other.at - change.at) <= _ROLLOUT
        and other.facts.get("replica_set") != change.facts.get("replica_set")
        for other in scalings
    )
