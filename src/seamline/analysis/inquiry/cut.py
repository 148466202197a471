"""A case cut out of the facts: what was measured, linked and changed around an alert, as arrays on one grid of time.

The same roles of series as the indicators', but in counts where those have ratios, and pod by pod besides the whole
service: who compares versions needs the pods, who looks back past a rollout needs the service.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.detect import grid as gr
from seamline.analysis.detect import roles
from seamline.analysis.detect.tally import Tally
from seamline.analysis.detect.window import Stretch, stretches
from seamline.analysis.environment import environment_of
from seamline.analysis.facts import Facts, Floats
from seamline.analysis.inquiry.brought import pod_of, steps_of
from seamline.analysis.inquiry.case import Alert, Case, Link, Question, Watch
from seamline.analysis.stackmap import StackMap
from seamline.model.refs import from_labels, kind_of

MOST_CELLS = 1440
_USUAL = 0.9  # of the series are sampled at least so often as the grid has cells
_MOST_HALF = 2  # cells at the end that may be half
_WHOLE = 0.9  # of the rows that the cell before has

# What a pod uses, which is nobody's symptom and may still tell versions apart: (series, word, whether it counts up).
_RESOURCES = tuple(
    (re.compile(pattern), word, counts)
    for pattern, word, counts in (
        (r"(process|container)_cpu_(usage_)?seconds_total", "cpu", True),
        (
            r"process_resident_memory_bytes|container_memory_working_set_bytes|jvm_memory_used_bytes",
            "memory",
            False,
        ),
        (r"container_network_receive_bytes_total", "network_rx", True),
        (r"container_network_transmit_bytes_total", "network_tx", True),
        (r"container_fs_(reads|writes)_bytes_total", "disk", True),
        (r"kube_pod_container_status_restarts_total", "restarts", True),
    )
)
_ALONE = frozenset(
    {"column", "dataset", "job", "dashboard", "repo", "person", "desk", "topic"}
)  # answer no requests
_SLUG = re.compile(r"[^a-z0-9]+")


class _Use(Struct, frozen=True):
    """A series as a part of one row. `word` is the metric's, of what is no indicator."""

    stretch: Stretch
    entity: str
    caller: str
    part: roles.Part
    word: str = ""

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Parts of one row share it."""
        return (self.entity, self.caller, self.part.slice, self.part.group)


def cut(
    facts: Facts, stack: StackMap, *, from_ts: float, to_ts: float, alert: Alert | None = None,
    environment: str = "", question: Question = "entity", id: str = "now", only: Container[str] | None = None,
) -> Case:  # fmt: skip
    """The case of a window of time. `environment`: the one that is meant where a series or a change names none.

    `only`: the entities whose series are looked at, all when it is None.
    The last cell is the last whole one before `to_ts`. Empty facts give a case without watches.
    O(samples in the window + changes x pods).
    """
    seen = [
        one for one in stretches(facts.series(), to_ts)
        if one.last_ts >= from_ts
        and environment_of(one.series.labels, environment) == environment
        and (only is None or stack.canonical(one.series.entity) in only)
    ]  # fmt: skip
    uses = _told_once([use for one in seen for use in _uses(one, stack)])
    grid = _grid(uses, from_ts, to_ts)
    table = _table(uses, grid)
    watches = tuple(sorted(table))
    values = np.stack([table[w] for w in watches]) if watches else np.empty((0, grid.n))
    n = _n_whole(values)
    links, whole_of = _links(seen, stack)
    changes = [c for c in facts.sorted_changes() if environment_of(c.dims, environment) == environment]
    return Case(
        id=id, question=question, step_s=grid.step_s, from_ts=from_ts, to_ts=to_ts, alert=alert,
        times=(grid.first + 1.0 + np.arange(n, dtype=np.float64)) * grid.step_s, watches=watches, values=values[:, :n], links=links,
        steps=steps_of(changes, seen, whole_of, stack, from_ts, to_ts),
    )  # fmt: skip


def _grid(uses: Sequence[_Use], from_ts: float, to_ts: float) -> gr.Grid:
    """Cells as long as nearly all series' scrape interval, longer where there would be too many."""
    steps = sorted(use.stretch.step_s for use in uses) or [1.0]
    step_s = steps[min(len(steps) - 1, int(_USUAL * len(steps)))]
    step_s *= max(1.0, float(np.ceil((to_ts - from_ts) / step_s / MOST_CELLS)))
    first, last = int(np.ceil(from_ts / step_s)), int(np.floor(to_ts / step_s))
    return gr.Grid(step_s, first, max(0, last - first))


def _n_whole(values: Floats) -> int:
    """How many cells there are without the last ones, if not all that is sampled had been sampled yet.

    A sum over half of the pods looks like half of the requests.
    """
    n: int = values.shape[1]
    sampled = np.isfinite(values).sum(axis=0)
    for _ in range(_MOST_HALF):
        if n > 1 and sampled[n - 1] < _WHOLE * sampled[n - 2]:
            n -= 1
    return n


# -- which series is part of what -----------------------------------------------------


def _uses(stretch: Stretch, stack: StackMap) -> Iterator[_Use]:
    """Every row that a series is a part of: its pod's and its service's."""
    one = stretch.series
    found = [(part, "") for part in roles.parts(one.metric, one.labels)] or list(_resources(one.metric))
    if not found:
        return
    whole, pod = stack.canonical(one.entity), pod_of(one.labels)
    if one.labels.get("peer"):
        writer = {name: value for name, value in one.labels.items() if name != "peer"}
        ends = [(whole, stack.canonical(from_labels(writer))), *([(whole, pod)] if pod else [])]
    else:
        ends = [(whole, ""), *([(pod, "")] if pod else [])]
    for part, word in found:
        yield from (_Use(stretch, entity, caller, part, word) for entity, caller in ends)


