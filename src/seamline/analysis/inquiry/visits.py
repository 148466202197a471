"""Visits: what one service did for one request, out of spans and of the log lines that name the request's trace.

A visit begins where a call enters a service and holds all that the service then did itself: its own spans, the
calls it made, the lines it wrote. In a trace without spans, all lines of one service are one visit; lines that
name no trace are taken together for ten seconds of a service, as if that were one.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import inf, nan
from typing import Literal

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from seamline.analysis.inquiry.case import Case, Floats, Lines, Spans
from seamline.analysis.inquiry.templates import opening, operation, templates, trace_of, troubled

_SKEW_S = 60.0  # lines and spans of one trace that lie further apart were written by clocks that disagree

_TOGETHER_S = 10.0
_SERVER_ERROR = re.compile(r"5\d\d")

_NO_LINES = Lines(np.empty(0), (), ())
_NO_SPANS = Spans(np.empty(0), (), (), (), (), (), np.empty(0), ())

Kind = Literal["span", "call", "line"]


class Mark(Struct, frozen=True):
    """Something that can happen in a visit: a span of its own, a call to another service, a line."""

    kind: Kind
    text: str  # the operation of a span or of what a call reached, the template of a line
    entity: str = ""  # the callee of a call
    via: str = ""  # the caller's own span that the call went out from
    example: str = ""  # a message, where it is a line


class Visit(Struct):
    """One visit. `events` are (time, index of a mark) on the visited service's own clock, in order of time."""

    entity: str
    operation: str  # where there are no spans: the line that opens it, "" without a trace
    trace: str  # "" where lines name none
    start_ts: float
    duration_s: float
    own_s: float = nan  # without what it waited for its calls; NaN where it has no spans
    gap_s: float = nan  # what its caller waited longer than it took; NaN where not known
    parent: int = -1  # the visit that called
    called_ts: float = nan  # when the caller began the call, on the caller's clock
    events: list[tuple[float, int]] = field(default_factory=list)


class Visits(Struct, frozen=True):
    """All visits of a case, and what can happen in them. `notes` tell people what was mended."""

    visits: tuple[Visit, ...]
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]


def visits(case: Case) -> Visits:
    """Cut a case's spans and lines into visits; pods count as their service. Linear but for sorting."""
    pods, names = case.pods(), _Names()
    spans, lines = case.spans or _NO_SPANS, case.lines or _NO_LINES
    traces = _traces(lines, set(spans.traces))
    spans, lines, notes = _one_clock(spans, lines, traces, case)
    found = _of_spans(spans, [pods.get(e, e) for e in spans.entities], names)
    entities = [pods.get(e, e) for e in lines.entities]
    _add_lines(lines, entities, traces, found, names)
    for visit in found:
        visit.events.sort()
        if visit.trace and not visit.operation:
            visit.operation = names.marks[visit.events[0][1]].text
    return Visits(tuple(found), tuple(names.marks), notes)


class _Names:
    """Marks by number, in order of first use."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Kind, str, str, str], int] = {}
        self.marks: list[Mark] = []

    def number(self, kind: Kind, text: str, entity: str = "", via: str = "", example: str = "") -> int:
        """The number of a mark; `example` is kept from its first use."""
        found = self._numbers.setdefault((kind, text, entity, via), len(self.marks))
        if found == len(self.marks):
            self.marks.append(Mark(kind, text, entity, via, example))
        return found


def _traces(lines: Lines, known: Collection[str]) -> list[str]:
    """The trace of each line. Without spans, a bracketed opening that two services use is a trace's name."""
    if not known:
        users = defaultdict(set)
        for entity, message in zip(lines.entities, lines.messages, strict=True):
            users[opening(message)].add(entity)
        known = {word for word, entities in users.items() if word and len(entities) > 1}
    return [trace_of(message, known) for message in lines.messages]


def _one_clock(
    spans: Spans, lines: Lines, traces: Sequence[str], case: Case
) -> tuple[Spans, Lines, tuple[str, ...]]:
    """Both on one clock: where they lie apart in the same traces, the source outside the window is moved."""
    spanned, lined = _beginnings(spans.traces, spans.times), _beginnings(traces, lines.times)
    apart = [lined[trace] - at for trace, at in spanned.items() if trace in lined]
    skew_s = float(np.median(apart)) if apart else 0.0
    if abs(skew_s) < _SKEW_S:
        return spans, lines, ()
    if _share_inside(lines.times, case) < _share_inside(spans.times, case):
        moved = replace(lines, times=lines.times - skew_s)
        return spans, moved, (f"the log lines' clock is {skew_s:+.0f} s off that of the spans: corrected",)
    note = f"the spans' clock is {-skew_s:+.0f} s off that of the log lines: corrected"
    return replace(spans, times=spans.times + skew_s), lines, (note,)


def _beginnings(traces: Sequence[str], times: Floats) -> Mapping[str, float]:
    """The first time of each trace; rows are in order of time."""
    found: dict[str, float] = {}
    for trace, at in zip(traces, times.tolist(), strict=True):
        found.setdefault(trace, at)
    found.pop("", None)
    return found


