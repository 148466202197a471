"""What the desks' tickets are to be told: each once, in plain words, whatever the action's state."""

from collections.abc import Collection
from pathlib import Path

import pytest

from seamline.analysis import macro, organisation
from seamline.app import configure, replay, views
from seamline.app.correct import correct
from seamline.app.home import Home
from seamline.app.support import carried, intents, subject
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.intent import Intent
from seamline.model.organisation import SupportDecl
from tests.app.scene_home import FAILS, at, played, recording

ON = ("test",)  # the scene's tickets come from a tool of this name
FURTHER = FAILS.replace("now 400", "tickets desk:help 980 1\nidle desk:help 985\nnow 1000")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one open incident and six tickets."""
    return played(tmp_path, clock_at=at(400))


def asked(home: Home, on: Collection[str] = ON) -> list[Intent]:
    """What is still to be said."""
    return intents(views.opinion(home), views.facts_of(home).tickets, on)


def linked(home: Home, found: list[Intent], outcome: str) -> None:
    """Put an outcome on record for each."""
    records = [
        rec.Linked(rec.SELF, home.clock(), i.incident, i.ticket, i.tool, i.number, i.step, outcome, i.text)  # type: ignore[arg-type]
        for i in found
    ]
    home.log.append([rec.to_received(r, r.at) for r in records])


def line(home: Home) -> str:
    """What is told of the tickets of I-1."""
    return carried(next(i for i in views.incidents(home) if i.id == "I-1"))


def test_every_ticket_of_an_open_incident_is_answered(home: Home) -> None:
    """Six tickets, six intents with the incident's tag, oldest first."""
    found = asked(home)
    assert [(i.incident, i.step, i.tag, i.tool) for i in found] == [
        ("I-1", "open", "seamline-i-1", "test")
    ] * 6
    assert len({i.key for i in found}) == 6


def test_the_text_is_plain_and_names_nobody(home: Home) -> None:
    """What is broken, since when, who by role, the number; no person, no ref, no probability."""
    (text,) = {i.text for i in asked(home)}
    assert text == (
        "We know about this: “web” has not been working as it should since 09:05. Our team is working on it, under the "
        "number I-1. You need not write again: we will tell you here when it is over."
    )


def test_a_ticket_ten_minutes_later_is_answered_and_an_unrelated_one_is_not(
    home: Home, tmp_path: Path
) -> None:
    """What was said before is on record; only the new ticket of the same signature is left to answer."""
    linked(home, asked(home), "done")
    assert asked(home) == []
    replay.play(home, recording(FURTHER, tmp_path / "further.jsonl"))
    tickets = views.facts_of(home).tickets
    assert [tickets[i.ticket].at for i in asked(home)] == [at(980)]


@pytest.mark.parametrize(("outcome", "n"), [("done", 0), ("failed", 0), ("retry", 6), ("held", 6)])
def test_what_is_settled_is_not_asked_for_again(home: Home, outcome: str, n: int) -> None:
    """Done and refused are settled; what waits for its tool, or for being switched on, is not."""
    linked(home, asked(home), outcome)
    assert len(asked(home)) == n


def test_held_is_settled_while_the_tool_is_off(home: Home) -> None:
    """It is said on record once that it would have been said."""
    linked(home, asked(home, on=()), "held")
    assert asked(home, on=()) == []


def test_when_it_is_over_those_who_were_told_are_told_once(home: Home) -> None:
    """Tickets that carry the number get the closing text; those that don't, nothing."""
    found = asked(home)
    linked(home, found[:2], "done")
    linked(home, found[2:], "held")
    home.log.append([rec.to_received(rec.Closed(rec.SELF, at(400), "I-1", "its symptoms are over"), at(400))])
    closing = asked(home)
    assert [(i.ticket, i.step, i.tag) for i in closing] == [
        (i.ticket, "over", "seamline-i-1-over") for i in found[:2]
    ]
    assert closing[0].text.startswith("I-1 is over: “web” has been working again since 09:06.")
    linked(home, closing, "done")
    assert asked(home) == []


