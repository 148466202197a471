"""Whole inquiries: who is named, and what is answered to cases that lack something or are wrong."""

from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace

from seamline.analysis.inquiry import inquire
from seamline.analysis.inquiry.case import Alert, Case, Finding, Link, Watch
from tests.analysis.inquiry.towns import ALERT, STEP_S, town

SLOW = """
web > cart > stock
web > mail
web:latency_s 0.2, 0.8 from 50
cart:latency_s 0.1, 0.7 from 50
stock:latency_s 0.05, 0.65 from 50
mail:latency_s 0.03
stock:cpu 0.3, 0.9 from 50
mail:cpu 0.3
"""
WELL = (
    SLOW.replace(", 0.8 from 50", "")
    .replace(", 0.7 from 50", "")
    .replace(", 0.65 from 50", "")
    .replace(", 0.9 from 50", "")
)


def cut_to(case: Case, n: int) -> Case:
    """The first samples only."""
    return replace(case, times=case.times[:n], values=case.values[:, :n], to_ts=n * STEP_S)


def noted(found: Finding, words: str) -> bool:
    """Whether a note says so."""
    return any(words in note for note in found.notes)


def same(a: Finding, b: Finding) -> bool:
    """The same suspects with the same probabilities."""
    likely = {s.key: s.probability for s in b.entities}
    return [s.key for s in a.entities] == [s.key for s in b.entities] and all(
        s.probability == pytest.approx(likely[s.key], rel=1e-6) for s in a.entities
    )


def test_the_deepest_that_is_ill_is_named() -> None:
    """Not those that wait for it; with the start of the fault, and nothing to be noted."""
    found = inquire(town(SLOW))
    assert (found.verdict, found.accuse) == ("entity", ("stock",))
    assert found.started_ts == 50 * STEP_S
    assert found.notes == ()
    assert found.ask == ""


def test_where_nothing_moved_nobody_is_accused() -> None:
    """An alert without a symptom is a false one."""
    found = inquire(town(WELL))
    assert (found.verdict, found.accuse) == ("none", ())
    assert found.nothing > 0.5


def test_constant_series_say_nothing() -> None:
    """No spread is no reason to be infinitely far from usual."""
    found = inquire(town(WELL, strays=0.0))
    assert (found.verdict, found.accuse) == ("none", ())


def test_a_case_without_a_series_is_unknown() -> None:
    """Nobody is accused of being first in the alphabet."""
    found = inquire(town("web > cart > stock"))
    assert (found.verdict, found.accuse, found.started_ts) == ("unknown", (), None)
    assert noted(found, "no series")


def test_an_empty_case_is_unknown() -> None:
    """No times, no services, no alert."""
    found = inquire(town("", n=0, alert=None))
    assert (found.verdict, found.entities, found.started_ts) == ("unknown", (), None)


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_a_few_samples_tell_nothing(n: int) -> None:
    """What is usual can't be known from less than five."""
    found = inquire(cut_to(town(SLOW), n))
    assert (found.verdict, found.accuse) == ("unknown", ())
    assert noted(found, "normal time")


def test_series_without_a_sample_tell_nothing() -> None:
    """All gaps."""
    case = town(SLOW)
    found = inquire(replace(case, values=np.full_like(case.values, np.nan)))
    assert (found.verdict, found.accuse) == ("unknown", ())
    assert noted(found, "both before and during")


def test_without_an_alert_the_end_is_looked_at() -> None:
    """The fault is found all the same, and it is said."""
    found = inquire(town(SLOW, alert=None))
    assert found.entities[0].key == "stock"
    assert noted(found, "without an alert")


@pytest.mark.parametrize("at_ts", [-600.0, 60 * 60.0 + 600])
def test_an_alert_outside_of_the_window_is_noted(at_ts: float) -> None:
    """The last samples are looked at instead."""
    found = inquire(town(SLOW, alert=replace(ALERT, at_ts=at_ts)))
    assert found.entities[0].key == "stock"
    assert noted(found, "outside of what was measured: the last samples are looked at")


@pytest.mark.parametrize("at_ts", [-3600.0, 1e7])
def test_an_alert_far_outside_of_the_window_accuses_nobody(at_ts: float) -> None:
    """What moved hours away says nothing of it."""
    found = inquire(town(SLOW, alert=replace(ALERT, at_ts=at_ts)))
    assert (found.verdict, found.accuse) == ("unknown", ())
    assert noted(found, "far outside of what was measured")


@pytest.mark.parametrize("at_ts", [float("nan"), float("inf")])
def test_an_alert_without_a_time_is_left_out(at_ts: float) -> None:
    """And it is said."""
    found = inquire(town(SLOW, alert=replace(ALERT, at_ts=at_ts)))
    assert found.entities[0].key == "stock"
    assert noted(found, "the alert has no time")


def test_an_alert_about_nothing_that_is_known_is_noted() -> None:
    """Who was alerted is not there."""
    assert noted(inquire(town(SLOW, alert=replace(ALERT, entity="who"))), "nothing is known of who")


def test_an_alerted_metric_that_was_not_sampled_is_noted() -> None:
    """Whether it moved can't be told."""
    assert noted(inquire(town(SLOW, alert=replace(ALERT, metric="apdex"))), "apdex of web is not among")


def test_an_alert_about_a_pod_is_about_its_service() -> None:
    """Pods come and go."""
    pods = SLOW.replace("web:", "web-1:") + "\nweb = web-1"
    of_pod = inquire(town(pods, alert=replace(ALERT, entity="web-1")))
    of_whole = inquire(town(pods))
    assert same(of_pod, of_whole)
    assert of_pod.notes == ()


