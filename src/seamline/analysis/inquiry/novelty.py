"""What is new in how services behave: habits that broke, and trouble that nobody told of before.

Visits to the same operation of the same service are compared, before and after; how many there were of each says
nothing. A mark that all but always follows another and now fails to is a broken habit. One that speaks of trouble
and was not there before is new trouble. What comes and goes with the traffic is neither.

In one trace only the first thing that went wrong counts: what follows it is its consequence.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf, lgamma, log, log1p
from zlib import crc32

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.templates import template, troubled, unplaced
from seamline.analysis.inquiry.visits import Visit, Visits

_HABIT = 0.95  # what fails to follow more often than once in twenty is a matter of the traffic
_SEEN = 3  # visits that make a habit
_BEGINNING = -1  # of a visit, as if it were a mark
_NTHS = 2  # how often a mark comes in one visit is told up to here, from 0
_BEFORE, _NOW = 400, 2000  # visits per operation that are looked at: more would not change an answer
_GOLDEN = (5.0**0.5 - 1.0) / 2.0
_DRIFT = 30.0  # visits that count in full: any two windows differ, however much was seen of them
_LIVE = 2.0  # nats from which on a break excuses what came after it in its trace
_DEEPEST = 64  # callers above a visit

# How often such a thing happens by itself, to a service with nothing wrong:
_BY_ITSELF = 1 / 400  # a habit breaks, or trouble is told that nobody told of before
_TURN = 0.1  # ... a habit gives way to another mark: requests that differ take other turns
_FAMILIAR = 0.5  # ... trouble that the service knows comes more often: it depends on what is asked of it

Flags = NDArray[np.bool_]
Position = tuple[float, ...]


class Break(Struct, frozen=True):
    """One habit that broke, or one trouble that is new, in one operation of a service."""

    entity: str
    operation: str
    mark: int
    nth: int  # 0: the first of its kind in a visit
    missing: bool  # else it is there and was not
    n_before: int  # visits in which it could show
    k_before: int  # visits in which it did
    n_now: int
    k_now: int
    deviant: tuple[int, ...]  # visits that now differ
    free: float  # how often such a thing changes by itself

    @property
    def nats(self) -> float:
        """Log-odds of "its rate changed" against "two windows differ so", where it moved the way it should."""
        fewer = self.k_now * self.n_before < self.k_before * self.n_now
        more = self.k_now * self.n_before > self.k_before * self.n_now
        if self.n_now == 0 or (more if self.missing else fewer):
            return 0.0
        any_rate, same = _likelihoods(self.k_before, self.n_before, self.k_now, self.n_now)
        return spared(any_rate, same, self.free)


class _Stratum(Struct, frozen=True):
    """Visits to one operation: when each of its marks came for the nth time (inf: never), before and now."""

    entity: str
    operation: str
    marks: NDArray[np.intp]
    nths: NDArray[np.intp]
    troubled: Flags  # per mark
    before: Floats
    now: Floats
    rows: tuple[int, ...]  # the visits of `now`


def one_of(services: Iterable[str]) -> re.Pattern[str]:
    """Finds the names of services in what is told, each as a whole."""
    longest = sorted(filter(None, services), key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?![\w-])")


def breaks(seen: Visits, sides: Sequence[int], names: re.Pattern[str]) -> tuple[Break, ...]:
    """Whatever broke or might have. `sides` says of each visit whether it is of before (0), of now (1) or neither.

    `names` finds services' names: trouble that differs in these only is of one kind.
    """
    trouble = np.array([troubled(mark.text) for mark in seen.marks], bool)
    familiar = _familiar(seen, sides, trouble, names)
    found: list[Break] = []
    for stratum in _strata(seen.visits, sides, trouble):
        found += _broken_habits(stratum)
        found += _new_troubles(stratum, familiar)
    return _first_of_all(found, seen)


class _Familiar(Struct, frozen=True):
    """Which kinds of trouble were told of before, and by whom. Marks that differ in names or place are of one kind."""

    kinds: Mapping[int, str]  # of each mark of trouble
    tellers: Mapping[str, set[str]]
    n_services: int

    def free(self, entity: str, mark: int) -> float:
        """How often a service comes to show this trouble by itself."""
        tellers = self.tellers.get(self.kinds[mark], set())
        return _FAMILIAR if entity in tellers else max(_BY_ITSELF, len(tellers) / self.n_services)


def _familiar(seen: Visits, sides: Sequence[int], trouble: Flags, names: re.Pattern[str]) -> _Familiar:
    kinds = {}
    for k in np.flatnonzero(trouble).tolist():
        mark = seen.marks[k]
        kinds[k] = unplaced(
            template(names.sub("*", mark.example)) if mark.example else names.sub("*", mark.text)
        )
    tellers: dict[str, set[str]] = defaultdict(set)
    for visit, side in zip(seen.visits, sides, strict=True):
        if side == 0:
            for _, mark_number in visit.events:
                if mark_number in kinds:
                    tellers[kinds[mark_number]].add(visit.entity)
    return _Familiar(kinds, tellers, len({visit.entity for visit in seen.visits}))


def _strata(visits: Sequence[Visit], sides: Sequence[int], trouble: Flags) -> Iterable[_Stratum]:
    """The operations that were visited on both sides."""
    rows: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for row, (visit, side) in enumerate(zip(visits, sides, strict=True)):
        if side >= 0:
            rows[visit.entity, visit.operation][side].append(row)
    for (entity, operation), (before, now) in rows.items():
        if before and now:
            before, now = _spread(before), _alike(now, visits)
            times = {row: _nth_times(visits[row]) for row in (*before, *now)}
            columns = {key: k for k, key in enumerate(sorted(set().union(*times.values())))}
            marks, nths = np.array(list(columns), np.intp).T
            yield _Stratum(
                entity=entity,
                operation=operation,
                marks=marks,
                nths=nths,
                troubled=trouble[marks] & (marks != _BEGINNING),
                before=_table([times[row] for row in before], columns),
                now=_table([times[row] for row in now], columns),
                rows=tuple(now),
            )


def _nth_times(visit: Visit) -> dict[tuple[int, int], float]:
    """When each mark came for the nth time (the last n stands for all later ones), its beginning before all."""
    found = {(_BEGINNING, 0): -inf}
    counts: dict[int, int] = defaultdict(int)
    for at, mark in visit.events:
        found.setdefault((mark, min(counts[mark], _NTHS)), at)
        counts[mark] += 1
    return found


def _table(
    times: Sequence[Mapping[tuple[int, int], float]], columns: Mapping[tuple[int, int], int]
) -> Floats:
    """Visits x columns, inf where a mark did not come so often."""
    found = np.full((len(times), len(columns)), inf)
    for k, of_visit in enumerate(times):
        for key, at in of_visit.items():
            found[k, columns[key]] = at
    return found


def _spread(rows: Sequence[int]) -> list[int]:
    """At most so many rows, spread over all without a period: traffic has periods of its own."""
    if len(rows) <= _BEFORE:
        return list(rows)
    return [rows[k] for k in sorted({int(len(rows) * (n * _GOLDEN % 1.0)) for n in range(_BEFORE)})]


def _alike(rows: Sequence[int], visits: Sequence[Visit]) -> list[int]:
    """At most so many rows, of the same traces in all operations: what came first in a trace is to be seen."""
    if len(rows) <= _NOW:
        return list(rows)
    return sorted(sorted(rows, key=lambda row: (crc32(_together(visits[row]).encode()), row))[:_NOW])


def _broken_habits(stratum: _Stratum) -> Iterable[Break]:
    """Marks that followed another one as a rule, or the visit's beginning, and now do so less.

    A visit that tells of trouble which the mark never lived with is left out: that trouble is judged by itself.
    """
    before, now = stratum.before < inf, stratum.now < inf
    together = before.T.astype(np.intp) @ before.astype(np.intp)
    for k in np.flatnonzero(before.any(axis=0) & ~stratum.troubled & (stratum.marks != _BEGINNING)):
        apart = together[k] == 0
        told = stratum.troubled & apart
        fit_before, fit_now = (there[:, k] | ~(there & told).any(axis=1) for there in (before, now))
        n_before = (before & fit_before[:, None]).sum(axis=0)
        k_before = ((stratum.before <= stratum.before[:, [k]]) & before & before[:, [k]]).sum(axis=0)
        share = (k_before + 0.5) / (n_before + 1.0)
        share[k] = 0.0
        first = int(np.argmax(share))
        if n_before[first] < _SEEN or (k_before[first] + 1.0) / (n_before[first] + 1.0) < _HABIT:
            continue
        could = fit_now & now[:, first]
        missing = could & ~now[:, k]
        turned = (now[missing] & (apart & ~stratum.troubled)).any(axis=1)
        yield Break(
            entity=stratum.entity,
            operation=stratum.operation,
            mark=int(stratum.marks[k]),
            nth=int(stratum.nths[k]),
            missing=True,
            n_before=int(n_before[first]),
            k_before=int(k_before[first]),
            n_now=int(could.sum()),
            k_now=int((could & now[:, k]).sum()),
            deviant=tuple(stratum.rows[row] for row in np.flatnonzero(missing)),
            free=_TURN if turned.sum() * 2 > missing.sum() else _BY_ITSELF,
        )


def _new_troubles(stratum: _Stratum, familiar: _Familiar) -> Iterable[Break]:
    """Marks that speak of trouble, with the share of visits that show them on both sides."""
    before, now = stratum.before < inf, stratum.now < inf
    for k in np.flatnonzero(stratum.troubled & (stratum.nths == 0) & now.any(axis=0)):
        yield Break(
            entity=stratum.entity,
            operation=stratum.operation,
            mark=int(stratum.marks[k]),
            nth=int(stratum.nths[k]),
            missing=False,
            n_before=len(before),
            k_before=int(before[:, k].sum()),
            n_now=len(now),
            k_now=int(now[:, k].sum()),
            deviant=tuple(stratum.rows[r] for r in np.flatnonzero(now[:, k])),
            free=familiar.free(stratum.entity, int(stratum.marks[k])),
        )


def _first_of_all(found: Sequence[Break], seen: Visits) -> tuple[Break, ...]:
    """The breaks without the visits in whose trace something broke earlier in another service."""
    live = [b for b in found if b.nats >= _LIVE]
    firsts: dict[str, tuple[Position, str]] = {}
    for broken in live:
        for row in broken.deviant:
            trace = _together(seen.visits[row])
            here = (_position(broken, row, seen), broken.entity)
            if trace not in firsts or here < firsts[trace]:
                firsts[trace] = here
    return tuple(_without_later(b, firsts, seen.visits) for b in found)


def _together(visit: Visit) -> str:
    """What a visit may be a consequence within: its trace, or without one the same moments."""
    return visit.trace or f"@{visit.start_ts}"


def _without_later(
    broken: Break, firsts: Mapping[str, tuple[Position, str]], visits: Sequence[Visit]
) -> Break:
    """A break without its deviant visits that another service's explain."""
    none = ((), broken.entity)
    kept = tuple(r for r in broken.deviant if firsts.get(_together(visits[r]), none)[1] == broken.entity)
    gone = len(broken.deviant) - len(kept)
    k_now = broken.k_now if broken.missing else broken.k_now - gone
    return replace(broken, deviant=kept, n_now=broken.n_now - gone, k_now=k_now)


