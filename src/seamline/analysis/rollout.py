"""When the version that a change brings was first seen running: better than any law of how long a rollout takes.

Exporters publish what runs as a gauge of 1 with the version or the commit in its labels (`build_info`,
`model_info`).
"""

from collections.abc import Sequence
from datetime import timedelta

from seamline.analysis.facts import Facts, Series
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.refs import kind_of

_BEFORE_S = 30.0  # a rollout may be seen before it is announced as begun
_LATEST = timedelta(hours=2)
_KINDS = ("deploy", "model")  # a configuration names the version it was made for, and brings none


class Live:
    """The first sight of every version, by what runs it. O(series of `*_info`) to make."""

    def __init__(self, facts: Facts, stack: StackMap) -> None:
        self._first: dict[tuple[str, str], float] = {}
        for series in facts.named_like("_info"):
            since_ts = min(series.before_ts, float(series.times[0]))
            for entity in _of(series, stack):
                for label in ("version", "revision"):
                    key = (entity, series.labels.get(label, ""))
                    self._first[key] = min(since_ts, self._first.get(key, since_ts))

    def since(self, change: Change, entity: str) -> float | None:
        """Seconds after the announcement at which what it brings was first seen there; None when it was not."""
        if change.kind not in _KINDS:
            return None
        began_ts = change.at.timestamp()
        for mark in (change.revision, change.version):
            first_ts = self._first.get((entity, mark)) if mark else None
            if first_ts is not None and -_BEFORE_S <= first_ts - began_ts <= _LATEST.total_seconds():
                return max(0.0, first_ts - began_ts)
        return None


def _of(series: Series, stack: StackMap) -> Sequence[str]:
    """Whose version a series tells: its entity's, and its model's where it names one."""
    entity = stack.canonical(series.entity)
    model = series.labels.get("model") or series.labels.get("model_name")
    if kind_of(entity) == "model" or not model:
        return (entity,)
    return (stack.canonical(f"model:{model}"),)
