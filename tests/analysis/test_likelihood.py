"""How well a candidate explains what is seen, and what is not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis import likelihood, stackmap
from seamline.analysis.candidates import Candidate, Mechanism
from seamline.analysis.delay import ONSET
from seamline.analysis.likelihood import MOST_PER_SYMPTOM, Score, View, evidence, view
from seamline.analysis.stackmap import StackMap
from seamline.model.symptom import Observable
from tests.analysis.says import at, read_lines, told
from tests.analysis.scene import STACKS
from tests.analysis.seen import sick, silent


@pytest.fixture(scope="module")
def stack() -> StackMap:
    said, declared = read_lines(STACKS["callers"].splitlines())
    return stackmap.build(told(said), declared)


def release(service: str, second: float) -> Candidate:
    """A deploy of a service."""
    main = Mechanism(service, "deploy", 1.0, at(second).timestamp(), ONSET["deploy"])
    return Candidate(f"change:{service}@{second:g}", "change", 0.04, main, (), ("x",), service, at(second))


def fault(service: str) -> Candidate:
    """A latent fault of a service."""
    return Candidate(
        f"latent:{service}", "latent", 1e-6, Mechanism(service, "latent service", 1.0), entity=service
    )


def worth(c: Candidate, stack: StackMap, *seen: Observable) -> float:
    """Log-likelihood ratio of a candidate for all symptoms seen."""
    v = view(seen)
    return evidence(likelihood.score(c, v, stack), np.ones(len(v.sick), dtype=np.bool_))


def test_an_effect_before_the_change_speaks_for_nothing(stack: StackMap) -> None:
    """A release after the onset explains none of it, clocks' error aside."""
    v = view([sick("service:api", second=300)])
    later = likelihood.score(release("service:api", 303), v, stack)
    before = likelihood.score(release("service:api", 290), v, stack)
    assert later.explained.max() == 0
    assert before.explained.max() > 5


def test_silence_of_who_should_show_speaks_against(stack: StackMap) -> None:
    """A caller that is watched and healthy costs; one that nobody watches costs nothing."""
    seen = sick("service:api")
    unwatched = worth(release("service:api", 290), stack, seen)
    assert worth(release("service:api", 290), stack, seen, silent("service:web")) < unwatched - 0.2
    assert worth(release("service:api", 290), stack, seen, silent("service:other")) == pytest.approx(
        unwatched
    )


def test_a_silent_look_beside_a_sick_one_says_little(stack: StackMap) -> None:
    """Another watch of an entity that shows already counts for a small part."""
    alone = worth(release("service:api", 290), stack, sick("service:api"))
    beside = worth(release("service:api", 290), stack, sick("service:api"), silent("service:api", "latency"))
    elsewhere = worth(
        release("service:api", 290), stack, sick("service:api"), silent("service:web", "latency")
    )
    assert alone > beside > elsewhere


def test_the_callee_explains_its_caller_and_hardly_the_other_way_round(stack: StackMap) -> None:
    """A fault shows where it is, and up the calls, in the tool's own direction reversed."""
    both = (sick("service:api", second=300), sick("service:web", second=306))
    assert worth(fault("service:api"), stack, *both) > worth(fault("service:web"), stack, *both) + 3


def test_a_symptom_that_often_cries_wolf_weighs_less(stack: StackMap) -> None:
    """The same deviation on a watch that is usually quiet is the better evidence."""
    quiet, noisy = (
        worth(release("service:api", 290), stack, sick("service:api", eps=e)) for e in (0.005, 0.4)
    )
    assert quiet > noisy + 2


def test_no_single_look_decides_alone(stack: StackMap) -> None:
    """However strong and sharp, a symptom is worth at most a fixed number of nats."""
    v = view([sick("service:api", strength=1e6, eps=1e-9, width_s=0)])
    assert likelihood.score(release("service:api", 299), v, stack).explained.max() <= MOST_PER_SYMPTOM


@given(st.integers(1, 30))
def test_many_looks_at_one_entity_are_not_independent(n: int) -> None:
    """n of them count as the root of n."""
    v = view([sick("service:api", slice_=f"{i}") for i in range(n)])
    assert v.weight.sum() == pytest.approx(n**0.5)


def test_a_healthy_run_in_between_speaks_against() -> None:
    """What is looked at once a run shows at the first run after the harm began, not at the second."""
    said, declared = read_lines(["declared service:app ana", "service:app writes dataset:d"])
    v = view([sick("dataset:d", "row_count", 300, width_s=60)])
    s = likelihood.score(release("service:app", 200), v, stackmap.build(told(said), declared))
    healthy_ts = at(240).timestamp()
    between = s.explained[(s.starts > healthy_ts) & (s.starts < at(300).timestamp()), 0]
    before = s.explained[s.starts < healthy_ts - 5, 0]
    assert between.min() > before.max() + 1


def test_unknown_reaches_everything_a_little() -> None:
    """It beats nothing only when much happens at once that nothing joins; alone a symptom is noise."""
    one = view([sick("service:api")])
    many = view([sick(f"service:{n}") for n in range(12)])
    assert _evidence(likelihood.unknown(one), one) < 0 < _evidence(likelihood.unknown(many), many)


def _evidence(s: Score, v: View) -> float:
    return evidence(s, np.ones(len(v.sick), dtype=np.bool_))


@given(st.permutations(range(6)))
def test_the_order_of_observables_does_not_matter(order: list[int]) -> None:
    """Sums agree for any order of what is seen."""
    said, declared = read_lines(STACKS["callers"].splitlines())
    on_map = stackmap.build(told(said), declared)
    seen = [
        sick("service:api"), sick("service:web", second=306), sick("service:api", "latency", 303),
        silent("service:other"), silent("service:web", "latency"), silent("service:api", "backlog"),
    ]  # fmt: skip
    expected = worth(release("service:api", 290), on_map, *seen)
    assert worth(release("service:api", 290), on_map, *(seen[i] for i in order)) == pytest.approx(
        expected, abs=1e-9
    )


def test_nothing_seen_is_an_empty_view() -> None:
    """No symptom, no starts to search."""
    v = view([silent("service:api")])
    assert (v.sick, len(v.grid)) == ((), 0)
