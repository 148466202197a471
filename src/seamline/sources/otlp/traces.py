"""Spans as what they add up to: calls, failures and seconds by service and callee, and who calls whom.

No span is kept as an event of its own. What is counted are the spans that came: a sender that samples counts
less than there was, failures and successes alike.
"""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from seamline.model.refs import kind_of
from seamline.sources.otlp import genai
from seamline.sources.otlp.attributes import Value, picked
from seamline.sources.otlp.callee import KEYS, Callee, callee
from seamline.sources.otlp.origin import Origin, items
from seamline.sources.otlp.series import Counts, Head, Proof, head
from seamline.sources.otlp.shape import CLIENT, CONSUMER, ERROR, PRODUCER, SERVER, Export, Span

CALLS = "traces_calls_total"
SPENT = "traces_duration_seconds_sum"
ENDED = "traces_duration_seconds_count"

_HTTP_STATUS = ("http.response.status_code", "http.status_code")
_WANTED = KEYS | genai.KEYS | frozenset(_HTTP_STATUS)
_KINDS = {SERVER: "server", CLIENT: "client", PRODUCER: "producer", CONSUMER: "consumer"}

SpanId = tuple[bytes | str, bytes | str]


class _Seen(Struct, frozen=True):
    """A span, as far as the map needs it. `other` is whom it speaks to."""

    sender: Origin
    kind: int
    parent: SpanId
    other: Callee | None


def read(export: Export) -> tuple[Counts, dict[Proof, str]]:
    """What the spans add up to, and what they prove of the map, with the evidence."""
    counts, proved = Counts(), dict[Proof, str]()
    seen: dict[SpanId, _Seen] = {}
    for sender, span in items(export):
        if not _has_times(span):
            continue
        found = picked(span.attributes, _WANTED)
        other = None if span.kind == SERVER else callee(found, span.kind)
        _count(sender, span, found, other, counts)
        _prove(sender, found, other, proved)
        parent = (span.trace_id, span.parent_span_id)
        seen[span.trace_id, span.span_id] = _Seen(sender, span.kind, parent, other)
    return counts, _with_parents(seen, proved)


def n_without_time(export: Export) -> int:
    """How many spans say nothing, because they don't say when."""
    return sum(not _has_times(span) for _, span in items(export))


def _has_times(span: Span) -> bool:
    return bool(span.start_time_unix_nano and span.end_time_unix_nano)


def _count(
    sender: Origin, span: Span, found: Mapping[str, Value], other: Callee | None, counts: Counts
) -> None:
    at_ts = span.end_time_unix_nano / 1e9
    model = other if other is not None and kind_of(other.ref) == "model" else None
    if span.kind in (SERVER, CONSUMER):
        heads = _heads(sender, span.kind, None, _failed(span, found))
    elif other is not None and (span.kind in (CLIENT, PRODUCER) or model):
        heads = _heads(sender, span.kind, other, _failed(span, found))
    else:
        heads = None  # work within a service, or a call of nobody knows whom
    if heads is not None:
        calls, spent, ended = heads
        counts.add(calls, at_ts)
        counts.add(ended, at_ts)
        counts.add(spent, at_ts, max(0, span.end_time_unix_nano - span.start_time_unix_nano) / 1e9)
    if model is not None:
        genai.count_answer(sender, model, found, at_ts, counts)
    for event in span.events:
        if event.name == genai.EVALUATION:
            genai.count_evaluation(sender, model, event.attributes, at_ts, counts)


def _failed(span: Span, found: Mapping[str, Value]) -> bool:
    """Whether the answering side failed. A caller marks a 4xx as its error, but the answer was what it asked for."""
    code = next((code for key in _HTTP_STATUS if isinstance(code := found.get(key), int)), 0)
    return code >= 500 or (span.status.code == ERROR and not 400 <= code < 500)


@lru_cache(maxsize=4096)
def _heads(sender: Origin, kind: int, other: Callee | None, failed: bool) -> tuple[Head, ...]:
    """The series of calls, seconds spent, and calls again for the mean. What a caller saw counts at its callee."""
    labels = {**sender.shared, "span_kind": _KINDS.get(kind, "internal")}
    labels["status_code"] = "error" if failed else "ok"
    if other is not None:
        labels["peer"] = other.name
    entity = other.ref if other is not None else sender.ref
    return tuple(head(metric, labels, entity) for metric in (CALLS, SPENT, ENDED))


def _prove(
    sender: Origin, found: Mapping[str, Value], other: Callee | None, proved: dict[Proof, str]
) -> None:
    """What one span's attributes prove."""
    if other is None or not other.relation or sender.service in ("", other.ref):
        return
    proved.setdefault((sender.service, other.relation, other.ref), f"a span names {other.name}")
    if kind_of(other.ref) == "model" and (name := genai.answered_as(other, found)):
        proved.setdefault((other.ref, "named", name), f"a span says that {name} answered")


def _with_parents(seen: Mapping[SpanId, _Seen], proved: dict[Proof, str]) -> dict[Proof, str]:
    """And what a span's parent in another service proves.

    The host that the parent called is then the child's service, unless it led to several: then it is a proxy.
    """
    led_to: dict[str, set[str]] = {}
    for child in seen.values():
        parent = seen.get(child.parent)
        if parent is None or parent.sender.service in ("", child.sender.service) or not child.sender.service:
            continue
        if CONSUMER in (child.kind, parent.kind) or parent.kind == PRODUCER:
            continue  # a message lies between them, and names its queue
        caller, called = parent.sender.service, child.sender.service
        proved.setdefault((caller, "calls", called), f"a span of {caller} is the parent of one of {called}")
        if parent.other is not None and kind_of(parent.other.ref) == "peer" and child.kind == SERVER:
            led_to.setdefault(parent.other.ref, set()).add(called)
    for peer, services in led_to.items():
        if len(services) == 1:
            (service,) = services
            proved[peer, "same_as", service] = f"a span that calls {peer} is the parent of one of {service}"
    return proved
