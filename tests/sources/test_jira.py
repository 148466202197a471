"""Jira: proofs, which version of an issue counts, documents as text, and what leads back to people."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from seamline.analysis.facts import Facts
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Ticket
from seamline.sources import jira
from seamline.sources.jira.text import plain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def delivery(body: Any) -> Delivery:
    return Delivery(1, "jira", "", "", {}, NOW, json.dumps(body).encode())


def hook(at_ms: int | None = 1795428312418, event: str = "jira:issue_updated", **fields: Any) -> Delivery:
    issue = {"id": "10400", "key": "FERRY-15", "fields": fields}
    return delivery({"webhookEvent": event, "timestamp": at_ms, "issue": issue})


def ticket(sent: Delivery) -> Ticket:
    (found,) = jira.parse(sent)
    assert isinstance(found, Ticket)
    return found


# -- the door -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "authorization",
    ["Bearer secret", "Basic " + base64.b64encode(b"seamline:secret").decode()],
)
def test_what_is_not_signed_shows_its_secret(authorization: str) -> None:
    """Jira Data Center and Automation sign nothing; an address or a header carries the secret."""
    assert jira.verify({"authorization": authorization}, b"{}", [b"secret"], NOW)
    assert not jira.verify({"authorization": authorization}, b"{}", [b"other"], NOW)


def test_a_wrong_signature_is_not_mended_by_a_password() -> None:
    """A body that claims to be signed is judged by its signature."""
    headers = {"authorization": "Bearer secret", "x-hub-signature": "sha256=00"}
    assert not jira.verify(headers, b"{}", [b"secret"], NOW)


def test_a_retry_goes_by_the_same_key() -> None:
    """Jira Cloud repeats the identifier; Data Center has none."""
    assert jira.key({"x-atlassian-webhook-identifier": "a"}, b"") == "a"
    assert jira.key({}, b"{}") == ""


# -- tickets --------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_by_the_senders_clock_counts(order: int) -> None:
    """Whatever order they come in, and though both carry the whole issue."""
    facts = Facts()
    sent = [hook(1795428312418, status={"name": "Open"}), hook(1795428312419, status={"name": "Done"})]
    for one in sent[::order]:
        facts.add(jira.parse(one))
    assert [t.status for t in facts.tickets.values()] == ["done"]


def test_an_issue_that_moves_to_another_project_stays_one() -> None:
    """Its key and desk change, its id does not."""
    before = ticket(hook(project={"key": "FERRY"}))
    moved = {"id": "10400", "key": "QUAY-3", "fields": {"project": {"key": "QUAY"}}}
    after = ticket(delivery({"webhookEvent": "jira:issue_updated", "issue": moved}))
    assert (before.id, before.desk, before.number) == (after.id, "desk:FERRY", "FERRY-15")
    assert (after.desk, after.number) == ("desk:QUAY", "QUAY-3")


@pytest.mark.parametrize(
    "request_",
    [{"requestType": {"name": "Report a problem"}}, {"requestType": None}, {"requestType": []}, "x"],
)
def test_the_request_type_is_a_tag(request_: Any) -> None:
    """A service desk keeps it in a custom field of any number."""
    named = isinstance(request_, dict) and request_["requestType"]
    tags = ticket(hook(labels=["web"], customfield_10010=request_, customfield_10011=None)).tags
    assert tags == (("web", "Report a problem") if named else ("web",))


@pytest.mark.parametrize(
    ("reporter", "creator", "requester"),
    [
        ({"accountId": "a", "name": "n"}, None, "a"),
        ({"key": "k", "name": "n"}, {"accountId": "c"}, "k"),
        (None, {"name": "n"}, "n"),
        (None, None, ""),
    ],
)
def test_the_requester_is_the_reporter(reporter: Any, creator: Any, requester: str) -> None:
    """By the id that Jira Cloud, or Data Center, keeps; else whoever created it."""
    assert ticket(hook(reporter=reporter, creator=creator)).requester == requester


@pytest.mark.parametrize("event", ["comment_created", "issuelink_deleted", "sprint_started", "user_created"])
def test_other_deliveries_say_nothing(event: str) -> None:
    """A comment carries only a part of its issue; the whole comes beside it."""
    body = {"webhookEvent": event, "issue": {"id": "1", "key": "A-1", "fields": {"summary": "x"}}}
    assert list(jira.parse(delivery(body))) == []


@pytest.mark.parametrize(
    "body", [{}, {"webhookEvent": ""}, {"webhookEvent": "jira:issue_created"}, {"issue": {}}, {"fields": {}}]
)
def test_what_is_no_webhook_is_unreadable(body: Any) -> None:
    """With a reason, in one line."""
    with pytest.raises(Unreadable):
        list(jira.parse(delivery(body)))


# -- documents ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "said", [None, 7, [], {}, {"type": []}, {"type": "text", "text": 7}, {"content": [[3]]}]
)
def test_what_is_no_document_has_no_words(said: Any) -> None:
    """Anything may stand where a description is expected."""
    assert plain(said) == ""


def test_a_document_of_any_depth_is_read() -> None:
    """Nesting costs no stack."""
    node: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(50_000):
        node = {"type": "paragraph", "content": [node]}
    assert plain(node) == "deep"


def test_paragraphs_are_lines() -> None:
    """Blocks end a line, empty ones leave none behind, breaks are kept."""
    lines = [
        {"type": "paragraph", "content": [{"type": "text", "text": "one"}]},
        {"type": "paragraph", "content": []},
        {"type": "paragraph", "content": [{"type": "text", "text": "two"}, {"type": "hardBreak"}]},
        {"type": "codeBlock", "content": [{"type": "text", "text": "three"}]},
    ]
    assert plain({"type": "doc", "content": lines}) == "one\ntwo\nthree"


# -- redaction ------------------------------------------------------------------------------------
def redacted(text: str, **fields: Any) -> str:
    """The description after redaction, with # for each pseudonym."""
    reporter = {"accountId": "712020:aa-bb", "displayName": "Maja Sundberg"}
    issue = {"id": "1", "key": "A-1", "fields": {"description": text, "reporter": reporter, **fields}}
    raw = jira.redact(
        {}, json.dumps({"webhookEvent": "jira:issue_created", "issue": issue}).encode(), lambda _: "#"
    )
    description: str = json.loads(raw)["issue"]["fields"]["description"]
    return description


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ask [~accountid:712020:cc] or [~olu]", "ask [~accountid:#] or [~#]"),
        ("[~accountid:712020:aa-bb], that is 712020:aa-bb", "[~accountid:#], that is #"),
        ("Maja Sundberg, or just Maja", "#, or just #"),
        ("call +46 70 123 45 67 or (01) 555-1234", "call # or #"),
        ("since 2026-11-20, order 36000101, 10.0.19045", "since 2026-11-20, order 36000101, 10.0.19045"),
        ("write to a.b@mail.example.com!", "write to #!"),
        ("see [the page|https://x.example] and A-1", "see [the page|https://x.example] and A-1"),
    ],
)
def test_people_are_taken_out_of_texts(text: str, left: str) -> None:
    """Mentions, names, numbers to call and addresses go; dates, orders, versions, links and keys stay."""
    assert redacted(text) == left


def test_apps_and_what_is_chosen_from_a_list_stay() -> None:
    """An app is nobody, and a status may be called like somebody."""
    app = {"accountId": "557058:bot", "displayName": "Automation for Jira", "accountType": "app"}
    body = {"user": app, "status": {"name": "Maja"}, "reporter": {"accountId": "x1", "displayName": "Maja"}}
    raw = json.loads(jira.redact({}, json.dumps(body).encode(), lambda _: "#"))
    assert raw == {
        "user": app,
        "status": {"name": "Maja"},
        "reporter": {"accountId": "#", "displayName": "#"},
    }


def test_a_pseudonym_in_a_mention_is_not_replaced_again() -> None:
    """What was redacted before comes back as it is."""
    assert redacted("[~accountid:p_aaaaaaaaaaaa] [~p_aaaaaaaaaaaa]") == (
        "[~accountid:p_aaaaaaaaaaaa] [~p_aaaaaaaaaaaa]"
    )
