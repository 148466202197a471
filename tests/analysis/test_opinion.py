"""From facts to incidents: golden scenes, and what holds for every scene."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seamline.analysis.facts import Facts
from seamline.analysis.opinion import Opinion, opine
from seamline.model.event import Event
from tests.analysis.says import blocks
from tests.analysis.scene import in_words, look, opinion, read_scene

GOLDEN = Path(__file__).parent / "golden" / "opinion.txt"
SCENES = {title: given_ for title, given_, _ in blocks(GOLDEN)}
CROSSED = "a release and a scaling that cross the limit only together"
VENDOR = "a vendor's fault accuses no change"
LATER_ELSEWHERE = """stack callers
watch service:web
fails service:api 150
fails service:other 156
deploy service:other 158"""
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])

services = st.sampled_from(["service:web", "service:api", "service:other"])
seconds = st.integers(150, 390)


@st.composite
def histories(draw: st.DrawFn) -> str:
    """Services of the callers' stack that fail or don't, alerts, releases and complaints at any times."""
    lines = ["stack callers"]
    for service in ("service:web", "service:api", "service:other"):
        lines.append(draw(st.sampled_from([f"watch {service}", f"fails {service} {draw(seconds)}"])))
    kinds = st.sampled_from(["deploy", "config", "planned", "fires"])
    some = st.tuples(kinds, services, seconds)
    lines += sorted({f"{kind} {service} {at}" for kind, service, at in draw(st.lists(some, max_size=5))})
    if draw(st.booleans()):
        lines += ["idle desk:help 10", f"tickets desk:help {draw(seconds)} 5"]
    return "\n".join(lines)


def conclusion(o: Opinion) -> list[tuple[object, ...]]:
    """What an opinion says, without log positions."""
    return [
        (i.symptoms, i.accountable, [(c.key, c.seam, round(c.probability, 6)) for c in i.causes])
        for i in o.incidents
    ]


def renumbered(events: Sequence[Event]) -> list[Event]:
    """The same events, each from the delivery that its place in the list gives it."""
    return [replace(event, seq=seq) for seq, event in enumerate(events, start=1)]


@pytest.mark.parametrize("title", SCENES)
def test_scenes_are_told_as_written(title: str, accept: bool) -> None:
    """Each scene gives the incidents its text says: cause, seam, person, and what showed it."""
    said = in_words(look(SCENES[title]))
    if accept:
        _rewrite(title, said)
    expected = next(lines for name, _, lines in blocks(GOLDEN) if name == title)
    assert said == expected


def _rewrite(title: str, said: Sequence[str]) -> None:
    parts = []
    for name, scene, lines in blocks(GOLDEN):
        told = said if name == title else lines
        parts.append("\n".join([f"# {name}", scene, *(f"=> {line}" for line in told)]))
    GOLDEN.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


@QUICK
@given(st.data(), st.sampled_from(sorted(SCENES)))
def test_order_of_arrival_and_repeats_leave_no_trace(data: st.DataObject, title: str) -> None:
    """Events in any order, some of them again, from other deliveries: the same incidents, causes, seams, persons."""
    events, organisation, now = read_scene(SCENES[title])
    again = data.draw(st.lists(st.sampled_from(events), max_size=8))
    mixed = data.draw(st.permutations([*events, *again]))
    expected = conclusion(opinion(events, organisation, now))
    assert conclusion(opinion(renumbered(mixed), organisation, now)) == expected


@QUICK
@given(histories())
def test_every_symptom_is_in_at_most_one_incident(history: str) -> None:
    """Clusters are disjoint, and hold only what is symptomatic."""
    formed = look(history)
    told = [s for i in formed.incidents for s in i.symptoms]
    assert len(told) == len(set(told))
    assert set(told) <= {o.id for o in formed.observables if o.symptom is not None}


@QUICK
@given(histories())
def test_probabilities_are_of_one_whole_that_keeps_doubt(history: str) -> None:
    """They sum to 1 but for what was too unlikely to be shown, and one part in ten stays with what nobody modelled."""
    for incident in look(history).incidents:
        total = sum(c.probability for c in incident.causes)
        vague = sum(c.probability for c in incident.causes if c.kind in ("nothing", "unknown"))
        assert 0.99 < total <= 1 + 1e-9
        assert vague > 0.0998
        shown = [c.probability for c in incident.causes]
        assert all(a >= b - 1e-8 for a, b in pairwise(shown))  # ties fall by key


@QUICK
@given(histories())
@example(LATER_ELSEWHERE)
def test_a_change_is_never_blamed_for_what_began_before_it(history: str) -> None:
    """A change that leads came before the last of the onsets it is told to explain, clocks' error aside."""
    for incident in look(history).incidents:
        top = incident.causes[0]
        if top.kind == "change":
            assert top.at is not None
            assert all(line.delay_s is not None and line.delay_s > -3 for line in top.evidence_for)


@QUICK
@given(histories())
def test_somebody_known_answers_for_every_incident(history: str) -> None:
    """Candidate or not, an incident has one person of the tree."""
    formed = look(history)
    people = {p.id for p in formed.base.organisation.people}
    assert {i.accountable for i in formed.incidents} <= people


def test_a_collision_says_which_figures_cross() -> None:
    """Its title holds the arithmetic, and it leads only while the figures show the crossing."""
    (crossed,) = look(SCENES[CROSSED]).incidents
    assert "8 replicas x 12 connections = 96, the database takes 60" in crossed.causes[0].title
    below = SCENES[CROSSED].replace("database:db 0 60", "database:db 0 100")
    assert all(c.kind != "collision" for i in look(below).incidents for c in i.causes)


def test_a_missing_fact_leaves_less_certainty() -> None:
    """The same meeting without the database's limit is believed in, but less."""
    without = "\n".join(row for row in SCENES[CROSSED].splitlines() if "max_connections" not in row)
    sure, unsure = (look(text).incidents[0].causes[0] for text in (SCENES[CROSSED], without))
    assert sure.key == unsure.key
    assert sure.probability > unsure.probability
    assert "unknown" in unsure.title


def test_the_summed_changes_are_less_likely_than_a_vendors_fault() -> None:
    """Where the vendor fails, no change is accused: all of them together stay below one in ten."""
    (incident,) = look(SCENES[VENDOR]).incidents
    assert sum(c.probability for c in incident.causes if c.kind in ("change", "collision")) < 0.1


def test_another_environment_is_not_blamed() -> None:
    """A release in staging is no cause of a failure in production."""
    text = SCENES["a release breaks its own service: its owner's, no seam"].replace("deploy", "staged")
    assert all(c.kind != "change" for i in look(text + "\nfires service:api 320").incidents for c in i.causes)


def test_no_facts_give_an_empty_opinion() -> None:
    """Nothing in, nothing out, as of the epoch."""
    formed = opine(Facts())
    assert (formed.incidents, formed.observables, formed.as_of.timestamp()) == ((), (), 0.0)
