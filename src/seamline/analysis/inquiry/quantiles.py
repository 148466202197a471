"""Quantiles of many rows at once, gaps left out."""

from collections.abc import Sequence

import numpy as np

from seamline.analysis.inquiry.case import Floats


def quantiles(rows: Floats, shares: Sequence[float]) -> tuple[Floats, ...]:
    """One array per share, a value for each row, linear between samples; NaN for a row without any.

    O(samples log samples), by one sort: numpy's own looks at every row with gaps by itself, forty times slower.

    >>> [q.tolist() for q in quantiles(np.array([[3.0, np.nan, 1.0, 2.0]]), (0.0, 0.5))]
    [[1.0], [2.0]]
    """
    if not rows.shape[1]:
        return tuple(np.full(len(rows), np.nan) for _ in shares)
    ordered = np.sort(rows, axis=1)  # gaps come last
    n = np.isfinite(ordered).sum(axis=1)
    last = np.maximum(n - 1, 0)
    at = np.arange(len(rows))
    found = []
    for share in shares:
        place = share * last
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, last)
        below, above = ordered[at, low], ordered[at, high]
        found.append(np.where(n > 0, below + (above - below) * (place - low), np.nan))
    return tuple(found)
