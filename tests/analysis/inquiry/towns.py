"""Cases for the tests, written as a few lines of text.

    web > cart > stock              calls
    cart = cart-1 cart-2            pods
    web:latency_s 0.2, 0.8 from 50  a series: where it usually is, and where it is from a sample on
    web>cart:requests 100           a series of the calls between two
    cart:cpu 0.3, gone from 50      one that ends

Samples stray by a few parts in a hundred around what is written, in the same way at every call.
"""

import re
from itertools import pairwise

import numpy as np

from seamline.analysis.inquiry import weigh
from seamline.analysis.inquiry.case import Alert, Case, Floats, Link, Watch
from seamline.analysis.inquiry.design import COLUMNS, Design

STEP_S = 60.0
N = 60
SERIES = re.compile(r"(?:(\S+)>)?([^\s:>]+):(\S+) (\S+?)(?:, (\S+) from (\d+))?")
ALERT = Alert("web", "latency_s", 53 * STEP_S)


def town(text: str, *, n: int = N, alert: Alert | None = ALERT, strays: float = 0.02) -> Case:
    """The case of a text; `n` samples a minute apart, the first at 0."""
    links: list[Link] = []
    rows: dict[Watch, Floats] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if found := SERIES.fullmatch(line):
            caller, entity, metric, usual, then, since = found.groups()
            rows[Watch(entity, metric, caller or "")] = _samples(len(rows), n, usual, then, since, strays)
        elif " = " in line:
            service, pods = line.split(" = ")
            links += [Link(service, pod, "has_pod") for pod in pods.split()]
        else:
            ends = line.split(" > ")
            links += [Link(a, b, "calls") for a, b in pairwise(ends)]
    times = STEP_S * np.arange(n, dtype=np.float64)
    values = np.stack(list(rows.values())) if rows else np.empty((0, n))
    return Case("town", "entity", STEP_S, 0.0, STEP_S * n, alert, times, tuple(rows), values, tuple(links))


def _samples(row: int, n: int, usual: str, then: str | None, since: str | None, strays: float) -> Floats:
    values = np.full(n, float(usual))
    if then is not None and since is not None:
        values[int(since) :] = np.nan if then == "gone" else float(then)
    return values * np.exp(strays * np.random.default_rng(row).standard_normal(n))


def said(case: Case, service: str) -> dict[str, tuple[float, str]]:
    """What the series say of a service: number and sentence by kind of evidence."""
    found, _ = weigh(case)
    at = found.services.index(service)
    return {
        name: (number(found, service, name), found.seen.texts.get((at, term), ""))
        for term, name in enumerate(COLUMNS[: found.seen.values.shape[1]])
    }


def number(found: Design, service: str, name: str) -> float:
    """What one kind of evidence says of a service."""
    return float(found.rows[found.services.index(service), COLUMNS.index(name)])
