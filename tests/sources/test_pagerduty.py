"""PagerDuty: proofs, the Events API's answers and keys, and what a team's own words mean."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seamline.analysis.detect import alerts
from seamline.analysis.facts import Facts
from seamline.analysis.identity import resolve
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Alert, Change, MapFact
from seamline.model.organisation import Organisation, Person
from seamline.sources import pagerduty

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = b"0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def delivery(body: Any, at: datetime = NOW) -> Delivery:
    return Delivery(1, "pagerduty", "", "", {}, at, json.dumps(body).encode())


def pseudonym(_: str) -> str:
    return "p_aaaaaaaaaaaa"


# -- the door -------------------------------------------------------------------------------------
def test_one_of_several_signatures_is_enough() -> None:
    """While a secret is rotated PagerDuty signs with both; either may be the one that is known here."""
    good = "v1=" + hmac.new(KEY, b"{}", hashlib.sha256).hexdigest()
    for listed in (f"{good},v1=00", f"v1=00, {good}", good):
        assert pagerduty.verify({"x-pagerduty-signature": listed}, b"{}", [KEY], NOW)
    assert not pagerduty.verify({"x-pagerduty-signature": good.removeprefix("v1=")}, b"{}", [KEY], NOW)


@pytest.mark.parametrize(
    ("said", "taken"),
    [(KEY.decode(), True), ("another", False), ("", False), (None, False), (7, False), (["x"], False)],
)
def test_an_events_proof_is_its_routing_key(said: Any, taken: bool) -> None:
    """Events carry the integration key in their body and no signature."""
    body = json.dumps({"routing_key": said, "event_action": "trigger"}).encode()
    assert pagerduty.verify({}, body, [b"old", KEY], NOW) is taken
    assert not pagerduty.verify({}, body, [], NOW)


def test_a_wrong_signature_is_not_mended_by_a_routing_key() -> None:
    """A body that claims to be signed is judged by its signature."""
    body = json.dumps({"routing_key": KEY.decode()}).encode()
    assert not pagerduty.verify({"x-pagerduty-signature": "v1=00"}, body, [KEY], NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"routing_key": "a'])
def test_a_body_that_cannot_be_read_proves_nothing(body: bytes) -> None:
    """The check reads bodies of anybody, and never raises."""
    assert not pagerduty.verify({}, body, [KEY], NOW)


def test_the_routing_key_is_not_kept() -> None:
    """What proves the sender is no part of the log."""
    body = json.dumps({"routing_key": KEY.decode(), "event_action": "resolve", "dedup_key": "k"}).encode()
    assert KEY not in pagerduty.redact({}, body, pseudonym)


# -- answers --------------------------------------------------------------------------------------
def test_the_answer_is_the_standards() -> None:
    """Clients of the Events API read status, message, and the key to resolve the alert by."""
    alert = b'{"event_action": "trigger", "dedup_key": "k", "payload": {"summary": "s"}}'
    said = pagerduty.reply("/v2/enqueue", {}, alert)
    assert said is not None
    assert (said.status, json.loads(said.body)) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": "k"},
    )
    change = pagerduty.reply("/v2/change/enqueue", {}, b'{"payload": {"summary": "s"}}')
    assert change is not None
    assert json.loads(change.body) == {"status": "success", "message": "Change event processed"}


def test_elsewhere_and_for_what_is_no_event_the_answer_is_the_usual_one() -> None:
    """A webhook's sender waits for a status only."""
    assert pagerduty.reply("/in/pagerduty", {}, b"{}") is None
    assert pagerduty.reply("/v2/enqueue", {}, b"not JSON") is None
    assert pagerduty.reply("/v2/enqueue", {}, b'{"event_action": "resolve"}') is None


def test_a_trigger_without_a_key_is_resolved_by_the_one_it_was_answered_with() -> None:
    """The answer, the raw body and the redacted one agree on the key, though redaction changes the payload."""
    payload = {"summary": "ask maja@example.com", "source": "web-1", "timestamp": "2026-11-23T10:00:00Z"}
    body = json.dumps({"event_action": "trigger", "payload": payload}).encode()
    said = pagerduty.reply("/v2/enqueue", {}, body)
    assert said is not None
    stored = pagerduty.redact({}, body, pseudonym)
    assert b"maja" not in stored
    (alert, _) = pagerduty.parse(Delivery(1, "pagerduty", "", "", {}, NOW, stored))
    assert isinstance(alert, Alert)
    assert alert.fingerprint == json.loads(said.body)["dedup_key"]


# -- alerts ---------------------------------------------------------------------------------------
def test_a_bare_resolve_ends_what_its_key_began() -> None:
    """A resolve that says nothing but its key ends the alert at the service that the trigger named."""
    began, ended = NOW - timedelta(hours=2), NOW - timedelta(minutes=10)
    payload = {"timestamp": began.isoformat(), "custom_details": {"service": "ferry-desk"}}
    facts = Facts()
    facts.add(pagerduty.parse(delivery({"event_action": "trigger", "dedup_key": "k", "payload": payload})))
    facts.add(pagerduty.parse(delivery({"event_action": "resolve", "dedup_key": "k"}, ended)))
    organisation = Organisation(name="clinic", people=(Person(id="mira", name="Mira"),))
    canonical = resolve(facts, organisation).canonical
    (seen,) = alerts.observe(facts.alerts.values(), canonical, NOW - timedelta(days=30), NOW, "production")
    assert seen.entity == "service:ferry-desk"
    assert seen.symptom is not None
    assert (seen.symptom.onset_at, seen.symptom.ended_at) == (began, ended)


