"""Opinions become records: when an incident is told, to whom, and when it is over."""

from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from seamline.app import recording as recordings
from seamline.app import views
from seamline.app.home import Home
from seamline.app.ingest import take_line
from seamline.app.triage import CALM as CALM_FOR
from seamline.app.triage import LINE, Triage, crosses, decide
from seamline.model import record as rec
from seamline.model.incident import Incident
from tests.app.scene_home import FAILS, at, new_home, played, recording

OVER = FAILS.replace("fails service:api 300", "fails service:api 300 340").replace("306", "306 340")


def records(home: Home) -> list[rec.AnyRecord]:
    """All that Seamline put on record, in log order, but for the map."""
    found = [r for _, r in sorted(views.facts_of(home).records, key=lambda pair: pair[0])]
    return [r for r in found if not isinstance(r, rec.ConfigSet)]


def the_incident(home: Home) -> Incident:
    """The only one."""
    (found,) = views.incidents(home)
    return found


def test_an_incident_is_opened_once_and_its_person_told_at_once(failed: Home) -> None:
    """One record opens it, the next one tells its person; what follows only amends."""
    first, second, *rest = records(failed)
    assert isinstance(first, rec.Opened)
    assert isinstance(second, rec.Told)
    assert (first.incident, second.incident) == ("I-1", "I-1")
    assert (first.accountable, first.at) == (second.person, second.at)
    assert {type(r) for r in rest} <= {rec.Amended}


def test_records_carry_the_logs_own_time(failed: Home) -> None:
    """Not the clock's: the clock of this home stands still, an hour before anything happened."""
    assert failed.clock() < at(0)
    assert all(at(300) < r.at <= at(400) for r in records(failed))


def test_nothing_is_told_when_nothing_is_wrong(calm: Home) -> None:
    """A release that breaks nothing leaves no record."""
    assert records(calm) == []


def test_the_incident_is_told_within_a_minute_of_its_first_symptom(failed: Home) -> None:
    """A clear picture does not wait for the last symptom."""
    opened = the_incident(failed).opened_at
    assert opened is not None
    assert opened - at(300) < timedelta(seconds=60)


def test_what_comes_later_joins_the_open_incident(failed: Home) -> None:
    """The tickets that came after it was opened are its own, by a record that amends it."""
    opened, *_ = [r for r in records(failed) if isinstance(r, rec.Opened)]
    found = the_incident(failed)
    assert set(opened.symptoms) < set(found.symptoms)
    amended = [r for r in records(failed) if isinstance(r, rec.Amended)]
    assert any("ticket_burst" in s for r in amended for s in r.symptoms)


def test_another_cause_amends_and_proposes_but_moves_no_person(failed: Home) -> None:
    """When the odds turn, the record says so and names who it should go to; the person told stays."""
    formed = views.opinion(failed)
    (incident,) = formed.incidents
    seam = ("service:web", "service:api", "calls")
    other = replace(
        incident.causes[0], key="latent:service:web", entity="service:web", seam=seam, probability=0.9
    )
    rest = replace(incident.causes[0], probability=0.01)
    turned = replace(incident, causes=(other, rest))
    entry = formed.entries["I-1"]
    before = {"I-1": replace(entry, seam=None, accountable="ana")}
    (said,) = decide(replace(formed, incidents=(replace(turned, accountable="ana"),), entries=before))
    assert isinstance(said, rec.Amended)
    assert (said.cause_key, said.seam, said.proposed) == ("latent:service:web", seam, "root")


def test_the_same_cause_at_another_seam_proposes_its_person(tmp_path: Path) -> None:
    """It was told as one unit's own fault; when it is seen to cross a seam, that seam's person is proposed."""
    late = FAILS.replace("fails service:web 306", "fails service:web 336").replace("now 400", "now 440")
    incident = the_incident(played(tmp_path, late.replace("help 330", "help 350")))
    assert incident.accountable == "ana"
    assert incident.causes[0].seam == ("service:web", "service:api", "calls")
    assert incident.proposed == "root"


