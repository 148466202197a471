"""Series that are no longer sent."""

from tests.analysis.detect.world import at, gauge, look, measurement, scrapes, symptoms

PG = {"job": "pg", "server": "visits-db"}


def test_a_metric_that_is_no_longer_sent_is_a_symptom() -> None:
    """An exporter that goes on without its figures shows at the database, since the last of them."""
    events = [
        gauge("pg_up", PG, 390, lambda _: 1.0),
        gauge("pg_stat_database_size_bytes", PG, 250, lambda _: 1e6),
    ]
    found = symptoms(events, 390)
    assert list(found) == ["vanished database:visits-db"]
    symptom = found["vanished database:visits-db"].symptom
    assert symptom is not None
    assert symptom.healthy_at <= at(250) <= symptom.onset_at
    assert not symptoms(events, 270)


def test_a_pod_that_a_rollout_replaced_is_no_symptom() -> None:
    """A series that ends while a sibling of another pod lives on is none."""
    labels = {"job": "appt", "service_name": "booking"}
    events = [
        gauge("workers", {**labels, "pod": "a"}, 200, lambda _: 1.0),
        gauge("workers", {**labels, "pod": "b"}, 390, lambda _: 1.0, since=195),
    ]
    assert not symptoms(events, 390)


def test_a_silent_sender_is_no_symptom() -> None:
    """When the whole job falls silent, nothing is said of any one metric."""
    assert not symptoms([gauge("pg_up", PG, 250, lambda _: 1.0), gauge("pg_x", PG, 250, lambda _: 1.0)], 390)


def test_a_stale_marker_ends_a_series() -> None:
    """A marker that a series is stale counts as its end, samples after it as its return."""
    times = scrapes(390)
    gone = [float("nan") if 250 < t < 350 else 1.0 for t in times]
    events = [gauge("pg_up", PG, 390, lambda _: 1.0), measurement("pg_x", PG, times, gone)]
    assert look(events, 340)["vanished database:visits-db"].symptom is not None
    assert look(events, 390)["vanished database:visits-db"].symptom is None
