"""A method held against the reference methods on the same cases: figures, doubts, and where it fails."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from msgspec import Struct, structs

from seamline.bench.rca import references, scores, truths
from seamline.bench.rca.place import Place, reader
from seamline.bench.rca.prediction import Prediction
from seamline.bench.rca.scores import Figure, Row, Scores
from seamline.model.errors import SeamlineError

N_CHANCES = 20
CHANCE = "chance"
LOUDEST = "nsigma"  # whose first place says which node is the loudest
ALL = "all sets"

By = Literal["fault", "root"]
Runs = Mapping[str, Sequence[Sequence[Row]]]  # of each method the rows of all cases; of chance twenty times


class Standing(Struct, frozen=True):
    """What one method reached on some cases."""

    method: str
    scores: Scores
    peak_mb: float | None = None


class Versus(Struct, frozen=True):
    """Against the best reference method, case by case (exact McNemar test, two-sided)."""

    method: str
    n_only_here: int  # right here and not there
    n_only_there: int
    p: float
    difference: Figure | None


class Group(Struct, frozen=True):
    """Faulty cases that are alike in something, and what each method reached on them."""

    name: str
    standings: tuple[Standing, ...]


class Missed(Struct, frozen=True):
    """A case that was not answered right: what is true, its rank (None: not named), and what stood first."""

    case: str
    truth: str  # empty: there was no fault, and something was accused
    fault: str
    rank: int | None
    first: str
    top: float | None


class SetReport(Struct, frozen=True):
    """One set of cases. The method that is examined stands first, chance last."""

    name: str
    change_asked: bool
    standings: tuple[Standing, ...]
    versus: Versus | None
    loudness: tuple[Group, ...]  # whether the root is the loudest node
    by: By | None
    groups: tuple[Group, ...]  # by that
    missed: tuple[Missed, ...]  # told where the case belongs, not of all sets once more


def scored(place: Place, layout: str, kept_in: Path | None, name: str, said: Prediction | None) -> Runs:
    """One case's prediction, of the method of that name, and those of the reference methods. Reads case and truth.

    Where the case can't be read, the references have no prediction either.
    """
    module = reader(layout)
    frame, truth = module.frame(place), truths.of(place, layout, kept_in)
    methods: dict[str, list[references.Method]] = {
        reference: [method] for reference, method in references.METHODS.items()
    }
    methods[CHANCE] = [partial(references.chance, seed=seed) for seed in range(N_CHANCES)]
    try:
        case = module.read(place)
    except SeamlineError:
        answered: dict[str, list[Prediction | None]] = {
            m: [None for _ in many] for m, many in methods.items()
        }
    else:
        answered = {m: [references.timed(method, case) for method in many] for m, many in methods.items()}
    rows = {m: [[scores.row(frame, truth, one)] for one in many] for m, many in answered.items()}
    return {name: [[scores.row(frame, truth, said)]], **rows}


def report(
    sets: Mapping[str, Sequence[Runs]], *, by: By | None = None, peak_mb: float | None = None
) -> tuple[SetReport, ...]:
    """All there is to say of sets of scored cases; several sets also as one."""
    parts = {name: _joined(cases) for name, cases in sets.items()}
    if len(parts) > 1:
        parts[ALL] = _joined([case for cases in sets.values() for case in cases])
    return tuple(_set(name, runs, by, peak_mb) for name, runs in parts.items())


def _joined(cases: Sequence[Runs]) -> Runs:
    """Rows of many cases; recency only where something had changed."""
    changed = any(row.n_changes for case in cases for runs in case.values() for row in runs[0])
    return {
        method: [[case[method][run][0] for case in cases] for run in range(len(cases[0][method]))]
        for method in cases[0]
        if changed or method != "recency"
    }


def _set(name: str, runs: Runs, by: By | None, peak_mb: float | None) -> SetReport:
    ours = next(iter(runs))
    first, *others = _standings(runs)
    rows = runs[ours][0]
    loud = {row.case for row in runs[LOUDEST][0] if row.entity_rank == 1}
    return SetReport(
        name=name,
        change_asked=any(row.change_asked for row in rows),
        standings=(structs.replace(first, peak_mb=peak_mb), *others),
        versus=_versus(runs),
        loudness=tuple(sorted(_groups(runs, partial(_loudness, loud)), key=lambda group: group.name)),
        by=by,
        groups=tuple(_groups(runs, _fault if by == "fault" else _roots)) if by else (),
        missed=tuple(_missed(rows)) if name != ALL else (),
    )


def _standings(runs: Runs) -> list[Standing]:
    return [
        Standing(method, _averaged([scores.scores(rows) for rows in many])) for method, many in runs.items()
    ]


def _averaged(many: Sequence[Scores]) -> Scores:
    """The scores of one run; of several the means of their figures, without intervals."""
    first, *others = many
    if not others:
        return first
    names = {name for one in many for name in one.figures}
    figures = {n: [one.figures[n].value for one in many if n in one.figures] for n in sorted(names)}
    return structs.replace(first, figures={n: Figure(float(np.mean(v))) for n, v in figures.items()})


def _versus(runs: Runs) -> Versus | None:
    """The examined method against the reference that is right most often; of equals the first."""
    ours, *references_ = (method for method in runs if method != CHANCE)
    if not references_:
        return None
    best = max(references_, key=lambda method: sum(row.right for row in runs[method][0]))
    pairs = [
        (here.right, there.right)
        for here, there in zip(runs[ours][0], runs[best][0], strict=True)
        if here.faulty
    ]
    n_here, n_there = (sum(pair == only for pair in pairs) for only in ((True, False), (False, True)))
    difference = scores.mean(int(here) - int(there) for here, there in pairs)
    return Versus(best, n_here, n_there, mcnemar(n_here, n_there), difference)


def mcnemar(n_here: int, n_there: int) -> float:
    """Two-sided exact p that two methods are equally often right alone.

    >>> mcnemar(0, 0), mcnemar(6, 0), mcnemar(3, 3)
    (1.0, 0.03125, 1.0)
    """
    n = n_here + n_there
    tail = sum(math.comb(n, k) for k in range(min(n_here, n_there) + 1))
    return min(1.0, 2 * tail / (1 << n))


def _groups(runs: Runs, names_of: Callable[[Row], Iterable[str]]) -> list[Group]:
    """Faulty cases by name, the largest group first."""
    rows = next(iter(runs.values()))[0]
    members: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        for name in names_of(row) if row.faulty else ():
            members.setdefault(name, []).append(place)
    return [
        Group(name, tuple(_standings(_picked(runs, places))))
        for name, places in sorted(members.items(), key=lambda m: (-len(m[1]), m[0]))
    ]


def _picked(runs: Runs, places: Sequence[int]) -> Runs:
    return {method: [[rows[place] for place in places] for rows in many] for method, many in runs.items()}


def _loudness(loud: set[str], row: Row) -> list[str]:
    return ["the loudest node" if row.case in loud else "not the loudest node"]


def _fault(row: Row) -> list[str]:
    return [row.truth.fault or "not said"]


def _roots(row: Row) -> list[str]:
    return list(row.truth.root_entities)


def _missed(rows: Sequence[Row]) -> Iterable[Missed]:
    for row in rows:
        if row.right or not (row.faulty or row.accused):
            continue
        change = row.truth.guilty_change if row.change_asked else None
        truth = change or ", ".join(row.truth.root_entities)
        rank = (
            row.change_rank if change else row.entity_rank
        )  # a fault without a guilty change has its root's
        place = int(rank) if row.faulty and rank != scores.MISS else None
        yield Missed(row.case, truth, row.truth.fault, place, row.first, row.top)
