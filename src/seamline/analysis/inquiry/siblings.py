"""New pods beside old ones: the same calls in the same minutes, by what each pod is asked and what it asks.

Comparing within one caller, and within one callee, takes out what the other end does: a pod is not slow for being asked
by a slow one, nor for asking one. What both versions suffer alike cancels, whatever its reason.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry import odds
from seamline.analysis.inquiry.beneath import Owed, owed
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.kinds import Kind, kind_of
from seamline.analysis.inquiry.scene import Scene, Sign, counted, mean_of, median_of, requests_of
from seamline.analysis.inquiry.versions import SIDES, Cells, Rollout, Side

_UNLIKE = {
    "latency": 0.12,
    "cpu": 0.2,
    "memory": 0.2,
    "calls": 0.12,
}  # log-ratio between healthy pods of one version
_UNLIKE_OTHERS = 0.3
_BY_LOAD = ("cpu", "network", "disk", "saturation")  # grow with what is asked
_LEAST_NOISE = 0.03  # of a sample, as log-ratio
_SPREAD = 0.5  # of how often healthy pods fail
_ONE_SAMPLE, _NOTHING_ELSE = 20.0, 0.22  # the most that one sample can say, and how little the others may
_FLOOR = 0.05  # of a series' usual level: nothing below it counts
_LEAST_ASKED = 5.0  # requests in a sample without which calls per request mean nothing

Table = Mapping[str, Mapping[str, int]]  # the other end, pod: row


class _Lot(Struct, frozen=True):
    """Series of one metric of both versions towards one other end: pods x times."""

    other: str
    new: Floats
    old: Floats
    cells: Cells  # of new: those that count
    pods: tuple[str, ...]  # of new


def signs(scene: Scene, rollout: Rollout) -> list[Sign]:
    """All comparisons that can be made; none where no old pod was measured beside a new one. O(their samples)."""
    gone = {pod: step.at_ts for step in reversed(rollout.steps) for pod in step.removed}
    pods = frozenset(rollout.births) | rollout.old
    whole = {pod: _whole(scene, pod, gone.get(pod, np.inf)) for pod in pods}
    beside = _beside(scene, rollout, whole)
    if not beside:
        return []
    early = not any(
        (cells & (scene.case.times >= scene.span.harm_from_ts)).any() for cells in beside.values()
    )
    compare = _Comparison(scene, rollout, beside, whole)
    found = [*compare.answers(), *compare.asks(), *compare.calls(), *_missing(scene, rollout)]
    return [Sign(s.noun, s.side, s.factor, s.size, s.text, early) for s in found]


def _beside(scene: Scene, rollout: Rollout, whole: Mapping[str, Cells]) -> dict[str, Cells]:
    """The samples of each new pod that count: warm, within the harm where there are enough, and beside an old pod."""
    company = np.zeros(len(scene.case.times), dtype=bool)
    for pod in rollout.old:
        company |= whole[pod]
    found = {}
    for pod, birth_ts in sorted(rollout.births.items()):
        seen = whole[pod] & company
        cells = scene.span.of_new(birth_ts, seen) & seen
        if cells.any():
            found[pod] = cells
    return found


def _seen(scene: Scene, pod: str) -> Cells:
    rows = [row for side in SIDES for _, _, row in scene.rows.get(side, pod)]
    return np.asarray(np.isfinite(scene.case.values[rows]).any(axis=0))


def _whole(scene: Scene, pod: str, gone_ts: float) -> Cells:
    """Samples through all of whose time a pod ran: not the one that it went in."""
    seen = _seen(scene, pod)
    return np.asarray(seen & np.append(seen[1:], True) & (scene.case.times <= gone_ts))


class _Comparison:
    """One rollout's new pods against its old ones."""

    def __init__(
        self, scene: Scene, rollout: Rollout, beside: Mapping[str, Cells], whole: Mapping[str, Cells]
    ) -> None:
        self._scene, self._rollout, self._beside, self._whole = scene, rollout, beside, whole
        pods = frozenset(beside) | rollout.old
        self._tables: dict[Side, dict[str, dict[str, dict[str, int]]]] = {
            "answers": scene.rows.by_metric("answers", pods), "asks": scene.rows.by_metric("asks", pods)
        }  # fmt: skip
        cells = np.any(list(beside.values()), axis=0)
        self._owed = owed(scene, sorted(beside), sorted(rollout.old), cells)
        self._busier = self._more_requests()

    def answers(self) -> Iterator[Sign]:
        """What others see of its pods, and what its pods use."""
        for metric, table in sorted(self._tables["answers"].items()):
            kind = kind_of(metric)
            if kind.role == "failures":
                yield from self._failures("answers", metric, table, self._owed)
            elif kind.role != "requests":
                yield from self._levels("answers", kind, table, self._owed)

    def asks(self) -> Iterator[Sign]:
        """What its pods see of others."""
        for metric, table in sorted(self._tables["asks"].items()):
            kind = kind_of(metric)
            if kind.role == "failures":
                yield from self._failures("asks", metric, table, Owed())
            elif kind.role == "latency":
                yield from self._levels("asks", kind, table, Owed())

    def _more_requests(self) -> float:
        """By how much more new pods are asked than old ones, as log-ratio; 0 where less, or not known."""
        asked = {pod: np.zeros(len(self._scene.case.times)) for pod in self._whole}
        for of_pod in requests_of(self._tables["answers"]).values():
            for pod, row in of_pod.items():
                asked[pod] += np.nan_to_num(self._scene.case.values[row])
        old = mean_of(
            np.stack([np.where(self._whole[p], asked[p], np.nan) for p in sorted(self._rollout.old)]), 0
        )
        ratios = [
            median_of(asked[pod][cells] / np.maximum(old[cells], 1.0)) for pod, cells in self._beside.items()
        ]
        return float(np.log(max(1.0, np.nan_to_num(median_of(np.array(ratios)), nan=1.0))))

    def _lots(self, table: Table) -> Iterator[_Lot]:
        """One for each other end that pods of both versions were measured towards."""
        values = self._scene.case.values
        for other, of_pod in sorted(table.items()):
            new = tuple(pod for pod in sorted(of_pod) if pod in self._beside)
            old = [pod for pod in sorted(of_pod) if pod in self._rollout.old]
            if new and old:
                cells = np.stack([self._beside[pod] for pod in new])
                yield _Lot(
                    other, values[[of_pod[p] for p in new]], values[[of_pod[p] for p in old]], cells, new
                )

    # -- levels ----------------------------------------------------------------

    def _levels(self, side: Side, kind: Kind, table: Table, owed_: Owed) -> Iterator[Sign]:
        apart: list[Floats] = []  # per lot: log-ratios of new pods to the old ones, one per pod
        unlike: list[Floats] = []
        noises: list[float] = []
        n_new = n_old = 0
        for whole in self._lots(table):
            lot = self._logarithms(whole, kind, owed_)
            usual = mean_of(lot.old, 0)
            here = np.where(lot.cells, lot.new - usual, np.nan)
            counts = np.isfinite(here)
            if not counts.any():
                continue
            apart.append(np.array([median_of(row) for row in here]))
            if len(lot.old) > 1:
                unlike.append(np.array([median_of(row) for row in lot.old - usual]))
            noises.append(_noise(lot))
            n_new += int(counts.sum())
            n_old += int(np.isfinite(lot.old[:, counts.any(axis=0)]).sum())
        if not apart:
            return
        shift = float(mean_of(np.concatenate(apart), 0))
        if kind.noun in _BY_LOAD and shift > 0:
            shift -= min(shift, self._busier)
        noise = max(_LEAST_NOISE, float(np.nan_to_num(median_of(np.array(noises)))))
        variance = _unlike(kind, unlike) ** 2 * (1 / len(self._beside) + 1 / len(self._rollout.old))
        variance += 1.6 * noise**2 * (1 / n_new + 1 / max(n_old, 1))  # of medians
        two_sided = kind.role == "other"
        factor = odds.of_shift(shift, float(np.sqrt(variance)), two_sided)
        noun = "other" if kind.role == "other" else kind.noun
        what = f"{kind.noun} of calls made by" if side == "asks" else f"{kind.noun} of"
        text = f"{what} new pods is {np.exp(shift):.2g} times that of old ones in the same minutes"
        yield Sign(noun, side, factor, shift, text)

    def _logarithms(self, lot: _Lot, kind: Kind, owed_: Owed) -> _Lot:
        """Logarithms, over a floor; of latency without what is owed to whom the new pods ask."""
        usual = median_of(np.abs(np.concatenate((lot.old, lot.new))))
        floor = max(_FLOOR * usual if usual > 0 else 0.0, 1e-9)
        new = lot.new
        if kind.role == "latency":
            floor = max(floor, self._scene.least_latency_s)
            less = np.clip(owed_.seconds * np.ones_like(new), 0.0, 0.9 * np.nan_to_num(np.maximum(new, 0.0)))
            new = new - less
        logs = [np.log(np.maximum(x, 0.0) + floor) for x in (new, lot.old)]
        return _Lot(lot.other, logs[0], logs[1], lot.cells, lot.pods)

    # -- failures ----------------------------------------------------------------

    def _failures(self, side: Side, metric: str, table: Table, owed_: Owed) -> Iterator[Sign]:
        counts = requests_of(self._tables[side])
        k = np.zeros(len(self._scene.case.times))
        n, expected = k.copy(), k.copy()
        k_old = n_old = 0.0
        for lot in self._lots(table):
            of_pod = counts.get(lot.other, {})
            old_pods = [pod for pod in sorted(table[lot.other]) if pod in self._rollout.old]
            new_n, new_k = counted(metric, lot.new, self._rows(of_pod, lot.pods))
            theirs_n, theirs_k = counted(metric, lot.old, self._rows(of_pod, old_pods))
            mine = lot.cells & np.isfinite(new_k)
            beside = mine.any(axis=0)
            k_here, n_here = float(np.nansum(theirs_k[:, beside])), float(theirs_n[:, beside].sum())
            if n_here <= 0:
                continue
            n_mine = np.where(mine, new_n, 0.0).sum(axis=0)
            k, n = k + np.where(mine, new_k, 0.0).sum(axis=0), n + n_mine
            expected = expected + n_mine * min(1.0, (k_here + 0.5) / (n_here + 50.0) + owed_.failing)
            k_old, n_old = k_old + k_here, n_old + n_here
        if n.sum() <= 0:
            return
        spread = float(np.hypot(_SPREAD, 1 / np.sqrt(k_old + 1)))
        factor = lasting(k, expected, n, spread)
        text = (
            f"{k.sum():.0f} of {n.sum():.0f} requests {'to' if side == 'answers' else 'of'} new pods failed, "
            f"{k_old:.0f} of {n_old:.0f} of old ones in the same minutes"
        )
        yield Sign("failures", side, factor, max(0.0, float(k.sum() - expected.sum()) / float(n.sum())), text)

    def _rows(self, of_pod: Mapping[str, int], pods: Sequence[str]) -> Floats | None:
        if not all(pod in of_pod for pod in pods):
            return None
        return self._scene.case.values[[of_pod[pod] for pod in pods]]

    # -- calls made ---------------------------------------------------------------

    def calls(self) -> Iterator[Sign]:
        """Calls made to each callee per request answered: a version that asks twice, or no longer."""
        whole_of = self._scene.pods
        made, answered = requests_of(self._tables["asks"]), requests_of(self._tables["answers"])
        for callee in sorted({whole_of.get(other, other) for other in made}):
            rows = [of_pod for other, of_pod in made.items() if whole_of.get(other, other) == callee]
            ratios = {
                pod: self._per_request(pod, rows, answered)
                for pod in (*self._beside, *sorted(self._rollout.old))
            }
            yield from self._calls_to(callee, ratios)

    def _per_request(self, pod: str, made: Sequence[Mapping[str, int]], answered: Table) -> Floats:
        values = self._scene.case.values
        out = [of_pod[pod] for of_pod in made if pod in of_pod]
        into = [of_pod[pod] for of_pod in answered.values() if pod in of_pod]
        if not out or not into:
            return np.full(values.shape[1], np.nan)
        asked, calls = (np.maximum(np.nan_to_num(values[rows]), 0.0).sum(axis=0) for rows in (into, out))
        counted_ = (asked >= _LEAST_ASKED) & np.isfinite(values[out]).any(axis=0) & self._whole[pod]
        return np.where(counted_, np.log((calls + 0.5) / np.maximum(asked, _LEAST_ASKED)), np.nan)

    def _calls_to(self, callee: str, ratios: Mapping[str, Floats]) -> Iterator[Sign]:
        old = np.stack([ratios[pod] for pod in sorted(self._rollout.old)])
        usual = mean_of(old, 0)
        apart = [(ratios[pod] - usual)[cells] for pod, cells in self._beside.items()]
        shift = median_of(np.array([median_of(one) for one in apart]))
        if not np.isfinite(shift):
            return
        n = sum(int(np.isfinite(one).sum()) for one in apart)
        noise = float(
            np.nan_to_num(1.48 * median_of(np.abs(np.diff(old, axis=1))) / np.sqrt(2), nan=_UNLIKE_OTHERS)
        )
        variance = _UNLIKE["calls"] ** 2 * (1 / len(self._beside) + 1 / len(old)) + 3.2 * noise**2 / n
        factor = odds.of_shift(shift, float(np.sqrt(variance)), True)
        text = f"new pods make {np.exp(shift):.2g} times as many calls to {callee} per request"
        yield Sign("calls", "asks", factor, shift, text)


