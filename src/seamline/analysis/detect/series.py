"""Watched indicators: each row of a panel as one observable, symptomatic or silent."""

from collections.abc import Callable, Sequence

import numpy as np

from seamline.analysis.detect.baseline import Judged, judge
from seamline.analysis.detect.eps import eps, moment
from seamline.analysis.detect.indicators import Panel
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.onset import COOL, Episode, episodes
from seamline.analysis.detect.window import Stretch
from seamline.model.symptom import Observable, ObservableKind, Symptom

LINGER_S = 3600.0  # a deviation that ended is still told for so long
MAX_STRENGTH = 50.0
MAX_SEQS = 20
UNKNOWN_EPS = 0.2  # of an indicator that is judged by its absolute bound alone


def observe(panels: Sequence[Panel], default_environment: str) -> list[Observable]:
    """One observable per row of which something can be said: what has no baseline yet is not watched."""
    return [one for panel in panels for one in _of_panel(panel, default_environment)]


def _of_panel(panel: Panel, default_environment: str) -> list[Observable]:
    judged = judge(panel)
    found = episodes(judged.distance, panel.values, panel.grid.step_s, panel.rule)
    rows = np.flatnonzero(np.isfinite(panel.values).any(axis=1) & judged.watched)
    return [_observable(panel, int(row), judged, found[row], default_environment) for row in rows]


def _observable(
    panel: Panel, row: int, judged: Judged, found: Sequence[Episode], default_environment: str
) -> Observable:
    key, step_s = panel.keys[row], panel.grid.step_s
    cells = np.flatnonzero(np.isfinite(panel.values[row]))
    until = _latest(panel.members[row], _cell_end(panel, int(cells[-1])))
    told = [one for one in found if one.ended < 0 or (panel.grid.n - one.ended) * step_s <= LINGER_S]
    over = len(found) - len(told[-1:])
    return Observable(
        id=observable_id(panel.kind, key.entity, key.slice, key.environment, default_environment),
        entity=key.entity,
        kind=panel.kind,
        eps=eps(over, len(cells) * step_s) if judged.known[row] else UNKNOWN_EPS,
        watched_since=moment(min(one.since_ts for one in panel.members[row])),
        seen_at=moment(until),
        symptom=_symptom(panel, row, judged, told[-1]) if told else None,
        slice=key.slice,
        environment=key.environment,
    )


def _cell_end(panel: Panel, cell: int) -> float:
    return (panel.grid.first + cell + 1) * panel.grid.step_s


def _symptom(panel: Panel, row: int, judged: Judged, episode: Episode) -> Symptom:
    members = panel.members[row]
    onset_ts = _latest(members, _cell_end(panel, episode.onset))
    healthy_ts = _healthy(panel, row, episode, onset_ts)
    during = slice(episode.onset, episode.last + 1)
    values, far = panel.values[row, during], judged.distance[row, during]
    hot = np.isfinite(far) & (far >= COOL)
    level = float(np.median(values[hot]))
    usual = judged.usual[row, episode.onset]
    onset_at = moment(onset_ts)
    return Symptom(
        onset_at=onset_at,
        healthy_at=moment(healthy_ts),
        strength=round(min(MAX_STRENGTH, float(np.median(far[hot]))), 2),
        detail=f"{_figures(panel.kind, level, float(usual))}",
        seqs=_seqs(members, healthy_ts, _cell_end(panel, episode.last)),
        ended_at=moment(_latest(members, _cell_end(panel, episode.ended))) if episode.ended >= 0 else None,
        confirmed_by=int(hot.sum()),
    )


def _latest(members: Sequence[Stretch], until_ts: float) -> float:
    """The last time at or before `until_ts` at which any of the series was sampled."""
    times = [one.times[i - 1] for one in members if (i := one.times.searchsorted(until_ts, side="right"))]
    return float(max(times, default=until_ts))


def _healthy(panel: Panel, row: int, episode: Episode, onset_ts: float) -> float:
    """The earliest sample among the series in the last healthy cell: what came later may be unseen."""
    step_s = panel.grid.step_s
    if episode.healthy < 0:
        return onset_ts - step_s
    end = _cell_end(panel, episode.healthy)
    times = []
    for one in panel.members[row]:
        low, high = one.times.searchsorted((end - step_s, end), side="right")
        times += [float(one.times[low])] if high > low else []
    return min(times, default=end - step_s)


def _seqs(members: Sequence[Stretch], after_ts: float, until_ts: float) -> tuple[int, ...]:
    """Deliveries that carried the samples in (after, until]: the first and the last ones."""
    found: set[int] = set()
    for one in members:
        low, high = one.times.searchsorted((after_ts, until_ts), side="right") + one.low
        found.update(one.series.seqs[low:high].tolist())
    return few(found)


def few(seqs: set[int]) -> tuple[int, ...]:
    """At most `MAX_SEQS` log positions, ascending: the first half and the last half."""
    ordered = sorted(seqs)
    if len(ordered) <= MAX_SEQS:
        return tuple(ordered)
    return tuple(ordered[: MAX_SEQS // 2] + ordered[-MAX_SEQS // 2 :])


def percent(share: float) -> str:
    """A share as people read it: `34 %`, `0.2 %`.

    >>> percent(0.34), percent(0.002), percent(0)
    ('34 %', '0.2 %', '0 %')
    """
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


_SHOWN: dict[ObservableKind, tuple[str, Callable[[float], str]]] = {
    "error_ratio": ("error ratio", percent),
    "latency": ("latency", _seconds),
    "saturation": ("used", percent),
    "backlog": ("waiting", lambda value: f"{value:.0f}"),
    "blocking": ("a transaction held open for", _seconds),
}


def _figures(kind: ObservableKind, level: float, usual: float) -> str:
    word, show = _SHOWN[kind]
    before = show(usual) if np.isfinite(usual) else "nothing known of before"
    return f"{word} {show(level)} against {before}"
