"""Series in the making: one Measurement for each series of a delivery."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from seamline.model.event import Measurement
from seamline.sources.otlp.naming import series_text

NAME = "otlp"

Proof = tuple[str, str, str]  # subject, predicate, object


class Head(Struct, frozen=True, eq=False):
    """What a series is called. `labels` are sorted and shared: never change them."""

    series: str
    metric: str
    labels: Mapping[str, str]
    entity: str
    proof: Proof | None = None  # what the series proves of the map


def head(metric: str, labels: Mapping[str, str], entity: str, proof: Proof | None = None) -> Head:
    """The head of a series with these labels, in any order."""
    ordered = dict(sorted(labels.items()))
    return Head(series_text(metric, ordered), metric, ordered, entity, proof)


class _Samples(Struct):
    head: Head
    delta: bool
    by_time: dict[float, float]


class Samples:
    """Samples of points, by series. A sender's queue may hold several of one series."""

    def __init__(self) -> None:
        self._by_series: dict[str, _Samples] = {}

    def add(
        self, head: Head, at_ts: float, value: float, *, delta: bool = False, counter: bool = False
    ) -> None:
        """One sample. Where two of a counter fall on one time, they differed by what was personal: they add up."""
        known = self._by_series.get(head.series)
        if known is None:
            self._by_series[head.series] = _Samples(head, delta, {at_ts: value})
        elif counter and at_ts in known.by_time:
            known.by_time[at_ts] += value
        else:
            known.by_time[at_ts] = value

    def proved(self) -> dict[Proof, str]:
        """What the series prove; of several that prove the same the first by text is the evidence."""
        proved: dict[Proof, str] = {}
        for series, found in self._by_series.items():
            proof = found.head.proof
            if proof is not None and (proof not in proved or series < proved[proof]):
                proved[proof] = series
        return proved

    def measurements(self, seq: int) -> Iterator[Measurement]:
        """In the order of each series' first sample; samples by time."""
        for found in self._by_series.values():
            times = tuple(found.by_time)
            if len(times) > 1:
                times = tuple(sorted(times))
            yield _measurement(
                seq, found.head, times, tuple(map(found.by_time.__getitem__, times)), delta=found.delta
            )


class _Count(Struct):
    head: Head
    amount: float
    at_ts: float


class Counts:
    """What spans and log records add up to, by series: one sample at the latest time among what was counted."""

    def __init__(self) -> None:
        self._by_series: dict[str, _Count] = {}

    def add(self, head: Head, at_ts: float, amount: float = 1.0) -> None:
        """Count something."""
        known = self._by_series.get(head.series)
        if known is None:
            self._by_series[head.series] = _Count(head, amount, at_ts)
        else:
            known.amount += amount
            known.at_ts = max(known.at_ts, at_ts)

    def measurements(self, seq: int) -> Iterator[Measurement]:
        """By series."""
        for _, count in sorted(self._by_series.items()):
            yield _measurement(seq, count.head, (count.at_ts,), (count.amount,), delta=True)


def _measurement(
    seq: int, head: Head, times: tuple[float, ...], values: tuple[float, ...], *, delta: bool
) -> Measurement:
    return Measurement(
        source=NAME,
        seq=seq,
        series=head.series,
        metric=head.metric,
        labels=head.labels,
        entity=head.entity,
        times=times,
        values=values,
        delta=delta,
    )
