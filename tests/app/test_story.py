"""One incident told: what happened when, in which domain, and by which way."""

import pytest

from seamline.analysis.relations import KINDS
from seamline.app import views
from seamline.app.home import Home
from seamline.app.story import WORDS, sentence
from seamline.model.incident import Cause, CauseKind
from seamline.model.refs import DOMAINS
from seamline.model.story import Story
from tests.app.scene_home import at


@pytest.fixture(scope="module")
def story(failed: Home) -> Story:
    """What the failed release's incident is told like."""
    return views.why(failed, "I-1")


def test_every_domain_has_its_lane_oldest_line_first(story: Story) -> None:
    """The lanes stand in one order, empty or not, and each is sorted by time."""
    assert tuple(story.lanes) == DOMAINS
    for lines in story.lanes.values():
        assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert {d for d, lines in story.lanes.items() if lines} == {"dev", "support"}


def test_the_guilty_change_is_marked_and_it_alone(story: Story) -> None:
    """The release that leads is shown as what the cause consists of."""
    guilty = [line for lines in story.lanes.values() for line in lines if line.guilty]
    assert [(line.kind, line.entity, line.at) for line in guilty] == [("change", "service:api", at(290))]


def test_each_line_of_a_tool_names_its_deliveries(story: Story) -> None:
    """Changes, symptoms, alerts and tickets link to what was sent; only our own lines have no delivery."""
    bare = [line.kind for lines in story.lanes.values() for line in lines if not line.seqs]
    assert set(bare) == {"told"}


def test_the_way_is_told_hop_by_hop_with_what_was_expected_and_seen(story: Story) -> None:
    """From the callee to its caller to the desk, each with both delays in seconds."""
    assert [(s.source, s.words, s.target) for s in story.path] == [
        ("service:api", "is called by", "service:web"),
        ("service:web", "brings tickets to", "desk:help"),
    ]
    assert all(s.expected_s > 0 and s.seen_s is not None for s in story.path)


def test_the_person_is_told_by_name_and_rule(story: Story) -> None:
    """Name and rule are those of the record."""
    assert story.incident.accountable == story.incident.told[0][0]
    assert story.person == story.incident.accountable.title()
    assert story.why_person


def test_the_runner_up_and_what_separates_it_are_named(story: Story) -> None:
    """The second cause has its share, and a line of evidence says what tells the two apart."""
    assert story.runner_up.endswith("%)")
    assert "nats for the first" in story.separates


@pytest.mark.parametrize("kind", ["change", "collision", "latent", "unknown", "nothing"])
def test_a_cause_of_each_kind_is_one_sentence(kind: CauseKind) -> None:
    """None names a person, and a latent one accuses no change."""
    cause = Cause("k", kind, (), "service:api", None, 0.5, None, "a fault in service:api")
    said = sentence(cause)
    assert said
    assert "\n" not in said
    assert ("no change is guilty" in said) == (kind == "latent")


def test_a_story_of_the_past_knows_no_later_line(failed: Home) -> None:
    """As of a time, nothing later is told."""
    told = views.why(failed, "I-1", at(350))
    assert all(line.at <= at(350) for lines in told.lanes.values() for line in lines)


def test_words_are_about_relations_there_are() -> None:
    """No row of words for a relation kind that the map can't have."""
    assert set(WORDS) <= set(KINDS)
