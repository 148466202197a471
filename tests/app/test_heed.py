"""A word said in a chat becomes its person's record, once."""

import dataclasses
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlencode

import pytest

from seamline.analysis import organisation
from seamline.app import configure, views
from seamline.app.heed import heed, unheard
from seamline.app.home import Home
from seamline.app.ingest import Inbox
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.ports import Source
from seamline.model.word import Word
from seamline.sources import slack
from seamline.store.keyring import Keyring
from tests.app.scene_home import FAILS, at, played

HANDLES = {"otto": "slack:U0TT0", "root": "slack:UR00T"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one open incident, and Slack beside its own tool; two people are known there."""
    made = played(tmp_path, FAILS, clock_at=at(400))
    sources = {**made.sources, "slack": cast(Source, slack)}
    made = dataclasses.replace(made, sources=sources, inbox=Inbox(sources, Keyring(tmp_path / "keys")))
    declare(made, HANDLES)
    return made


def declare(home: Home, handles: dict[str, str], **more: str) -> None:
    """Put these handles, and further lines of a person's, into force."""
    text = home.config.read_text()
    for person in organisation.read(text).people:
        lines = f'handles = ["{handles[person.id]}"]\n' if person.id in handles else ""
        lines += more.get(person.id, "")
        text = text.replace(f'id = "{person.id}"\n', f'id = "{person.id}"\n{lines}', 1)
    home.log.append([configure.declared(home, text, key=f"{handles}{more}").record])


def say(home: Home, text: str, user: str = "U0TT0", received_at: datetime | None = None) -> Delivery:
    """Somebody types a command; the delivery as it lies in the log."""
    position = home.log.position()
    fields = {"command": "/seamline", "user_id": user, "user_name": "o.reiter", "text": text}
    body = urlencode(fields | {"trigger_id": str(position)}).encode()
    home.log.append([home.inbox.take("slack", {}, body, received_at or at(410))])
    (delivery,) = home.log.read(position)
    return delivery


def said(home: Home) -> list[rec.AnyRecord]:
    """Acts on record, oldest first."""
    acts = rec.Acknowledged | rec.HandedOver
    return [r for r in views.records(home) if isinstance(r, acts)]


def test_there_is_an_incident_and_people_to_speak_of_it(home: Home) -> None:
    """The scene's incident is open, and the people are on its tree."""
    assert [i.id for i in views.incidents(home)] == ["I-1"]
    assert set(HANDLES) <= {p.id for p in views.organisation(home).people}


def test_a_word_becomes_its_persons_record(home: Home) -> None:
    """Who holds the handle acknowledged, at the time it was received."""
    assert heed(home, [say(home, "ack I-1")]) == 1
    assert said(home) == [rec.Acknowledged("otto", at(410), "I-1")]
    assert views.incidents(home)[0].acknowledged_at == at(410)


def test_an_opinion_at_hand_is_used(home: Home) -> None:
    """Who keeps the opinion hands it in: nothing is formed anew to find the incident."""
    kept = views.opinion(home)
    assert heed(home, [say(home, "ack I-1")], kept) == 1
    nothing_yet = views.opinion(home, until=1)
    assert heed(home, [say(home, "ack I-1")], nothing_yet) == 0


@pytest.mark.parametrize("to", ["otto", "<@U0TT0|o.reiter>"])
def test_an_incident_goes_to_a_person_or_a_mention(home: Home, to: str) -> None:
    """A hand-over names an id of the tree or mentions an account; the person is told, the reason kept."""
    assert views.incidents(home)[0].accountable != "otto"
    assert heed(home, [say(home, f"hand-over I-1 to {to} because it is his", user="UR00T")]) == 1
    assert said(home) == [rec.HandedOver("root", at(410), "I-1", "otto", "it is his")]
    after = views.incidents(home)[0]
    assert after.accountable == "otto"
    assert after.told[-1][0] == "otto"


def test_a_word_is_heeded_once(home: Home) -> None:
    """The same deliveries again, and the whole log after a restart, add nothing."""
    delivery = say(home, "ack I-1")
    assert heed(home, [delivery]) == 1
    position = home.log.position()
    assert heed(home, [delivery]) == heed(home, home.log.read()) == 0
    assert home.log.position() == position


def test_saying_it_again_counts_again(home: Home) -> None:
    """Two commands of one text are two words."""
    assert heed(home, [say(home, "ack I-1"), say(home, "ack I-1")]) == 2


def test_what_nobody_said_costs_nothing(home: Home) -> None:
    """Other tools' deliveries, and other texts, form no opinion and write nothing."""
    position = home.log.position()
    assert heed(home, home.log.read()) == 0
    assert home.log.position() == position
    assert heed(home, [say(home, "what a day")]) == 0
    assert unheard(home) == []


@pytest.mark.parametrize(
    ("text", "user", "why"),
    [
        ("ack I-1", "UNOBODY", "nobody is known as slack:UNOBODY"),
        ("ack I-9", "U0TT0", "there is no incident I-9"),
        ("hand-over I-1 to zoe", "U0TT0", "there is no person 'zoe'"),
        ("hand-over I-1 to <@UNOBODY>", "U0TT0", "nobody is known as slack:UNOBODY"),
    ],
)
def test_a_word_that_cannot_be_heeded_is_listed(
    home: Home, caplog: pytest.LogCaptureFixture, text: str, user: str, why: str
) -> None:
    """No record; the reason is in the server's log and in the list."""
    with caplog.at_level(logging.WARNING):
        assert heed(home, [say(home, text, user), say(home, "ack I-1")]) == 1
    assert why in caplog.text
    (one,) = unheard(home)
    assert (one.handle, one.source) == (f"slack:{user}", "slack")
    assert one.why.startswith(why)


def test_nobody_takes_what_is_theirs(home: Home) -> None:
    """A hand-over to whoever has it already is refused."""
    accountable = views.incidents(home)[0].accountable
    assert heed(home, [say(home, f"hand-over I-1 to {accountable}")]) == 0
    assert "already" in unheard(home)[0].why


def test_who_has_left_is_not_heard(home: Home) -> None:
    """A handle of somebody who is gone proves nothing any more."""
    declare(home, HANDLES, otto="left_at = 2020-01-01\n")
    assert heed(home, [say(home, "ack I-1")]) == 0
    assert "has left" in unheard(home)[0].why


def test_a_word_is_not_taken_up_later(home: Home) -> None:
    """Once its person is declared, an old word stays unheard, and says so."""
    assert heed(home, [say(home, "ack I-1", user="UNEW")]) == 0
    declare(home, {"otto": "slack:UNEW"})
    (one,) = unheard(home)
    assert one.why == "it could not be done when it was said"


def test_a_slow_clock_does_not_put_a_word_before_its_incident(home: Home) -> None:
    """A word counts from the latest that was received, never from before it."""
    assert heed(home, [say(home, "ack I-1", received_at=at(100))]) == 1
    (record,) = said(home)
    assert record.at >= at(400) - timedelta(seconds=60)


def test_a_source_that_fails_is_passed_over(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """A source from elsewhere may fail in any way; the other words are heeded."""

    def words(delivery: Delivery) -> Iterator[Word]:
        raise ZeroDivisionError(delivery.seq)

    broken = cast(Source, SimpleNamespace(name="scene", words=words))
    home = dataclasses.replace(home, sources={**home.sources, "scene": broken})
    with caplog.at_level(logging.ERROR):
        assert heed(home, [*home.log.read(), say(home, "ack I-1")]) == 1
    assert "ZeroDivisionError" in caplog.text
