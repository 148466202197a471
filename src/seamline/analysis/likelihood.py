"""How well a candidate explains what is seen, and what is not seen.

Everything is a log-likelihood ratio against *nothing happened*, in which each symptom is noise:

    symptomatic s:  log( noise_s + (1 - eps_s) * m_c(s) * g(z_s) * P(onset in its interval) ) - log(noise_s)
    silent e:       log( 1 - max over its observables of m_c * P(would have shown by now) )

with noise_s = eps_s * h(z_s) / lasting_s * interval / window. Onsets are intervals (last healthy look, first sick look), so
that a dataset looked at once a day and a series scraped every 3 s weigh as they should. The start of the
harm is searched on a grid and integrated out. Several observables of one entity are not independent:
n of them count as sqrt(n).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from seamline.analysis.candidates import UNKNOWN_RATE, Candidate, Mechanism
from seamline.analysis.delay import Law
from seamline.analysis.show import AT_NEXT_RUN, AT_ONCE, show
from seamline.analysis.stackmap import Reach, StackMap
from seamline.model.refs import kind_of
from seamline.model.symptom import Observable, Symptom

Floats = NDArray[np.float64]

WINDOW_S = 3600.0  # over which a noise symptom is as likely at any time
CLOCK_S = 2.0  # clocks of two senders may differ by so much
RESOLUTION_S = 20.0  # two starts closer than this are one for the choice of causes
BLIP_LOOKS = 5.0  # noise seldom lasts longer than so many looks
SHORTEST_S = 5.0  # no onset is known better than this
MOST_PER_SYMPTOM = 18.0  # nats: one look that lasts pays for the rarest cause, and no more
SILENT_BESIDE_SICK = 0.15  # a silent observable of an entity that shows otherwise says little
UNKNOWN_REACH = (
    0.02  # of a large stack, what an outside cause touches is a small part, and nobody knows which
)
UNKNOWN_LAW = Law(60.0, 2.0, 0.05)
# A fault of something shared often touches a part of it, a table or a topic: its other users then show nothing.
SHARED = frozenset({"database", "queue"})
PARTIAL = 0.5
MOST_STARTS = 300
_PATH_TAIL = 0.03
_STEPS_S = np.array([0.0, 2, 5, 10, 20, 40, 80, 160, 320, 900])


class View(Struct, frozen=True):
    """The observables as arrays: n symptomatic ones (with their Observable) and the silent ones by entity."""

    sick: tuple[Observable, ...]
    healthy_ts: Floats
    onset_ts: Floats
    next_run: NDArray[np.bool_]
    first_of: Floats  # the onset is the first of so many independent ones: of those who write, the fastest
    log_noise: Floats
    gain: Floats  # (1 - eps) * g(z)
    weight: Floats  # 1 / sqrt(n of the entity)
    silent: Mapping[str, tuple[Observable, ...]]
    grid: Floats


def symptom_of(o: Observable) -> Symptom:
    """The symptom of an observable that is known to have one."""
    if o.symptom is None:
        raise ValueError(f"{o.id} is silent")
    return o.symptom


def view(observables: Sequence[Observable]) -> View:
    """Arrays of what is seen, in the observables' order. O(n)."""
    sick = tuple(o for o in observables if o.symptom is not None)
    symptoms = [symptom_of(o) for o in sick]
    onset = np.array([s.onset_at.timestamp() for s in symptoms]) + CLOCK_S
    healthy = np.array([s.healthy_at.timestamp() for s in symptoms])
    healthy = np.minimum(healthy, onset - SHORTEST_S) if len(sick) else healthy
    z = np.array([max(s.strength, 1.0) for s in symptoms])
    eps = np.array([min(max(o.eps, 1e-4), 0.5) for o in sick])
    width = np.clip(onset - healthy, SHORTEST_S, WINDOW_S)
    looks = np.array([s.confirmed_by for s in symptoms])
    lasting = 1 + (np.maximum(looks, 1) - 1) / BLIP_LOOKS
    noise = eps * np.minimum(1.0, (4.0 / z) ** 1.5) / lasting * width / WINDOW_S
    count: dict[str, int] = {}
    for o in sick:
        count[o.entity] = count.get(o.entity, 0) + 1
    silent: dict[str, list[Observable]] = {}
    for o in observables:
        if o.symptom is None:
            silent.setdefault(o.entity, []).append(o)
    return View(
        sick, healthy, onset, np.array([o.kind in AT_NEXT_RUN for o in sick], dtype=np.bool_),
        np.array([_writers(o) for o in sick]), np.log(noise), (1 - eps) * (1 - np.exp(-z / 3.0)),
        np.array([count[o.entity] ** -0.5 for o in sick]),
        {e: tuple(rows) for e, rows in sorted(silent.items())}, _grid(healthy, onset),
    )  # fmt: skip


