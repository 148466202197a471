"""What holds for all of detection: order, repeats, clocks."""

import random

import numpy as np

from seamline.analysis.detect import detect, traffic_shifts
from seamline.analysis.facts import Facts
from seamline.model.event import Event, Measurement
from tests.analysis.detect.world import START_TS, alert, at, measurement, requests, run, same, ticket


def world() -> list[Event]:
    """Events of all kinds with something wrong in each."""
    chunks: list[Event] = []
    for one in requests(390, lambda t: 0.35 if t > 250 else 0.002):
        for i in range(0, len(one.times), 4):
            labels = dict(one.labels)
            times = [t - START_TS for t in one.times[i : i + 4]]
            chunks.append(measurement(one.metric, labels, times, one.values[i : i + 4], seq=10 + i))
    words = ("I can't book a visit, error page", "booking visit shows error page", "book visit: error page")
    chunks += [ticket(300 + 5 * i, text, f"r{i}", seq=500 + i) for i, text in enumerate(words)]
    chunks += [
        alert("BookingErrors", 270.0, seq=600),
        run(100, "COMPLETE", seq=700),
        run(200, "FAIL", seq=701),
    ]
    return chunks


def test_order_and_repeats_leave_no_trace() -> None:
    """Shuffled and doubled events give the identical observables."""
    events = world()
    expected = None
    for seed in range(4):
        shuffled = events * (1 + seed % 2)
        if seed:
            random.Random(seed).shuffle(shuffled)
        facts = Facts()
        facts.add(shuffled)
        found = detect(facts, same, at(390), "production")
        expected = expected or found
        assert found == expected
    assert {one.kind for one in expected or [] if one.symptom} == {
        "alert",
        "error_ratio",
        "run_failure",
        "ticket_burst",
    }


def test_ids_are_sorted_and_unique() -> None:
    """Every watched thing is there once, sorted by id."""
    facts = Facts()
    facts.add(world())
    ids = [one.id for one in detect(facts, same, at(390), "production")]
    assert ids == sorted(set(ids))


def test_what_is_dated_later_does_not_count() -> None:
    """Events of later than as_of change nothing."""
    early, late = Facts(), Facts()
    events = world()
    late.add(events)
    early.add(e for e in events if not isinstance(e, Measurement) and e.at <= at(260))
    for one in (e for e in events if isinstance(e, Measurement)):
        kept = [(t, v) for t, v in zip(one.times, one.values, strict=True) if t <= START_TS + 260]
        if kept:
            times, values = zip(*kept, strict=True)
            early.add(
                [measurement(one.metric, dict(one.labels), [t - START_TS for t in times], values, one.seq)]
            )
    assert detect(early, same, at(260), "production") == detect(late, same, at(260), "production")


def test_mad_clocks_poison_nothing() -> None:
    """Samples and events dated 1970 and 2200 leave every opinion on the others as it was."""
    plain, mad = Facts(), Facts()
    plain.add(world())
    mad.add(world())
    ago, ahead = -START_TS + 5, 5.5e9
    mad.add(
        measurement("http_requests_total", dict(one.labels), [ago, ahead], [1e9, 2e9])
        for one in requests(9, lambda _: 0.0)
    )
    mad.add([run(ago, "FAIL"), run(ahead, "FAIL"), ticket(ago, "x", "r"), ticket(ahead, "x", "r")])
    mad.add([alert("BookingErrors", ago), alert("BookingErrors", ahead)])
    assert detect(mad, same, at(390), "production") == detect(plain, same, at(390), "production")


def test_nothing_gives_nothing() -> None:
    """No facts, no observables."""
    assert detect(Facts(), same, at(0), "production") == []


def test_values_that_are_no_numbers_are_no_samples() -> None:
    """Infinite and NaN samples of any metric are left out."""
    facts = Facts()
    values = [float("nan"), float("inf"), -float("inf"), 1.0] * 30
    for metric in ("http_requests_total", "queue_depth", "pg_up"):
        labels = {"job": "j", "service_name": "s", "code": "200"}
        facts.add([measurement(metric, labels, list(np.arange(120) * 3.0), values)])
    assert all(one.symptom is None for one in detect(facts, same, at(390), "production"))


def test_a_lasting_rise_of_traffic_is_told_as_context() -> None:
    """Four times the requests since second 250 is one shift, and no symptom."""
    facts = Facts()
    facts.add(requests(390, lambda _: 0.0, rate=lambda t: 80 if t > 250 else 20))
    (shift,) = traffic_shifts(facts, same, at(390))
    assert shift.entity == "service:booking"
    assert abs((shift.at - at(250)).total_seconds()) <= 6
    assert 3.5 < shift.ratio < 4.5
    assert not traffic_shifts(_steady(), same, at(390))


def _steady() -> Facts:
    facts = Facts()
    facts.add(requests(390, lambda _: 0.0))
    return facts


def test_figures_too_large_to_reckon_with() -> None:
    """A sender's absurd figures are no symptom of another series, and no warning to anybody."""
    huge = [1e308, -1e308, 1.7e308, 0.0, float("inf")] * 20
    facts = Facts()
    for labels in (
        {"job": "inv", "code": "500"},
        {"job": "inv", "code": "200"},
        {"job": "inv", "code": "502"},
    ):
        facts.add([measurement("http_requests_total", labels, [3.0 * i for i in range(100)], huge)])
    for pod in ("a", "b"):
        facts.add([measurement("db_pool_connections", {"pod": pod}, [3.0 * i for i in range(100)], huge)])
    before = world()
    facts.add(before)
    alone = Facts()
    alone.add(before)
    found = {one.id: one for one in detect(facts, same, at(390), "production")}
    for one in detect(alone, same, at(390), "production"):
        if one.symptom:
            assert found[one.id].symptom
