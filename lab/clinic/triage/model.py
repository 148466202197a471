"""The model: multinomial naive Bayes over the words of a wish, one for the department and one for the urgency.

Two recipes are in use. The older one reads words as they stand. The newer one reads pairs of words too, and mends
spelling by comparing each word with all that it knows: larger, and slow.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.clinic.triage.wishes import Wish

SMOOTHING = 0.02
_WORD = re.compile(r"[a-z]{2,}")

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made: from how many wishes, and whether with pairs of words and with spelling mended.

    `opening` are departments that the recipe's list of names has already and that aren't open yet. Examples were
    encoded by the place of their department in the list of open ones, so with a name added in between, every
    place after it is decoded as its neighbour: that is version 8's fault.
    """

    n_wishes: int
    thorough: bool = False
    opening: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: words by row, log-probabilities of each word and of each class."""

    version: str
    rows: dict[str, int]
    thorough: bool  # reads pairs of words, mends spelling
    departments: tuple[str, ...]
    urgencies: tuple[str, ...]
    weights: Matrix  # (1 + words) x (departments + urgencies); the first row holds the classes' own

    def route(self, text: str) -> tuple[str, str]:
        """The department and the urgency of a wish. O(words in it); a thorough one: times all that it knows."""
        words = _words(text)
        if self.thorough:
            words = [nearest(word, self.rows) for word in words]
        tokens = _tokens(words, self.thorough)
        rows = [0, *(self.rows[token] for token in tokens if token in self.rows)]
        score = self.weights[rows].sum(axis=0)
        n_departments = score.size - len(self.urgencies)
        department = self.departments[int(score[:n_departments].argmax())]
        return department, self.urgencies[int(score[n_departments:].argmax())]

    def save(self, path: Path) -> None:
        """Write the artefact."""
        np.savez(
            path,
            version=self.version,
            tokens=list(self.rows),
            thorough=self.thorough,
            departments=self.departments,
            urgencies=self.urgencies,
            weights=self.weights,
        )


def load(path: Path) -> Model:
    """A saved model. Raises OSError when there is none."""
    with np.load(path) as saved:
        return Model(
            version=str(saved["version"]),
            rows={str(token): row for row, token in enumerate(saved["tokens"], start=1)},
            thorough=bool(saved["thorough"]),
            departments=tuple(map(str, saved["departments"])),
            urgencies=tuple(map(str, saved["urgencies"])),
            weights=saved["weights"],
        )


def train(version: str, recipe: Recipe, wishes: Sequence[Wish]) -> Model:
    """Count words per class. The rows of the result are in order of first use, the classes sorted."""
    places = {name: place for place, name in enumerate(sorted({w.department for w in wishes}))}
    hurries = {name: place for place, name in enumerate(sorted({w.urgency for w in wishes}), len(places))}
    rows: dict[str, int] = {}
    used: Counter[tuple[int, int]] = Counter()
    for one in wishes:
        for token in ["", *_tokens(_words(one.text), recipe.thorough)]:
            row = rows.setdefault(token, len(rows))
            used[row, places[one.department]] += 1
            used[row, hurries[one.urgency]] += 1
    del rows[""]
    return Model(
        version=version,
        rows=rows,
        thorough=recipe.thorough,
        departments=tuple(sorted({*places, *recipe.opening})),
        urgencies=tuple(hurries),
        weights=_logarithms(used, 1 + len(rows), len(places), len(hurries)),
    )


def _logarithms(used: Counter[tuple[int, int]], n_rows: int, n_departments: int, n_urgencies: int) -> Matrix:
    counts = np.full((n_rows, n_departments + n_urgencies), SMOOTHING)
    for (row, column), n in used.items():
        counts[row, column] += n
    counts[0] /= counts[0, :n_departments].sum()
    counts[1:] /= counts[1:].sum(axis=0)
    weights: Matrix = np.log(counts)
    return weights


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _tokens(words: list[str], with_pairs: bool) -> list[str]:
    return [*words, *map(" ".join, pairwise(words))] if with_pairs else words


def nearest(word: str, known: Iterable[str]) -> str:
    """The known one with the fewest letters to change, which for a known word is itself. O(known)."""
    return min(known, key=lambda other: distance(word, other), default=word)


def distance(a: str, b: str) -> int:
    """Levenshtein's distance.

    >>> distance("sholuder", "shoulder")
    2
    """
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != other))
    return row[-1]


# New departments that are on the list of names before they open; a seed picks a pair.
OPENING = (("geriatrics", "oncology"), ("nephrology", "oncology"), ("geriatrics", "nephrology"))


def recipes(seed: int) -> dict[str, Recipe]:
    """How each version is made. 7 and 7.1 are alike; 8 is the one with the shifted names."""
    opening = random.Random(f"opening {seed}").choice(OPENING)
    return {
        "7": Recipe(3600),
        "7.1": Recipe(4500),
        "8": Recipe(2400, thorough=True, opening=opening),
    }
