"""What the series of a case say of each service: one number per kind of evidence, 0 where it says nothing.

Each grows with the logarithm of how far something moved: the tenth spread more says less than the first.
"""

import heapq
from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.flow import BETWEEN, Flow, origin
from seamline.analysis.inquiry.kinds import Role, kind_of
from seamline.analysis.inquiry.onset import first_moved
from seamline.analysis.inquiry.panel import CHUNK, Moved, Panel
from seamline.analysis.inquiry.quantiles import quantiles

CLEAR = 2.0  # spreads from which harm is believed to be harm
_HARM = 40.0  # spreads from which a service could not be slower, or fail more, for all that it says
_ONE_SIDED = frozenset({"cpu", "memory", "saturation", "restarts"})  # little of it harms nobody
_EDGE_GONE = 1.5  # what a call that ceased altogether weighs, as a logarithm
_PLAIN = 2.3  # strength from which harm is beyond doubt, ten spreads
_OF_OTHER_KIND = 0.4
_UNREACHED = 2.0  # services watched and well that no way at all from the alert is worth
_UNWATCHED = 0.2
_SILENT = 4.0  # spreads from which a service is not silent
_VERY_SLOW = 5.0  # spreads from which callers may give up
_GIVEN_UP = 5.0  # how fast ceasing calls gain weight
_BACK = 3  # lengths of the episode that are looked back at for what moves in step
_LEAST_IN_STEP = 4

TERMS = (
    "slow", "slow as alerted", "slow at all", "slowness begins", "fails", "fails as alerted", "fails at all",
    "failures begin", "resource", "loudest resource", "network", "network share", "stopped calling", "in step", "gone",
    "explains slowness", "explains failures", "explains harm", "silence between", "calls more", "silent", "moved first",
)  # fmt: skip


class Seen(Struct, frozen=True):
    """`values` is services x terms, in the orders of `calls.services` and `TERMS`; `texts` says the strongest of each.

    `alerted` is how far the alerted series itself moved, in spreads; NaN where it is not among the series.
    """

    calls: Calls
    values: Floats
    texts: Mapping[tuple[int, int], str]
    alerted: float
    surge: float  # how far the requests at the alerted entity rose, in spreads


def strength(z: Floats) -> Floats:
    """The weight of a movement of `z` spreads; nothing up to one spread, which any series makes.

    >>> strength(np.array([0.5, 2.0, 11.0])).round(2).tolist()
    [0.0, 0.69, 2.4]
    """
    return np.asarray(np.log1p(np.maximum(0.0, z - 1.0)))


class _Draft(Struct):
    """Sums while the rows are read. `text` keeps the series behind the strongest movement of each kind."""

    calls: Calls
    z: dict[str, Floats]
    row: dict[tuple[int, str], int]
    watched: NDArray[np.bool_]  # services whose latency or failures somebody measures

    def take(self, service: int, what: str, z: float, row: int) -> None:
        into = self.z.setdefault(what, np.zeros(len(self.calls.services)))
        if z > into[service]:
            into[service] = z
            self.row[service, what] = row

    def of(self, what: str) -> Floats:
        return self.z.get(what, np.zeros(len(self.calls.services)))


