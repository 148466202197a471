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

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.templates import template, troubled, unplaced
from seamline.analysis.inquiry.visits import Visit, Visits

_HABIT = 0.95  # what fails to follow more often than once in twenty is a matter of the traffic
_SEEN = 3  # visits that make a habit
_SAMPLE = 400  # visits per operation and side: more would not change an answer
_DRIFT = (
    30.0  # visits that count in full: rates differ between any two windows, however much was seen of them
)
_LIVE = 2.0  # nats from which on a break excuses what came after it in its trace
_BY_ITSELF = 1 / 400  # operations that change between two windows without anything being wrong
_TURN = (
    0.1  # the same where another mark stands in for the missing one: requests that differ take other turns
)
_FAMILIAR = (
    0.5  # the same where a service told of this trouble before: how often depends on what is asked of it
)
_DEEPEST = 64  # callers above a visit

Flags = NDArray[np.bool_]
Position = tuple[float, ...]


class Break(Struct, frozen=True):
    """One habit that broke, or one trouble that is new, in one operation of a service."""

    entity: str
    operation: str
    mark: int
    missing: bool  # else it is there and was not
    after: int  # the mark it used to follow, -1 for the visit's beginning
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
    """Visits to one operation: the first time of each of its marks in each (inf: absent), before and now."""

    entity: str
    operation: str
    marks: NDArray[np.intp]
    troubled: Flags  # per mark
    before: Floats
    now: Floats
    rows: tuple[int, ...]  # the visits of `now`


def breaks(seen: Visits, sides: Sequence[int]) -> tuple[Break, ...]:
    """All that broke. `sides` says of each visit whether it is of before (0), of now (1) or left out (-1)."""
    trouble = np.array([troubled(mark.text) for mark in seen.marks], bool)
    free = _familiarity(seen, sides, trouble)
    found: list[Break] = []
    for stratum in _strata(seen.visits, sides, trouble):
        found += _broken_habits(stratum)
        found += _new_troubles(stratum, free)
    return _first_of_all(found, seen)


def _familiarity(seen: Visits, sides: Sequence[int], trouble: Flags) -> Mapping[tuple[str, int], float]:
    """How often a mark of trouble shows at a service by itself: as the same kind did before, there and elsewhere.

    Marks that differ in the services they name, or in their place, are of one kind.
    """
    entities = sorted({visit.entity for visit in seen.visits}, key=len, reverse=True)
    names = re.compile("|".join(map(re.escape, entities)) or "(?!)")
    kinds = {
        k: unplaced(template(names.sub("*", mark.example))) or names.sub("*", mark.text)
        for k, mark in enumerate(seen.marks)
        if trouble[k]
    }
    tellers: dict[str, set[str]] = defaultdict(set)
    for visit, side in zip(seen.visits, sides, strict=True):
        if side == 0:
            for _, mark in visit.events:
                if mark in kinds:
                    tellers[kinds[mark]].add(visit.entity)
    return {
        (entity, mark): _FAMILIAR
        if entity in tellers[kind]
        else max(_BY_ITSELF, len(tellers[kind]) / len(entities))
        for mark, kind in kinds.items()
        for entity in entities
    }


def _strata(visits: Sequence[Visit], sides: Sequence[int], trouble: Flags) -> Iterable[_Stratum]:
    """The operations that were visited on both sides."""
    rows: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for row, (visit, side) in enumerate(zip(visits, sides, strict=True)):
        if side >= 0:
            rows[visit.entity, visit.operation][side].append(row)
    for (entity, operation), (before, now) in rows.items():
        if before and now:
            before, now = _sample(before), _sample(now)
            used = sorted({mark for row in (*before, *now) for _, mark in visits[row].events})
            columns = {mark: k for k, mark in enumerate(used)}
            marks = np.array(used, np.intp)
            first = [_first_times(visits, side, columns) for side in (before, now)]
            yield _Stratum(entity, operation, marks, trouble[marks], first[0], first[1], tuple(now))


