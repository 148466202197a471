"""New pods beside old ones: the same calls in the same minutes, by what each pod is asked and what it asks.

Comparing within one caller, and within one callee, takes out what the other end does: a pod is not slow for being asked
by a slow one, nor for asking one. What both versions suffer alike cancels, whatever its reason.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry import odds
from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.kinds import Kind, kind_of
from seamline.analysis.inquiry.versions import Rollout, Rows, Side, Span

_UNLIKE = {"latency": 0.12, "cpu": 0.2, "memory": 0.2}  # log-ratio between healthy pods of one version
_UNLIKE_OTHERS = 0.3
_LEAST_NOISE = 0.03  # of a sample, as log-ratio
_DRIFT = 0.25  # log-ratio between now and before, where no old pod runs beside the new ones
_SPREAD = 0.5  # of how often healthy pods fail
_SPREAD_OF_PAST = 1.0
_FLOOR = 0.05  # of a series' usual level: nothing below it counts
_COUNT_OF_SHARE = 50.0  # requests behind a share of failures where nobody counts them


class Sign(Struct, frozen=True):
    """One comparison: what was compared, the factor it is likelier with a broken version, in words."""

    noun: str
    side: Side
    factor: float
    size: float  # log-ratio, or share of requests
    text: str


class Scene(Struct, frozen=True):
    """A case with its rows found once, and the level below which latency is nothing."""

    case: Case
    rows: Rows
    span: Span
    least_latency_s: float
    requests: Mapping[tuple[str, str], int]  # by (entity, caller): the row that counts requests


class _Lot(Struct, frozen=True):
    """Series of one metric of both versions towards one other end: pods x times."""

    new: Floats
    old: Floats
    cells: NDArray[np.bool_]  # of new: those that count
    before: NDArray[np.bool_]  # times before the rollout


def signs(scene: Scene, rollout: Rollout) -> list[Sign]:
    """All comparisons that can be made; none where its pods are not measured. O(samples of its pods)."""
    found: list[Sign] = []
    for side in ("answers", "asks"):
        tables = scene.rows.by_metric(side, frozenset(rollout.births) | rollout.old)
        counts = _requests(tables)
        for metric, table in sorted(tables.items()):
            kind = kind_of(metric)
            sign = None
            if kind.role == "failures":
                sign = _failures(scene, rollout, side, metric, table, counts)
            elif kind.role in ("latency", "resource", "other") and (
                side == "answers" or kind.role == "latency"
            ):
                sign = _levels(scene, rollout, side, kind, table)
            if sign is not None:
                found.append(sign)
    return [*found, *_calls(scene, rollout), *_missing(scene, rollout)]


def _requests(tables: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Mapping[str, Mapping[str, int]]:
    """The table of the metric that counts requests; of several the first by name."""
    for metric in sorted(tables):
        if kind_of(metric).role == "requests":
            return tables[metric]
    return {}


def _lots(scene: Scene, rollout: Rollout, table: Mapping[str, Mapping[str, int]]) -> list[tuple[str, _Lot]]:
    """One for each other end that new pods were measured towards. Samples of old pods begin to count with the case."""
    found = []
    values, times = scene.case.values, scene.case.times
    for other, of_pod in sorted(table.items()):
        new = [pod for pod in sorted(of_pod) if pod in rollout.births]
        old = [pod for pod in sorted(of_pod) if pod in rollout.old]
        if not new:
            continue
        mine, theirs = values[[of_pod[p] for p in new]], values[[of_pod[p] for p in old]]
        cells = np.stack(
            [
                scene.span.of_new(rollout.births[pod], np.isfinite(row))
                for pod, row in zip(new, mine, strict=True)
            ]
        )
        found.append(
            (
                other,
                _Lot(mine, theirs.reshape(len(old), len(times)), cells, scene.span.before(rollout.began_ts)),
            )
        )
    return found


def mean_of(x: Floats, axis: int) -> Floats:
    """The mean of what is there, NaN where nothing is."""
    known = np.isfinite(x)
    n = known.sum(axis=axis)
    total = np.where(known, x, 0.0).sum(axis=axis)
    out: Floats = np.full(n.shape, np.nan)
    np.divide(total, n, out=out, where=n > 0)
    return out


def median_of(x: Floats) -> float:
    """The median of what is there, NaN where nothing is."""
    known = x[np.isfinite(x)]
    return float(np.median(known)) if len(known) else np.nan


# -- levels -------------------------------------------------------------------


def _levels(
    scene: Scene, rollout: Rollout, side: Side, kind: Kind, table: Mapping[str, Mapping[str, int]]
) -> Sign | None:
    apart: list[Floats] = []  # per lot: new pods' log-ratios to the old ones, one per pod
    theirs: list[Floats] = []
    noises: list[float] = []
    n_new = n_old = 0
    past = False
    for _, lot in _lots(scene, rollout, table):
        lot = _logarithms(lot, scene.least_latency_s if kind.role == "latency" else 0.0)
        usual = mean_of(lot.old, 0)
        lonely = ~np.isfinite(usual)
        history = median_of(usual[lot.before])
        usual = np.where(lonely, history, usual)
        here = np.where(lot.cells, lot.new - usual, np.nan)
        per_pod = np.array([median_of(row) for row in here])
        if not np.isfinite(per_pod).any():
            continue
        apart.append(per_pod)
        counted = np.isfinite(here)
        past = past or bool(lonely[counted.any(axis=0)].mean() > 0.5)
        n_new, n_old = (
            n_new + int(counted.sum()),
            n_old + int(np.isfinite(lot.old[:, counted.any(axis=0)]).sum()),
        )
        theirs.append(np.array([median_of(row) for row in lot.old - usual]))
        noises.append(_noise(lot))
    if not apart:
        return None
    pods = np.concatenate(apart)
    shift = float(mean_of(pods, 0))
    unlike = _unlike(kind, theirs)
    noise = max(_LEAST_NOISE, median_of(np.array(noises)) if noises else 0.0)
    size = len(rollout.births), max(1, len(rollout.old))
    error = np.sqrt(
        unlike**2 * (1 / size[0] + 1 / size[1])
        + 1.6 * noise**2 * (1 / n_new + 1 / max(n_old, 1))  # of medians
        + (_DRIFT**2 if past else 0.0)
    )
    factor = odds.of_shift(shift, float(error), two_sided=kind.role == "other")
    return Sign(_noun(kind), side, factor, shift, _words(kind, side, shift))


def _noun(kind: Kind) -> str:
    return kind.noun if kind.role != "other" else "other"


def _logarithms(lot: _Lot, least: float) -> _Lot:
    both = np.abs(np.concatenate((lot.old, lot.new))) if lot.old.size else np.abs(lot.new)
    usual = median_of(both)
    floor = max(least, _FLOOR * usual if usual > 0 else 0.0, 1e-9)
    return _Lot(
        np.log(np.maximum(lot.new, 0) + floor), np.log(np.maximum(lot.old, 0) + floor), lot.cells, lot.before
    )


def _unlike(kind: Kind, theirs: Sequence[Floats]) -> float:
    """How much healthy pods differ from each other: what the old ones show, shrunk to what is usual."""
    usual = _UNLIKE.get(kind.noun, _UNLIKE_OTHERS)
    shown = np.concatenate(theirs) if theirs else np.empty(0)
    shown = shown[np.isfinite(shown)]
    return float(np.sqrt((4 * usual**2 + (shown**2).sum()) / (4 + max(0, len(shown) - 1))))


def _noise(lot: _Lot) -> float:
    """From one sample to the next, as a standard deviation: robust, and blind to what is slow."""
    steps = np.diff(np.concatenate((lot.old, lot.new)), axis=1).ravel()
    steps = steps[np.isfinite(steps)]
    return float(1.48 * np.median(np.abs(steps)) / np.sqrt(2)) if len(steps) >= 3 else np.nan


def _words(kind: Kind, side: Side, shift: float) -> str:
    what = {"answers": kind.noun, "asks": f"{kind.noun} of calls made"}[side]
    return f"{what} of new pods is {np.exp(shift):.2g} times that of old ones in the same minutes"


# -- failures -----------------------------------------------------------------


def _failures(
    scene: Scene,
    rollout: Rollout,
    side: Side,
    metric: str,
    table: Mapping[str, Mapping[str, int]],
    counts: Mapping[str, Mapping[str, int]],
) -> Sign | None:
    k = n = expected = 0.0
    k_old = n_old = 0.0
    lonely = False
    asked = dict(_lots(scene, rollout, counts))
    for other, lot in _lots(scene, rollout, table):
        requests = asked.get(other)
        fits = (
            requests is not None
            and requests.new.shape == lot.new.shape
            and requests.old.shape == lot.old.shape
        )
        new_n, new_k = counted(metric, lot.new, requests.new if requests and fits else None)
        old_n, old_k = counted(metric, lot.old, requests.old if requests and fits else None)
        mine = lot.cells & np.isfinite(new_k)
        beside = mine.any(axis=0)
        if not old_n[:, beside].sum():
            beside, lonely = lot.before, True
        k_here, n_here = (
            float(old_k[:, beside][np.isfinite(old_k[:, beside])].sum()),
            float(old_n[:, beside].sum()),
        )
        k, n = k + float(new_k[mine].sum()), n + float(new_n[mine].sum())
        expected += float(new_n[mine].sum()) * (k_here + 0.5) / (n_here + 50.0)
        k_old, n_old = k_old + k_here, n_old + n_here
    if n <= 0:
        return None
    spread = np.hypot(_SPREAD_OF_PAST if lonely else _SPREAD, 1 / np.sqrt(k_old + 1))
    factor = odds.of_count(k, expected, n, float(spread))
    text = (
        f"{k:.0f} of {n:.0f} requests {'to' if side == 'answers' else 'of'} new pods failed, "
        f"{k_old:.0f} of {n_old:.0f} of old ones {'before' if lonely else 'in the same minutes'}"
    )
    return Sign("failures", side, factor, max(0.0, (k - expected) / n), text)


def counted(metric: str, x: Floats, requests: Floats | None) -> tuple[Floats, Floats]:
    """(requests, failures) of each cell; failures are NaN where not known."""
    is_share = kind_of(metric).good or any(word in metric for word in ("rate", "ratio", "share", "percent"))
    if is_share:
        top = 100.0 if np.nanmax(x, initial=0.0) > 1.5 else 1.0
        share = np.clip(x / top, 0.0, 1.0)
        share = 1.0 - share if kind_of(metric).good else share
        n = np.full(x.shape, _COUNT_OF_SHARE) if requests is None else np.maximum(requests, 0.0)
        k = share * n
    else:
        k = np.maximum(x, 0.0)
        n = np.fmax(requests, k) if requests is not None else np.maximum(k, _COUNT_OF_SHARE)
    known = np.isfinite(k) & np.isfinite(n)
    return np.where(known, n, 0.0), np.where(known, k, np.nan)


# -- calls made, and pods that are not seen -----------------------------------------


def _calls(scene: Scene, rollout: Rollout) -> list[Sign]:
    """Calls made to each callee per request answered: a version that asks twice, or no longer."""
    pods = frozenset(rollout.births) | rollout.old
    services = scene.case.pods()
    made = _requests(scene.rows.by_metric("asks", pods))
    answered = _requests(scene.rows.by_metric("answers", pods))
    found = []
    for callee in sorted({services.get(other, other) for other in made}):
        ratios = {pod: _per_request(scene, pod, callee, made, answered) for pod in sorted(pods)}
        sign = _calls_to(scene, rollout, callee, ratios)
        if sign is not None:
            found.append(sign)
    return found


def _per_request(
    scene: Scene,
    pod: str,
    callee: str,
    made: Mapping[str, Mapping[str, int]],
    answered: Mapping[str, Mapping[str, int]],
) -> Floats:
    services = scene.case.pods()
    out = [
        of_pod[pod]
        for other, of_pod in made.items()
        if services.get(other, other) == callee and pod in of_pod
    ]
    into = [of_pod[pod] for of_pod in answered.values() if pod in of_pod]
    if not out or not into:
        return np.full(len(scene.case.times), np.nan)
    asked = mean_of(scene.case.values[into], 0) * len(into)
    calls = mean_of(scene.case.values[out], 0) * len(out)
    return np.where(asked >= 5, np.log((calls + 0.5) / np.maximum(asked, 5)), np.nan)


def _calls_to(scene: Scene, rollout: Rollout, callee: str, ratios: Mapping[str, Floats]) -> Sign | None:
    new = [pod for pod in sorted(ratios) if pod in rollout.births]
    old = [pod for pod in sorted(ratios) if pod in rollout.old]
    if not new or not old:
        return None
    mine, theirs = np.stack([ratios[p] for p in new]), np.stack([ratios[p] for p in old])
    usual = mean_of(theirs, 0)
    here = [
        median_of(np.where(scene.span.of_new(rollout.births[pod], np.isfinite(row)), row - usual, np.nan))
        for pod, row in zip(new, mine, strict=True)
    ]
    shift = median_of(np.array(here))
    if not np.isfinite(shift):
        return None
    steps = np.diff(theirs, axis=1).ravel()
    noise = 1.48 * median_of(np.abs(steps)) / np.sqrt(2)
    noise = noise if np.isfinite(noise) else 0.3
    error = np.sqrt(_UNLIKE_OTHERS**2 / 2 * (1 / len(new) + 1 / len(old)) + noise**2 / 2)
    factor = odds.of_shift(shift, float(error), two_sided=True)
    return Sign(
        "calls", "asks", factor, shift, f"new pods make {np.exp(shift):.2g} times as many calls to {callee}"
    )


def _missing(scene: Scene, rollout: Rollout) -> list[Sign]:
    """Samples that new pods should have sent, beside those that old ones did."""
    seen = {pod: _seen(scene, pod) for pod in sorted(frozenset(rollout.births) | rollout.old)}
    measured = {pod for pod, row in seen.items() if row.any()}
    if not measured:
        return []
    nothing = np.zeros(len(scene.case.times), dtype=bool)
    mine = [(pod, scene.span.of_new(birth, nothing)) for pod, birth in sorted(rollout.births.items())]
    gone = {pod for step in rollout.steps for pod in step.removed}
    due = [
        (pod, cells & (scene.case.times > rollout.births[pod] + 120))
        for pod, cells in mine
        if pod not in gone
    ]
    n = float(sum(cells.sum() for _, cells in due))
    if n <= 0:
        return []
    k = float(sum((cells & ~seen[pod]).sum() for pod, cells in due))
    return [
        Sign(
            "silence",
            "answers",
            odds.of_count(k, 0.02 * n, n, 1.5),
            k / n,
            f"{k:.0f} of {n:.0f} samples of new pods are missing",
        )
    ]


def _seen(scene: Scene, pod: str) -> NDArray[np.bool_]:
    own = [row for _, _, row in scene.rows.get("answers", pod)] + [
        row for _, _, row in scene.rows.get("asks", pod)
    ]
    return np.asarray(np.isfinite(scene.case.values[own]).any(axis=0))