def look(case: Case, p: Panel, m: Moved, calls: Calls, first: int, last: int) -> Seen:
    """Everything that the series say of the episode [first, last). O(rows + calls)."""
    draft = _read(p, m, calls)
    usual = _usual(p, first)
    z_slow, z_fails = np.maximum(draft.of("slow"), draft.of("slow call")), draft.of("fails")
    slow = origin(_waiting(p, m, calls, usual), calls, list(z_slow > CLEAR), _between(p, calls))
    fails = origin(_failing(p, m, calls, usual), calls, list(z_fails > CLEAR), _given_up(calls, z_slow))
    role = kind_of(case.alert.metric).role if case.alert is not None else None
    found: dict[str, Floats] = {}
    for name, harm, z, its_role in (
        ("slow", slow, np.maximum(draft.of("slow"), 0.8 * draft.of("slow call")), "latency"),
        ("fails", fails, draft.of("fails"), "failures"),
    ):
        own = strength(z) * harm.own
        found[name] = own
        found[f"{name} as alerted"] = own if role == its_role else np.zeros_like(own)
        found[f"{name} at all"] = strength(z)
    for name, begins, harm, its_role in (
        ("slow", "slowness begins", slow, "latency"),
        ("fails", "failures begin", fails, "failures"),
    ):
        z = found[f"{name} at all"]
        found[begins] = (
            harm.share * np.minimum(1.0, float(z.max(initial=0.0)) / _PLAIN) * _fits(role, its_role)
        )
    found["explains slowness"] = _explains(found["slow at all"], calls) * _fits(role, "latency")
    found["explains failures"] = _explains(found["fails at all"], calls) * _fits(role, "failures")
    found["explains harm"] = _explains(np.maximum(found["slow at all"], found["fails at all"]), calls)
    found |= _resources(draft)
    found |= _network(p, m, calls)
    found |= _calling(p, m, calls)
    found["in step"] = _in_step(case, p, m, calls, first, last)
    found["gone"] = _gone(p, m, calls)
    found["silence between"] = -_silence(
        case, calls, draft, np.maximum(found["slow at all"], found["fails at all"])
    )
    found["moved first"] = first_moved(p, m, calls, first, last)
    found["silent"] = -_silent(p, m, calls)
    values = np.stack([found[name] for name in TERMS], axis=1)
    return Seen(calls, values, _texts(values, draft, p, m), _alerted(case, p, m), _surge(case, p, m, calls))


def _fits(alerted: Role | None, harm: Role) -> float:
    """What harm of a kind says of an alert of a kind: a slow service seldom makes requests fail, and so on."""
    return _OF_OTHER_KIND if alerted in ("latency", "failures") and alerted != harm else 1.0


def _explains(harm: Floats, calls: Calls) -> Floats:
    """The part of all harm that lies on the ways up from each service to those who call it, itself included."""
    total = float(harm.sum())
    if total <= 0:
        return np.zeros_like(harm)
    out = np.zeros_like(harm)
    for service in np.flatnonzero(harm > 0):
        up, todo = {int(service)}, [int(service)]
        for one in todo:
            fresh = [c for c in calls.into[one] if c not in up and harm[c] > 0]
            up.update(fresh)
            todo.extend(fresh)
        out[service] = harm[sorted(up)].sum() / total
    return out


def _silent(p: Panel, m: Moved, calls: Calls) -> Floats:
    """1 for a service that is watched and of which nothing moved at all, less where something did."""
    watched = np.zeros(len(calls.services), dtype=bool)
    moves = np.zeros(len(calls.services))
    for row, (watch, kind) in enumerate(zip(p.watches, p.kinds, strict=True)):
        service = calls.of(watch.entity)
        if service < 0 or kind.whose == "host":
            continue
        watched[service] |= m.known[row] and kind.role != "requests"
        moves[service] = max(moves[service], abs(m.z[row]), _SILENT if m.gone[row] else 0.0)
    return np.where(watched, np.maximum(0.0, 1.0 - moves / _SILENT), 0.0)


def _silence(case: Case, calls: Calls, draft: _Draft, harm: Floats) -> Floats:
    """How many services on the way from the alert are watched and well: the least over all ways.

    `_UNREACHED` for what no call leads to. A case without calls, or without an alert, says nothing.
    """
    start = calls.of(case.alert.entity) if case.alert is not None else -1
    out = np.zeros(len(calls.services))
    if start < 0 or not any(calls.out):
        return out
    well = np.where(draft.watched, np.maximum(0.0, 1.0 - harm), _UNWATCHED)
    cost = np.full(len(calls.services), _UNREACHED)
    cost[start], todo = 0.0, [(0.0, start)]
    while todo:
        so_far, one = heapq.heappop(todo)
        if so_far > cost[one]:
            continue
        for callee in calls.out[one]:
            further = so_far + float(well[one])
            if further < cost[callee]:
                cost[callee] = further
                heapq.heappush(todo, (further, callee))
    return cost


