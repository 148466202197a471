"""Indicators from raw series, by what people would call them."""

from functools import partial

import numpy as np

from seamline.model.event import Measurement
from tests.analysis.detect.world import (
    START_TS,
    Shape,
    at,
    counter,
    gauge,
    look,
    measurement,
    requests,
    scrapes,
    symptoms,
)


def step(before: float, after: float, at_s: float, second: float) -> float:
    """A level that changes once."""
    return after if second > at_s else before


def test_errors_after_a_clean_time_are_a_symptom_with_its_onset() -> None:
    """A third of requests failing since second 250 is one symptom whose onset brackets that second."""
    found = symptoms(requests(390, lambda t: 0.35 if t > 250 else 0.002), 390)
    assert list(found) == ["error_ratio service:booking"]
    symptom = found["error_ratio service:booking"].symptom
    assert symptom is not None
    assert symptom.healthy_at <= at(250) <= symptom.onset_at
    assert (symptom.onset_at - symptom.healthy_at).total_seconds() <= 3.5
    assert symptom.strength > 10
    assert "against" in symptom.detail
    assert symptom.ended_at is None


def test_a_few_errors_are_nothing() -> None:
    """An error ratio of 0.3 % against none before is no symptom."""
    assert not symptoms(requests(390, lambda t: 0.003 if t > 250 else 0.0), 390)


def test_a_short_flap_is_nothing() -> None:
    """Half of the requests failing for 15 s is no symptom, neither then nor later."""
    events = requests(390, lambda t: 0.5 if 250 < t < 265 else 0.002)
    assert not any(symptoms(events, second) for second in (260, 266, 270, 300, 390))


def test_an_ended_fault_says_so() -> None:
    """Errors that stop give the symptom an end, not silence, for an hour."""
    symptom = look(requests(390, lambda t: 0.3 if 200 < t < 300 else 0.002), 390)[
        "error_ratio service:booking"
    ].symptom
    assert symptom is not None
    assert symptom.ended_at is not None
    assert 0 <= (symptom.ended_at - at(300)).total_seconds() <= 10


def test_a_baseline_does_not_swallow_a_long_fault() -> None:
    """A fault twice as long as the healthy time before it keeps its onset."""
    events = requests(1200, lambda t: 0.3 if t > 400 else 0.002)
    onsets = {look(events, s)["error_ratio service:booking"].symptom.onset_at for s in (450, 700, 1200)}  # type: ignore[union-attr]
    assert len(onsets) == 1


def test_little_history_is_no_ground_for_a_symptom() -> None:
    """Five percent of errors from the first sample on can't be told from what is usual here."""
    assert not symptoms(requests(60, lambda t: 0.05 if t > 30 else 0.0), 60)


def test_a_broken_bound_needs_no_history() -> None:
    """Half of all requests failing is a symptom though nothing is known of before."""
    found = symptoms(requests(60, lambda t: 0.5 if t > 25 else 0.0), 60)
    assert list(found) == ["error_ratio service:booking"]


def test_little_history_is_said() -> None:
    """The same silent watch is worth less after a minute than after an hour."""
    young, old = (look(requests(s, lambda _: 0.0), s)["error_ratio service:booking"].eps for s in (60, 3600))
    assert young > old


def test_traffic_drift_is_nothing() -> None:
    """Half as much traffic again, and half of it, moves no indicator."""
    for after in (30.0, 10.0):
        rate = partial(step, 20.0, after, 200.0)
        assert not symptoms(requests(390, lambda _: 0.01, rate=rate), 390)


def test_a_restart_is_nothing() -> None:
    """Counters that begin again at 0 after a gap of three scrapes are no symptom."""
    rng = np.random.default_rng(7)
    times = [t for t in scrapes(390) if not 200 < t < 209]
    values = counter(lambda _: 20.0, times, rng)
    fallen = values[next(i for i, t in enumerate(times) if t > 200)]
    labels = {"job": "appt", "service_name": "booking"}
    good = [v if t < 200 else v - fallen for t, v in zip(times, values, strict=True)]
    events = [
        measurement("http_requests_total", {**labels, "code": "200"}, times, good),
        measurement(
            "http_requests_total", {**labels, "code": "500"}, times, [2.0 if t < 200 else 0 for t in times]
        ),
    ]
    assert not symptoms(events, 390)


