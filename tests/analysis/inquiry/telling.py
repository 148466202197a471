"""Requests told in spans and lines: a shop that asks the stock, which asks its table. Cases without a series."""

from collections.abc import Iterable

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.case import Alert, Case, Lines, Link, Spans

BEFORE_TS, NOW_TS = 0.0, 2400.0  # when the requests of both parts begin
ALERT_TS = 2500.0


class Said(Struct):
    """A line, `at_s` after its request began."""

    at_s: float
    entity: str
    message: str


class Did(Struct):
    """A span, `at_s` after its request began. `parent` is another one's `id`."""

    at_s: float
    took_s: float
    id: str
    parent: str
    entity: str
    operation: str
    status: str = ""


class Request(Struct):
    """What one request left behind."""

    spans: list[Did]
    lines: list[Said]


def bought(*, stalls_s: float = 0.0, waits_s: float = 0.0) -> Request:
    """A purchase as it should go. `stalls_s`: in the stock itself; `waits_s`: on the way there."""
    s, w = stalls_s, waits_s
    return Request(
        [
            Did(0.000, 0.100 + s + w, "a", "", "shop", "POST /buy"),
            Did(0.010, 0.060 + s + w, "b", "a", "shop", "HTTP GET"),
            Did(0.012 + w / 2, 0.056 + s, "c", "b", "stock", "GET /take/{id}"),
            Did(0.015 + w / 2, 0.010, "d", "c", "stock", "SELECT items"),
        ],
        [
            Said(0.001, "shop", "INFO Shop#10 order received: 17"),
            Said(0.014 + w / 2, "stock", "INFO Stock#20 looking for item 4711"),
            Said(0.030 + w / 2, "stock", "INFO Stock#30 item found"),
            Said(0.090 + s + w, "shop", "INFO Shop#40 order placed"),
        ],
    )


def without(request: Request, *words: str) -> Request:
    """The request without the lines and spans that hold one of some words."""
    return Request(
        [s for s in request.spans if not any(word in s.operation for word in words)],
        [line for line in request.lines if not any(word in line.message for word in words)],
    )


def with_line(request: Request, at_s: float, entity: str, message: str) -> Request:
    """The request with one line more."""
    return Request(request.spans, [*request.lines, Said(at_s, entity, message)])


def case(
    before: Iterable[Request],
    now: Iterable[Request],
    *,
    every_s: float = 2.0,
    lines_late_s: float = 0.0,
    named: bool = True,
    links: tuple[Link, ...] = (),
) -> Case:
    """Requests every two seconds, in two parts half an hour apart. `named`: lines open with the trace's name."""
    starts = [(BEFORE_TS + k * every_s, r) for k, r in enumerate(before)]
    starts += [(NOW_TS + k * every_s, r) for k, r in enumerate(now)]
    spans = sorted(
        (at + s.at_s, f"t{k}", f"{k}{s.id}", f"{k}{s.parent}" if s.parent else "", s)
        for k, (at, r) in enumerate(starts)
        for s in r.spans
    )
    lines = sorted(
        (at + s.at_s + lines_late_s, s.entity, f"[t{k}] {s.message}" if named else s.message)
        for k, (at, r) in enumerate(starts)
        for s in r.lines
    )
    return Case(
        id="told",
        question="entity",
        step_s=60.0,
        from_ts=BEFORE_TS,
        to_ts=NOW_TS + 300.0,
        alert=Alert("shop", "latency_s", ALERT_TS),
        times=np.arange(BEFORE_TS, NOW_TS + 300.0, 60.0),
        watches=(),
        values=np.empty((0, 45)),
        links=links,
        lines=Lines(np.array([x[0] for x in lines]), tuple(x[1] for x in lines), tuple(x[2] for x in lines)),
        spans=Spans(
            np.array([x[0] for x in spans]),
            tuple(x[1] for x in spans),
            tuple(x[2] for x in spans),
            tuple(x[3] for x in spans),
            tuple(x[4].entity for x in spans),
            tuple(x[4].operation for x in spans),
            np.array([x[4].took_s for x in spans]),
            tuple(x[4].status for x in spans),
        ),
    )
