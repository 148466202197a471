"""Alertmanager: versions of an alert, and senders that leave fields out."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.facts import Facts
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Alert
from seamline.sources import alertmanager

RECEIVED_AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
NONE_GIVEN = "0001-01-01T00:00:00Z"
FIRING = {
    "status": "firing",
    "labels": {"alertname": "HighErrorRate", "service": "checkout"},
    "annotations": {"summary": "4 of 100"},
    "startsAt": "2026-11-23T15:07:52.416Z",
    "endsAt": NONE_GIVEN,
    "fingerprint": "5c743b32c2cd461a",
}


def delivery(body: Any, received_at: datetime = RECEIVED_AT) -> Delivery:
    return Delivery(1, "alertmanager", "", "", {}, received_at, json.dumps(body).encode())


def alerts(*sent: dict[str, Any], received_at: datetime = RECEIVED_AT, **group: Any) -> list[Alert]:
    body = {"version": "4", "alerts": list(sent), **group}
    return [e for e in alertmanager.parse(delivery(body, received_at)) if isinstance(e, Alert)]


@pytest.mark.parametrize(
    "ends_at", ["2026-11-23T15:09:24Z", "2026-11-23T15:07:52.416Z", "2026-11-23T15:00:00Z", NONE_GIVEN]
)
def test_an_end_outlives_every_repeat(ends_at: str) -> None:
    """Once over, an alert stays over in any order of arrival, even when its end is its start, before it or not given."""
    repeat = {**FIRING, "annotations": {"summary": "5 of 100"}}
    over = {**FIRING, "status": "resolved", "endsAt": ends_at}
    for order in permutations([FIRING, repeat, over]):
        facts = Facts()
        for sent in order:
            facts.add(alerts(sent))
        (found,) = facts.alerts.values()
        assert not found.firing
        assert found.ended_at is not None
        assert found.ended_at >= found.at


def test_replicas_in_other_time_zones_speak_of_one_alert() -> None:
    """The same start, spelled with another offset, gives the same id."""
    elsewhere = {**FIRING, "startsAt": "2026-11-23T16:07:52.416+01:00"}
    assert alerts(FIRING)[0].id == alerts(elsewhere)[0].id


def test_a_new_start_is_a_new_alert() -> None:
    """An alert that fires again later has another id."""
    again = {**FIRING, "startsAt": "2026-11-23T18:00:00Z"}
    assert alerts(FIRING)[0].id != alerts(again)[0].id


def test_a_missing_fingerprint_is_the_one_alertmanager_gives() -> None:
    """The fingerprint of the labels equals the one that a real Alertmanager 0.25 sent for them."""
    labels = {"alertname": "HighErrorRate", "cluster": "lab", "service": "checkout", "severity": "page"}
    (found,) = alerts({"status": "firing", "labels": labels, "startsAt": FIRING["startsAt"]})
    assert found.fingerprint == "5c743b32c2cd461a"


def test_a_missing_start_is_the_time_of_receipt() -> None:
    """Without a start an alert begins when it was received, and its repeats are one alert."""
    (first,) = alerts({**FIRING, "startsAt": NONE_GIVEN})
    (repeat,) = alerts({**FIRING, "startsAt": None}, received_at=RECEIVED_AT + timedelta(hours=1))
    assert first.at == RECEIVED_AT
    assert first.id == repeat.id


def test_a_missing_status_is_the_groups() -> None:
    """An alert without a status has that of its group."""
    (found,) = alerts({**FIRING, "status": None}, status="resolved")
    assert not found.firing


def test_the_last_moment_of_the_calendar_can_end() -> None:
    """An alert at the end of time resolves without an overflow."""
    (found,) = alerts({**FIRING, "status": "resolved", "startsAt": "9999-12-31T23:59:59.999999Z"})
    assert not found.firing


@pytest.mark.parametrize(
    "body", [{}, [], {"alerts": None}, {"alerts": [{"labels": {"a": 1}}]}, {"alerts": ["x"]}]
)
def test_another_shape_is_unreadable(body: Any) -> None:
    """A body that is no group of alerts is refused with a reason."""
    with pytest.raises(Unreadable, match="not the expected JSON"):
        list(alertmanager.parse(delivery(body)))


@pytest.mark.parametrize("field", ["startsAt", "endsAt"])
def test_a_time_that_is_none_is_unreadable(field: str) -> None:
    """A word where a time belongs is refused."""
    with pytest.raises(Unreadable, match="not a time"):
        alerts({**FIRING, "status": "resolved", field: "yesterday"})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(FIRING)), JSON)
def test_any_value_in_any_field_is_read_or_unreadable(field: str, value: Any) -> None:
    """A field of any type never ends in another error."""
    with suppress(Unreadable):
        alerts({**FIRING, "status": "resolved", field: value})


def test_only_annotations_lose_their_addresses() -> None:
    """Addresses in annotations become pseudonyms; labels, and a body without addresses, stay as they are."""
    body = json.dumps(
        {"alerts": [{**FIRING, "annotations": {"summary": "ask a.b@example.com, 4 of 100"}}]}
    ).encode()
    redacted = json.loads(alertmanager.redact({}, body, lambda _: "p_x"))
    assert redacted["alerts"][0]["annotations"]["summary"] == "ask p_x, 4 of 100"
    assert redacted["alerts"][0]["labels"] == FIRING["labels"]
    plain = json.dumps({"alerts": [FIRING]}).encode()
    assert alertmanager.redact({}, plain, lambda _: "p_x") is plain
