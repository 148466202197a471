"""What is said at a ticket, and what every refusal means: the real client against the fake."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from seamline.actions.zendesk import settings
from seamline.actions.zendesk.fake import FakeTicket, FakeZendesk, Fault
from seamline.actions.zendesk.settings import configured
from seamline.actions.zendesk.tickets import READINGS, Zendesk
from seamline.model.intent import Done, Failed, Outcome, Retry
from tests.actions.conftest import INTENT, NUMBER, TOKEN

Make = Callable[..., Zendesk]


@pytest.fixture
def zendesk(fake: FakeZendesk) -> Make:
    """The action as `actions.toml` configures it, at the fake; keywords are further settings."""
    return lambda **more: configured({"fake": fake.url, "token": TOKEN} | more, {})


def ticket(fake: FakeZendesk) -> FakeTicket:
    return fake.tickets[NUMBER]


def test_it_says_the_text_and_tags_the_ticket(fake: FakeZendesk, zendesk: Make) -> None:
    """One update: an internal note with the text, our tag beside those that were there."""
    assert zendesk().perform(INTENT) == Done()
    assert ticket(fake).comments == [{"body": "We know about this.", "public": False}]
    assert ticket(fake).tags == ["vip", "seamline-i-3"]
    assert fake.requests == ["GET /api/v2/tickets/41.json", "PUT /api/v2/tickets/41.json"]


def test_twice_is_said_once(fake: FakeZendesk, zendesk: Make) -> None:
    """The tag tells that it was said: after a restart nothing is said again."""
    assert [zendesk().perform(INTENT) for _ in range(3)] == [Done()] * 3
    assert len(ticket(fake).comments) == 1


def test_a_public_comment_and_a_field_where_they_are_asked_for(fake: FakeZendesk, zendesk: Make) -> None:
    """`comment = "public"` reaches who wrote the ticket; `field` takes the incident's number."""
    zendesk(comment="public", field=360).perform(INTENT)
    assert ticket(fake).comments[0]["public"] is True
    assert ticket(fake).fields == {360: "I-3"}


def test_an_agents_change_is_not_lost(fake: FakeZendesk, zendesk: Make) -> None:
    """Somebody tags the ticket between our reading and our update: it is read again, and both tags stay."""
    fake.faults.extend([Fault(), Fault(interfere=True)])
    assert zendesk().perform(INTENT) == Done()
    assert set(ticket(fake).tags) == {"vip", "agent-0", "seamline-i-3"}
    assert len(ticket(fake).comments) == 1


def test_a_ticket_that_is_always_changed_is_left_for_later(fake: FakeZendesk, zendesk: Make) -> None:
    """After a few readings it is a retry, and nothing was said."""
    fake.faults.extend([Fault(), Fault(interfere=True)] * READINGS)
    assert isinstance(zendesk().perform(INTENT), Retry)
    assert ticket(fake).comments == []


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(401), Retry("our credentials are refused (401)", 300.0)),
        (Fault(403), Retry("our credentials are refused (403)", 300.0)),
        (Fault(404), Failed("there is no such ticket (404)")),
        (Fault(422, body=b'{"description": "Field\\n is wrong"}'), Failed("refused (422): Field is wrong")),
        (Fault(400, body=b"no json"), Failed("refused (400)")),
        (Fault(302, {"Location": "http://169.254.169.254/"}), Failed("refused (302)")),
        (Fault(429, {"Retry-After": "93"}), Retry("is busy (429)", 93.0)),
        (Fault(429, {"Retry-After": "Fri, 20 Nov"}), Retry("is busy (429)")),
        (Fault(429, {"Retry-After": "9" * 30}), Retry("is busy (429)", 3600.0)),
        (Fault(500), Retry("is in trouble (500)")),
        (Fault(503, {"Retry-After": "60"}), Retry("is in trouble (503)", 60.0)),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Fault) else "",
)
def test_what_a_refusal_means(
    fake: FakeZendesk, zendesk: Make, fault: Fault, outcome: Outcome, at: int
) -> None:
    """Whether reading or updating is refused: later, or never, with the reason in one line; nothing is followed."""
    fake.faults.extend([Fault()] * at + [fault])
    assert zendesk().perform(INTENT) == outcome
    assert len(fake.requests) == at + 1


def test_a_wrong_token_is_worth_a_retry(fake: FakeZendesk) -> None:
    """It may be mended; the token is in no outcome."""
    outcome = configured({"fake": fake.url, "token": "wr0ng"}, {}).perform(INTENT)
    assert isinstance(outcome, Retry)
    assert "wr0ng" not in str(outcome)


def test_a_ticket_that_is_not_there(zendesk: Make) -> None:
    """It never will be."""
    assert zendesk().perform(replace(INTENT, number="77")) == Failed("there is no such ticket (404)")


def test_a_closed_ticket_is_left_alone(fake: FakeZendesk, zendesk: Make) -> None:
    """Zendesk lets nobody change it any more; we don't try."""
    ticket(fake).status = "closed"
    assert isinstance(zendesk().perform(INTENT), Failed)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("number", ["", "41/../../users/1", "41?x", "٤١", "x"])
def test_a_number_that_is_none_goes_nowhere(fake: FakeZendesk, zendesk: Make, number: str) -> None:
    """What a delivery calls a ticket is never part of an address unless it is digits."""
    assert isinstance(zendesk().perform(replace(INTENT, number=number)), Failed)
    assert fake.requests == []


def test_a_tool_that_does_not_answer(
    fake: FakeZendesk, zendesk: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for a while, then it is a retry."""
    monkeypatch.setattr(settings, "TIMEOUT_S", 0.2)
    fake.faults.append(Fault(silent=True))
    assert zendesk().perform(INTENT) == Retry("can't be reached: TimeoutError")


def test_a_tool_that_is_away(fake: FakeZendesk, zendesk: Make) -> None:
    """Nobody listens: a retry."""
    action = zendesk()
    fake.shutdown()
    fake.server_close()
    assert action.perform(INTENT) == Retry("can't be reached: ConnectionRefusedError")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[" * 10_000, b'{"ticket": {"updated_at": 7}}'])
def test_an_answer_that_is_no_ticket(fake: FakeZendesk, zendesk: Make, body: bytes) -> None:
    """A page of a proxy, an empty object, nonsense: a retry, not a defect."""
    fake.faults.append(Fault(200, body=body))
    assert isinstance(zendesk().perform(INTENT), Retry)


def test_an_answer_without_end(fake: FakeZendesk, zendesk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is taken in than any ticket has."""
    monkeypatch.setattr("seamline.actions.zendesk.tickets.MAX_ANSWER", 1000)
    fake.faults.append(Fault(200, body=b'{"ticket": {"updated_at": "' + b"x" * 5000))
    assert isinstance(zendesk().perform(INTENT), Retry)