def _writers(o: Observable) -> float:
    """How many independent delays the onset is the least of: of many who write few were hurt at the very start."""
    return max(1.0, symptom_of(o).confirmed_by ** 0.5) if o.kind == "ticket_burst" else 1.0


def _grid(healthy: Floats, onset: Floats) -> Floats:
    """Times at which the harm may have started: dense before each onset, sparse between."""
    if not len(onset):
        return np.zeros(0)
    points = np.concatenate([(onset[:, None] - _STEPS_S).ravel(), (healthy[:, None] - _STEPS_S).ravel()])
    apart_s = 0.1
    grid = np.unique(np.round(points, 1))
    while len(grid) > MOST_STARTS:  # many symptoms at many times: the start is looked for more coarsely
        apart_s *= 2
        grid = np.unique(np.round(points / apart_s) * apart_s)
    return grid


class Score(Struct, frozen=True):
    """A candidate against the view: rows are possible starts, columns are symptoms."""

    starts: Floats
    log_mass: Floats  # prior mass of each start's own cell of the grid: for integrals
    log_prior: Floats  # prior mass within RESOLUTION_S around each start: the same on any grid
    explained: (
        Floats  # [n_starts, n_symptoms] weighted log-likelihood ratio, may be negative only by weight 0
    )
    silence: Floats  # [n_starts] log-likelihood of what stays silent


def score(c: Candidate, v: View, stack: StackMap) -> Score:
    """The likelihood of a candidate for every possible start of its harm. O(starts x observables)."""
    starts, mass = _starts(c, v)
    prior = _prior(c, starts)
    shown = _shown(c.main, v, stack, starts) if c.main else np.zeros((len(starts), len(v.sick)))
    for m in c.others:
        part = _marginal(m, v, stack) if c.kind == "collision" else _shown(m, v, stack, starts)
        shown = 1 - (1 - shown) * (1 - part)
    ratio = np.logaddexp(v.log_noise, np.log(np.maximum(shown * v.gain, 1e-300))) - v.log_noise
    explained = np.clip(ratio, 0.0, MOST_PER_SYMPTOM) * v.weight
    log_mass, log_prior = np.log(np.maximum(mass, 1e-300)), np.log(np.maximum(prior, 1e-300))
    return Score(starts, log_mass, log_prior, explained, _silence(c, v, stack, starts))


def weighed(s: Score, v: View, nats: Mapping[str, float]) -> Score:
    """The score with further evidence on symptoms that it could explain, by observable id, whatever the start.

    What speaks against a cause counts where the symptom is taken to be the cause's; it may be left to noise instead.
    """
    more = np.array([nats.get(o.id, 0.0) for o in v.sick])
    return replace(s, explained=s.explained + np.where(s.explained.max(axis=0, initial=0.0) > 0, more, 0.0))


def _prior(c: Candidate, starts: Floats) -> Floats:
    """The prior mass within RESOLUTION_S around each start."""
    m, half = c.main, RESOLUTION_S / 2
    if m is None or m.start_ts is None or m.law is None:
        return np.full(len(starts), c.weight * RESOLUTION_S)
    since = starts - m.start_ts
    return c.weight * m.law.between(since - half, since + half)


def _starts(c: Candidate, v: View) -> tuple[Floats, Floats]:
    """Possible starts of the harm (epoch seconds) and the prior mass of each."""
    m = c.main
    if m is None or m.start_ts is None or m.law is None:
        edges = np.append(v.grid, v.grid[-1] + SHORTEST_S)
        return v.grid, c.weight * np.diff(edges)
    points = np.concatenate([v.grid[v.grid > m.start_ts], m.start_ts + _STEPS_S[1:]])
    points = np.unique(points)
    edges = np.concatenate([[m.start_ts], (points[1:] + points[:-1]) / 2, [points[-1] + SHORTEST_S]])
    return points, c.weight * m.law.between(edges[:-1] - m.start_ts, edges[1:] - m.start_ts)


def _shown(m: Mechanism, v: View, stack: StackMap, starts: Floats) -> Floats:
    """P(the mechanism makes each symptom appear in its interval | it started at each start)."""
    reach = stack.reach(m.origin)
    out = np.zeros((len(starts), len(v.sick)))
    for j, o in enumerate(v.sick):
        r = reach.get(o.entity)
        if r is not None:
            p = m.strength * r.probability * show(m.cause, o.kind)
            since = m.start_ts if o.kind in AT_ONCE and m.start_ts is not None else starts
            out[:, j] = p * _in_interval(r, v, j, since)
    return out


def _in_interval(r: Reach, v: View, j: int, starts: Floats | float) -> Floats:
    low, high = v.healthy_ts[j] - starts, v.onset_ts[j] - starts
    if v.next_run[j]:
        # the run after the harm began shows it; a healthy run in between speaks against
        return np.where(high <= 0, 0.0, np.where(low <= 2 * CLOCK_S, 0.9, 0.05))
    law, n = path_law(r), v.first_of[j]
    if n == 1.0:
        return law.between(np.asarray(low), np.asarray(high))
    none_by = [(1.0 - law.cdf(np.asarray(at))) ** n for at in (low, high)]
    return np.asarray(np.maximum(none_by[0] - none_by[1], 0.0), dtype=np.float64)


