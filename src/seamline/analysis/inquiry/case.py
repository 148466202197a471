"""The case: everything an inquiry may look at, in arrays. Read from a folder, or cut out of the facts.

Times are epoch seconds. What is not there is empty, never invented: a case without logs has no lines, a case
whose calls are not known has no links.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Question = Literal["entity", "change"]


class Watch(Struct, frozen=True, order=True):
    """What one series is of: a metric of an entity, or of the calls that `caller` makes to it."""

    entity: str  # a service, or a pod that a `has_pod` link gives to one
    metric: str
    caller: str = ""


class Alert(Struct, frozen=True):
    """What a person was paged for. It may be false."""

    entity: str
    metric: str
    at_ts: float


class Link(Struct, frozen=True, order=True):
    """A relation in the tool's own direction: `calls` (caller to callee), `runs_on`, `has_pod` ..."""

    source: str
    target: str
    kind: str


class Step(Struct, frozen=True):
    """A change, or one step of a rollout: `new` and `old` are the pods of both versions that run after it began."""

    id: str  # `<rollout>#<step>`, or the rollout's own
    kind: str
    entity: str
    at_ts: float
    new: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def rollout(self) -> str:
        """The rollout that this is a step of."""
        return self.id.split("#")[0]


class Lines(Struct, frozen=True):
    """Log lines, in order of time: three columns of one length."""

    times: Floats
    entities: tuple[str, ...]
    messages: tuple[str, ...]


class Spans(Struct, frozen=True):
    """Spans of traces, in order of time: columns of one length. `parents` is empty for a root."""

    times: Floats  # start
    traces: tuple[str, ...]
    ids: tuple[str, ...]
    parents: tuple[str, ...]
    entities: tuple[str, ...]
    operations: tuple[str, ...]
    durations_s: Floats
    statuses: tuple[str, ...]  # empty where not known


class Case(Struct, frozen=True):
    """One alert with what was seen before `to_ts`. `values` is watches x times, NaN where nothing was sampled.

    `times` ascend strictly. `step_s` is the usual distance between samples. Log lines and spans may cover a
    part of the window only: that they do says nothing.
    """

    id: str
    question: Question
    step_s: float
    from_ts: float
    to_ts: float
    alert: Alert | None
    times: Floats
    watches: tuple[Watch, ...]
    values: Floats
    links: tuple[Link, ...] = ()
    steps: tuple[Step, ...] = ()
    lines: Lines | None = None
    spans: Spans | None = None
    notes: tuple[str, ...] = ()  # what was mended or left out while reading, for people

    def services(self) -> tuple[str, ...]:
        """Everything that may be named, sorted: pods count as their service."""
        pods = self.pods()
        named = {w.entity for w in self.watches} | {w.caller for w in self.watches}
        named |= {e for link in self.links if link.kind == "calls" for e in (link.source, link.target)}
        named |= set(pods.values()) | {step.entity for step in self.steps}
        for rows in (self.lines, self.spans):
            named |= set(rows.entities) if rows is not None else set()
        return tuple(sorted({pods.get(e, e) for e in named} - {""}))

    def pods(self) -> Mapping[str, str]:
        """The service of each pod; of several the first by name. What has pods of its own is no pod."""
        pairs = {(link.target, link.source) for link in self.links if link.kind == "has_pod"}
        whole = {service for _, service in pairs}
        return {pod: service for pod, service in sorted(pairs, reverse=True) if pod not in whole}


class Term(Struct, frozen=True):
    """One piece of evidence on one suspect, in nats against the usual one; negative speaks against it."""

    name: str  # of the kind of evidence
    nats: float
    text: str


class Suspect(Struct, frozen=True):
    """A service or a change with its probability and what speaks for and against it, the strongest first."""

    key: str
    probability: float
    terms: tuple[Term, ...] = ()


Answer = Literal["entity", "change", "none", "unknown"]


class Finding(Struct, frozen=True):
    """What an inquiry found. Suspects are ordered by probability, ties by name; with `nothing` they sum to at most 1.

    `accuse` holds what it would put a name to: empty when the evidence does not carry it.
    """

    entities: tuple[Suspect, ...]
    changes: tuple[Suspect, ...]  # one per rollout
    accuse: tuple[str, ...]
    verdict: Answer
    nothing: float  # probability that there is no fault at all
    started_ts: float | None  # the likeliest start of the fault
    ask: str  # the cheapest next look
    notes: tuple[str, ...] = ()