def test_the_first_failure_ever_counts() -> None:
    """A series for code 500 that is born with the first failures has grown from 0."""
    events = requests(390, lambda _: 0.0, rate=lambda t: 20 if t < 300 else 10)[:1]
    times = scrapes(390, since=300)
    labels = {"job": "appt", "service_name": "booking", "pod": "appt-web-1", "code": "500"}
    events.append(
        measurement("http_requests_total", labels, times, [30.0 * (i + 1) for i in range(len(times))])
    )
    symptom = look(events, 390)["error_ratio service:booking"].symptom
    assert symptom is not None
    assert symptom.onset_at == at(301.3)


def test_a_peer_is_blamed_at_the_peer() -> None:
    """What a client counts about a vendor is watched at the vendor, sliced by the client."""
    labels = {"job": "msg", "service_name": "notify", "peer": "sms.example"}
    events = [
        measurement(
            "http_client_requests_total",
            dict(one.labels),
            [t - one.times[0] + 1.3 for t in one.times],
            one.values,
        )
        for one in requests(390, lambda t: 0.9 if t > 200 else 0.0, rate=lambda _: 2.0, labels=labels)
    ]
    assert list(symptoms(events, 390)) == ["error_ratio peer:sms.example from notify"]


def latency(until: float, mean_s: Shape, seed: int = 3) -> list[Measurement]:
    """Sum and count of durations around a mean that changes."""
    rng = np.random.default_rng(seed)
    times = scrapes(until)
    n = rng.poisson(60, len(times))
    spent = [float(rng.gamma(1.0, mean_s(t), k).sum()) for t, k in zip(times, n, strict=True)]
    labels = {"job": "appt", "service_name": "booking"}
    return [
        measurement("http_request_duration_seconds_sum", labels, times, list(np.cumsum(spent))),
        measurement("http_request_duration_seconds_count", labels, times, list(np.cumsum(n))),
    ]


def test_slower_answers_are_a_symptom() -> None:
    """Answers that take five times as long are a symptom; a fifth more is none."""
    assert list(symptoms(latency(390, lambda t: 0.2 if t > 250 else 0.04), 390)) == [
        "latency service:booking"
    ]
    assert not symptoms(latency(390, lambda t: 0.048 if t > 250 else 0.04), 390)


def connections(level: Shape, limit: float = 60.0) -> list[Measurement]:
    """What an exporter says of a database's connections and their limit."""
    labels = {"job": "pg", "server": "visits-db"}
    return [
        gauge("pg_stat_activity_count", {**labels, "state": "idle"}, 390, lambda t: level(t) - 2),
        gauge("pg_stat_activity_count", {**labels, "state": "active"}, 390, lambda _: 2.0),
        gauge("pg_settings_max_connections", labels, 390, lambda _: limit),
    ]


def test_a_full_database_is_a_symptom_but_growth_is_none() -> None:
    """Connections near their limit are a symptom; four times as many as before but half of it are none."""
    full = symptoms(connections(lambda t: 58 if t > 250 else 10), 390)
    assert list(full) == ["saturation database:visits-db connections"]
    assert not symptoms(connections(lambda t: 40 if t > 250 else 10), 390)


def test_a_queue_that_fills_is_a_symptom() -> None:
    """A queue that grows by one a second is a symptom; one that holds a few more is none."""
    labels = {"job": "msg", "service_name": "notify"}
    assert list(symptoms([gauge("queue_depth", labels, 390, lambda t: max(2.0, t - 250))], 390)) == [
        "backlog service:notify"
    ]
    assert not symptoms([gauge("queue_depth", labels, 390, lambda t: 6.0 if t > 250 else 2.0)], 390)


