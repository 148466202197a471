"""Metrics as Measurements, under the names and labels that Prometheus would give them.

A histogram is its `_count`, `_sum` and cumulative `_bucket`s, a summary its quantiles, `_count` and `_sum`.
Deltas of what goes up and down are left out: they say no level.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate

from seamline.model import refs
from seamline.sources.otlp.attributes import Value, attributes, first_text, text_of
from seamline.sources.otlp.callee import Callee, callee, model_of
from seamline.sources.otlp.naming import label_name, metric_name, number_text
from seamline.sources.otlp.origin import Origin, origin_of
from seamline.sources.otlp.series import Head, Proof, Samples, head
from seamline.sources.otlp.shape import (
    DELTA,
    NO_RECORDED_VALUE,
    ExponentialPoint,
    Export,
    HistogramPoint,
    Metric,
    Point,
    SummaryPoint,
)

N_REMEMBERED = 1 << 16  # label sets; about 2 KiB each

_NAN = float("nan")
_INFINITE = float("inf")
_EXPONENTS = range(-1074, 1024)  # of the powers of two that a float holds
_SCALES = range(-11, 21)  # the protocol's own

Named = Callable[[str, tuple[bytes, ...]], Head]  # the series of a metric's name and a point's attributes
# Upper bounds, and how many values lie at or below each. The last bound is infinite; none at all: nothing is told.
Buckets = tuple[tuple[float, ...], list[int]]


def read(export: Export) -> Samples:
    """Every point of the request that has a time and a value."""
    samples = Samples()
    for of_resource in export.resources:
        sender = origin_of(of_resource)
        for of_scope in of_resource.scopes:
            for metric in of_scope.items:
                _read(metric, partial(_head, sender, of_scope.scope.name, metric.name), samples)
    return samples


def n_without_time(export: Export) -> int:
    """How many points say nothing, because they don't say when."""
    return sum(
        not point.time_unix_nano
        for of_resource in export.resources
        for of_scope in of_resource.scopes
        for metric in of_scope.items
        for points in _points(metric)
        for point in points
    )


def _points(metric: Metric) -> tuple[Sequence[Point | HistogramPoint | ExponentialPoint | SummaryPoint], ...]:
    return (
        metric.gauge.data_points,
        metric.sum.data_points,
        metric.histogram.data_points,
        metric.exponential_histogram.data_points,
        metric.summary.data_points,
    )


def _read(metric: Metric, named: Named, samples: Samples) -> None:
    name, unit = metric.name, metric.unit
    if points := metric.gauge.data_points:
        _read_numbers(points, partial(named, metric_name(name, unit, gauge=True)), samples)
    if points := metric.sum.data_points:
        counter, delta = metric.sum.is_monotonic, metric.sum.aggregation_temporality == DELTA
        if counter or not delta:
            told = metric_name(name, unit, counter=counter)
            _read_numbers(points, partial(named, told), samples, delta=delta, counter=counter)
    plain = partial(named, metric_name(name, unit))
    if metric.histogram.data_points:
        delta = metric.histogram.aggregation_temporality == DELTA
        for point in metric.histogram.data_points:
            _read_histogram(point, _explicit(point), plain, samples, delta=delta)
    if metric.exponential_histogram.data_points:
        delta = metric.exponential_histogram.aggregation_temporality == DELTA
        for exponential in metric.exponential_histogram.data_points:
            _read_histogram(exponential, _powers_of_two(exponential), plain, samples, delta=delta)
    for summary in metric.summary.data_points:
        _read_summary(summary, plain, samples)


def _read_numbers(
    points: Sequence[Point],
    named: Callable[[tuple[bytes, ...]], Head],
    samples: Samples,
    *,
    delta: bool = False,
    counter: bool = False,
) -> None:
    """A value that could not be computed (NaN) is no sample; "not recorded" ends the series."""
    for point in points:
        if not point.time_unix_nano:
            continue
        value = float(point.as_int or point.as_double)
        if point.flags & NO_RECORDED_VALUE:
            value = _NAN
        elif value != value:
            continue
        at_ts = point.time_unix_nano / 1e9
        samples.add(named(tuple(point.attributes)), at_ts, value, delta=delta, counter=counter)


def _read_histogram(
    point: HistogramPoint | ExponentialPoint,
    buckets: Buckets,
    named: Callable[[tuple[bytes, ...]], Head],
    samples: Samples,
    *,
    delta: bool,
) -> None:
    if not point.time_unix_nano:
        return
    base, at_ts = named(tuple(point.attributes)), point.time_unix_nano / 1e9
    ended = bool(point.flags & NO_RECORDED_VALUE)

    def add(series: Head, value: float) -> None:
        samples.add(series, at_ts, _NAN if ended else value, delta=delta, counter=True)

    add(_part(base, "_count"), float(point.count))
    if point.HasField("sum") and point.sum is not None:
        add(_part(base, "_sum"), point.sum)
    bounds, counts = buckets
    for series, count in zip(_bucket_heads(base, bounds), counts, strict=True):
        add(series, float(count))


