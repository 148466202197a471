"""Numbers, names and series as a person on call reads them."""

import re
from collections.abc import Sequence
from math import exp

from seamline.analysis.inquiry.kinds import WORST
from seamline.analysis.inquiry.panel import GAP, MOST, Moved, Panel

_UNIT = re.compile(r"(?:^|_)(s|seconds|ms|bytes)(?=_|$)")
_UNITS = {"s": " s", "seconds": " s", "ms": " ms", "bytes": " bytes"}


def number(x: float) -> str:
    """Three digits that matter, and all of those before the point.

    >>> [number(x) for x in (0.2134, 12.0, 94071.2, 0.0)]
    ['0.213', '12', '94,071', '0']
    """
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def percent(share: float) -> str:
    """A share of a whole, to two digits.

    >>> [percent(x) for x in (0.4631, 0.9995, 0.0021, 0.0)]
    ['46 %', '100 %', '0.21 %', '0 %']
    """
    return f"{number(float(f'{100 * share:.2g}'))} %"


def listing(names: Sequence[str], most: int = 3) -> str:
    """Names in the order given; of many the first, and how many more there are.

    >>> listing(["a", "b"]), listing(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def series(p: Panel, m: Moved, row: int) -> str:
    """Where a series is in the episode, and where it usually is, in its own unit."""
    usual = float(m.usual[row])
    now = usual + float(m.excess[row])
    return f"{named(p, row)} is {_told(p, row, now)}, usually {_told(p, row, usual)} ({spreads(float(m.z[row]))})"


def named(p: Panel, row: int) -> str:
    """A series by its metric and whose it is."""
    watch, kind = p.watches[row], p.kinds[row]
    if kind.noun == GAP.noun:
        return f"the time lost between {watch.caller} and {watch.entity}"
    metric = watch.metric.removeprefix(WORST)
    whose = f"{watch.caller}'s calls to {watch.entity}" if watch.caller else watch.entity
    return f"{metric}{' (worst pod)' if kind.whose == 'worst' else ''} of {whose}"


def spreads(z: float) -> str:
    """How far something moved; what is further than anything is told apart is said so.

    >>> spreads(3.14159), spreads(-120.0), spreads(MOST)
    ('3.1 spreads', '120 spreads', 'over 1,000 spreads')
    """
    far = number(float(f"{abs(z):.2g}"))
    return f"over {far} spreads" if abs(z) >= MOST else f"{far} spreads"


def _told(p: Panel, row: int, x: float) -> str:
    """A value on a panel's scale as whoever measured it tells it."""
    kind = p.kinds[row]
    if kind.scale == "ratio":
        return number(exp(x)) + _unit(p.watches[row].metric)
    if kind.good:
        return f"{100 * (1.0 - x):.4g} %"  # 99.9 and 99.99 are not alike
    if kind.scale == "share" and (kind.noun != "failures" or p.counts[row] > 0):
        return percent(x)
    return number(x) + (" s" if kind.noun == GAP.noun else _unit(p.watches[row].metric))


def _unit(metric: str) -> str:
    found = _UNIT.search(metric)
    return _UNITS[found[1]] if found else ""
