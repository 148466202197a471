"""Alerts as their tools give them: one watch per rule and entity."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from seamline.analysis.detect.eps import HISTORY, eps
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.onset import REJOIN_S
from seamline.analysis.detect.series import LINGER_S, few
from seamline.analysis.environment import environment_of
from seamline.model.event import Alert
from seamline.model.symptom import Observable, Symptom

LEAD = timedelta(seconds=60)  # a rule looks back and waits before it fires: the fault is older than the alert
PERSIST_S = 30.0  # what fires for less is flapping: a few evaluations of its rule
_FLAPS, _FLAP_S = 2, 60.0  # a rule flaps that fired so often for less than that
OPEN_END = timedelta(hours=6)  # an alert that nobody ended says nothing of now after so long
_STRENGTH = {
    "critical": 12.0,
    "page": 12.0,
    "error": 10.0,
    "high": 10.0,
    "warning": 8.0,
    "warn": 8.0,
    "info": 4.0,
}
_USUAL_STRENGTH = 8.0
_NOT_WATCHED = ("none",)  # the severity of rules that fire on purpose, to show that alerting works

_PAGING = ("page", "critical")
_MEANT = 0.05  # of the usual eps: a rule that pages and never fired before is somebody's word that it means something
_LOOK_S = 30.0  # a rule that goes on firing is looked at again by its tool about so often

_Key = tuple[str, str, str]


class _Firing:
    """One stretch of time in which a rule fired at an entity."""

    def __init__(self, alert: Alert, ended_at: datetime | None) -> None:
        self.alerts = [alert]
        self.at = alert.at
        self.ended_at = ended_at

    def join(self, alert: Alert, ended_at: datetime | None) -> None:
        self.alerts.append(alert)
        self.ended_at = None if ended_at is None or self.ended_at is None else max(ended_at, self.ended_at)

    def lasted_s(self, as_of: datetime) -> float:
        return ((self.ended_at or as_of) - self.at).total_seconds()


def observe(
    alerts: Iterable[Alert],
    canonical: Callable[[str], str],
    since: datetime,
    as_of: datetime,
    environment: str,
) -> list[Observable]:
    """One observable per rule name and entity that fired in the history."""
    rules: dict[_Key, list[Alert]] = {}
    for alert in alerts:
        if as_of - HISTORY <= alert.at <= as_of and alert.severity.lower() not in _NOT_WATCHED:
            where = environment_of({**alert.labels, **alert.dims}, environment)
            rules.setdefault((alert.name, canonical(alert.entity), where), []).append(alert)
    return [_observable(key, fired, since, as_of, environment) for key, fired in sorted(rules.items())]


def _observable(
    key: _Key, fired: list[Alert], since: datetime, as_of: datetime, default_environment: str
) -> Observable:
    name, entity, where = key
    firings = _firings(fired, as_of)
    lasting = [one for i, one in enumerate(firings) if one.lasted_s(as_of) >= _needed_s(firings[:i], as_of)]
    told = [one for one in lasting if _is_told(one, as_of)][-1:]
    earlier = len(firings) - len(told)
    return Observable(
        id=observable_id("alert", entity, name, where, default_environment),
        entity=entity,
        kind="alert",
        eps=eps(earlier, (as_of - since).total_seconds())
        * (_MEANT if not earlier and _pages(fired) else 1.0),
        watched_since=since,
        seen_at=as_of,
        symptom=_symptom(name, told[0], as_of) if told else None,
        slice=name,
        environment=where,
    )


def _pages(fired: list[Alert]) -> bool:
    return any(alert.severity.lower() in _PAGING for alert in fired)


def _needed_s(before: list[_Firing], as_of: datetime) -> float:
    """How long a firing has to last to count: a rule that flapped has to outlast its longest flap."""
    flaps = [s for s in (one.lasted_s(as_of) for one in before) if s < _FLAP_S]
    return max(PERSIST_S, 2 * max(flaps)) if len(flaps) >= _FLAPS else PERSIST_S


def _is_told(firing: _Firing, as_of: datetime) -> bool:
    if firing.ended_at is None:
        return as_of - firing.at <= OPEN_END
    return (as_of - firing.ended_at).total_seconds() <= LINGER_S


def _firings(fired: list[Alert], as_of: datetime) -> list[_Firing]:
    """Alerts of one rule and entity joined where they overlap (pods fire one by one).

    One that had lasted and fires again soon goes on; what flaps does not add up to something lasting.
    """
    joined: list[_Firing] = []
    for alert, ended_at in _ends(fired, as_of):
        if not alert.firing and alert.ended_at == alert.at:
            continue  # its tool told of the end alone
        last = joined[-1] if joined else None
        if last and _goes_on(last, alert, as_of):
            last.join(alert, ended_at)
        else:
            joined.append(_Firing(alert, ended_at))
    return joined


def _ends(fired: list[Alert], as_of: datetime) -> list[tuple[Alert, datetime | None]]:
    """Alerts by time with their end as known at `as_of`.

    An alert is over at the latest when the same one begins again: short pauses are never announced.
    """
    found: list[tuple[Alert, datetime | None]] = []
    next_at: dict[str, datetime] = {}
    for alert in sorted(fired, key=lambda a: (a.at, a.id), reverse=True):
        known = [
            at for at in (alert.ended_at, next_at.get(alert.fingerprint)) if at is not None and at <= as_of
        ]
        found.append((alert, min(known, default=None)))
        next_at[alert.fingerprint] = alert.at
    return found[::-1]


def _goes_on(last: _Firing, alert: Alert, as_of: datetime) -> bool:
    if last.ended_at is None:
        return True
    pause_s = (alert.at - last.ended_at).total_seconds()
    return pause_s < 0 or (last.lasted_s(as_of) >= PERSIST_S and pause_s <= REJOIN_S)


def _symptom(name: str, firing: _Firing, as_of: datetime) -> Symptom:
    summary = next((alert.summary for alert in firing.alerts if alert.summary), name)
    strength = max(_STRENGTH.get(alert.severity.lower(), _USUAL_STRENGTH) for alert in firing.alerts)
    return Symptom(
        onset_at=firing.at,
        healthy_at=firing.at - LEAD,
        strength=strength,
        detail=f"{name} fires: {summary}" if summary != name else f"{name} fires",
        seqs=few({alert.seq for alert in firing.alerts}),
        ended_at=firing.ended_at,
        confirmed_by=len(firing.alerts) + int(firing.lasted_s(as_of) / _LOOK_S),
    )