def _sample(rows: Sequence[int]) -> list[int]:
    """At most so many rows, evenly taken."""
    step = max(1, -(-len(rows) // _SAMPLE))
    return list(rows[::step])


def _first_times(visits: Sequence[Visit], rows: Sequence[int], columns: Mapping[int, int]) -> Floats:
    """Visits x marks: when each mark was first seen in each visit, inf where it was not."""
    found = np.full((len(rows), len(columns)), inf)
    for k, row in enumerate(rows):
        for at, mark in reversed(visits[row].events):
            found[k, columns[mark]] = at
    return found


def _broken_habits(stratum: _Stratum) -> Iterable[Break]:
    """Marks that followed another one as a rule, or came in every visit, and now do so less.

    A visit that tells of trouble which the mark never lived with is left out: that trouble is judged by itself.
    """
    before, now = np.isfinite(stratum.before), np.isfinite(stratum.now)
    together = before.T.astype(np.intp) @ before.astype(np.intp)
    for k in np.flatnonzero(before.any(axis=0) & ~stratum.troubled):
        apart = together[k] == 0
        told = stratum.troubled & apart
        fit_before, fit_now = (p[:, k] | ~(p & told).any(axis=1) for p in (before, now))
        earlier = before & (stratum.before <= stratum.before[:, [k]]) & before[:, [k]]
        n_before = np.append((before & fit_before[:, None]).sum(axis=0), fit_before.sum())
        k_before = np.append(earlier.sum(axis=0), before[:, k].sum())
        share = (k_before + 0.5) / (n_before + 1.0)
        share[k] = 0.0
        best = int(np.argmax(share))
        if n_before[best] < _SEEN or (k_before[best] + 1.0) / (n_before[best] + 1.0) < _HABIT:
            continue
        can = fit_now & (now[:, best] if best < len(stratum.marks) else True)
        missing = can & ~now[:, k]
        turned = (now[missing] & (apart & ~stratum.troubled)).any(axis=1)
        yield Break(
            entity=stratum.entity,
            operation=stratum.operation,
            mark=int(stratum.marks[k]),
            missing=True,
            after=int(stratum.marks[best]) if best < len(stratum.marks) else -1,
            n_before=int(n_before[best]),
            k_before=int(k_before[best]),
            n_now=int(can.sum()),
            k_now=int((can & now[:, k]).sum()),
            deviant=tuple(stratum.rows[r] for r in np.flatnonzero(missing)),
            free=_TURN if turned.sum() * 2 > missing.sum() else _BY_ITSELF,
        )


def _new_troubles(stratum: _Stratum, free: Mapping[tuple[str, int], float]) -> Iterable[Break]:
    """Marks that speak of trouble, with the share of visits that show them on both sides."""
    before, now = np.isfinite(stratum.before), np.isfinite(stratum.now)
    for k in np.flatnonzero(stratum.troubled & now.any(axis=0)):
        yield Break(
            entity=stratum.entity,
            operation=stratum.operation,
            mark=int(stratum.marks[k]),
            missing=False,
            after=-1,
            n_before=len(before),
            k_before=int(before[:, k].sum()),
            n_now=len(now),
            k_now=int(now[:, k].sum()),
            deviant=tuple(stratum.rows[r] for r in np.flatnonzero(now[:, k])),
            free=free[stratum.entity, int(stratum.marks[k])],
        )


def _first_of_all(found: Sequence[Break], seen: Visits) -> tuple[Break, ...]:
    """The breaks without the visits in whose trace something broke earlier in another service."""
    live = [b for b in found if b.nats >= _LIVE]
    firsts: dict[str, tuple[Position, str]] = {}
    for broken in live:
        for row in broken.deviant:
            trace = seen.visits[row].trace
            here = (_position(broken, row, seen), broken.entity)
            if trace not in firsts or here < firsts[trace]:
                firsts[trace] = here
    return tuple(_without_later(b, firsts, seen.visits) for b in found)


def _without_later(
    broken: Break, firsts: Mapping[str, tuple[Position, str]], visits: Sequence[Visit]
) -> Break:
    """A break without its deviant visits that another service's explain."""
    none = ((), broken.entity)
    kept = tuple(r for r in broken.deviant if firsts.get(visits[r].trace, none)[1] == broken.entity)
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
