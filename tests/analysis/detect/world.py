"""A small made-up stack for the tests: series with realistic noise, by the second, from a seeded generator."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from seamline.analysis.detect import detect
from seamline.analysis.facts import Facts
from seamline.model import event as ev
from seamline.model import refs
from seamline.model.symptom import Observable

START = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
START_TS = START.timestamp()
Shape = Callable[[float], float]


def at(second: float) -> datetime:
    """The moment so many seconds after the world began."""
    return START + timedelta(seconds=second)


def same(ref: str) -> str:
    """A map that joins nothing."""
    return ref


def measurement(
    metric: str, labels: dict[str, str], times: Sequence[float], values: Sequence[float], seq: int = 1
) -> ev.Measurement:
    """Samples of one series; `times` are seconds of the world."""
    inner = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()))
    return ev.Measurement(
        "prometheus",
        seq,
        f"{metric}{{{inner}}}",
        metric,
        labels,
        refs.from_labels(labels),
        tuple(START_TS + t for t in times),
        tuple(float(v) for v in values),
    )


def scrapes(until: float, step_s: float = 3.0, since: float = 0.0, offset: float = 1.3) -> list[float]:
    """Scrape times of one target, in seconds of the world."""
    return [float(t) for t in np.arange(since + offset, until, step_s)]


def counter(rate: Shape, times: Sequence[float], rng: np.random.Generator, start: float = 0.0) -> list[float]:
    """A counter of a Poisson process with this rate (per second), read at `times`."""
    steps = np.diff(times, prepend=times[0])
    return [
        float(v)
        for v in start
        + np.cumsum(rng.poisson([max(rate(t), 0) * s for t, s in zip(times, steps, strict=True)]))
    ]


def requests(
    until: float,
    errors: Shape,
    *,
    rate: Shape = lambda _: 20.0,
    step_s: float = 3.0,
    seed: int = 1,
    labels: dict[str, str] | None = None,
) -> list[ev.Measurement]:
    """`http_requests_total` of one service by code, with this share of errors."""
    rng = np.random.default_rng(seed)
    own = labels or {"job": "appt", "service_name": "booking", "pod": "appt-web-1"}
    times = scrapes(until, step_s)
    good = counter(lambda t: rate(t) * (1 - errors(t)), times, rng, 1000)
    bad = counter(lambda t: rate(t) * errors(t), times, rng)
    return [
        measurement("http_requests_total", {**own, "code": "200"}, times, good),
        measurement("http_requests_total", {**own, "code": "500"}, times, bad),
    ]


def gauge(
    metric: str,
    labels: dict[str, str],
    until: float,
    level: Shape,
    *,
    step_s: float = 3.0,
    since: float = 0.0,
) -> ev.Measurement:
    """A gauge that follows a shape."""
    times = scrapes(until, step_s, since)
    return measurement(metric, labels, times, [level(t) for t in times])


def alert(
    name: str,
    since: float,
    until: float | None = None,
    *,
    seq: int = 1,
    entity: str = "scrape:appt",
    **more: str,
) -> ev.Alert:
    """An alert that fired from `since` on, until `until`."""
    return ev.Alert(
        id=refs.event_id("alertmanager", f"{name}:{since}"),
        source="alertmanager",
        seq=seq,
        at=at(since),
        version_at=at(until if until is not None else since),
        name=name,
        fingerprint=name,
        entity=entity,
        labels={"alertname": name},
        firing=until is None,
        ended_at=None if until is None else at(until),
        **more,  # type: ignore[arg-type]
    )


def ticket(second: float, text: str, requester: str, *, desk: str = "desk:1", seq: int = 1) -> ev.Ticket:
    """A ticket of one requester."""
    key = f"{second}:{requester}"
    id_ = refs.event_id("zendesk", key)
    return ev.Ticket(id_, "zendesk", seq, at(second), at(second), key, desk, text, "", requester)


def run(
    second: float,
    state: ev.RunState,
    *,
    job: str = "job:w/load",
    outputs: tuple[ev.DatasetState, ...] = (),
    error: str = "",
    seq: int = 1,
) -> ev.Run:
    """One state of a run."""
    run_id = f"{job}:{second}"
    id_ = refs.event_id("openlineage", f"{run_id}:{state}")
    return ev.Run(
        id_, "openlineage", seq, at(second), at(second), run_id, job, state, outputs=outputs, error=error
    )


def look(events: Iterable[ev.Event], second: float) -> dict[str, Observable]:
    """All observables by id, as of so many seconds after the world began."""
    facts = Facts()
    facts.add(events)
    return {one.id: one for one in detect(facts, same, at(second), "production")}


def symptoms(events: Iterable[ev.Event], second: float) -> dict[str, Observable]:
    """Only the symptomatic ones."""
    return {id_: one for id_, one in look(events, second).items() if one.symptom}