def _position(broken: Break, row: int, seen: Visits) -> Position:
    """Where in its trace a visit deviated, as the times of the calls that lead there: clocks are never mixed.

    What is missing is missing after all that the visit did.
    """
    visit = seen.visits[row]
    if not broken.missing:
        at: Position = (next(at for at, mark in visit.events if mark == broken.mark),)
    else:
        at = (max((at for at, _ in visit.events), default=visit.start_ts), inf)
    for _ in range(_DEEPEST):
        if visit.parent < 0:
            break
        at, visit = (visit.called_ts, *at), seen.visits[visit.parent]
    return at


def spared(changed: float, same: float, free: float) -> float:
    """Log-odds for a change, from its log-likelihoods, where a share `free` of the innocent change as well."""
    return changed - float(np.logaddexp(log(free) + changed, log1p(-free) + same))


def _likelihoods(k_before: int, n_before: int, k_now: int, n_now: int) -> tuple[float, float]:
    """Log-likelihood of now under any rate, and under the rate of before give or take the drift between windows."""
    weight = min(1.0, _DRIFT / (n_before + 1.0))
    same = log_likelihood(k_now, n_now, (k_before + 0.5) * weight, (n_before - k_before + 0.5) * weight)
    return log_likelihood(k_now, n_now, 1.0, 1.0), same


def log_likelihood(k: int, n: int, a: float, b: float) -> float:
    """Of k in n under a rate that is Beta(a, b), but for the number of orders."""
    return lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b) - lgamma(a) - lgamma(b) + lgamma(a + b)
