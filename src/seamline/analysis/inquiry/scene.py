"""What comparisons are made on: a case with its rows found once, and what comes out of one."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Case, Floats
from seamline.analysis.inquiry.kinds import kind_of
from seamline.analysis.inquiry.versions import Rows, Side, Span

_COUNT_OF_SHARE = 50.0  # requests behind a share of failures where nobody counts them
_SHARES = ("rate", "ratio", "share", "percent")


class Sign(Struct, frozen=True):
    """One comparison: what was compared, how many times likelier it is after a bad change, in words.

    `early`: it was made before the harm, so that finding nothing says nothing.
    """

    noun: str
    side: Side
    factor: float
    size: float  # log-ratio, or share of requests
    text: str
    early: bool = False


class Scene(Struct, frozen=True):
    """A case with its rows found once, and the level below which latency is nothing."""

    case: Case
    rows: Rows
    span: Span
    least_latency_s: float
    requests: Mapping[tuple[str, str], int]  # by (entity, caller): the row that counts requests
    pods: Mapping[str, str]  # the service of each
    calls: frozenset[tuple[str, str]]  # (caller, callee), services

    def shown_by(self, entity: str) -> list[str]:
        """Who shows how something does that answers no requests itself: those that serve it, or run on it."""
        own = {
            kind_of(metric).role
            for member in self.members(entity)
            for metric, _, _ in self.rows.get("answers", member)
        }
        if own & {"latency", "failures"}:
            return [entity]
        by = {
            one.source
            for one in self.case.links
            if one.target == entity and one.kind in ("serves", "runs_on")
        }
        return sorted({entity, *by})

    def members(self, service: str) -> list[str]:
        """A service and its pods."""
        return [service, *sorted(pod for pod, whole in self.pods.items() if whole == service)]


def requests_of(tables: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Mapping[str, Mapping[str, int]]:
    """The table of the metric that counts requests; of several the first by name."""
    return next((tables[metric] for metric in sorted(tables) if kind_of(metric).role == "requests"), {})


def counted(metric: str, x: Floats, requests: Floats | None) -> tuple[Floats, Floats]:
    """(requests, failures) of each cell; failures are NaN where not known.

    A share of failures stands for so many of the requests; of as many as a guess where nobody counts them.
    """
    kind = kind_of(metric)
    if kind.good or any(word in metric for word in _SHARES):
        top = 100.0 if np.nanmax(x, initial=0.0) > 1.5 else 1.0
        share = np.clip(x / top, 0.0, 1.0)
        n = np.full(x.shape, _COUNT_OF_SHARE) if requests is None else np.maximum(requests, 0.0)
        k = (1.0 - share if kind.good else share) * n
    else:
        k = np.maximum(x, 0.0)
        n = np.fmax(requests, k) if requests is not None else np.maximum(k, _COUNT_OF_SHARE)
    known = np.isfinite(k) & np.isfinite(n)
    return np.where(known, n, 0.0), np.where(known, k, np.nan)


def mean_of(x: Floats, axis: int) -> Floats:
    """The mean of what is there, NaN where nothing is."""
    known = np.isfinite(x)
    n = known.sum(axis=axis)
    total = np.where(known, x, 0.0).sum(axis=axis)
    out: Floats = np.full(n.shape, np.nan)
    np.divide(total, n, out=out, where=n > 0)
    return out


def median_of(x: Floats) -> float:
    """The median of what is there, NaN where nothing is."""
    known = x[np.isfinite(x)]
    return float(np.median(known)) if len(known) else np.nan