def test_replicas_and_pools_are_context() -> None:
    """Neither replica counts nor pool sizes without a limit are watched."""
    events = [
        gauge(
            "kube_deployment_status_replicas", {"deployment": "appt-web"}, 390, lambda t: 8 if t > 200 else 2
        ),
        gauge("db_pool_connections", {"service_name": "booking"}, 390, lambda t: 96 if t > 200 else 8),
    ]
    assert not symptoms(events, 390)


def test_a_constant_series_does_not_explode() -> None:
    """A series without any spread is silent, and a tiny step of it too."""
    labels = {"job": "pg", "server": "visits-db"}
    level = connections(lambda t: 50.5 if t > 250 else 50.0)
    assert not symptoms([*level, gauge("pg_up", labels, 390, lambda _: 1.0)], 390)


def test_a_database_that_is_down_is_a_symptom() -> None:
    """`pg_up` at 0 is a symptom at the database."""
    found = symptoms(
        [gauge("pg_up", {"job": "pg", "server": "visits-db"}, 390, lambda t: float(t < 250))], 390
    )
    assert list(found) == ["error_ratio database:visits-db pg_up"]


def test_another_environment_is_watched_apart() -> None:
    """The same service in staging is its own observable, marked so."""
    labels = {"job": "appt", "service_name": "booking", "environment": "staging"}
    events = [
        *requests(390, lambda t: 0.5 if t > 250 else 0.0, labels=labels),
        *requests(390, lambda _: 0.0, seed=2),
    ]
    assert sorted(look(events, 390)) == [
        "error_ratio service:booking",
        "error_ratio service:booking @staging",
        "vanished service:booking",
        "vanished service:booking @staging",
    ]
    (found,) = symptoms(events, 390).values()
    assert found.environment == "staging"


def test_a_new_pods_first_failures_count() -> None:
    """A pod that fails from its start dates the onset by its first scrape, not by its second."""
    old = {"job": "appt", "service_name": "booking", "pod": "a"}
    new = {**old, "pod": "b", "code": "500"}
    times = scrapes(390, since=300)
    events = [
        *requests(390, lambda _: 0.0, labels=old),
        measurement("http_requests_total", new, times, [40.0 * (i + 1) for i in range(len(times))]),
    ]
    symptom = look(events, 390)["error_ratio service:booking"].symptom
    assert symptom is not None
    assert symptom.onset_at == at(301.3)


def test_what_is_lost_sight_of_is_over() -> None:
    """Failures that nobody asks for any more end where the last request was seen."""
    labels = {"job": "appt", "service_name": "booking"}
    alive = gauge("up", labels, 1000, lambda _: 1.0)
    events = [*requests(400, lambda t: 0.5 if t > 250 else 0.0, labels=labels), alive]
    assert look(events, 600)["error_ratio service:booking"].symptom.ended_at is None  # type: ignore[union-attr]
    ended_at = look(events, 900)["error_ratio service:booking"].symptom.ended_at  # type: ignore[union-attr]
    assert ended_at is not None
    assert ended_at <= at(400)


def test_one_of_many_targets_down_is_no_symptom() -> None:
    """`up` says something only when all targets of an entity are down."""
    labels = {"job": "appt", "service_name": "booking"}

    def targets(down: int) -> list[Measurement]:
        levels = [partial(step, 1.0, float(i >= down), 250.0) for i in range(3)]
        return [gauge("up", {**labels, "pod": str(i)}, 390, level) for i, level in enumerate(levels)]

    assert not symptoms(targets(1), 390)
    assert list(symptoms(targets(3), 390)) == ["error_ratio service:booking up"]


def test_seqs_are_few_and_ascending() -> None:
    """A symptom names at most twenty deliveries, its first and its last ones."""
    whole = requests(900, lambda t: 0.4 if t > 250 else 0.0)
    events = [
        measurement(one.metric, dict(one.labels), [t - START_TS], [v], seq=i + 1)
        for one in whole
        for i, (t, v) in enumerate(zip(one.times, one.values, strict=True))
    ]
    symptom = look(events, 900)["error_ratio service:booking"].symptom
    assert symptom is not None
    assert len(symptom.seqs) == 20
    assert list(symptom.seqs) == sorted(set(symptom.seqs))
    assert symptom.seqs[-1] == 300
