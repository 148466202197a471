"""Reference methods: what a few lines after published ideas reach, and what chance does.

They are told the alert, not the start of the fault, and look at metrics only. Suspect are the samples within two steps,
at least 120 s, before the alert, and all later ones; normal are those more than two steps, at least 240 s, before it. A
service scores as its best series; the series of an edge counts for the callee, a pod for its service; a change takes the
score of the service that it touches. A "probability" is a share of the positive scores, so these methods can't abstain.

nsigma, baro: largest deviation of any series, in standard deviations, or in interquartile ranges from the median (Pham et
al., BARO, FSE 2024). *_kind: both sides, only series of the alerted kind, only services the alerted one reaches.
traversal, correlation: the baselines of Hardt et al., "The PetShop dataset", CLeaR 2024.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from time import perf_counter

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Alert, Case, Floats, Watch
from seamline.bench.rca.prediction import Prediction, RankedChange, RankedEntity

HOT = 3.0  # standard deviations from which on a service has moved
N_LEAST = 5  # normal samples without which nothing is said of a series
UNMOVED = 0.1  # what a correlation counts of a series that did not move

Method = Callable[[Case], Prediction]
Scores = Mapping[str, float]  # by service
Calls = Mapping[str, Iterable[str]]  # callees by caller
Scorer = Callable[[Floats, Floats], Floats]  # deviations of suspect samples from normal ones


class View(Struct, frozen=True):
    """A case as these methods see it."""

    case: Case
    alert: Alert  # where there is none: of nothing, at the window's end
    normal: NDArray[np.bool_]
    suspect: NDArray[np.bool_]
    services: tuple[str, ...]  # of each series

    @classmethod
    def of(cls, case: Case) -> "View":
        """Normal and suspect samples parted."""
        alert = case.alert or Alert("", "", case.to_ts)
        normal = case.times < alert.at_ts - max(2 * case.step_s, 240)
        suspect = case.times >= alert.at_ts - max(2 * case.step_s, 120)
        pods = case.pods()
        return cls(case, alert, normal, suspect, tuple(pods.get(w.entity, w.entity) for w in case.watches))


def chance(case: Case, seed: int = 0) -> Prediction:
    """Any order."""
    digest = sha256(f"{case.id}{seed}".encode()).hexdigest()[:8]
    random = np.random.default_rng(int(digest, 16))
    return _prediction(case, {name: float(random.random()) for name in _named(View.of(case))})


def recency(case: Case) -> Prediction:
    """The rollout that began last before the alert, each one before it half as likely."""
    at_ts = View.of(case).alert.at_ts
    begun: dict[str, float] = {}
    for step in case.steps:
        begun[step.rollout] = min(begun.get(step.rollout, math.inf), step.at_ts)
    late = {rollout: ts if ts <= at_ts else -math.inf for rollout, ts in begun.items()}
    order = sorted(late, key=lambda rollout: -late[rollout])
    changes = {rollout: 2.0 ** -(place + 1) for place, rollout in enumerate(order)}
    return _told(case, _by_best((_touched(case)[r], p) for r, p in changes.items()), changes)


def nsigma(case: Case) -> Prediction:
    """The loudest series."""
    view = View.of(case)
    return _prediction(case, _of_services(view, _loudest(view, _sigmas, above)))


def baro(case: Case) -> Prediction:
    """The loudest series, measured robustly."""
    view = View.of(case)
    return _prediction(case, _of_services(view, _loudest(view, _ranges, above)))


def nsigma_kind(case: Case) -> Prediction:
    """The loudest series of the alerted kind."""
    return _prediction(case, _of_kind(View.of(case), _sigmas))


def baro_kind(case: Case) -> Prediction:
    """The same, measured robustly."""
    return _prediction(case, _of_kind(View.of(case), _ranges))


def traversal(case: Case) -> Prediction:
    """The ends of the ways from the alerted service through services that moved; the others far behind."""
    view = View.of(case)
    moved = _of_services(view, _loudest(view, _sigmas, level, _same_kind(view)))
    calls = _calls(case)
    if not calls:
        return _prediction(case, moved)
    hot = {service for service, score in moved.items() if score > HOT}
    ways = _ways(view.alert.entity, moved, hot, calls)
    top = max([*moved.values(), 1.0])
    reached = _reached(view.alert.entity, calls)
    behind = {service: score * 1e-3 for service, score in moved.items() if service in reached}
    ends = {s: top + score for s, score in ways.items() if not set(calls.get(s, ())) & (hot - {s})}
    return _prediction(case, behind | ends)


def correlation(case: Case) -> Prediction:
    """The series that went most as the alerted one did, among those that moved."""
    view = View.of(case)
    alerted = Watch(view.alert.entity, view.alert.metric)
    if alerted not in case.watches:
        return _prediction(case, {})
    with_alert = case.values[case.watches.index(alerted)]
    looked_at = _reached_back(view.suspect)
    found: dict[int, float] = {}
    for series, score in _loudest(view, _sigmas, either, _same_kind(view)).items():
        if view.services[series] != view.alert.entity:
            r = _correlated(case.values[series], with_alert, looked_at)
            if r is not None:
                found[series] = r * (1.0 if score > HOT else UNMOVED)
    return _prediction(case, _of_services(view, found))


METHODS: Mapping[str, Method] = {
    "recency": recency,
    "nsigma": nsigma,
    "baro": baro,
    "nsigma_kind": nsigma_kind,
    "baro_kind": baro_kind,
    "traversal": traversal,
    "correlation": correlation,
}


# -- how far a series went ------------------------------------------------------
def above(deviations: Floats) -> float:
    """The largest one upwards."""
    return float(np.max(deviations))


def either(deviations: Floats) -> float:
    """The largest one, up or down."""
    return float(np.max(np.abs(deviations)))


def level(deviations: Floats) -> float:
    """How far the mean moved."""
    return abs(float(np.mean(deviations)))


def _sigmas(normal: Floats, suspect: Floats) -> Floats:
    return (suspect - float(normal.mean())) / (float(normal.std()) or 1.0)


def _ranges(normal: Floats, suspect: Floats) -> Floats:
    upper, lower = np.percentile(normal, [75, 25])
    return (suspect - float(np.median(normal))) / (float(upper - lower) or 1.0)


def _loudest(
    view: View, scorer: Scorer, pool: Callable[[Floats], float], kind: str | None = None
) -> dict[int, float]:
    """The score of each series, by its place; of one kind only, if that is asked."""
    out = {}
    for place, watch in enumerate(view.case.watches):
        if kind is not None and _kind(watch.metric) != kind:
            continue
        values = view.case.values[place]
        normal, suspect = (part[np.isfinite(part)] for part in (values[view.normal], values[view.suspect]))
        if len(normal) >= N_LEAST and len(suspect):
            out[place] = pool(scorer(normal, suspect))
    return out


def _of_kind(view: View, scorer: Scorer) -> Scores:
    """Services that the alerted one reaches, by their loudest series of its kind."""
    found = _of_services(view, _loudest(view, scorer, either, _same_kind(view)))
    calls = _calls(view.case)
    reached = _reached(view.alert.entity, calls) if calls else set(found)
    return {service: score for service, score in found.items() if service in reached}


def _of_services(view: View, found: Mapping[int, float]) -> Scores:
    return _by_best((view.services[place], score) for place, score in found.items())


def _by_best(scored: Iterable[tuple[str, float]]) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, score in scored:
        out[name] = max(out.get(name, -math.inf), score)
    return out


# -- what is of the alerted kind -------------------------------------------------
def _kind(metric: str) -> str:
    if "latency" in metric:
        return "latency"
    return "availability" if "availability" in metric or "error" in metric else metric


def _same_kind(view: View) -> str:
    """The alerted metric's kind; latency where fewer than three services have that, unless it is of a resource."""
    wanted = _kind(view.alert.metric)
    kinds = [_kind(watch.metric) for watch in view.case.watches]
    n = len({s for s, kind in zip(view.services, kinds, strict=True) if kind == wanted})
    if n < 3 and "latency" in kinds and wanted not in ("cpu", "memory"):
        return "latency"
    return wanted


