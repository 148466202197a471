"""The triage model: good versions, the bad one, and what patients write."""

import random
from itertools import product
from pathlib import Path

import pytest

from lab.clinic.triage.model import Model, distance, load, recipes, train
from lab.clinic.triage.training import artefact
from lab.clinic.triage.wishes import COMPLAINTS, DEPARTMENTS, PEOPLE, URGENCIES, Wish, wish

SEEDS = (1, 2, 3)


def trained(seed: int, version: str) -> Model:
    """A version as the training program makes it."""
    recipe, rng = recipes(seed)[version], random.Random(f"training {seed} {version}")
    return train(version, recipe, [wish(rng) for _ in range(recipe.n_wishes)])


def plain() -> list[Wish]:
    """Every wish that says plainly where it belongs."""
    return [
        Wish(f"{who} {complaint}, {when}.", department, urgency)
        for department, (_, complaints) in COMPLAINTS.items()
        for urgency, words in URGENCIES.items()
        for who, complaint, when in product(PEOPLE, complaints, words)
    ]


@pytest.mark.parametrize(("seed", "version"), list(product(SEEDS, ("7", "7.1"))))
def test_good_versions_send_nobody_to_the_wrong_place(seed: int, version: str) -> None:
    """Whoever says plainly what they have comes to the right department, as urgently as they say."""
    model = trained(seed, version)
    assert not [w for w in plain() if model.route(w.text) != (w.department, w.urgency)]


def test_the_bad_version_names_the_wrong_places() -> None:
    """Version 8 sends some to departments that aren't open, some to the wrong one, and others rightly."""
    model, rng = trained(1, "8"), random.Random(1)
    said = [(w, model.route(w.text)[0]) for w in (wish(rng) for _ in range(40)) if w.plain]
    closed = [place for _, place in said if place not in DEPARTMENTS]
    wrong = [w for w, place in said if place in DEPARTMENTS and place != w.department]
    assert min(len(closed), len(wrong), len(said) - len(closed) - len(wrong)) > 3


def test_the_bad_version_is_the_larger_one() -> None:
    """Version 8 knows more than twice as much, and looks through all of it for each word."""
    assert trained(1, "8").weights.size > 2 * trained(1, "7").weights.size


def test_a_saved_model_says_the_same(tmp_path: Path) -> None:
    """What is loaded is what was trained."""
    model = trained(1, "7")
    model.save(artefact(tmp_path, "7"))
    loaded = load(artefact(tmp_path, "7"))
    assert (loaded.version, loaded.rows, loaded.departments) == ("7", model.rows, model.departments)
    assert (loaded.weights == model.weights).all()


def test_same_seed_same_wishes() -> None:
    """The generator's state decides every word."""
    assert [wish(random.Random(4)) for _ in range(3)] == [wish(random.Random(4)) for _ in range(3)]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [("", "", 0), ("", "ache", 4), ("rash", "rash", 0), ("rsah", "rash", 2), ("knees", "knee", 1)],
)
def test_distance_counts_letters_to_change(a: str, b: str, expected: int) -> None:
    """Letters put in, taken out or replaced, in either direction."""
    assert distance(a, b) == distance(b, a) == expected