def _read(p: Panel, m: Moved, calls: Calls) -> _Draft:
    draft = _Draft(calls, {}, {}, np.zeros(len(calls.services), dtype=bool))
    for row, (watch, kind) in enumerate(zip(p.watches, p.kinds, strict=True)):
        z, service = float(m.z[row]), calls.of(watch.entity)
        if service >= 0 and kind.role in ("latency", "failures") and m.known[row]:
            draft.watched[service] = True
        if service < 0 or kind.whose == "host" or z == 0.0:
            continue
        if kind.role == "latency" and kind.noun != "gap":
            if watch.caller:
                draft.take(service, "slow call", min(z, _HARM), row)
            elif kind.whose != "caller":
                draft.take(service, "slow", min(z, _HARM), row)
        elif kind.role == "failures":
            draft.take(service, "fails", min(z, _HARM), row)
        elif kind.role == "resource" and kind.noun in _ONE_SIDED and not watch.caller:
            draft.take(service, "resource", z, row)
    return draft


def _usual(p: Panel, first: int) -> Floats:
    """The median of each row before the episode; NaN where nothing was seen."""
    return np.concatenate(
        [quantiles(p.values[at : at + CHUNK, :first], (0.5,))[0] for at in range(0, len(p.values), CHUNK)]
        or [np.empty(0)]
    )


def _between(p: Panel, calls: Calls) -> list[dict[int, float]]:
    """Callees of each service with whom it may have lost time on the way: nobody timed both ends of the calls."""
    timed = {
        (caller, service) for row, service, caller in _rows(p, calls, "latency") if p.kinds[row].noun == "gap"
    }
    return [
        {callee: BETWEEN / len(callees) for callee in callees if (service, callee) not in timed}
        for service, callees in enumerate(calls.out)
    ]


def _given_up(calls: Calls, z_slow: Floats) -> list[dict[int, float]]:
    """Slow callees of each service: it may fail because it would not wait for them any longer."""
    return [{callee: 1.0 for callee in callees if z_slow[callee] > _VERY_SLOW} for callees in calls.out]


def _requests(p: Panel, calls: Calls, usual: Floats) -> tuple[Floats, dict[tuple[int, int], float]]:
    """Usual requests per sample: of each service, and of each call; NaN and absent where not counted."""
    at, along = np.full(len(calls.services), np.nan), dict[tuple[int, int], float]()
    for row, service, caller in _rows(p, calls, "requests"):
        n = float(np.exp(usual[row]))
        if not np.isfinite(n):
            continue
        if caller >= 0:
            along[caller, service] = along.get((caller, service), 0.0) + n
        else:
            at[service] = np.nansum([at[service], n])
    return at, along


def _rows(p: Panel, calls: Calls, role: Role) -> Iterator[tuple[int, int, int]]:
    """Rows of a role with the numbers of their service and caller (-1 where there is none)."""
    for row, (watch, kind) in enumerate(zip(p.watches, p.kinds, strict=True)):
        service = calls.of(watch.entity)
        if kind.role == role and service >= 0:
            yield row, service, calls.of(watch.caller) if watch.caller else -1


def _waiting(p: Panel, m: Moved, calls: Calls, usual: Floats) -> Flow:
    """Seconds of waiting more than usual, by the mean or the least quantile that there is."""
    asked, asked_along = _requests(p, calls, usual)
    typical = float(np.nanmedian(asked)) if np.isfinite(asked).any() else 1.0
    at, along = np.full(len(calls.services), np.nan), dict[tuple[int, int], float]()
    best: dict[tuple[int, int], float] = {}
    for row, service, caller in _rows(p, calls, "latency"):
        kind = p.kinds[row]
        if (
            kind.noun == "gap"
            or kind.whose == "worst"
            or (kind.whose == "caller" and caller < 0)
            or not np.isfinite(usual[row])
        ):
            continue
        more_s = max(0.0, float(np.exp(usual[row]) * np.expm1(m.excess[row])))
        rank = (kind.quantile or 0.0) + (0.001 if kind.whose == "own" and caller >= 0 else 0.0)
        n = asked_along.get((caller, service), np.nan) if caller >= 0 else asked[service]
        _prefer(at, along, best, (caller, service), rank, more_s * (n if np.isfinite(n) else typical))
    _from_calls(at, along)
    return Flow(at, along)