def path_law(r: Reach) -> Law:
    """The delay along the best path, with the tail that every path has."""
    return Law(max(r.median_s, 3.0), max(r.sigma, 0.8), _PATH_TAIL)


def _marginal(m: Mechanism, v: View, stack: StackMap) -> Floats:
    """`_shown` with the mechanism's own start integrated out: [n_symptoms]."""
    if m.start_ts is None or m.law is None:
        return np.zeros(len(v.sick))
    starts = m.start_ts + np.array([1.0, 3, 8, 20, 45, 100, 250, 600, 1800, 7200])
    edges = np.concatenate([[0.0], (starts[1:] + starts[:-1]) / 2 - m.start_ts, [14_400.0]])
    mass = m.law.between(edges[:-1], edges[1:])
    return np.asarray(mass @ _shown(m, v, stack, starts), dtype=np.float64)


def _silence(c: Candidate, v: View, stack: StackMap, starts: Floats) -> Floats:
    """Log-likelihood of everything watched that stays silent. A pair's silence is its joint mechanism's."""
    out = np.zeros(len(starts))
    if c.main is None:
        return out
    reach = stack.reach(c.main.origin)
    sick = {o.entity for o in v.sick}
    for entity, rows in v.silent.items():
        if entity in reach:
            cost = silent_cost(c.main, reach[entity], rows, starts)
            out += cost * (SILENT_BESIDE_SICK if entity in sick else 1.0)
    if c.kind == "latent" and kind_of(c.entity) in SHARED:
        out = np.logaddexp(np.log1p(-PARTIAL) + out, np.log(PARTIAL))
    return out


def silent_cost(m: Mechanism, r: Reach, rows: Sequence[Observable], starts: Floats) -> Floats:
    """log P(all of an entity's silent observables stay silent | the mechanism at each start): <= 0.

    They are no independent looks: the one that should have shown most speaks for all.
    """
    miss = np.zeros(len(starts))
    for o in rows:
        p = min(m.strength * r.probability * show(m.cause, o.kind) * (1 - o.eps), 0.95)
        miss = np.maximum(miss, p * _would_show(r, o, starts))
    return np.log1p(-miss)


def _would_show(r: Reach, o: Observable, starts: Floats) -> Floats:
    looked = o.seen_at.timestamp() - starts
    if o.kind in AT_NEXT_RUN:
        return np.where(looked > 0, 1.0, 0.0)
    return path_law(r).cdf(looked)


def unknown(v: View) -> Score:
    """A cause outside the map: could show anywhere that is watched, with a small probability each."""
    starts = v.grid
    edges = np.append(starts, starts[-1] + SHORTEST_S)
    shown = np.empty((len(starts), len(v.sick)))
    for j in range(len(v.sick)):
        low, high = v.healthy_ts[j] - starts, v.onset_ts[j] - starts
        shown[:, j] = UNKNOWN_REACH * (
            np.where((high > 0) & (low <= CLOCK_S), 0.9, 0.05)
            if v.next_run[j]
            else UNKNOWN_LAW.between(low, high)
        )
    ratio = np.logaddexp(v.log_noise, np.log(np.maximum(shown * v.gain, 1e-300))) - v.log_noise
    explained = np.clip(ratio, 0.0, MOST_PER_SYMPTOM) * v.weight
    silent = len(set(v.silent) - {o.entity for o in v.sick}) * np.log1p(-UNKNOWN_REACH / 2)
    log_prior = np.full(len(starts), np.log(UNKNOWN_RATE * RESOLUTION_S))
    log_mass = np.log(UNKNOWN_RATE * np.diff(edges))
    return Score(starts, log_mass, log_prior, explained, np.full(len(starts), silent))


def evidence(s: Score, chosen: NDArray[np.bool_]) -> float:
    """Log-likelihood ratio of a candidate for the chosen symptoms, its start integrated out."""
    if not len(s.starts):
        return -np.inf
    rows = s.log_mass + s.explained[:, chosen].sum(axis=1) + s.silence
    return float(np.logaddexp.reduce(rows))


def best_start(s: Score, chosen: NDArray[np.bool_]) -> int:
    """The row of the most likely start for the chosen symptoms; the earliest on ties."""
    return int(np.argmax(np.round(s.log_prior + s.explained[:, chosen].sum(axis=1) + s.silence, 9)))


def as_datetime(ts: float, like: datetime) -> datetime:
    """Epoch seconds as an aware time in the zone of `like`."""
    return datetime.fromtimestamp(ts, tz=like.tzinfo)
