"""Visits: what one service did for one request, out of spans and of the log lines that name the request's trace.

A visit begins where a call enters a service and holds all that the service then did itself: its own spans, the
calls it made, the lines it wrote. In a trace without spans, all lines of one service are one visit.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import inf, nan
from typing import Literal

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from seamline.analysis.inquiry.case import Case, Floats, Lines, Spans
from seamline.analysis.inquiry.templates import opening, template, templates, trace_of

_SKEW_S = 60.0  # lines and spans of one trace that lie further apart were written by clocks that disagree

_NO_LINES = Lines(np.empty(0), (), ())
_NO_SPANS = Spans(np.empty(0), (), (), (), (), (), np.empty(0), ())

Kind = Literal["span", "call", "line"]


class Mark(Struct, frozen=True):
    """Something that can happen in a visit: a span of its own, a call to another service, a line."""

    kind: Kind
    text: str
    entity: str = ""  # the callee of a call
    example: str = ""  # a message, where it is a line


class Visit(Struct):
    """One visit. `events` are (time, index of a mark) on the visited service's own clock, in order of time."""

    entity: str
    operation: str
    trace: str
    start_ts: float
    duration_s: float
    own_s: float = nan  # without what its calls took; NaN where it has no spans
    gap_s: float = nan  # what its caller waited longer than it took; NaN where not known
    parent: int = -1  # the visit that called
    called_ts: float = nan  # when the caller began the call, on the caller's clock
    events: list[tuple[float, int]] = field(default_factory=list)


class Visits(Struct, frozen=True):
    """All visits of a case, what can happen in them, and the lines that name no trace (times as corrected)."""

    visits: tuple[Visit, ...]
    marks: tuple[Mark, ...]
    loose: Lines
    notes: tuple[str, ...]


def visits(case: Case) -> Visits:
    """Cut a case's spans and lines into visits; pods count as their service. Linear but for sorting."""
    pods, names = case.pods(), _Names()
    spans, lines = case.spans or _NO_SPANS, case.lines or _NO_LINES
    traces = _traces(lines, set(spans.traces))
    spans, lines, notes = _one_clock(spans, lines, traces, case)
    found = _of_spans(spans, [pods.get(e, e) for e in spans.entities], names)
    entities = [pods.get(e, e) for e in lines.entities]
    loose = _add_lines(lines, entities, traces, found, names)
    for visit in found:
        visit.events.sort()
    rest = Lines(
        lines.times[loose], tuple(entities[k] for k in loose), tuple(lines.messages[k] for k in loose)
    )
    return Visits(tuple(found), tuple(names.marks), rest, notes)


class _Names:
    """Marks by number, in order of first use."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Kind, str, str], int] = {}
        self.marks: list[Mark] = []

    def number(self, kind: Kind, text: str, entity: str = "", example: str = "") -> int:
        """The number of a mark; `example` is kept from its first use."""
        found = self._numbers.setdefault((kind, text, entity), len(self.marks))
        if found == len(self.marks):
            self.marks.append(Mark(kind, text, entity, example))
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
    """The visits of the spans, each with its own spans and its calls as events."""
    parents = _parents(spans)
    roots = _roots(parents, entities)
    times, durations = spans.times.tolist(), spans.durations_s.tolist()
    operations = {name: template(name) for name in set(spans.operations)}
    n_children = np.bincount([p for p in parents if p >= 0], minlength=len(parents))
    found: list[Visit] = []
    numbers: dict[int, int] = {}
    for k in (k for k, root in enumerate(roots) if root == k):
        numbers[k] = len(found)
        name = operations[spans.operations[k]]
        found.append(Visit(entities[k], name, spans.traces[k], times[k], durations[k], own_s=durations[k]))
    for k, (parent, root) in enumerate(zip(parents, roots, strict=True)):
        name = operations[spans.operations[k]]
        if root != k:
            found[numbers[root]].events.append((times[k], names.number("span", name)))
        elif parent >= 0:
            callee, caller = found[numbers[k]], found[numbers[roots[parent]]]
            callee.parent, callee.called_ts = numbers[roots[parent]], times[parent]
            caller.events.append((times[parent], names.number("call", name, entities[k])))
            caller.own_s = max(caller.own_s - durations[k], 0.0)
            if n_children[parent] == 1 and roots[parent] != parent:
                callee.gap_s = durations[parent] - durations[k]
    return found


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
) -> list[int]:
    """Put each line into the visit that wrote it, made where there is none. Returns the rows without a trace."""
    theirs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, visit in enumerate(found):
        theirs[visit.trace, visit.entity].append(number)
    loose = []
    rows = zip(lines.times.tolist(), entities, traces, templates(lines.messages), lines.messages, strict=True)
    for k, (at, entity, trace, said, message) in enumerate(rows):
        if not trace:
            loose.append(k)
            continue
        numbers = theirs[trace, entity]
        if not numbers:
            numbers.append(len(found))
            found.append(Visit(entity, "", trace, at, inf))
        visit = found[numbers[0] if len(numbers) == 1 else _writer(found, numbers, at)]
        visit.events.append((at, names.number("line", said, example=message)))
    return loose


def _writer(found: Sequence[Visit], numbers: Sequence[int], at: float) -> int:
    """The visit that was going on at a time, the latest begun of several; else the one nearest in time."""

    def off(number: int) -> tuple[float, float]:
        start = found[number].start_ts
        return max(start - at, at - start - found[number].duration_s, 0.0), -start

    return min(numbers, key=off)