def test_without_calls_it_is_said_that_nobody_is_upstream() -> None:
    """Series alone don't tell a caller from its callee."""
    found = inquire(town(SLOW.replace("web > cart > stock", "").replace("web > mail", "")))
    assert noted(found, "no calls are known")


def test_a_series_that_is_there_twice_counts_once() -> None:
    """The same answer, and a note."""
    case = town(SLOW)
    twice = replace(
        case, watches=(*case.watches, *case.watches[:3]), values=np.vstack([case.values, case.values[:3]])
    )
    assert same(inquire(twice), inquire(case))
    assert noted(inquire(twice), "3 series are there twice")


@pytest.mark.parametrize("beyond", [np.inf, -np.inf, 1e300])
def test_what_no_measurement_can_be_is_a_gap(beyond: float) -> None:
    """Infinities, and numbers whose squares are."""
    case = town(SLOW)
    values, gaps = case.values.copy(), case.values.copy()
    values[1, 5:8], gaps[1, 5:8] = beyond, np.nan
    found = inquire(replace(case, values=values))
    assert same(found, inquire(replace(case, values=gaps)))
    assert noted(found, "3 samples of 1 series are infinite")


@pytest.mark.parametrize("step_s", [0.0, -60.0, float("nan"), 1.0, 3600.0])
def test_a_distance_of_samples_that_is_not_true_is_mended(step_s: float) -> None:
    """It is taken from the samples."""
    found = inquire(replace(town(SLOW), step_s=step_s))
    assert same(found, inquire(town(SLOW)))
    assert noted(found, "taken as 60 s")


def test_time_before_anything_was_sampled_is_not_normal_time() -> None:
    """A window may begin before the first sample does."""
    case = town(SLOW)
    n = 4 * len(case.times)
    empty = np.full((len(case.watches), n), np.nan)
    before = case.times[0] + 60.0 * np.arange(-n, 0)
    longer = replace(
        case,
        times=np.append(before, case.times),
        values=np.hstack([empty, case.values]),
        from_ts=float(before[0]),
    )
    assert inquire(longer) == inquire(case)


def test_a_service_that_calls_itself_is_no_caller_of_its_own() -> None:
    """Its pods talk to each other."""
    case = town(SLOW)
    itself = replace(case, links=(*case.links, Link("stock", "stock", "calls")))
    assert same(inquire(itself), inquire(case))


def test_calls_in_a_circle_end() -> None:
    """Three that call each other have an answer."""
    assert inquire(town(SLOW + "\nstock > web")).entities[0].key == "stock"


def test_a_pod_named_like_a_service_stays_a_pod_and_a_service_with_pods_a_service() -> None:
    """What has pods of its own is nobody's pod; one of two services' is the first's."""
    case = town("web = cart web-1\ncart = cart-1\napi = web-1\nweb:cpu 1\ncart:cpu 1")
    assert case.pods() == {"web-1": "api", "cart-1": "cart"}


def test_equal_suspects_are_equally_likely_and_in_the_order_of_their_names() -> None:
    """Neither is accused, and it is said."""
    case = town("web > b\nweb > a\nweb:latency_s 0.2, 0.8 from 50\nb:latency_s 0.1, 0.7 from 50")
    watches = (*case.watches, Watch("a", "latency_s"))
    found = inquire(replace(case, watches=watches, values=case.values[[0, 1, 1]]))
    likeliest = [s.key for s in found.entities if s.probability == found.entities[0].probability]
    assert likeliest == ["a", "b"]
    assert found.accuse == ()
    assert noted(found, "a and b are equally likely, and in the order of their names")


def test_a_question_about_changes_is_answered_without_any() -> None:
    """No change is there to be accused."""
    found = inquire(replace(town(SLOW), question="change"))
    assert (found.changes, found.accuse) == ((), ())


def test_what_one_sentence_says_is_one_term() -> None:
    """Two kinds of evidence from one series are told once."""
    for suspect in inquire(town(SLOW)).entities:
        texts = [t.text for t in suspect.terms]
        assert len(texts) == len(set(texts))


def test_the_next_look_tells_the_two_likeliest_apart() -> None:
    """Both are named where the answer isn't plain."""
    text = "web > b\nweb > a\nweb:latency_s 0.2, 0.8 from 50\nb:latency_s 0.1, 0.5 from 50\na:latency_s 0.1, 0.5 from 50"
    found = inquire(town(text))
    assert found.entities[0].probability < 0.9
    assert found.ask.startswith(f"to tell {found.entities[0].key} from ")


def test_five_thousand_services_have_an_answer() -> None:
    """A chain of harmed callers, all of whom one fault explains."""
    n = 5_000
    names = [f"s{i:04d}" for i in range(n)]
    links = tuple(Link(a, b, "calls") for a, b in pairwise(names))
    times = STEP_S * np.arange(40.0)
    values = np.exp(0.02 * np.random.default_rng(1).standard_normal((n, 40)))
    values[:, 34:] *= 3.0
    watches = tuple(Watch(name, "latency_s") for name in names)
    alert = Alert(names[0], "latency_s", 35 * STEP_S)
    found = inquire(Case("big", "entity", STEP_S, 0.0, 2400.0, alert, times, watches, values, links))
    assert len(found.entities) == n
    assert max(s.probability for s in found.entities) == found.entities[0].probability
