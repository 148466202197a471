"""Symptoms that one cause explains are joined; the set of causes is the cheapest."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis.correlate import MOST_CAUSES, WORTH, Cluster, cluster
from seamline.analysis.likelihood import Score, view
from tests.analysis.seen import sick


def score(gains: list[float], prior: float = -5.0, silence: float = 0.0) -> Score:
    """A candidate with one possible start, what it explains of each symptom, its log prior and its silence."""
    return Score(
        np.array([0.0]), np.array([prior]), np.array([prior]), np.array([gains]), np.array([silence])
    )


def clusters(scores: dict[str, Score], n: int) -> list[Cluster]:
    """Clusters of n symptoms."""
    return cluster(view([sick(f"service:{i}") for i in range(n)]), scores)


def shape(found: list[Cluster]) -> list[tuple[str, tuple[int, ...]]]:
    return [(c.key, c.symptoms) for c in found]


def test_one_cause_for_both_is_cheaper_than_one_each() -> None:
    """Two priors are paid only when the second explains more than it costs."""
    one_each = {"a": score([9, 0]), "b": score([0, 9])}
    assert shape(clusters(one_each, 2)) == [("a", (0,)), ("b", (1,))]
    assert shape(clusters({**one_each, "c": score([8, 8])}, 2)) == [("c", (0, 1))]


def test_a_first_choice_that_two_others_make_needless_is_dropped() -> None:
    """Greedy alone would keep the compromise; swaps remove it."""
    scores = {"mid": score([7, 7, 7, 7]), "left": score([14, 14, 0, 0]), "right": score([0, 0, 14, 14])}
    assert shape(clusters(scores, 4)) == [("left", (0, 1)), ("right", (2, 3))]


def test_what_no_cause_pays_for_is_noise() -> None:
    """A symptom stays alone when its explanation costs more than calling it noise."""
    assert clusters({"a": score([4.9])}, 1) == []
    assert shape(clusters({"a": score([9, WORTH / 2])}, 2)) == [("a", (0,))]


def test_silence_can_make_a_cause_too_dear() -> None:
    """What should have shown and did not is part of the cost."""
    assert clusters({"a": score([9], silence=-6)}, 1) == []


def test_the_most_certain_comes_first_with_what_it_saves() -> None:
    """`net` is what a cluster's symptoms gain less what its cause costs."""
    found = clusters({"a": score([8, 0]), "b": score([0, 12])}, 2)
    assert [(c.key, c.net) for c in found] == [("b", 7.0), ("a", 3.0)]


def test_no_symptoms_no_clusters() -> None:
    """Empty in, empty out."""
    assert cluster(view([]), {}) == []
    assert clusters({}, 3) == []


numbers = st.floats(0, 14)
many = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.tuples(st.lists(numbers, min_size=5, max_size=5), st.floats(-10, -1)),
    max_size=20,
)


@settings(deadline=None)
@given(many)
def test_clusters_are_disjoint_and_few(drawn: dict[str, tuple[list[float], float]]) -> None:
    """At most one cluster per symptom, each symptom worth its cause, a bounded number of causes."""
    found = clusters({k: score(g, p) for k, (g, p) in drawn.items()}, 5)
    symptoms = [s for c in found for s in c.symptoms]
    assert len(symptoms) == len(set(symptoms))
    assert len(found) <= MOST_CAUSES
    assert all(drawn[c.key][0][s] >= WORTH for c in found for s in c.symptoms)


@settings(deadline=None)
@given(many, st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(
    drawn: dict[str, tuple[list[float], float]], mix: st.DataObject
) -> None:
    """The same clusters for every order in which candidates come."""
    scores = {k: score(g, p) for k, (g, p) in drawn.items()}
    keys = list(scores)
    mix.shuffle(keys)  # type: ignore[attr-defined]
    assert clusters({k: scores[k] for k in keys}, 5) == clusters(scores, 5)
