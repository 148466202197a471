"""What the inquiry is known to find in the public cases: a floor a little under what was measured."""

from pathlib import Path

import pytest

from seamline.analysis.inquiry import inquire
from seamline.bench.rca import folder, truths

# Of the faulty cases the share whose root comes first, and of those without a fault how many name anybody.
FLOORS = {"petshop-low": (0.90, 0), "nezha-ob-0822": (0.80, 1), "nezha-tt-0129": (0.92, 1)}


@pytest.mark.parametrize("name", FLOORS)
def test_the_root_comes_first_in_most_cases(shared: Path, name: str) -> None:
    """No change makes the inquiry worse unseen."""
    first, accused = [], 0
    for place in folder.places(shared / "rca" / name):
        truth, found = truths.of(place, "neutral", None), inquire(folder.read(place))
        if truth.root_entities:
            first.append(found.entities[0].key in truth.root_entities)
        else:
            accused += bool(found.accuse)
    least, most_accused = FLOORS[name]
    assert sum(first) / len(first) >= least
    assert accused <= most_accused