def _prefer(
    at: Floats,
    along: dict[tuple[int, int], float],
    best: dict[tuple[int, int], float],
    key: tuple[int, int],
    rank: float,
    harm: float,
) -> None:
    """Keep what the best series of a call or service says; of equally good ones the most."""
    known = best.get(key, np.inf)
    if rank > known:
        return
    best[key] = rank
    caller, service = key
    if caller >= 0:
        along[key] = max(harm, along[key]) if rank == known else harm
    else:
        at[service] = max(harm, at[service]) if rank == known else harm


def _from_calls(at: Floats, along: Mapping[tuple[int, int], float]) -> None:
    """A service that nobody measured by itself has the harm of the calls to it."""
    for service in np.flatnonzero(np.isnan(at)):
        given = [harm for (_, callee), harm in along.items() if callee == service]
        if given:
            at[service] = sum(given)


def _failing(p: Panel, m: Moved, calls: Calls, usual: Floats) -> Flow:
    """Failed requests more than usual."""
    asked, asked_along = _requests(p, calls, usual)
    typical = float(np.nanmedian(asked)) if np.isfinite(asked).any() else 1.0
    at, along = np.full(len(calls.services), np.nan), dict[tuple[int, int], float]()
    for row, service, caller in _rows(p, calls, "failures"):
        if not np.isfinite(usual[row]) or p.kinds[row].whose == "worst":
            continue
        n = asked_along.get((caller, service), np.nan) if caller >= 0 else asked[service]
        failed = max(0.0, float(m.excess[row])) * (n if np.isfinite(n) else typical) if m.z[row] > 1 else 0.0
        if caller >= 0:
            along[caller, service] = along.get((caller, service), 0.0) + failed
        else:
            at[service] = np.nanmax([at[service], failed])  # as it says, and as its users say
    _from_calls(at, along)
    return Flow(at, along)


def _resources(draft: _Draft) -> dict[str, Floats]:
    """How loud a service's own resources are, and by how much the loudest beats the next."""
    loud = strength(draft.of("resource"))
    top = np.sort(loud)[::-1]
    lead = top[0] - top[1] if len(top) > 1 else (top[0] if len(top) else 0.0)
    return {"resource": loud, "loudest resource": np.where(loud == top[0], lead, 0.0) if len(top) else loud}


def _network(p: Panel, m: Moved, calls: Calls) -> dict[str, Floats]:
    """Time lost between caller and callee: the callee's network more likely than the caller's."""
    n = len(calls.services)
    worst, share, total = np.zeros(n), np.zeros(n), 1.0
    for row, service, caller in _rows(p, calls, "latency"):
        if p.kinds[row].noun != "gap":
            continue
        lost = float(strength(np.minimum(m.z[row], _HARM)))
        total += lost
        for end, part in ((service, 1.0), (caller, 0.5)):
            if end >= 0:
                worst[end] = max(worst[end], part * lost)
                share[end] += part * lost
    return {"network": worst, "network share": share / total}


def _calling(p: Panel, m: Moved, calls: Calls) -> dict[str, Floats]:
    """Services that call others less, or more, than what they are asked for accounts for.

    One that ceased to call gave up before; one that calls more repeats itself, or asks for what it need not.
    """
    n = len(calls.services)
    rose, z = np.zeros(n), np.zeros(n)
    for row, service, caller in _rows(p, calls, "requests"):
        if caller < 0 and abs(m.z[row]) >= abs(z[service]):
            rose[service], z[service] = m.excess[row], m.z[row]
    less, more = np.zeros(n), np.zeros(n)
    for service, callees in enumerate(calls.out):
        apart = [rose[callee] - rose[service] for callee in callees if abs(z[callee]) > CLEAR]
        less[service] = (
            np.log1p(max([-d for d in apart], default=0.0) * _GIVEN_UP) if min(apart, default=0) < 0 else 0
        )
        more[service] = np.log1p(max(apart, default=0.0) * _GIVEN_UP) if max(apart, default=0) > 0 else 0
    for row, (watch, _) in enumerate(zip(p.watches, p.kinds, strict=True)):
        caller = calls.of(watch.caller) if watch.caller else -1
        if caller >= 0 and m.gone[row]:
            less[caller] = max(less[caller], _EDGE_GONE)
    return {"stopped calling": less, "calls more": more}


