"""Alerts as given: one watch per rule and entity."""

from msgspec.structs import replace

from seamline.analysis.detect.eps import eps as chance
from seamline.model.event import Alert
from tests.analysis.detect.world import alert, at, look, symptoms


def test_a_firing_alert_is_a_symptom_once_it_lasts() -> None:
    """An alert counts after 30 s of firing, with the time it began."""
    assert not symptoms([alert("Errors", 100)], 110)
    symptom = look([alert("Errors", 100, severity="critical")], 131)["alert scrape:appt Errors"].symptom
    assert symptom is not None
    assert symptom.onset_at == at(100)
    assert symptom.ended_at is None


def test_a_short_alert_is_silent_and_remembered() -> None:
    """What flaps for 10 s is no symptom, and each time makes the next one mean less."""
    flaps: list[Alert] = []
    chances = []
    for i in range(4):
        flaps.append(alert("Flap", 100 * i, 100 * i + 10))
        one = look(flaps, 100 * i + 50)["alert scrape:appt Flap"]
        assert one.symptom is None
        chances.append(one.eps)
    assert chances == sorted(chances)
    assert chances[-1] > 2 * chances[0]


def test_an_alert_that_ended_is_told_for_an_hour() -> None:
    """A resolved alert keeps its symptom with an end, and is silent after an hour."""
    fired = [alert("Errors", 100, 200)]
    symptom = look(fired, 300)["alert scrape:appt Errors"].symptom
    assert symptom is not None
    assert symptom.ended_at == at(200)
    assert not symptoms(fired, 200 + 3700)


def test_an_end_in_the_future_has_not_come() -> None:
    """An alert that a later delivery ends is firing as of now."""
    symptom = look([alert("Errors", 100, 200)], 150)["alert scrape:appt Errors"].symptom
    assert symptom is not None
    assert symptom.ended_at is None


def test_alerts_that_prove_alerting_works_are_not_watched() -> None:
    """Severity `none` is never a symptom."""
    assert not look([alert("Watchdog", 0, severity="none")], 100)


def test_an_alert_that_had_lasted_goes_on_when_it_fires_again() -> None:
    """A lasting alert that pauses for a minute keeps its onset."""
    fired = [alert("Errors", 100, 200), alert("Errors", 260)]
    symptom = look(fired, 300)["alert scrape:appt Errors"].symptom
    assert symptom is not None
    assert (symptom.onset_at, symptom.ended_at) == (at(100), None)


def test_a_rule_that_flaps_has_to_outlast_its_flaps() -> None:
    """After two firings of 25 s the third counts from 50 s on, not from 30 s."""
    fired = [alert("Flap", 0, 25), alert("Flap", 100, 120), alert("Flap", 200)]
    assert not symptoms(fired, 245)
    assert symptoms(fired, 251)


def test_the_same_alert_is_over_when_it_begins_again() -> None:
    """A firing whose end was never told ends where the same alert starts anew."""
    fired = [alert("Flap", 0), alert("Flap", 10), alert("Flap", 20), alert("Flap", 30, 40)]
    assert not symptoms(fired, 100)


def test_what_goes_on_firing_is_seen_again() -> None:
    """Each half minute that an alert lasts is one more look that saw it."""
    early = look([alert("Errors", 100)], 140)["alert scrape:appt Errors"].symptom
    late = look([alert("Errors", 100)], 700)["alert scrape:appt Errors"].symptom
    assert early is not None
    assert late is not None
    assert late.confirmed_by - early.confirmed_by == 19


def test_a_rule_that_pages_is_meant() -> None:
    """The first firing of a rule that pages is less likely noise than a warning's; once it flapped, it is not."""
    page = look([alert("Errors", 100, severity="page")], 200)["alert scrape:appt Errors"]
    warning = look([alert("Errors", 100, severity="warning")], 200)["alert scrape:appt Errors"]
    assert page.eps < warning.eps / 10
    flapped = [alert("Errors", t, t + 5, severity="page") for t in (10, 50)]
    again = look([*flapped, alert("Errors", 100, severity="page")], 200)["alert scrape:appt Errors"]
    assert again.eps >= warning.eps


def test_an_end_alone_is_no_firing() -> None:
    """Tools that say only "healthy again" end what fired, and count as nothing by themselves."""
    ends = [replace(alert("Degraded", 30 * i, 30 * i), firing=False) for i in range(1, 9)]
    one = look(ends, 390)["alert scrape:appt Degraded"]
    assert one.symptom is None
    assert one.eps == chance(0, 360)
