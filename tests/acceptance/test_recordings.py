"""Recorded histories of the lab against what really happened in them."""

from pathlib import Path

import pytest

from seamline.app import gate, views
from seamline.app import replay as exports
from seamline.bench import replay
from seamline.model import record as rec
from seamline.model.incident import Cause, Incident
from tests.acceptance.played import CONFIG, Played, new_home, recordings, refill

NOT_ON_THE_MAP = ("unknown", "nothing")
DESK = "desk:scheduling"
SPELLED = "desk:36000101"
ALIAS = f'[[alias]]\nref = "{DESK}"\nsame_as = ["{SPELLED}"]\n'


def _named(incident: Incident) -> list[Cause]:
    return [c for c in incident.causes if c.kind not in NOT_ON_THE_MAP]


def _guilty_release(played: Played) -> str:
    """The release among the changes of the true collision."""
    (true,) = played.truth["incidents"]
    changes = views.facts_of(played.home).changes
    (release,) = [c for c in true["cause"]["changes"] if changes[c].kind == "deploy"]
    return str(release)


def test_one_cause_one_seam_one_person(played: Played) -> None:
    """Every true incident is opened in time with its cause, seam and person, and nothing else is."""
    assert played.outcome.wrong == ()


def test_exactly_one_person_answers_in_every_state(played: Played) -> None:
    """From candidate to closed an incident has one known person, whom no opinion changes once told."""
    for opinion in played.opinions:
        people = {p.id for p in opinion.base.organisation.people}
        assert {i.accountable for i in opinion.incidents} <= people
    for told in (i for o in played.opinions for i in o.incidents if i.id):
        opened = played.opinions[-1].entries[told.id].opened
        assert told.accountable == opened.accountable
        assert {person for person, _ in told.told} <= {opened.accountable}


def test_each_symptom_is_told_once(played: Played) -> None:
    """In every opinion a symptom belongs to at most one incident that is not closed, and probabilities sum to 1."""
    for opinion in played.opinions:
        open_ones = [i for i in opinion.incidents if i.state != "closed"]
        symptoms = [s for i in open_ones for s in i.symptoms]
        assert len(symptoms) == len(set(symptoms))
        assert all(sum(c.probability for c in i.causes) <= 1 + 1e-9 for i in open_ones)


def test_every_cause_links_to_what_was_sent(played: Played) -> None:
    """Each line of evidence for a cause names deliveries that are in the log, and so does each of its changes."""
    sent = {d.seq for d in played.sent()}
    announced = played.announced()
    for cause in (c for i in played.incidents for c in _named(i)):
        assert set(cause.changes) <= announced.keys()
        for line in cause.evidence_for:
            assert line.seqs, f"{cause.key}: {line.text}"
            assert set(line.seqs) <= sent
    assert all(_named(i)[0].evidence_for for i in played.incidents)


def test_the_guilty_release_is_held_when_it_is_announced(friday: Played) -> None:
    """With the facts of that moment the gate holds it, at the seam that then broke, for the person of that seam."""
    (true,) = friday.truth["incidents"]
    release = _guilty_release(friday)
    verdict = gate.gate(friday.home, release, friday.announced()[release].received_at)
    assert verdict.outcome == "hold"
    assert [list(f.seam or ()) for f in verdict.findings] == [true["seam"]]
    assert verdict.accountable == true["accountable"]


def test_harmless_changes_are_not_held(played: Played) -> None:
    """When it was announced each of them passes, or the gate names the fact that it lacks."""
    announced = played.announced()
    verdicts = [
        gate.gate(played.home, change, announced[change].received_at)
        for change in played.truth["harmless_changes"]
        if change in announced
    ]
    assert [v.change for v in verdicts if v.outcome == "hold"] == []
    assert all(f.missing for v in verdicts for f in v.findings)
    assert any(v.outcome == "pass" for v in verdicts)


def test_an_alias_left_out_is_a_loose_end_and_nothing_else_is_lost(friday: Played, tmp_path: Path) -> None:
    """Without it the desk's own spelling is listed as loose; the incident keeps all but the desk's symptoms."""
    config = CONFIG.read_text(encoding="utf-8")
    assert ALIAS in config
    both = []
    for name, text in (("whole", config), ("without", config.replace(ALIAS, ""))):
        with new_home(tmp_path / name, text) as home:
            refill(home, friday.sent())
            both.append(views.opinion(home))
            assert views.deliveries(home, unreadable=True) == []
    whole, without = both
    loose = [{end.ref for end in o.base.stack.loose_ends} for o in both]
    assert loose[1] - loose[0] == {SPELLED}
    assert loose[0] <= loose[1]
    assert without.base.stack.entities.keys() ^ whole.base.stack.entities.keys() == {SPELLED}
    assert {o.id.replace(SPELLED, DESK) for o in without.observables} == {o.id for o in whole.observables}
    before, after = (max(o.incidents, key=lambda i: i.weight) for o in both)
    assert after.causes[0].key == before.causes[0].key
    assert (after.causes[0].seam, after.accountable) == (before.causes[0].seam, before.accountable)
    assert {s for s in before.symptoms if DESK not in s} <= set(after.symptoms)


def test_what_was_formed_step_by_step_is_what_a_rebuild_prints(played: Played) -> None:
    """At the end and on the way: a live opinion that kept its map, and one formed anew from the log's prefix."""
    for live in (*played.opinions[::12], played.opinions[-1]):
        if live.position:
            assert "".join(exports.told(live)) == "".join(exports.export(played.home, live.position))


def test_equal_deliveries_give_equal_answers() -> None:
    """Another hash seed, another clock, any order, everything twice: the same bytes, the same conclusions."""
    found = [r for r in recordings() if r.name.startswith("friday")]
    if not found:
        pytest.skip("the recorded Friday is missing: put friday.jsonl.zst into src/seamline/demo")
    figures = replay.prove(found[0], CONFIG, n_shuffles=2, n_hash_seeds=1)
    assert figures["different"] == []
    assert figures["n_incidents"] == [1, 1]


def test_records_of_the_log_are_ours_alone(played: Played) -> None:
    """What was told is on record: each incident was opened once, and its person told at that moment."""
    records = [r for _, r in views.facts_of(played.home).records]
    opened = [r for r in records if isinstance(r, rec.Opened)]
    told = [r for r in records if isinstance(r, rec.Told)]
    assert [r.incident for r in opened] == [i.id for i in played.incidents]
    assert [(r.incident, r.person, r.at) for r in told] == [(r.incident, r.accountable, r.at) for r in opened]
