"""Fit the weights of the inquiry's evidence to cases with known truths, and show how they do on what was left out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from seamline.analysis.inquiry.case import Floats
from seamline.bench.rca import fit as fitting
from seamline.bench.rca.fit import Example
from seamline.model.errors import Fix

_KEYS: dict[str, Callable[[Example], str]] = {
    "root": lambda e: (*e.truth.root_entities, "-")[0],
    "fault": lambda e: e.truth.fault,
    "set": lambda e: e.set,
}
_NOBODY = frozenset({"-", "none", ""})  # cases without a fault are left out half by half: they share no root


def run(folders: str, leave: str = "root", calm: int = 2) -> dict[str, object]:
    """`folders`: sets of cases, separated by commas. `leave`: root, fault or set; whole ones are left out in turn.

    `calm`: windows without a fault that are cut out of each case with a long normal part.
    """
    if leave not in _KEYS:
        raise Fix(f"leave={leave!r}: no such thing to leave out", hint=f"there are: {', '.join(_KEYS)}")
    cases = fitting.examples([Path(one) for one in folders.split(",")], calm)
    if not cases:
        raise Fix(
            f"{folders}: no case whose root is among what was measured", hint="name sets of case folders"
        )
    chances = _left_out(cases, _KEYS[leave])
    return {
        "weights": fitting.fit(cases),
        "left_out": leave,
        "sets": {name: _figures(cases, chances, name) for name in sorted({c.set for c in cases})},
    }


def _left_out(cases: Sequence[Example], key: Callable[[Example], str]) -> list[Floats]:
    """The posterior of every case by weights fitted without any case that shares its key."""
    found: dict[str, Floats] = {}
    for value in sorted({key(c) for c in cases}):
        alike = [c for c in cases if key(c) == value]
        for apart in (alike[::2], alike[1::2]) if value in _NOBODY else (alike,):
            left = {c.id for c in apart}
            weights = fitting.fit([c for c in cases if c.id not in left])
            found |= {c.id: fitting.chances(c, fitting.vector(weights)) for c in apart}
    return [found[c.id] for c in cases]


def _figures(cases: Sequence[Example], chances: Sequence[Floats], name: str) -> dict[str, float | int | None]:
    of_set = [(c, p) for c, p in zip(cases, chances, strict=True) if c.set == name]
    guilty = [(p[:-1] >= p[c.answer]).sum() for c, p in of_set if c.answer < len(p) - 1]
    calm = [p[:-1].max(initial=0.0) >= 0.5 for c, p in of_set if c.answer == len(p) - 1]
    return {
        "n": len(of_set),
        "first": round(float(np.mean([r == 1 for r in guilty])), 3) if guilty else None,
        "in_three": round(float(np.mean([r <= 3 for r in guilty])), 3) if guilty else None,
        "false": round(float(np.mean(calm)), 3) if calm else None,
        "nats": round(float(np.mean([-np.log(p[c.answer] + 1e-12) for c, p in of_set])), 3),
    }
