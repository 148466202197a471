"""What can be read of a home, now and as of any time."""

from pathlib import Path

import pytest

from seamline.app import views
from seamline.app.home import Home
from seamline.model.delivery import Received
from seamline.model.errors import UnknownIncident
from tests.app.scene_home import FAILS, NAME, at, new_home, played


def test_the_past_is_read_as_it_was(failed: Home) -> None:
    """Before the first failure there is no incident and no candidate; when it was told there is one."""
    assert views.incidents(failed, at(299)) == []
    assert views.opinion(failed, at(299)).incidents == ()
    (now,) = views.incidents(failed)
    assert now.opened_at is not None
    (then,) = views.incidents(failed, now.opened_at)
    assert (then.id, then.told) == (now.id, now.told)
    assert set(then.symptoms) < set(now.symptoms)


def test_a_later_fact_never_alters_what_was_read_as_of_then(tmp_path: Path) -> None:
    """What arrives later, even about the time before, does not show in a reading as of before."""
    home = played(tmp_path)
    before = views.why(home, "I-1", at(350))
    late = Received(NAME, "late", {}, b"[]", at(500))
    home.log.append([late])
    assert views.why(home, "I-1", at(350)) == before


def test_kept_views_equal_formed_ones(failed: Home) -> None:
    """What was published after the last step is what a rebuild gives, list by list."""
    assert failed.views.position() == failed.log.position()
    formed = views.tables(views.opinion(failed))
    for name, rows in formed.items():
        assert failed.views.get(name) == dict(sorted(rows.items())), name


def test_views_that_lag_behind_the_log_are_not_used(tmp_path: Path) -> None:
    """After an append that nobody published, readers form the opinion anew."""
    home = played(tmp_path)
    home.views.put(home.log.position(), at(400), {"incidents": {}})
    assert views.incidents(home) == []
    home.log.append([Received(NAME, "more", {}, b"[]", at(401))])
    assert [i.id for i in views.incidents(home)] == ["I-1"]


def test_history_from_before_the_map_is_read_with_the_map(tmp_path: Path) -> None:
    """As of a time before anybody declared a map, the first one that was declared explains it."""
    home = new_home(tmp_path, FAILS, clock_at=at(5000))
    home.log.append([Received(NAME, "early", {}, b"[]", at(10))])
    people = {p.id for p in views.organisation(home, at(20)).people}
    assert people == {"root", "wes", "ana", "otto", "dora"}


def test_an_unknown_incident_names_those_there_are(failed: Home, calm: Home) -> None:
    """The hint is the list to pick from."""
    with pytest.raises(UnknownIncident) as known:
        views.why(failed, "I-9")
    assert known.value.hint == "there are: I-1"
    with pytest.raises(UnknownIncident) as none:
        views.why(calm, "I-1")
    assert none.value.hint == "there are: none"


def test_deliveries_that_cannot_be_read_are_listed_with_the_reason(tmp_path: Path) -> None:
    """Nothing is dropped: the delivery is there, and so is why it says nothing."""
    home = new_home(tmp_path, FAILS)
    home.log.append([Received(NAME, "bad", {}, b"{", at(1)), Received("gone", "x", {}, b"{}", at(2))])
    bad = views.deliveries(home, unreadable=True)
    assert [(d.source, bool(d.unreadable)) for d in bad] == [(NAME, True), ("gone", True)]
    assert len(views.deliveries(home)) == 3


def test_seams_and_entities_name_one_person_each(failed: Home) -> None:
    """The map's lists are the same formed and kept, and nobody is missing."""
    assert views.seams(failed) == views.seams(failed, at(400))
    assert views.entities(failed) == views.entities(failed, at(400))
    assert all(s.accountable for s in views.seams(failed))
    assert {e.owner for e in views.entities(failed)} == {"wes", "ana", "otto", "dora"}


def test_what_nobody_declared_is_a_loose_end(tmp_path: Path) -> None:
    """A service that only its failures speak of is listed, not dropped."""
    scene = FAILS.replace("now 400", "fails service:ghost 300\nnow 400")
    assert [end.ref for end in views.loose_ends(played(tmp_path, scene))] == ["service:ghost"]


def test_decisions_are_empty_until_somebody_decides(failed: Home) -> None:
    """Neither verdict nor decision was recorded by reading."""
    assert views.decisions(failed) == []