def lasting(k: Floats, expected: Floats, n: Floats, spread: float) -> float:
    """The factor of failures that last: a single bad sample, where three or more can tell, says little."""
    total = odds.of_count(float(k.sum()), float(expected.sum()), float(n.sum()), spread)
    if (n > 0).sum() < 3:
        return total
    rest: NDArray[np.bool_] = np.arange(len(k)) != int(np.argmax(k - expected))
    others = odds.of_count(float(k[rest].sum()), float(expected[rest].sum()), float(n[rest].sum()), spread)
    return min(total, _ONE_SAMPLE * max(others, _NOTHING_ELSE))


def _noise(lot: _Lot) -> float:
    """From one sample to the next, as a standard deviation: robust, and blind to what is slow."""
    steps = np.diff(np.concatenate((lot.old, lot.new)), axis=1)
    return float(1.48 * median_of(np.abs(steps)) / np.sqrt(2))


def _unlike(kind: Kind, shown: Sequence[Floats]) -> float:
    """How much healthy pods differ from each other: what the old ones show, shrunk to what is usual."""
    usual = _UNLIKE.get(kind.noun, _UNLIKE_OTHERS)
    towards = [float(np.sqrt(np.nanmean(of_pods**2))) for of_pods in shown if np.isfinite(of_pods).any()]
    return (usual + float(np.median(towards))) / 2 if towards else usual


def _missing(scene: Scene, rollout: Rollout) -> list[Sign]:
    """Samples that new pods should have sent: all of those that never came, else those amid others.

    A pod that comes no more may have been taken away.
    """
    k = n = 0.0
    for pod, birth_ts in sorted(rollout.births.items()):
        due, seen = scene.span.due(birth_ts), _seen(scene, pod)
        if seen.any():
            due = due & (scene.case.times <= scene.case.times[np.flatnonzero(seen)[-1]])
        k, n = k + float((due & ~seen).sum()), n + float(due.sum())
    if n <= 0:
        return []
    text = f"{k:.0f} of {n:.0f} samples of new pods are missing"
    return [Sign("silence", "answers", odds.of_count(k, 0.02 * n, n, 1.5), k / n, text)]
