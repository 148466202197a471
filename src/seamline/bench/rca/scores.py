"""How good predictions are. Strict on purpose: what would flatter a method counts against it.

- A pod counts as its service, a step as its rollout. Entries are ordered by probability; equal ones share the WORST of
  their ranks. If one entry lacks a probability, the order of the list counts. No prediction, or no mention, is a miss.
- AC@k: the root entity is among the first k; Avg@5: the mean of AC@1 to AC@5; MRR: the mean of 1/rank. HR@k: the guilty
  change is among the first k; MAR: its mean rank, a miss being one behind the last candidate. Over cases WITH a fault.
- A case is *accused* when something is put a name to: `accuse` is not empty, or a first probability is 0.5 or more, or
  there is a ranking without probabilities; a missing prediction accuses where there is no fault. FA: share of the cases
  WITHOUT a fault that are accused; accused: the same of the faulty ones; right: share of those accusations that hold.
- Faults that no change caused are misses of HR and MAR. `Blame` has them apart: the same figures over cases with a guilty
  change, either of two that did it together, and the share of the others, faulty or not, in which a change is accused.
- ECE: expected calibration error over ten equal bins of the first probability, over all cases; where there is no fault it
  is never right (Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015).
- Intervals: the middle 95 % of 2,000 resamples of the cases, always the same ones.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.bench.rca.place import Frame
from seamline.bench.rca.prediction import Prediction
from seamline.bench.rca.truths import Truth

SURE = 0.5  # a first probability from here on accuses
N_RESAMPLES = 2000
N_BINS = 10
MISS = math.inf

Ranked = list[tuple[str, float | None]]


class Row(Struct, frozen=True):
    """One case scored. Ranks count from 1; MISS where the answer is not named."""

    case: str
    truth: Truth
    change_asked: bool
    n_changes: int
    missing: bool
    entity_rank: float
    change_rank: float
    accused: bool
    blamed_rank: float  # the same of the first of all that are to blame
    blamed: bool  # a change was accused
    top: float | None  # the first probability for what is asked
    seconds: float | None
    first: str = ""  # what was put first, for people

    @property
    def faulty(self) -> bool:
        """Whether there was a fault at all."""
        return bool(self.truth.root_entities)

    @property
    def rank(self) -> float:
        """Of the true entity, or of the guilty change where that is asked."""
        return self.change_rank if self.change_asked else self.entity_rank

    def place(self, rank: float) -> float:
        """A rank among the changes, or the one behind the last of them for a miss."""
        return self.n_changes + 1 if rank == MISS else rank

    @property
    def right(self) -> bool:
        """Whether the truth was put first."""
        return self.faulty and self.rank == 1


class Figure(Struct, frozen=True):
    """A mean over cases with its 95 % interval; NaN ends where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan


class Blame(Struct, frozen=True):
    """Over cases that ask for a change: the guilty ones' rank, and how often one is accused where none is guilty."""

    n_guilty: int
    first: Figure | None
    mean_rank: Figure | None
    n_others: int
    accused: Figure | None


class Bin(Struct, frozen=True):
    """Cases whose first probability lies in one tenth: how sure on average, and how often right."""

    n: int
    said: float
    right: float


class Scores(Struct, frozen=True):
    """All figures of one method on some cases; what can't be said is not among them."""

    n: int
    n_faulty: int
    n_faultless: int
    n_missing: int
    figures: Mapping[str, Figure]
    ece: float | None
    median_s: float | None
    bins: tuple[Bin, ...]
    blame: Blame | None = None


def row(frame: Frame, truth: Truth, prediction: Prediction | None) -> Row:
    """One prediction against its truth."""
    said = prediction or Prediction(frame.name)
    pods, rollouts = frame.pods(), frame.rollouts()
    change_asked = frame.question == "change"
    changes = _ordered((c.id.split("#")[0], c.probability) for c in said.changes or ())
    if said.ranking is None and change_asked:  # who names only the change names its entity too
        named: Iterable[tuple[str, float | None]] = ((rollouts.get(c, c), p) for c, p in changes)
    else:
        named = ((e.entity, e.probability) for e in said.ranking or ())
    entities = _ordered((pods.get(e, e), p) for e, p in named)
    asked = changes if change_asked else entities
    faulty = bool(truth.root_entities)
    return Row(
        case=frame.name,
        truth=truth,
        change_asked=change_asked,
        n_changes=len(rollouts),
        missing=prediction is None,
        entity_rank=_rank(entities, truth.root_entities),
        change_rank=_rank(changes, (truth.guilty_change,) if truth.guilty_change else ()),
        blamed_rank=_rank(changes, truth.guilty),
        blamed=_accuses(said.accuse if change_asked else (), changes),
        accused=_accuses(said.accuse, changes, entities) or (prediction is None and not faulty),
        top=asked[0][1] if asked else None,
        seconds=said.seconds,
        first=asked[0][0] if asked else "",
    )


