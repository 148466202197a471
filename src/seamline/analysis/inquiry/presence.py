"""What is there of a service: series that ended, and services of which nothing moved at all."""

from collections.abc import Mapping

import numpy as np

from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import listing, spreads

_SILENT = 4.0  # spreads from which a service is not silent


def gone(view: View) -> Mapping[str, Reading]:
    """How many series of each service ended, as a logarithm. O(rows)."""
    ended: dict[int, list[str]] = {}
    for row in np.flatnonzero(view.moved.gone).tolist():
        watch, service = view.panel.watches[row], view.service[row]
        if service >= 0 and not watch.caller and view.panel.kinds[row].whose != "host":
            ended.setdefault(service, []).append(watch.metric)
    n = view.nothing()
    for service, metrics in ended.items():
        n[service] = len(metrics)
    return {"gone": reading(np.log1p(n), lambda s: f"no more samples of {listing(sorted(ended[s]))}")}


def silent(view: View) -> Mapping[str, Reading]:
    """Negative: 1 for a service that is watched and of which nothing moved, less where something did. O(rows)."""
    watched, moves = view.nothing(), view.nothing()
    for row, (service, kind) in enumerate(zip(view.service, view.panel.kinds, strict=True)):
        if service < 0 or kind.whose == "host":
            continue
        if kind.role != "requests" and view.moved.known[row]:
            watched[service] = 1.0
        far = max(abs(float(view.moved.z[row])), _SILENT if view.moved.gone[row] else 0.0)
        moves[service] = max(moves[service], far)
    quiet = np.where(watched > 0, np.maximum(0.0, 1.0 - moves / _SILENT), 0.0)
    return {
        "silent": reading(-quiet, lambda s: f"no series of it moved by more than {spreads(float(moves[s]))}")
    }
