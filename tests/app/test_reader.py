"""What readers are shown: the latest opinion at once, an earlier one when asked, and never a log read for a page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seamline.app import demo, lanes, triage, views
from seamline.app.home import Home
from seamline.app.reader import Reader
from seamline.app.triage import Triage
from seamline.bootstrap import home_in_memory, open_home
from seamline.model.delivery import Received
from seamline.model.errors import UnknownIncident

BEFORE = datetime(2026, 11, 23, 19, 36, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with open_home(tmp_path_factory.mktemp("reader") / "home", write=True) as opened:
        demo.run(opened)
        yield opened


@pytest.fixture
def reader(home: Home) -> Reader:
    triage = Triage(home.log, home.sources)
    triage.step()
    return Reader(home, triage)


def test_it_says_what_the_views_say(home: Home, reader: Reader) -> None:
    """Incidents, seams and the story are those of the API."""
    seen = reader.at()
    assert [i.id for i in seen.incidents] == [i.id for i in views.incidents(home)]
    assert sorted(s.key() for s in seen.seams) == sorted(s.key() for s in views.seams(home))
    assert seen.story("I-1").cause == views.why(home, "I-1").cause


def test_no_reader_makes_the_log_be_read(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is as of now comes from memory."""

    def read(*_: Any, **__: Any) -> None:
        raise AssertionError("the log was read")

    monkeypatch.setattr(views, "facts_of", read)
    assert reader.at().story("I-1")
    assert reader.at().marks


def test_an_earlier_time_is_formed_once(reader: Reader) -> None:
    """As of before the incident there is none; asked again, the same answer comes from memory."""
    seen = reader.at(BEFORE)
    assert seen.incidents == []
    assert reader.at(BEFORE) is seen
    with pytest.raises(UnknownIncident):
        seen.story("I-1")


def test_the_copy_stays_as_it_was(home: Home) -> None:
    """Triage goes on; what a reader holds does not change under their eyes."""
    triage = Triage(home.log, home.sources)
    triage.step()
    reader = Reader(home, triage)
    n = len(reader.at().facts.tickets)
    triage.facts.tickets.clear()
    assert len(reader.at().facts.tickets) == n > 0


def test_every_mark_of_the_window_and_no_other(reader: Reader) -> None:
    """The window's ends count as inside; marks come oldest first."""
    seen = reader.at()
    since, until = lanes.usual(seen.marks, seen.opinion)
    shown = lanes.window(seen.marks, seen.opinion, since, until)
    assert list(shown.marks) == [m for m in seen.marks if since <= m.at <= until]
    middle = seen.marks[70].at
    assert lanes.window(seen.marks, seen.opinion, middle, middle).marks[0].at == middle


def test_what_is_newer_brings_what_an_incident_explains_too(reader: Reader) -> None:
    """After a log position: later deliveries, symptoms, and whatever a reader may know under another incident."""
    seen = reader.at()
    since, until = lanes.usual(seen.marks, seen.opinion)
    later = lanes.window(seen.marks, seen.opinion, since, until, after=250)
    assert 0 < len(later.marks) < len(seen.marks)
    assert all(m.seq > 250 or m.incident or m.strength for m in later.marks)
    assert {m.id for m in seen.marks if m.incident} <= {m.id for m in later.marks}


def test_the_line_begins_with_the_cause(reader: Reader) -> None:
    """Release, scaling, then the first sign in each lane."""
    seen = reader.at()
    (thread,) = lanes.threads(seen.marks, seen.incidents)
    assert [s.lane for s in thread.stitches][:2] == ["dev", "platform"]
    assert {s.lane for s in thread.stitches} == {"dev", "platform", "support", "data"}
    assert list(thread.stitches) == sorted(thread.stitches, key=lambda s: s.at)


def test_too_many_marks_keep_the_latest(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """And say how many are left out."""
    monkeypatch.setattr(lanes, "MOST", 10)
    seen = reader.at()
    shown = lanes.window(seen.marks, seen.opinion, BEFORE - timedelta(days=1), BEFORE + timedelta(days=1))
    assert (len(shown.marks), shown.n_left_out) == (10, len(seen.marks) - 10)
    assert shown.marks[-1] == seen.marks[-1]


def test_an_empty_home_has_a_window(tmp_path: Path) -> None:
    """Nothing came in yet: nothing is shown, nothing fails."""
    with open_home(tmp_path / "home", write=True) as opened:
        seen = Reader(opened, Triage(opened.log, opened.sources)).at()
        assert seen.as_of is None
        assert lanes.window(seen.marks, seen.opinion, *lanes.usual(seen.marks, seen.opinion)).marks == ()


def test_of_very_many_unreadable_deliveries_the_latest_reasons_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are counted all the same, and an older one is read again for its reason."""
    monkeypatch.setattr(triage, "MOST_UNREADABLE", 2)
    home = home_in_memory()
    bodies = [b"{", b"{", b'{"alerts": []}', b"{", b"{"]
    home.log.append([Received("alertmanager", str(n), {}, b, BEFORE) for n, b in enumerate(bodies)])
    reader = Reader(home, Triage(home.log, home.sources))
    why = [reader.why_unreadable(delivery) for delivery in home.log.read()]
    assert (reader.n_unreadable, list(reader.unreadable)) == (4, [4, 5])
    assert [bool(w) for w in why] == [True, True, False, True, True]
    assert why[3:] == list(reader.unreadable.values())
