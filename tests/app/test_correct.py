"""A person's word on an incident: each is a record, and only a hand-over moves the person."""

from pathlib import Path

import pytest

from seamline.app import views
from seamline.app.acting import ENTERED_BY, LOCAL
from seamline.app.correct import acknowledge, correct, hand_over
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.errors import Fix, UnknownIncident
from seamline.model.incident import Incident
from tests.app.scene_home import BEFORE, at, played

TWO = """
stack callers
deploy service:api 290
deploy service:other 300
fails service:api 300
fails service:web 306
fires service:api 320
fails service:other 310
fires service:other 330
now 400
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with two open incidents."""
    return played(tmp_path, TWO, clock_at=at(400))


def incident(home: Home, name: str) -> Incident:
    """It, as readers see it."""
    return next(i for i in views.incidents(home) if i.id == name)


def test_there_are_two_to_talk_about(home: Home) -> None:
    """Two unrelated failures are two incidents, each with its own person."""
    assert [(i.id, i.state) for i in views.incidents(home)] == [("I-1", "open"), ("I-2", "open")]
    assert len({i.accountable for i in views.incidents(home)}) == 2


def test_acknowledging_is_not_taking_over(home: Home) -> None:
    """Who acknowledged is on record; who is accountable stays. Twice keeps the first time."""
    before = incident(home, "I-1").accountable
    acknowledge(home, "I-1")
    first = incident(home, "I-1")
    acknowledge(home, "I-1")
    assert first.acknowledged_at == home.clock()
    assert incident(home, "I-1") == first
    assert first.accountable == before


def test_a_hand_over_moves_the_person_and_tells_them(home: Home) -> None:
    """The new person is accountable and told; the reason is kept; the opinion stays what it was."""
    before = incident(home, "I-1")
    hand_over(home, "I-1", "otto", "knows the client library")
    after = incident(home, "I-1")
    assert after.accountable == "otto"
    assert "knows the client library" in after.why_person
    assert [person for person, _ in after.told] == [before.accountable, "otto"]
    assert after.causes == before.causes


def test_a_hand_over_needs_somebody_else_who_is_there(home: Home) -> None:
    """Neither to nobody nor to who has it already, and nothing is written then."""
    before = home.log.position()
    with pytest.raises(Fix, match="there is no person 'zoe'"):
        hand_over(home, "I-1", "zoe", "x")
    with pytest.raises(Fix, match="already"):
        hand_over(home, "I-1", incident(home, "I-1").accountable, "x")
    assert home.log.position() == before


def test_not_an_incident_closes_it_for_good(home: Home) -> None:
    """Its symptoms go on, and it is neither told again nor taken into another."""
    shown = set(incident(home, "I-2").symptoms)
    correct(home, "I-2", "not_an_incident", note="a load test")
    assert incident(home, "I-2").state == "closed"
    assert [i.id for i in views.incidents(home)] == ["I-1", "I-2"]
    assert not shown & set(incident(home, "I-1").symptoms)


def test_not_an_incident_holds_where_the_clock_is_behind(tmp_path: Path) -> None:
    """A home whose clock lags what tools sent stamps the word no earlier than that: its symptoms are not told again."""
    late = played(tmp_path, TWO, clock_at=BEFORE)
    correct(late, "I-2", "not_an_incident", note="a load test")
    assert [(i.id, i.state) for i in views.incidents(late)] == [("I-1", "open"), ("I-2", "closed")]
    (word,) = (r for r in views.records(late) if isinstance(r, rec.Corrected))
    assert word.at == views.opinion(late).as_of > late.clock()


def test_a_word_entered_for_somebody_says_who_entered_it(home: Home) -> None:
    """The record is the person's, its envelope names the whole-stack owner; nobody else speaks for others."""
    acknowledge(home, "I-1", for_="ana")
    last = list(home.log.read())[-1]
    assert last.headers[ENTERED_BY] == "root"
    assert incident(home, "I-1").acknowledged_at is not None
    with pytest.raises(Fix, match="can't speak for"):
        acknowledge(home, "I-1", by="ana", for_="otto")


def test_a_confirmed_cause_stays_first(home: Home) -> None:
    """What a person confirmed leads."""
    before = incident(home, "I-1").causes[0].key
    correct(home, "I-1", "confirmed")
    assert incident(home, "I-1").causes[0].key == before


def test_a_merged_incident_lives_on_in_the_other(home: Home) -> None:
    """Its symptoms are the other one's; it is no longer open."""
    shown = set(incident(home, "I-2").symptoms)
    correct(home, "I-2", "merge", into="I-1")
    assert incident(home, "I-2").state == "closed"
    assert shown <= set(incident(home, "I-1").symptoms)
    assert incident(home, "I-1").state == "open"


def test_what_was_split_off_is_no_longer_the_incidents(home: Home) -> None:
    """The symptom a person named leaves it and does not come back."""
    (alert,) = (s for s in incident(home, "I-1").symptoms if s.startswith("alert"))
    correct(home, "I-1", "split", symptoms=[alert])
    assert alert not in incident(home, "I-1").symptoms


def test_a_correction_that_cannot_be_is_refused_and_not_written(home: Home) -> None:
    """Merging into itself or into nothing, and splitting off what is not there."""
    before = home.log.position()
    with pytest.raises(Fix, match="into itself"):
        correct(home, "I-1", "merge", into="I-1")
    with pytest.raises(UnknownIncident):
        correct(home, "I-1", "merge", into="I-7")
    with pytest.raises(Fix, match="into which"):
        correct(home, "I-1", "merge")
    with pytest.raises(Fix, match="no such symptoms"):
        correct(home, "I-1", "split", symptoms=["error_ratio service:nobody"])
    assert home.log.position() == before


def test_an_unknown_incident_and_an_unknown_person_are_refused(home: Home) -> None:
    """The hints name what there is."""
    with pytest.raises(UnknownIncident) as incident_unknown:
        acknowledge(home, "I-7")
    assert "I-1, I-2" in incident_unknown.value.hint
    with pytest.raises(Fix) as person_unknown:
        acknowledge(home, "I-1", by="nobody")
    assert person_unknown.value.hint


def test_the_local_command_line_speaks_as_the_whole_stack_owner(home: Home) -> None:
    """And whoever has a credential as themself."""
    assert "acknowledged by root" in acknowledge(home, "I-1", by=LOCAL)
    assert "acknowledged by ana" in acknowledge(home, "I-1", by="ana")


def test_a_persons_word_changes_nothing_that_was_read_before(home: Home) -> None:
    """As of a time before the word, the incident is as it was told then."""
    before = views.why(home, "I-1", at(350)).incident.causes
    correct(home, "I-1", "confirmed")
    assert views.why(home, "I-1", at(350)).incident.causes == before