def _read_summary(point: SummaryPoint, named: Callable[[tuple[bytes, ...]], Head], samples: Samples) -> None:
    if not point.time_unix_nano:
        return
    base, at_ts = named(tuple(point.attributes)), point.time_unix_nano / 1e9
    ended = bool(point.flags & NO_RECORDED_VALUE)
    samples.add(_part(base, "_count"), at_ts, _NAN if ended else float(point.count), counter=True)
    samples.add(_part(base, "_sum"), at_ts, _NAN if ended else point.sum, counter=True)
    for at in point.quantile_values:
        if at.value == at.value:  # a quantile of nothing is NaN
            told = _part(base, "", "quantile", number_text(at.quantile))
            samples.add(told, at_ts, _NAN if ended else at.value)


def _explicit(point: HistogramPoint) -> Buckets:
    bounds, counts = tuple(point.explicit_bounds), list(point.bucket_counts)
    if len(counts) != len(bounds) + 1:
        return (), []
    return (*bounds, _INFINITE), list(accumulate(counts))


def _powers_of_two(point: ExponentialPoint) -> Buckets:
    """The buckets of an exponential histogram that end at a power of two.

    From scale 0 on every power of two ends a bucket, so these counts are exact, and stay so when the sender
    changes its scale; below that some powers are skipped.
    """
    if point.scale not in _SCALES:
        return (), []
    n_below = point.zero_count + sum(point.negative.bucket_counts)
    counts: dict[int, int] = {}
    for i, count in enumerate(point.positive.bucket_counts):
        n_below += count
        end = point.positive.offset + i + 1
        counts[_exponent(end, point.scale)] = n_below  # of buckets below one power the last one's count stays
    known = {exponent: n for exponent, n in counts.items() if exponent in _EXPONENTS}
    return (*(2.0**exponent for exponent in known), _INFINITE), [*known.values(), point.count]


def _exponent(end: int, scale: int) -> int:
    """The power of two at or above the end of a bucket."""
    return -(-end >> scale) if scale >= 0 else end << -scale


@lru_cache(maxsize=N_REMEMBERED)
def _part(base: Head, suffix: str, label: str = "", text: str = "") -> Head:
    """A series of a metric that is told by several; the count carries what the whole proves."""
    labels = {**base.labels, label: text} if label else base.labels
    return head(base.metric + suffix, labels, base.entity, base.proof if suffix == "_count" else None)


@lru_cache(maxsize=N_REMEMBERED)
def _bucket_heads(base: Head, bounds: tuple[float, ...]) -> tuple[Head, ...]:
    return tuple(_part(base, "_bucket", "le", number_text(bound)) for bound in bounds)


@lru_cache(maxsize=N_REMEMBERED)
def _head(sender: Origin, scope: str, sent: str, metric: str, encoded: tuple[bytes, ...]) -> Head:
    """The series of a point; remembered, because every export repeats it. Raises Unreadable."""
    found = attributes(encoded)
    labels = {**sender.labels, **_labels(found)}
    if scope:
        labels["otel_scope_name"] = scope
    other = _spoken_of(sent, found)
    if other is not None and other.relation != "serves":
        labels["peer"] = other.name
    return head(metric, labels, _entity(sender, sent, labels, other), _edge(sender, other))


def _labels(found: Mapping[str, Value]) -> dict[str, str]:
    """Keys that become one label join their texts, sorted by key, as the standard says."""
    labels: dict[str, str] = {}
    for key in sorted(found):
        label, text = label_name(key), text_of(found[key])
        labels[label] = f"{labels[label]};{text}" if label in labels else text
    return {label: text for label, text in labels.items() if text}


def _spoken_of(sent: str, found: Mapping[str, Value]) -> Callee | None:
    """Whom a metric of a sender speaks of. A connection pool is the caller's own, though it leads to a database."""
    if sent.startswith("gen_ai.server."):
        return model_of(found, "serves")
    if sent.startswith(("model.", "model_")) and (model := first_text(found, "model", "model_name")):
        return Callee(f"model:{model}", "serves", model)
    return callee(found) if ".client." in sent and ".connection" not in sent else None


def _entity(sender: Origin, sent: str, labels: Mapping[str, str], other: Callee | None) -> str:
    """Who a series is about: whom it speaks of, else a part of the cluster, else the sender."""
    if other is not None:
        return other.ref
    if "service_name" in labels and not sent.startswith(("k8s.", "container.")):
        return f"service:{labels['service_name']}"
    told = refs.from_labels(labels)
    return told if told != refs.from_labels({}) else sender.ref


def _edge(sender: Origin, other: Callee | None) -> Proof | None:
    if other is None or not other.relation or sender.service in ("", other.ref):
        return None
    return sender.service, other.relation, other.ref