def _share_inside(times: Floats, case: Case) -> float:
    return float(((times >= case.from_ts - case.step_s) & (times <= case.to_ts + case.step_s)).mean())


def _of_spans(spans: Spans, entities: Sequence[str], names: _Names) -> list[Visit]:
    """The visits of the spans, each with its own spans, its calls and its errors as events."""
    parents = _parents(spans)
    roots = _roots(parents, entities)
    times, durations = spans.times.tolist(), spans.durations_s.tolist()
    known = {name: operation(name) for name in set(spans.operations)}
    operations = [known[name] for name in spans.operations]
    found: list[Visit] = []
    numbers: dict[int, int] = {}
    for k in (k for k, root in enumerate(roots) if root == k):
        numbers[k] = len(found)
        found.append(
            Visit(entities[k], operations[k], spans.traces[k], times[k], durations[k], own_s=durations[k])
        )
    n_children = np.bincount([p for p in parents if p >= 0], minlength=len(parents))
    for k, (parent, root) in enumerate(zip(parents, roots, strict=True)):
        if root != k:
            found[numbers[root]].events.append((times[k], names.number("span", operations[k])))
        elif parent >= 0:
            caller, callee = numbers[roots[parent]], found[numbers[k]]
            callee.parent, callee.called_ts = caller, times[parent]
            via = operations[parent] if roots[parent] != parent else ""
            found[caller].events.append(
                (times[parent], names.number("call", operations[k], entities[k], via))
            )
            alone = via and n_children[parent] == 1
            if alone:
                callee.gap_s = max(durations[parent] - durations[k], 0.0)
            waited_s = durations[parent if alone else k]
            found[caller].own_s = max(found[caller].own_s - waited_s, 0.0)
    _add_errors(spans, operations, [found[numbers[root]] for root in roots], names)
    return found


def _add_errors(spans: Spans, operations: Sequence[str], visits: Sequence[Visit], names: _Names) -> None:
    """Spans that ended in an error are marked at their end: the innermost comes first."""
    bad = {status for status in set(spans.statuses) if _is_error(status)}
    for k, status in enumerate(spans.statuses):
        if status in bad:
            ended_ts = float(spans.times[k] + spans.durations_s[k])
            visits[k].events.append((ended_ts, names.number("span", f"error {status} of {operations[k]}")))


def _is_error(status: str) -> bool:
    """Whether a status is an HTTP 5xx, OpenTelemetry's code 2, or a word for an error."""
    return status == "2" or bool(_SERVER_ERROR.fullmatch(status)) or troubled(status)


def _parents(spans: Spans) -> list[int]:
    """The row of each span's parent, -1 where it is not there (or is the span itself)."""
    rows = {key: k for k, key in enumerate(zip(spans.traces, spans.ids, strict=True))}
    found = [rows.get(key, -1) for key in zip(spans.traces, spans.parents, strict=True)]
    return [-1 if parent == k else parent for k, parent in enumerate(found)]


def _roots(parents: Sequence[int], entities: Sequence[str]) -> list[int]:
    """The row of the span through which each span's visit was entered. Circles are cut open."""
    roots = [-1] * len(parents)
    for row in range(len(parents)):
        path, k = [], row
        while roots[k] < 0:
            path.append(k)
            roots[k] = k  # where a circle closes
            if parents[k] < 0 or entities[parents[k]] != entities[k]:
                break
            k = parents[k]
        for passed in path:
            roots[passed] = roots[k]
    return roots


def _add_lines(
    lines: Lines, entities: Sequence[str], traces: Sequence[str], found: list[Visit], names: _Names
) -> None:
    """Put each line into the visit that wrote it, made where there is none."""
    theirs: dict[tuple[str, str, float], list[int]] = defaultdict(list)
    for number, visit in enumerate(found):
        theirs[visit.entity, visit.trace, 0.0].append(number)
    rows = zip(lines.times.tolist(), entities, traces, templates(lines.messages), lines.messages, strict=True)
    for at, entity, trace, said, message in rows:
        start_ts = at if trace else at // _TOGETHER_S * _TOGETHER_S
        numbers = theirs[entity, trace, 0.0 if trace else start_ts]
        if not numbers:
            numbers.append(len(found))
            found.append(Visit(entity, "", trace, start_ts, inf if trace else _TOGETHER_S))
        visit = found[numbers[0] if len(numbers) == 1 else _writer(found, numbers, at)]
        visit.events.append((at, names.number("line", said, example=message)))


def _writer(found: Sequence[Visit], numbers: Sequence[int], at: float) -> int:
    """The visit that was going on at a time, the latest begun of several; else the one nearest in time."""

    def off(number: int) -> tuple[float, float]:
        start = found[number].start_ts
        return max(start - at, at - start - found[number].duration_s, 0.0), -start

    return min(numbers, key=off)
