"""Indicators: what says how well an entity does, derived from raw series.

| kind | from | value |
|---|---|---|
| error_ratio | counters with an outcome label (`code`, `status` ...) | failed / all, per cell |
| error_ratio, slice `pg_up` and the like | gauges `up`, `*_up`, `probe_success` | 1 when every target is down |
| error_ratio | gauges `availability` | 1 - value, worst series |
| error_ratio, slice their name | gauges of quality: `..._agreement_ratio`, `..._accuracy` | 1 - value, worst series |
| latency | `_sum` and `_count` of a duration | mean seconds of what ended in the cell |
| latency, slice `quantile 0.9` | gauges of a duration with a quantile | worst series |
| saturation | a usage and the limit it is used against | used / limit, worst instance |
| backlog | gauges of a queue's depth or lag | sum |
| blocking | the age of the oldest transaction that is open and does nothing | seconds, worst instance |

A series that a caller writes about somebody else (`peer`) counts at that peer, sliced by the caller.
"""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.detect import grid as gr
from seamline.analysis.detect import roles
from seamline.analysis.detect.rules import OF_QUALITY, RULES, Rule
from seamline.analysis.detect.tally import Tally
from seamline.analysis.detect.window import Stretch
from seamline.analysis.environment import environment_of
from seamline.analysis.facts import Floats
from seamline.model.symptom import ObservableKind

_KIND: dict[roles.Formula, ObservableKind] = {
    "ratio": "error_ratio",
    "ratio_of_counts": "error_ratio",
    "down": "error_ratio",
    "unavailable": "error_ratio",
    "quality": "error_ratio",
    "mean": "latency",
    "quantile": "latency",
    "share": "saturation",
    "level": "backlog",
    "held": "blocking",
}


class Key(Struct, frozen=True, order=True):
    """What an indicator is of: the part of an observable's identity that a series gives."""

    entity: str
    slice: str
    environment: str


class Panel(Struct, frozen=True):
    """Indicators of one kind on one grid. Rows are sorted by key.

    `values` is NaN where nothing was seen; `n` counts the requests behind a value, NaN where it is no count.
    `members` are the raw samples behind each row.
    """

    kind: ObservableKind
    grid: gr.Grid
    rule: Rule
    keys: tuple[Key, ...]
    values: Floats  # keys x cells
    n: Floats  # keys x cells
    members: tuple[tuple[Stretch, ...], ...]


class _Use(Struct, frozen=True):
    stretch: Stretch
    key: Key
    part: roles.Part


def panels(
    stretches: Sequence[Stretch], canonical: Callable[[str], str], as_of_ts: float, environment: str
) -> list[Panel]:
    """All indicators up to `as_of_ts`, by formula and scrape interval. O(samples in the window)."""
    by_formula: dict[roles.Formula, list[_Use]] = {}
    for one in stretches:
        for use in _uses(one, canonical, environment):
            by_formula.setdefault(use.part.formula, []).append(use)
    _drop_told_twice(by_formula)
    found: list[Panel] = []
    for formula, uses in sorted(by_formula.items()):
        for step_s, same_step in _by_step(uses).items():
            found.append(_panel(formula, same_step, step_s, as_of_ts))
    return found


def _uses(stretch: Stretch, canonical: Callable[[str], str], environment: str) -> list[_Use]:
    one = stretch.series
    parts = roles.parts(one.metric, one.labels)
    if not parts:
        return []
    entity = canonical(one.entity)
    where = environment_of(one.labels, environment)
    caller = one.labels.get("service_name") or one.labels.get("service") or one.labels.get("job", "")
    told_by = f"from {caller}" if one.labels.get("peer") else ""
    return [_Use(stretch, Key(entity, " ".join(filter(None, (p.slice, told_by))), where), p) for p in parts]


def _drop_told_twice(by_formula: dict[roles.Formula, list[_Use]]) -> None:
    """Where a counter gives a ratio, the histogram of the same requests gives the same ratio: leave it."""
    told = {use.key for use in by_formula.get("ratio", ())}
    rest = [use for use in by_formula.pop("ratio_of_counts", ()) if use.key not in told]
    if rest:
        by_formula["ratio_of_counts"] = rest


def _by_step(uses: list[_Use]) -> dict[float, list[_Use]]:
    """Uses by the scrape interval of their indicator: the longest of its series'."""
    step_of: dict[Key, float] = {}
    for use in uses:
        step_of[use.key] = max(use.stretch.step_s, step_of.get(use.key, 0.0))
    split: dict[float, list[_Use]] = {}
    for use in uses:
        split.setdefault(step_of[use.key], []).append(use)
    return dict(sorted(split.items()))


def _panel(formula: roles.Formula, uses: list[_Use], step_s: float, as_of_ts: float) -> Panel:
    first_ts = min(use.stretch.first_ts for use in uses)
    grid = gr.grid_until(as_of_ts, step_s, gr.affordable_cells(len(uses)), first_ts)
    groups = sorted({(use.key, use.part.group) for use in uses})
    row_of = {group: row for row, group in enumerate(groups)}
    tally = Tally(formula, grid, len(groups))
    tally.add([(use.stretch, row_of[use.key, use.part.group], use.part) for use in uses])
    values, n = tally.values()
    keys = tuple(sorted({key for key, _ in groups}))
    if len(keys) < len(groups):  # the worst instance speaks for all
        starts = np.flatnonzero([i == 0 or key != groups[i - 1][0] for i, (key, _) in enumerate(groups)])
        values, n = np.fmax.reduceat(values, starts, axis=0), np.fmax.reduceat(n, starts, axis=0)
    members: dict[Key, dict[str, Stretch]] = {key: {} for key in keys}
    for use in uses:
        members[use.key][use.stretch.series.series] = use.stretch
    return Panel(
        _KIND[formula],
        grid,
        OF_QUALITY if formula == "quality" else RULES[_KIND[formula]],
        keys,
        values,
        n,
        tuple(tuple(one.values()) for one in members.values()),
    )