def _reached_back(suspect: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """At least five samples, if there are so many, reaching back before the suspect ones."""
    first = int(np.argmax(suspect)) if suspect.any() else len(suspect)
    out = suspect.copy()
    n_more = max(0, N_LEAST - int(suspect.sum()))
    out[max(0, first - n_more) : first] = True
    return out


def _correlated(values: Floats, others: Floats, looked_at: NDArray[np.bool_]) -> float | None:
    """|Pearson|, None where too little was sampled or nothing moved."""
    both = looked_at & np.isfinite(values) & np.isfinite(others)
    if both.sum() < 3 or values[both].std() == 0 or others[both].std() == 0:
        return None
    return abs(float(np.corrcoef(values[both], others[both])[0, 1]))


# -- the calls -------------------------------------------------------------------
def _calls(case: Case) -> Calls:
    calls: dict[str, dict[str, None]] = {}
    for link in case.links:
        if link.kind == "calls":
            calls.setdefault(link.source, {})[link.target] = None
    return calls


def _reached(start: str, calls: Calls) -> set[str]:
    seen, ahead = {start}, [start]
    while ahead:
        news = [callee for callee in calls.get(ahead.pop(), ()) if callee not in seen]
        seen.update(news)
        ahead += news
    return seen


def _ways(start: str, moved: Scores, hot: set[str], calls: Calls) -> dict[str, float]:
    """The score of the way to each service that is reached through services that moved, the nearest first."""
    ways, ahead = {start: moved.get(start, 0.0)}, [start]
    for service in ahead:  # grows while it is gone through
        for callee in calls.get(service, ()):
            if callee in hot and callee not in ways:
                ways[callee] = ways[service] + moved[callee]
                ahead.append(callee)
    return ways


# -- scores into answers -----------------------------------------------------------
def _named(view: View) -> list[str]:
    """The services that have a series or take part in a call, sorted."""
    called = {e for link in view.case.links if link.kind == "calls" for e in (link.source, link.target)}
    return sorted(({*view.services} | called) - {""})


def _touched(case: Case) -> dict[str, str]:
    """The entity of each rollout."""
    return {step.rollout: step.entity for step in case.steps}


def _prediction(case: Case, found: Scores) -> Prediction:
    """Scores of services as shares, and those of the changes to them."""
    low = min(found.values(), default=0.0) - 1.0
    touched = {rollout: found.get(entity, low) for rollout, entity in _touched(case).items()}
    return _told(case, _shares(found), _shares(touched))


def _told(case: Case, entities: Scores, changes: Scores) -> Prediction:
    ranking = tuple(RankedEntity(name, p) for name, p in sorted(entities.items(), key=lambda e: -e[1]))
    ranked = tuple(RankedChange(name, p) for name, p in sorted(changes.items(), key=lambda e: -e[1]))
    return Prediction(case.id, ranking, ranked if case.question == "change" else ())


def _shares(found: Scores) -> dict[str, float]:
    positive = {name: max(0.0, score) if math.isfinite(score) else 0.0 for name, score in found.items()}
    total = sum(positive.values())
    return {name: score / total if total else 0.0 for name, score in positive.items()}


def timed(method: Method, case: Case) -> Prediction:
    """A prediction with the seconds it took, without those of reading the case."""
    began = perf_counter()
    said = method(case)
    return structs.replace(said, seconds=perf_counter() - began)