def scores(rows: Sequence[Row]) -> Scores:
    """The figures of one method."""
    faulty, calm = [r for r in rows if r.faulty], [r for r in rows if not r.faulty]
    figures = {
        **_entity_figures([r.entity_rank for r in faulty]),
        **_change_figures([r for r in faulty if r.change_asked]),
        "FA": mean(r.accused for r in calm),
        "accused": mean(r.accused for r in faulty),
        "right": mean(r.right for r in faulty if r.accused),
    }
    seconds = [r.seconds for r in rows if r.seconds is not None]
    bins = reliability(rows)
    return Scores(
        n=len(rows),
        n_faulty=len(faulty),
        n_faultless=len(calm),
        n_missing=sum(r.missing for r in rows),
        figures={name: figure for name, figure in figures.items() if figure is not None},
        ece=expected_error(bins),
        median_s=float(np.median(seconds)) if seconds else None,
        bins=bins,
        blame=_blame([r for r in rows if r.change_asked]),
    )


def mean(values: Iterable[float]) -> Figure | None:
    """A mean with its bootstrap interval, None of nothing."""
    sample = np.array(list(values), dtype=np.float64)
    if not len(sample):
        return None
    drawn = np.random.default_rng(0).integers(0, len(sample), (N_RESAMPLES, len(sample)))
    means = sample[drawn].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Figure(float(sample.mean()), float(low), float(high))


def reliability(rows: Sequence[Row]) -> tuple[Bin, ...]:
    """Ten bins of the first probability, those without a case empty (n 0)."""
    sure = [(r.top, r.right) for r in rows if r.top is not None]
    said = np.clip([p for p, _ in sure], 0, 1)
    right = np.array([r for _, r in sure], dtype=np.float64)
    places = np.minimum((said * N_BINS).astype(int), N_BINS - 1)
    return tuple(_bin(said[places == k], right[places == k]) for k in range(N_BINS))


def expected_error(bins: Sequence[Bin]) -> float | None:
    """How far what is said lies from what is right, over bins weighed by their cases; None without any."""
    n = sum(b.n for b in bins)
    return sum(abs(b.said - b.right) * b.n for b in bins if b.n) / n if n else None


def _bin(said: NDArray[np.float64], right: NDArray[np.float64]) -> Bin:
    return (
        Bin(len(said), float(said.mean()), float(right.mean())) if len(said) else Bin(0, math.nan, math.nan)
    )


def _entity_figures(ranks: Sequence[float]) -> dict[str, Figure | None]:
    return {
        "AC@1": mean(r <= 1 for r in ranks),
        "AC@3": mean(r <= 3 for r in ranks),
        "Avg@5": mean(np.mean([r <= k for k in range(1, 6)]).item() for r in ranks),
        "MRR": mean(1 / r for r in ranks),  # 1/inf is 0
    }


def _change_figures(rows: Sequence[Row]) -> dict[str, Figure | None]:
    return {
        "HR@1": mean(r.change_rank <= 1 for r in rows),
        "HR@3": mean(r.change_rank <= 3 for r in rows),
        "MAR": mean(r.place(r.change_rank) for r in rows),
    }


def _blame(rows: Sequence[Row]) -> Blame | None:
    done, others = [r for r in rows if r.truth.guilty], [r for r in rows if not r.truth.guilty]
    return (
        Blame(
            len(done),
            mean(r.blamed_rank <= 1 for r in done),
            mean(r.place(r.blamed_rank) for r in done),
            len(others),
            mean(r.blamed for r in others),
        )
        if rows
        else None
    )


def _ordered(named: Iterable[tuple[str, float | None]]) -> Ranked:
    """Each name once with its best probability, the likeliest first; as listed where a probability is missing."""
    best: dict[str, float | None] = {}
    plain = False
    for name, p in named:
        usable = p if p is not None and math.isfinite(p) else None
        plain = plain or usable is None
        before = best.get(name)
        if name not in best or (usable is not None and before is not None and usable > before):
            best[name] = usable
    if plain:
        return [(name, None) for name in best]
    return sorted(best.items(), key=lambda entry: -(entry[1] or 0.0))


def _rank(ranked: Ranked, wanted: Sequence[str]) -> float:
    """Of the best of the wanted names, counting all that are as likely as it."""
    found = [
        place if p is None else sum(q is not None and q >= p for _, q in ranked)
        for place, (name, p) in enumerate(ranked, start=1)
        if name in wanted
    ]
    return min(found, default=MISS)


def _accuses(accuse: Sequence[str] | None, *rankings: Ranked) -> bool:
    firsts = [ranked[0][1] for ranked in rankings if ranked]
    return bool(accuse) or any(p is None or p >= SURE for p in firsts)