def test_not_an_incident_promises_nothing(home: Home) -> None:
    """A person said that it was none: those who were told learn that theirs is looked at on its own."""
    linked(home, asked(home), "done")
    correct(home, "I-1", "not_an_incident")
    assert {i.text for i in asked(home)} == {
        "We looked into I-1 and found no common fault. Your message is looked at on its own."
    }


def test_what_is_broken_is_called_as_the_desk_calls_it(home: Home) -> None:
    """Of what the desk answers for, that which the incident covers; a desk that answers for none of it names nothing."""
    opinion = views.opinion(home)
    assert subject(opinion.base.stack, "desk:help", opinion.incidents[0]) == ("web",)
    assert subject(opinion.base.stack, "desk:unassigned", opinion.incidents[0]) == ()


@pytest.mark.parametrize(
    ("what", "language", "said"),
    [
        ((), "en", "We know about this: part of our service has not been"),
        ((), "de", "Das ist uns bekannt: ein Teil unseres Dienstes funktioniert"),
        (("booking", "text messages"), "de", "„booking“, „text messages“ funktioniert"),
    ],
)
def test_names_stand_in_a_sentence(what: tuple[str, ...], language: str, said: str) -> None:
    """In the language's quotation marks; without a name the sentence is still one."""
    known = macro.Known("I-1", what, "dev", at(300), at(400))
    assert said in macro.tell(known, "open", SupportDecl(language), "UTC")


def test_another_days_time_has_its_date() -> None:
    """Who reads it the next morning is not told of nine o'clock."""
    known = macro.Known("I-1", (), "", at(300), at(90_000))
    assert "since 2026-11-20 09:05." in macro.tell(known, "open", SupportDecl(), "UTC")


def test_the_line_on_an_incidents_tickets(home: Home) -> None:
    """What would be, what is, what is not: in figures, in one line."""
    assert line(home) == "6 tickets would carry I-1"
    found = asked(home)
    linked(home, found, "held")
    assert line(home) == "6 tickets would carry I-1 (actions are off)"
    linked(home, found[:4], "done")
    assert line(home) == "4 of 6 tickets carry I-1"
    linked(home, found[4:], "failed")
    assert line(home) == "4 of 6 tickets carry I-1; 2 can't be changed any more"


def declared(home: Home, table: str) -> None:
    """Put the map into force with one more table."""
    text = home.config.read_text(encoding="utf-8") + "\n" + table
    home.log.append([configure.declared(home, text, key=table).record])


def test_the_organisations_own_language_and_words(home: Home) -> None:
    """German where it is asked for; an own text, and what to do meanwhile, in place of ours."""
    declared(home, '[support]\nlanguage = "de"\nmeanwhile = "Rufen Sie an: 01 23 45."')
    (text,) = {i.text for i in asked(home)}
    assert text.startswith("Das ist uns bekannt: „web“ funktioniert seit 09:05 nicht wie gewohnt.")
    assert text.endswith("Rufen Sie an: 01 23 45.")
    declared(home, '[support]\nopen = "$what is down, see $incident. It costs you no $$."')
    assert {i.text for i in asked(home)} == {"“web” is down, see I-1. It costs you no $."}


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ('[support]\nlanguage = "xx"', 'language "xx" has no texts'),
        ('[support]\nopen = "$who broke it"', 'open has an unknown place "\\$who"'),
        ('[support]\nover = "5 $ back"', "over has a \\$ that is no place"),
        ("[support]\nopen = 5", "open must be a text"),
        ('[support]\nclosed = "x"', 'unknown key "closed"'),
        ("[[support]]", "must be one table"),
    ],
)
def test_texts_that_cannot_be_meant_are_refused(table: str, what: str) -> None:
    """With the map, before anybody is told anything."""
    with pytest.raises(Fix, match=what):
        organisation.read('[[person]]\nid = "mara"\n' + table)
