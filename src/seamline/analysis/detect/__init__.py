"""What is watched, and what of it is abnormal: facts in, observables out.

One file per noun: `roles` and `tally` turn raw series into `indicators`, `baseline` says what is usual and
`onset` when a deviation began; `alerts`, `tickets`, `runs`, `datasets` and `vanished` watch what needs no
baseline of samples. Everything depends on event times and `as_of` alone: order of arrival and repeats leave
no trace, and what is dated after `as_of` does not count.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from seamline.analysis.detect import alerts, datasets, runs, series, tickets, vanished
from seamline.analysis.detect.eps import HISTORY, moment
from seamline.analysis.detect.indicators import panels
from seamline.analysis.detect.traffic import TrafficShift, traffic_shifts
from seamline.analysis.detect.window import Stretch, stretches
from seamline.analysis.facts import Facts
from seamline.analysis.listening import Listening
from seamline.model.symptom import Observable

__all__ = ["TrafficShift", "detect", "traffic_shifts"]


def detect(
    facts: Facts, canonical: Callable[[str], str], as_of: datetime, environment: str
) -> list[Observable]:
    """Every watched thing once, symptomatic or silent, sorted by id. Empty in, empty out.

    `canonical` resolves a tool's spelling of an entity; `environment` is meant where an event names none.
    O(samples in the window) + O(tickets x tickets in an hour).
    """
    listening = Listening(facts.heard_slots, as_of, facts.last_heard_at)
    as_of = listening.until()
    as_of_ts = as_of.timestamp()
    seen = stretches(facts.series(), as_of_ts)
    since = _watched_since(facts, seen, as_of)
    known_runs = runs.known_runs(facts.runs.values(), as_of)
    found = [
        *_series(seen, canonical, as_of_ts, environment),
        *vanished.observe(seen, canonical, environment),
        *alerts.observe(facts.alerts.values(), canonical, since, as_of, environment),
        *tickets.observe(facts.tickets.values(), canonical, since, as_of, environment),
        *runs.failures(known_runs, canonical, as_of, environment),
        *runs.freshness(known_runs, canonical, as_of, environment, listening.deaf_s),
        *datasets.observe(known_runs, canonical, as_of, environment),
    ]
    return _once(found)


def _series(
    seen: Sequence[Stretch], canonical: Callable[[str], str], as_of_ts: float, environment: str
) -> list[Observable]:
    """Figures too large to reckon with become infinite or no number, and what is neither is judged: no warning."""
    with np.errstate(over="ignore", invalid="ignore"):
        return list(series.observe(panels(seen, canonical, as_of_ts, environment), environment))


def _watched_since(facts: Facts, seen: Sequence[Stretch], as_of: datetime) -> datetime:
    """Since when anything was observed here, at most `HISTORY` ago: a rule or a desk was quiet till it spoke.

    Changes don't count: they are imported from long before anybody watched.
    """
    tables = (facts.alerts, facts.tickets, facts.runs)
    spoken = [event.at for table in tables for event in table.values() if event.at >= as_of - HISTORY]
    sampled = [moment(min(one.since_ts for one in seen))] if seen else []
    return min([as_of, *spoken, *sampled])


def _once(found: list[Observable]) -> list[Observable]:
    """One observable per id, by id: of several (two scrape intervals, two formulas) the most telling."""
    best: dict[str, Observable] = {}
    for one in found:
        known = best.get(one.id)
        if known is None or _telling(one) > _telling(known):
            best[one.id] = one
    return [best[id_] for id_ in sorted(best)]


def _telling(one: Observable) -> tuple[float, datetime, datetime]:
    return (one.symptom.strength if one.symptom else 0.0, one.seen_at, one.watched_since)
