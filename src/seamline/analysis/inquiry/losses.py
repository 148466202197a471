"""What a fault costs along calls: seconds of waiting, and failed requests, beyond the usual of each service and call."""

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.flow import Flow
from seamline.analysis.inquiry.kinds import Kind, Whose
from seamline.analysis.inquiry.panel import COUNTED_BY
from seamline.analysis.inquiry.view import View

_CALLEES_WORD = 0.001  # of a quantile: on a call, what the caller waited goes before what the callee took

End = tuple[int, int]  # caller, -1 for all of them, and service


def waiting(view: View) -> Flow:
    """Seconds of waiting per sample, by the mean or the least quantile that there is. O(rows)."""
    requests, flow = _requests(view), _unknown(view)
    best: dict[End, float] = {}
    for row, service, caller in view.rows("latency"):
        kind, usual, end = view.panel.kinds[row], view.moved.usual[row], (caller, service)
        if np.isfinite(usual) and _timed(kind, caller):
            more_s = max(0.0, float(np.exp(usual) * np.expm1(view.moved.excess[row])))
            rank = (kind.quantile or 0.0) + (_CALLEES_WORD if kind.whose == "own" and caller >= 0 else 0.0)
            _prefer(flow, best, end, rank, more_s * requests.of(end))
    return _summed(flow)


def failed(view: View) -> Flow:
    """Failed requests per sample. O(rows)."""
    requests, flow = _requests(view), _unknown(view)
    for row, service, caller in view.rows("failures"):
        if not np.isfinite(view.moved.usual[row]) or view.panel.kinds[row].whose == "worst":
            continue
        more = max(0.0, float(view.moved.excess[row])) if view.moved.z[row] > 1 else 0.0
        n, end = more * requests.of((caller, service)), (caller, service)
        if caller >= 0:
            flow.along[end] = flow.along.get(end, 0.0) + n
        else:
            flow.at[service] = np.nanmax([flow.at[service], n])  # as it says, and as its users say
    return _summed(flow)


def requests_per_unit(view: View) -> float:
    """How many requests a sample stands for that says 1: one where they are counted, more where they are rates.

    NaN where nobody counts requests, so that the losses are but shares of them.
    """
    counts, usual = view.panel.counts, view.moved.usual
    found = [float(counts[row] / np.exp(usual[row])) for row, _, _ in view.rows("requests")]
    known = [n for n in found if np.isfinite(n)]
    return float(np.median(known)) if known else np.nan


class _Requests(Struct, frozen=True):
    """Usual requests per sample; `at` is NaN and `along` has no entry where nobody counts them."""

    at: Floats
    along: dict[End, float]
    typical: float  # of a service

    def of(self, end: End) -> float:
        """Of the calls of one service to another, or of all to it; the typical number where not known."""
        n = self.along.get(end, np.nan) if end[0] >= 0 else float(self.at[end[1]])
        return n if np.isfinite(n) else self.typical


def _requests(view: View) -> _Requests:
    """Requests as the service counts them, else its users, else its callers: those are the same ones."""
    sums: dict[End, dict[Whose, float]] = {}
    for row, service, caller in view.rows("requests"):
        n, whose = float(np.exp(view.moved.usual[row])), view.panel.kinds[row].whose
        if np.isfinite(n):
            by = sums.setdefault((caller, service), {})
            by[whose] = by.get(whose, 0.0) + n
    at, along = np.full(len(view.calls.services), np.nan), dict[End, float]()
    for (caller, service), by in sums.items():
        n = next(by[whose] for whose in (*COUNTED_BY, *by) if whose in by)
        if caller >= 0:
            along[caller, service] = n
        else:
            at[service] = n
    return _Requests(at, along, float(np.nanmedian(at)) if np.isfinite(at).any() else 1.0)


def _unknown(view: View) -> Flow:
    return Flow(np.full(len(view.calls.services), np.nan), {})


def _timed(kind: Kind, caller: int) -> bool:
    """Whether a series tells how long requests took: no gap, no worst pod, nor what a caller waited for all."""
    return kind.noun != "gap" and kind.whose != "worst" and not (kind.whose == "caller" and caller < 0)


def _prefer(flow: Flow, best: dict[End, float], end: End, rank: float, harm: float) -> None:
    """Keep what the series of the least rank says of a call or service; of equally good ones the most."""
    known = best.get(end, np.inf)
    if rank > known:
        return
    best[end] = rank
    caller, service = end
    if caller >= 0:
        flow.along[end] = max(harm, flow.along[end]) if rank == known else harm
    else:
        flow.at[service] = max(harm, flow.at[service]) if rank == known else harm


def _summed(flow: Flow) -> Flow:
    """A service that nobody measured by itself has the harm of the calls to it."""
    given = np.full(len(flow.at), np.nan)
    for (_, callee), harm in flow.along.items():
        given[callee] = np.nansum([given[callee], harm])
    return Flow(np.where(np.isnan(flow.at), given, flow.at), flow.along)