def _resources(metric: str) -> Iterator[tuple[roles.Part, str]]:
    for pattern, word, counts in _RESOURCES:
        if pattern.fullmatch(metric):
            yield (roles.Part("mean", "count") if counts else roles.Part("level", "value")), word


def _told_once(uses: Sequence[_Use]) -> list[_Use]:
    """Without the requests that a histogram counts where a counter counts the same ones."""
    told = {(u.entity, u.caller, u.part.slice) for u in uses if u.part.formula == "ratio"}
    return [
        u for u in uses
        if u.part.formula != "ratio_of_counts" or (u.entity, u.caller, u.part.slice) not in told
    ]  # fmt: skip


# -- their values ------------------------------------------------------------------


def _table(uses: Sequence[_Use], grid: gr.Grid) -> dict[Watch, Floats]:
    """Values of every watch on the grid. Of several formulas that give one watch the first by name stands."""
    grouped: dict[tuple[roles.Formula, str], list[_Use]] = {}
    for use in uses:
        grouped.setdefault((use.part.formula, use.word), []).append(use)
    found: dict[Watch, Floats] = {}
    for (formula, word), of_formula in sorted(grouped.items()):
        for watch, values in _rows(formula, word, of_formula, grid):
            if np.isfinite(values).any():
                found.setdefault(watch, values)
    for watch in [w for w in found if w.metric == "n_latency"]:  # requests, where only a duration counts them
        values = found.pop(watch)
        found.setdefault(Watch(watch.entity, "requests", watch.caller), values)
    return found


def _rows(
    formula: roles.Formula, word: str, uses: Sequence[_Use], grid: gr.Grid
) -> Iterator[tuple[Watch, Floats]]:
    rows = sorted({use.row for use in uses})
    number = {row: n for n, row in enumerate(rows)}
    tally = Tally(formula, grid, len(rows))
    tally.add([(use.stretch, number[use.row], use.part) for use in uses])
    values, counts = tally.values()
    worst: dict[tuple[str, str, str], tuple[Floats, Floats]] = {}
    for (entity, caller, slice_, _), mine, n in zip(rows, values, counts, strict=True):
        known = worst.get((entity, caller, slice_))
        both = (mine, n) if known is None else (np.fmax(known[0], mine), np.fmax(known[1], n))
        worst[entity, caller, slice_] = both
    for (entity, caller, slice_), (mine, n) in worst.items():
        for metric, series in _named(formula, word, slice_, mine, n, grid.step_s):
            yield Watch(entity, metric, caller), series


def _named(
    formula: roles.Formula, word: str, slice_: str, values: Floats, n: Floats, step_s: float
) -> Iterator[tuple[str, Floats]]:
    """The words of the case's metrics, and their values."""
    ending = f"_{_slug(slice_)}" if slice_ else ""
    if word:
        yield word, (values if formula == "level" else n if word == "restarts" else n / step_s)
        return
    match formula:
        case "ratio" | "ratio_of_counts":
            yield f"requests{ending}", n
            yield f"errors{ending}", np.where(n > 0, values * n, n)
        case "mean":
            yield f"latency_s{ending}", values
            if not slice_:
                yield "n_latency", n
        case "quantile":
            yield f"latency_s_{_quantile(slice_)}", values
        case "share":
            yield f"{_slug(slice_)}_usage", values
        case "unavailable":
            yield "availability", 1.0 - values
        case "quality":
            yield _slug(slice_), 1.0 - values
        case "down":
            yield _slug(slice_), 1.0 - values
        case "level":
            yield f"queue_depth{ending}", values
        case "held":
            yield "transaction_held_s", values


def _slug(text: str) -> str:
    return _SLUG.sub("_", text.lower()).strip("_")


def _quantile(slice_: str) -> str:
    """
    >>> _quantile("quantile 0.95"), _quantile("quantile 0.5"), _quantile("quantile ?")
    ('p95', 'p50', 'p')
    """
    digits = slice_.rpartition(".")[2] if "." in slice_ else ""
    return f"p{digits.ljust(2, '0')}" if digits.isdigit() else "p"


# -- links --------------------------------------------------------------------------


def _links(seen: Sequence[Stretch], stack: StackMap) -> tuple[tuple[Link, ...], Mapping[str, str]]:
    """Relations between what answers requests, and the service of each pod.

    Working on a database, or handing to a queue, is calling it: what is slow there makes the caller wait.
    """
    as_calls = {"calls", "uses", "publishes", "depends_on"}
    found = {
        Link(r.source, r.target, "calls" if r.kind in as_calls else r.kind)
        for r in stack.relations
        if r.kind != "part_of" and not {kind_of(r.source), kind_of(r.target)} & _ALONE
    }
    whole_of: dict[str, str] = {}
    for one in seen:
        pod = pod_of(one.series.labels)
        if pod and not one.series.labels.get("peer"):
            whole_of.setdefault(pod, stack.canonical(one.series.entity))
        elif pod:
            writer = {name: value for name, value in one.series.labels.items() if name != "peer"}
            whole_of.setdefault(pod, stack.canonical(from_labels(writer)))
    found |= {Link(whole, pod, "has_pod") for pod, whole in whole_of.items()}
    return tuple(sorted(found)), whole_of