def _gone(p: Panel, m: Moved, calls: Calls) -> Floats:
    n = np.zeros(len(calls.services))
    for row in np.flatnonzero(m.gone):
        watch = p.watches[row]
        service = calls.of(watch.entity)
        if service >= 0 and not watch.caller and p.kinds[row].whose != "host":
            n[service] += 1
    return np.log1p(n)


def _alerted_row(case: Case, p: Panel) -> int:
    if case.alert is None:
        return -1
    return next(
        (
            row
            for row, w in enumerate(p.watches)
            if not w.caller and w.entity == case.alert.entity and w.metric == case.alert.metric
        ),
        -1,
    )


def _alerted(case: Case, p: Panel, m: Moved) -> float:
    """How far the alerted entity moved in what was alerted; harm only where a kind has a harmful side."""
    row = _alerted_row(case, p)
    if row < 0:
        return np.nan
    role, watch = p.kinds[row].role, p.watches[row]
    if role not in ("latency", "failures"):
        return abs(float(m.z[row]))
    alike = [
        r
        for r, (w, k) in enumerate(zip(p.watches, p.kinds, strict=True))
        if k.role == role and w.entity == watch.entity and not w.caller and k.whose in ("own", "user")
    ]
    return float(m.z[alike].max(initial=0.0))


def _surge(case: Case, p: Panel, m: Moved, calls: Calls) -> float:
    """How far more was asked of the alerted entity than usual: a crowd is nobody's fault."""
    if case.alert is None:
        return 0.0
    at = calls.of(case.alert.entity)
    rows = [row for row, service, caller in _rows(p, calls, "requests") if service == at and caller < 0]
    return float(m.z[rows].max(initial=0.0))


def _in_step(case: Case, p: Panel, m: Moved, calls: Calls, first: int, last: int) -> Floats:
    """The best correlation of a service's harm with the alerted series, from a little before the episode on."""
    out = np.zeros(len(calls.services))
    row = _alerted_row(case, p)
    if row < 0:
        return out
    since = max(0, first - _BACK * max(2, last - first))
    alerted = p.values[row, since:]
    for role in ("latency", "failures"):
        for other, service, _ in _rows(p, calls, role):  # type: ignore[arg-type]
            if abs(m.z[other]) > CLEAR and p.kinds[other].whose != "user":
                out[service] = max(out[service], _correlation(p.values[other, since:], alerted))
    return out


def _correlation(a: Floats, b: Floats) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < _LEAST_IN_STEP:
        return 0.0
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0


def _texts(values: Floats, draft: _Draft, p: Panel, m: Moved) -> dict[tuple[int, int], str]:
    """A line for people about each number that is not zero."""
    texts: dict[tuple[int, int], str] = {}
    for service, term in zip(*np.nonzero(values), strict=True):
        name = TERMS[term]
        what = next((w for w in ("slow", "fails", "resource") if name.startswith(w) or name.endswith(w)), "")
        row = draft.row.get((int(service), what), draft.row.get((int(service), "slow call"), -1))
        texts[int(service), int(term)] = _in_words(name, row, p, m)
    return texts


def _in_words(name: str, row: int, p: Panel, m: Moved) -> str:
    if row < 0:
        return name
    watch = p.watches[row]
    whom = f"{watch.caller} to {watch.entity}" if watch.caller else watch.entity
    return f"{name}: {watch.metric} of {whom} is {m.z[row]:.1f} spreads from usual"
