"""Trains every version of the triage model: `python -m lab.clinic.triage.training --seed N --out FOLDER`."""

import argparse
import random
from pathlib import Path

from lab.clinic.triage.model import recipes, train
from lab.clinic.triage.wishes import wish


def artefact(folder: Path, version: str) -> Path:
    """Where a version is kept."""
    return folder / f"triage-{version}.npz"


def main() -> None:
    """Write one artefact per version; versions differ in recipe and in the wishes they saw."""
    arguments = argparse.ArgumentParser(prog="lab.clinic.triage.training")
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for version, recipe in recipes(options.seed).items():
        rng = random.Random(f"training {options.seed} {version}")
        model = train(version, recipe, [wish(rng) for _ in range(recipe.n_wishes)])
        model.save(artefact(options.out, version))


if __name__ == "__main__":
    main()