def test_odds_below_the_line_say_nothing(failed: Home) -> None:
    """Another cause that is only a little likelier is no news."""
    formed = views.opinion(failed)
    (incident,) = formed.incidents
    other = replace(incident.causes[0], key="latent:service:web", probability=0.45)
    known = replace(incident.causes[0], probability=0.4)
    assert decide(replace(formed, incidents=(replace(incident, causes=(other, known)),))) == []


def test_a_candidate_waits_until_the_picture_stands_still(failed: Home) -> None:
    """Neither a weak one, nor a fresh one, nor *nothing* is told; an old one is, however unsure."""
    (incident,) = views.opinion(failed).incidents
    fresh = replace(incident, since=at(300), latest=at(310), weight=LINE + 1)
    unsure = replace(fresh, causes=(replace(incident.causes[0], probability=0.4), *incident.causes[1:]))
    nothing = replace(fresh, causes=(replace(incident.causes[0], kind="nothing"),))
    assert not crosses(fresh, at(312))
    assert not crosses(fresh, at(339))
    assert crosses(fresh, at(340))
    assert not crosses(unsure, at(340))
    assert crosses(unsure, at(346))
    assert not crosses(replace(fresh, weight=LINE - 0.1), at(600))
    assert not crosses(nothing, at(600))


def test_it_is_closed_when_all_has_been_over_for_long_enough(tmp_path: Path) -> None:
    """Not a second sooner, and not again."""
    home = played(tmp_path, OVER.replace("fires service:api 320\n", ""))
    triage = Triage(home.log, home.sources)
    triage.step()
    ends = _ends(triage)
    for when, state in ((ends + CALM_FOR - timedelta(seconds=1), "open"), (ends + CALM_FOR, "closed")):
        triage.facts.heard(when)  # by something else, which goes on
        (incident,) = (i for i in triage.tick(when).incidents if i.id)
        assert incident.state == state
    triage.facts.heard(ends + 2 * CALM_FOR)
    triage.tick(ends + 2 * CALM_FOR)
    assert sum(isinstance(r, rec.Closed) for r in records(home)) == 1
    assert not triage.anything_open()


def _ends(triage: Triage) -> datetime:
    """When the last symptom of I-1 ended; tickets end when no more come."""
    triage.facts.heard(at(1000))
    triage.tick(at(1000))
    assert triage.opinion is not None
    found = [o.symptom for o in triage.opinion.observables if o.symptom is not None]
    assert all(s.ended_at for s in found)
    return max(s.ended_at for s in found if s.ended_at is not None)


def test_time_goes_by_only_while_something_is_open(tmp_path: Path) -> None:
    """With nothing open a tick leaves no record, so an idle home's log does not grow."""
    home = played(tmp_path, "stack callers\nwatch service:web\nnow 100")
    triage = Triage(home.log, home.sources)
    triage.step()
    before = home.log.position()
    triage.tick(at(500))
    assert home.log.position() == before


def test_taking_the_same_delivery_in_again_changes_nothing(failed: Home) -> None:
    """A delivery that comes twice to a triage is one."""
    triage = Triage(failed.log, failed.sources)
    before = list(views.as_text(views.tables(triage._opine())))
    for delivery in failed.log.read():
        triage.take(delivery)
    assert list(views.as_text(views.tables(triage._opine()))) == before


def test_a_restart_leads_to_the_same_incident(tmp_path: Path, failed: Home) -> None:
    """A triage made anew for every delivery, as after kill -9, opens the incident once and tells once."""
    home = new_home(tmp_path, FAILS)
    for line in recordings.read_file(recording(FAILS, tmp_path / "scene.jsonl")):
        home.log.append([take_line(home.inbox, line)])
        if line.received_at > at(300):
            Triage(home.log, home.sources).step()
    assert [type(r) for r in records(home)][:2] == [rec.Opened, rec.Told]
    assert sum(isinstance(r, rec.Opened) for r in records(home)) == 1
    assert the_incident(home).causes[0].key == the_incident(failed).causes[0].key
