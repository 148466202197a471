"""Series on one scale: how many times its usual movement each one is away from where it usually is.

Rows are the case's watches, then what is derived from them: on each edge that both ends measured, the time between
what the caller waited and what the callee took. Ratios are taken as logarithms, availabilities as shares of failures.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Case, Floats, Watch
from seamline.analysis.inquiry.kinds import Kind, Whose, kind_of
from seamline.analysis.inquiry.quantiles import quantiles

LEAST = 5  # samples of normal time without which nothing is said of a series
RATIO_FLOOR = 0.05  # a ratio-scaled series that moves by less than this is taken to be still
STILL_S = 0.001  # of latency more that nobody is hurt by
LEVEL_FLOOR = 0.02  # likewise, of the level of any other
SHARE_FLOOR = 0.002  # of requests
_PART, _PERCENT = 1.5, 100.0  # the most that a ratio, and a percentage, is ever told as
MOST = 1000.0  # spreads; further away is no further
COUNTED_BY: tuple[Whose, ...] = ("own", "user", "caller")  # whose word on requests goes first
GAP = Kind("latency", "gap", "level", "caller")
_STEADY = 0.8  # of the samples before, that a series must have to be missed when it ends
MIDDLE = 1.35  # standard deviations that hold the middle half of what is normal
OFTEN, TAIL = 0.9, 1.64  # and nine in ten of it to both sides
CHUNK = 2_000  # rows looked at together, which bounds memory


class Panel(Struct, frozen=True):
    """`values` is rows x times on each kind's scale.

    `counts`: usual requests per sample behind a share, and of a row that counts requests itself; else NaN.
    """

    times: Floats
    watches: tuple[Watch, ...]
    kinds: tuple[Kind, ...]
    values: Floats
    counts: Floats


def panel(case: Case) -> Panel:
    """All series of a case on their scales, derived ones last. O(samples)."""
    watches, kinds, raw = list(case.watches), [kind_of(w.metric) for w in case.watches], case.values
    gaps = _gaps(case, kinds)
    if gaps:
        watches += [w for w, _ in gaps]
        kinds += [GAP] * len(gaps)
        raw = np.vstack([raw, *(row for _, row in gaps)])
    requests = _requests(watches, kinds)
    values, counts = np.array(raw), np.full(len(raw), np.nan)
    for row, (watch, kind) in enumerate(zip(watches, kinds, strict=True)):
        if kind.scale == "share":
            asked = _base(requests.get((watch.entity, watch.caller), {}), kind)
            base = raw[asked] if asked is not None else None
            values[row] = _share(raw[row], kind, base)
            if base is not None:
                counts[row] = _per_sample(base, case.step_s)
        elif kind.scale == "ratio":
            values[row] = _logarithm(raw[row])
            if kind.role == "requests":
                counts[row] = _per_sample(raw[row], case.step_s)
    return Panel(case.times, tuple(watches), tuple(kinds), values, counts)


def _requests(watches: Sequence[Watch], kinds: Sequence[Kind]) -> dict[tuple[str, str], dict[Whose, int]]:
    """By entity and caller the rows that count requests, by who counted them; of several the first by name."""
    found: dict[tuple[str, str], dict[Whose, int]] = {}
    for row in sorted(range(len(watches)), key=lambda r: watches[r].metric):
        if kinds[row].role == "requests":
            watch = watches[row]
            found.setdefault((watch.entity, watch.caller), {}).setdefault(kinds[row].whose, row)
    return found


def _base(requests: Mapping[Whose, int], failures: Kind) -> int | None:
    """The row of the requests that failures are a share of: as the same one counted them, or else the service."""
    return next((requests[w] for w in (failures.whose, *COUNTED_BY) if w in requests), None)


def _gaps(case: Case, kinds: list[Kind]) -> list[tuple[Watch, Floats]]:
    """What lies between the caller's wait and the callee's time, per edge and quantile; of several the first by name."""
    rows: dict[tuple[str, str, Whose, float | None], int] = {}
    for row in sorted(range(len(kinds)), key=lambda r: case.watches[r].metric):
        watch, kind = case.watches[row], kinds[row]
        if kind.role == "latency" and watch.caller:
            rows.setdefault((watch.entity, watch.caller, kind.whose, kind.quantile), row)
    found = []
    for (entity, caller, whose, quantile), row in sorted(rows.items(), key=lambda item: item[1]):
        server = rows.get((entity, caller, "own", quantile))
        if whose == "caller" and server is not None:
            found.append((Watch(entity, "gap", caller), case.values[row] - case.values[server]))
    return found


def _share(raw: Floats, kind: Kind, requests: Floats | None) -> Floats:
    """Failures as a share of the requests, from a percentage, a ratio, or a count beside a count of requests."""
    top = float(np.nanmax(raw)) if np.isfinite(raw).any() else 0.0
    if kind.good:
        return 1.0 - raw / (100.0 if top > _PART else 1.0)
    if requests is not None and (kind.noun == "failures" or top > _PERCENT):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(
                requests > 0, np.clip(raw / requests, 0.0, 1.0), np.where(np.isnan(raw), np.nan, 0.0)
            )
    return raw / 100.0 if _PART < top <= _PERCENT else raw


def _per_sample(requests: Floats, step_s: float) -> float:
    """How many requests stand behind a sample: as counted, or a rate times the step."""
    known = requests[np.isfinite(requests)]
    if not len(known):
        return np.nan
    usual = float(np.median(known))
    counted = np.allclose(known, np.round(known))
    return usual if counted else usual * step_s


def _logarithm(raw: Floats) -> Floats:
    positive = raw[np.isfinite(raw) & (raw > 0)]
    if not len(positive):
        return np.where(np.isfinite(raw), 0.0, np.nan)
    # a zero is not infinitely far away: it lies below the least that was ever seen
    least = max(float(np.percentile(positive, 1)) / 2, float(np.median(positive)) * 1e-3)
    return np.log(np.maximum(raw, least))


class Moved(Struct, frozen=True):
    """How far each row of a panel moved in an interval. Zero where nothing can be said.

    `z`: times its usual movement, signed, harm counted by the kind. `excess`: on the row's scale.
    `usual`: the median before, NaN where nothing was sampled. `gone`: sampled before, and not in the interval.
    """

    z: Floats
    excess: Floats
    usual: Floats
    spread: Floats
    known: NDArray[np.bool_]  # sampled before and within: something can be said
    gone: NDArray[np.bool_]


def moved(p: Panel, first: int, last: int) -> Moved:
    """How far every row moved in the samples [first, last), against all that lie before. O(rows x samples log)."""
    n = len(p.values)
    never = np.zeros(n, dtype=bool)
    out = Moved(np.zeros(n), np.zeros(n), np.full(n, np.nan), np.ones(n), never, never.copy())
    for low in range(0, n, CHUNK):
        _score(p, slice(low, min(n, low + CHUNK)), first, last, out)
    return out


def _score(p: Panel, rows: slice, first: int, last: int, out: Moved) -> None:
    """Fill in these rows."""
    before, within = p.values[rows, :first], p.values[rows, first:last]
    n_before, n_within = np.isfinite(before).sum(axis=1), np.isfinite(within).sum(axis=1)
    out.gone[rows] = (n_before >= max(LEAST, first * _STEADY)) & (n_within == 0)
    sure = (n_before >= LEAST) & (n_within > 0)
    out.known[rows] = sure
    low, usual, high = quantiles(before, (0.25, 0.5, 0.75))
    out.usual[rows] = usual
    at = np.arange(rows.start, rows.stop)[sure]
    before, usual = before[sure], usual[sure]
    spread = _spread(p, at, before, usual, (high - low)[sure], last - first)
    mean = np.nanmean(within[sure], axis=1)
    far, near = (mean - usual) / spread, _near(before, mean, usual, last - first) / spread
    both = np.where(far * near > 0, np.sign(far) * np.minimum(np.abs(far), np.abs(near)), 0.0)
    out.spread[at], out.excess[at] = spread, mean - usual
    out.z[at] = np.clip(both, -MOST, MOST)


def _near(before: Floats, mean: Floats, usual: Floats, width: int) -> Floats:
    """The movement against the time just before: what had moved already did not move now."""
    last = before[:, -max(2, 2 * width) :]
    known = np.isfinite(last)
    enough = known.sum(axis=1) >= 2
    level = np.where(
        enough, np.nansum(np.where(known, last, 0.0), axis=1) / np.maximum(known.sum(axis=1), 1), usual
    )
    return mean - level


def _spread(
    p: Panel, rows: NDArray[np.int64], before: Floats, usual: Floats, middle: Floats, width: int
) -> Floats:
    """How far means of `width` samples usually stray, never less than the floors. `middle` holds half of the samples."""
    floor = _floor(p, rows, before, usual, width)
    core, tail = np.maximum(middle / MIDDLE, floor), np.maximum(_strays(before, usual, width), floor)
    return np.where(tail > core, np.sqrt(core * tail), core)


def _strays(before: Floats, usual: Floats, width: int) -> Floats:
    """What one in ten means of `width` samples exceeds, as a standard deviation; a rarer hiccup stays out."""
    known = np.isfinite(before)
    off = np.where(known, before - usual[:, None], 0.0)
    zero = np.zeros((len(before), 1))
    sums = np.hstack([zero, np.cumsum(off, axis=1)])
    counts = np.hstack([zero, np.cumsum(known, axis=1)])
    width = min(width, before.shape[1])
    total, seen = sums[:, width:] - sums[:, :-width], counts[:, width:] - counts[:, :-width]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.abs(np.where(seen > 0, total / seen, np.nan))
    return quantiles(means, (OFTEN,))[0] / TAIL


def _floor(p: Panel, rows: NDArray[np.int64], before: Floats, usual: Floats, width: int) -> Floats:
    """The least spread that is believed: a share of the level, and counting noise where counts are known."""
    out = np.empty(len(rows))
    for i, row in enumerate(rows):
        kind = p.kinds[row]
        if kind.scale == "ratio":
            out[i] = RATIO_FLOOR
            if kind.role == "latency":
                out[i] = max(RATIO_FLOOR, float(np.log1p(STILL_S * np.exp(-usual[i]))))
        elif kind.scale == "share":
            n = p.counts[row] * width
            usually = float(np.nanmean(before[i]))
            noise = np.sqrt((usually * (1 - usually) + 1 / n) / n) if n > 0 and 0 <= usually <= 1 else 0.0
            out[i] = max(SHARE_FLOOR, noise)
        elif kind.noun == "gap":
            out[i] = max(1e-4, RATIO_FLOOR * abs(float(usual[i])))
        else:
            typical = max(abs(float(usual[i])), float(np.nanmean(np.abs(before[i]))))
            out[i] = max(LEVEL_FLOOR * typical, _resolution(kind, before[i]), 1e-12)
    return out


def _resolution(kind: Kind, before: Floats) -> float:
    """What is counted in whole things moves by whole things; a single restart is none too few."""
    known = before[np.isfinite(before)]
    return 1.0 if kind.noun != "restarts" and bool((known == np.round(known)).all()) else 0.0