@pytest.mark.parametrize(
    ("priority", "urgency", "severity"),
    [
        ("P1", "low", "critical"),
        ("SEV-2", "low", "high"),
        ("P3 - minor", "high", "warning"),
        ("Priority 1", "low", "warning"),
        ("P5", "high", "info"),
        (None, "high", "high"),
        ("Whatever", "low", "warning"),
        (None, None, ""),
    ],
)
def test_severity_is_the_priority_else_the_urgency(
    priority: str | None, urgency: str | None, severity: str
) -> None:
    """Priorities have names of the account's own; one that nobody knows leaves it to the urgency."""
    incident = {
        "id": "Q1",
        "type": "incident",
        "urgency": urgency,
        "priority": {"id": "P", "summary": priority} if priority else None,
    }
    (alert,) = pagerduty.parse(delivery({"event": {"event_type": "incident.triggered", "data": incident}}))
    assert isinstance(alert, Alert)
    assert alert.severity == severity


def test_a_renamed_service_keeps_its_id() -> None:
    """Both names are tied to the id that PagerDuty never changes."""
    ids = set()
    for name in ("booking", "booking-api"):
        data = {"id": "PBOOK01", "summary": name, "type": "service"}
        events = pagerduty.parse(delivery({"event": {"event_type": "service.updated", "data": data}}))
        ids |= {(e.subject, e.object) for e in events if isinstance(e, MapFact) and e.predicate == "same_as"}
    assert ids == {("pagerduty:PBOOK01", "service:booking"), ("pagerduty:PBOOK01", "service:booking-api")}


# -- changes --------------------------------------------------------------------------------------
def change(summary: str | None = "Deployed", **fields: Any) -> Change:
    """The Change of a change event with these fields."""
    (event,) = pagerduty.parse(delivery({"payload": {"summary": summary, "source": "ci", **fields}}))
    assert isinstance(event, Change)
    return event


@pytest.mark.parametrize(
    ("summary", "details", "kind"),
    [
        ("Deploy of the new config loader", None, "deploy"),
        ("Configuration update applied", None, "config"),
        ("Feature flag new-checkout on", None, "flag"),
        ("Ran migration 42", None, "schema"),
        ("Something", {"kind": "data"}, "data"),
        ("Deployed", {"change_type": "database migration"}, "schema"),
        ("Something", {"type": "unheard of"}, "deploy"),
    ],
)
def test_kind_is_what_the_team_says(summary: str, details: Any, kind: str) -> None:
    """The details' own word, else the first word of the summary that is known, else a deploy."""
    assert change(summary, custom_details=details).kind == kind


@pytest.mark.parametrize(
    ("details", "entity"),
    [
        ({"service": "booking", "repo": "clinic/x"}, "service:booking"),
        ({"repository": "clinic/x"}, "repo:clinic/x"),
        ({"repo": "https://user@git.example/clinic/deep/x.git"}, "repo:clinic/deep/x"),
        ({"repo": "git@git.example:clinic/x.git"}, "repo:clinic/x"),
        ({"service": None}, "host:ci"),
        ("text", "host:ci"),
    ],
)
def test_entity_is_what_the_details_name(details: Any, entity: str) -> None:
    """A service, else a repository in any spelling, else the place that the event came from."""
    assert change(custom_details=details).entity == entity


def test_a_key_makes_the_states_of_one_change_its_versions() -> None:
    """Beginning and end under one `dedup_key` are one Change, done."""
    facts = Facts()
    for state, minute in (("success", 9), ("started", 2)):
        payload = {"summary": "Deploy", "timestamp": f"2026-11-23T10:0{minute}:00Z"}
        body = {"dedup_key": "run-7", "payload": {**payload, "custom_details": {"status": state}}}
        facts.add(pagerduty.parse(delivery(body)))
    assert [c.state for c in facts.changes.values()] == ["done"]


def test_a_failed_build_moved_nothing() -> None:
    """What says that it failed is kept as failed, and is nobody's cause."""
    assert change(custom_details={"build_state": "failed"}).state == "failed"


def test_a_word_that_is_no_commit_is_no_revision() -> None:
    """A revision joins services; only a commit or a digest may."""
    assert change(custom_details={"commit": "fix the thing"}).revision == ""
    assert change(custom_details={"commit": "5b1f0c9"}).revision == "5b1f0c9"


@pytest.mark.parametrize(
    "body",
    [
        {"event_action": "snooze", "dedup_key": "k"},
        {"event_action": ["trigger"], "dedup_key": "k"},
        {"event_action": "resolve"},
        {"payload": {}},
        {},
    ],
)
def test_what_says_nothing_is_unreadable(body: Any) -> None:
    """With a reason, in one line."""
    with pytest.raises(Unreadable):
        list(pagerduty.parse(delivery(body)))
