"""Changes as evidence: what each of the concurrent rollouts did to its service, in nats.

Where old and new pods run at once they are compared in the same minutes (difference in differences); otherwise the
service with itself before. That a change is recent says nothing; that the fault is older rules it out; that its new
version serves as well as the old one speaks against it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from seamline.analysis.inquiry import aftermath, odds, siblings
from seamline.analysis.inquiry.case import Case, Term
from seamline.analysis.inquiry.kinds import kind_of
from seamline.analysis.inquiry.scene import Scene, Sign, median_of
from seamline.analysis.inquiry.versions import Rollout, Span, rollouts, rows

_CLOCK_S = 30.0  # by which clocks of tools differ
_LATE = 1.75  # nats per e-fold of the squared lateness
_LEAST_OF_HARM = 0.03  # of the alerted latency's rise: a difference below it is not what harms
_LOOKS_BACK_S = 240.0  # before the alert, where the start is not given

# P(a guilty change shows in this way); of those that the alert is about, and of others.
_SHOWS = {
    "failures": 0.45, "latency": 0.5, "cpu": 0.2, "memory": 0.12, "restarts": 0.1, "silence": 0.1, "calls": 0.15,
    "network": 0.06, "disk": 0.05, "saturation": 0.1, "other": 0.03,
}  # fmt: skip
_SHOWS_AS_ALERTED = 0.85
_FAILURES = ("failures", "answers")
_WRONG = 0.3  # of versions that make requests fail answer wrongly, and look well themselves
_SHOWS_ASKING = 0.5  # in the calls made, against those answered


def contrast(case: Case, started_ts: float | None) -> Mapping[str, tuple[Term, ...]]:
    """Terms for every rollout of the case, the strongest first. `started_ts`: the likeliest start of the fault.

    O(samples of the pods of rollouts). A rollout of which nothing is measured has no term but that of its time.
    """
    scene = _scene(case, started_ts)
    return {one.id: _terms(scene, one, started_ts) for one in rollouts(case)}


def _scene(case: Case, started_ts: float | None) -> Scene:
    by_end: dict[tuple[str, str], int] = {}
    for watch, row in sorted((watch, row) for row, watch in enumerate(case.watches)):
        if kind_of(watch.metric).role == "requests":
            by_end.setdefault((watch.entity, watch.caller), row)
    span = Span(_harm_from(case, started_ts), case.times, case.step_s)
    pods = case.pods()
    return Scene(case, rows(case), span, _least_latency(case), by_end, pods, _calls(case, pods))


def _calls(case: Case, pods: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Who calls whom, by links and by series of calls."""
    linked = {(link.source, link.target) for link in case.links if link.kind == "calls"}
    seen = {(w.caller, w.entity) for w in case.watches if w.caller}
    return frozenset((pods.get(a, a), pods.get(b, b)) for a, b in linked | seen)


def _harm_from(case: Case, started_ts: float | None) -> float:
    if started_ts is not None:
        return started_ts - case.step_s / 2
    until_ts = case.alert.at_ts if case.alert is not None else case.to_ts
    return min(until_ts, case.to_ts) - max(_LOOKS_BACK_S, 2 * case.step_s)


def _least_latency(case: Case) -> float:
    """Seconds: a small share of what the alerted latency rose by; 0 where it is about something else."""
    if case.alert is None or kind_of(case.alert.metric).role != "latency":
        return 0.0
    for watch, row in zip(case.watches, case.values, strict=True):
        if watch.entity == case.alert.entity and watch.metric == case.alert.metric and not watch.caller:
            late = case.times >= case.alert.at_ts - case.step_s
            rise = median_of(row[late]) - median_of(row[~late])
            return _LEAST_OF_HARM * float(rise) if np.isfinite(rise) and rise > 0 else 0.0
    return 0.0


def _terms(scene: Scene, rollout: Rollout, started_ts: float | None) -> tuple[Term, ...]:
    found = _order(scene.case, rollout, started_ts)
    told = _weighed(scene.case, _signs(scene, rollout))
    return tuple(sorted([*found, *told], key=lambda t: (-abs(t.nats), t.name, t.text)))


def _signs(scene: Scene, rollout: Rollout) -> list[Sign]:
    """Both versions side by side as far as they were measured so within the harm, else before and after.

    Before the harm new pods may have been as well as old ones, and broken by what came then.
    """
    beside = siblings.signs(scene, rollout)
    compared = {(s.noun, s.side) for s in beside if not s.early}
    kept = [s for s in beside if not s.early or s.factor > 1]
    alone = [s for s in aftermath.signs(scene, rollout) if (s.noun, s.side) not in compared]
    return [*kept, *alone, *aftermath.signs_at_callers(scene, rollout)]


def _order(case: Case, rollout: Rollout, started_ts: float | None) -> list[Term]:
    """What began after the fault did not cause it, up to what clocks and the grid of samples leave open."""
    fault_ts = started_ts if started_ts is not None else case.alert.at_ts if case.alert is not None else None
    if fault_ts is None:
        return []
    late_s = rollout.began_ts - fault_ts
    slack_s = _CLOCK_S + case.step_s / 2
    if late_s <= 0:
        return []
    nats = -_LATE * float(np.log1p((late_s / slack_s) ** 2))  # heavy tails: the start is an estimate
    return [Term("order", nats, f"it began {late_s:.0f} s after the fault")]


def _weighed(case: Case, signs: Sequence[Sign]) -> list[Term]:
    """One term per kind of evidence: of several metrics that say one thing, their mean factor."""
    alerted = kind_of(case.alert.metric).role if case.alert is not None else ""
    grouped: dict[tuple[str, str], list[Sign]] = {}
    for sign in signs:
        grouped.setdefault((sign.noun, sign.side), []).append(sign)
    wrong = grouped.pop(("callers", "answers"), [])
    if wrong:
        grouped.setdefault(_FAILURES, [])
    terms = []
    for (noun, side), of_kind in sorted(grouped.items()):
        shows = _SHOWS.get(noun, _SHOWS["other"])
        if alerted == noun:
            shows = _SHOWS_AS_ALERTED
        if side == "asks" and noun != "calls":
            shows *= _SHOWS_ASKING
        also = wrong if (noun, side) == _FAILURES else []
        clearest = max([*of_kind, *also], key=lambda s: (s.factor, s.text))
        terms.append(Term(f"{noun} {side}", odds.shown(_factor(of_kind, also), shows), clearest.text))
    return terms


def _factor(signs: Sequence[Sign], at_callers: Sequence[Sign]) -> float:
    """The mean factor; of failures with those that only callers have: a wrong answer is none where it is given."""
    own = float(np.mean([s.factor for s in signs])) if signs else 1.0
    if not at_callers:
        return own
    return (1 - _WRONG) * own + _WRONG * float(np.mean([s.factor for s in at_callers]))
