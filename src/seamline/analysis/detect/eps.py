"""How often a watch is symptomatic in a window when nothing is wrong, and times as the records spell them."""

from datetime import UTC, datetime, timedelta
from math import expm1

HISTORY = timedelta(days=14)  # how far back alerts, tickets and telemetry are looked at
STANDING = timedelta(days=7)  # what has been so for longer is how things are, no symptom
WINDOW_S = 1800.0  # what "in a window" means for eps
_PRIOR_ALARMS = 0.1  # a watch without history is taken to cry wolf about once in twenty hours ...
_PRIOR_S = 7200.0  # ... a belief worth two hours of watching
FLOOR, CEILING = 0.005, 0.9


def eps(n_alarms: float, watched_s: float) -> float:
    """Chance of at least one false alarm in `WINDOW_S`, from alarms already over and the time watched.

    Little history gives a higher value, never zero.

    >>> round(eps(0, 0), 3), round(eps(0, 36_000), 3), round(eps(3, 3600), 3)
    (0.025, 0.005, 0.403)
    """
    rate = (n_alarms + _PRIOR_ALARMS) / (max(watched_s, 0.0) + _PRIOR_S)
    return min(CEILING, max(FLOOR, -expm1(-rate * WINDOW_S)))


def moment(ts: float) -> datetime:
    """Epoch seconds as an aware UTC time. Only for times inside a watched window, so never out of range."""
    return datetime.fromtimestamp(ts, UTC)


def clock(at: datetime) -> str:
    """The time of day for a line that people read: `14:03:12`."""
    return f"{at:%H:%M:%S}"
