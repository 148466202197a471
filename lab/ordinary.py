"""Ordinary life at the clinic, which belongs to every story: small changes, busy minutes, data runs, letters."""

import random
from collections.abc import Iterator, Sequence

from lab.plan import Change, Letters, Pipeline, Step, Traffic

PATIENTS = 4.0
SURGE = 6.7
UNRELATED = ("unrelated_care", "unrelated_figures")


def scattered(rng: random.Random, changes: Sequence[Change], begin_s: float, end_s: float) -> Iterator[Step]:
    """The changes in random order, evenly spread with jitter, never two at the same moment."""
    slot_s = (end_s - begin_s) / len(changes)
    for n, change in enumerate(rng.sample(changes, len(changes))):
        yield Step(begin_s + slot_s * (n + rng.uniform(0.05, 0.55)), change)


def surge(rng: random.Random, at_s: float) -> Iterator[Step]:
    """Enough for one more pod for a while, which the autoscaler adds and later takes away."""
    yield Step(0.0, Traffic(patient=PATIENTS + rng.uniform(-0.2, 0.2)))
    yield Step(at_s, Traffic(patient=SURGE))
    yield Step(at_s + rng.uniform(27, 33), Traffic(patient=PATIENTS + rng.uniform(-0.3, 0.3)))


def pipelines(rng: random.Random, at_s: Sequence[float]) -> Iterator[Step]:
    """Runs of the pipeline; in the first group of runs one has a job that fails at first."""
    unlucky = rng.randrange(1, len(at_s)) if len(at_s) > 2 else None
    for n, begin_s in enumerate(at_s):
        fails = rng.choice(("load.inv.invoices", "load.appt.visits")) if n == unlucky else ""
        yield Step(begin_s + rng.uniform(0, 5), Pipeline(fail_job=fails))


def chatter(rng: random.Random, length_s: float, *, burst_s: float, begin_s: float = 0.0) -> Iterator[Step]:
    """Unrelated tickets: one now and then, and three at once."""
    at_s = rng.uniform(5, 40)
    while at_s < length_s - 5:
        yield Step(begin_s + at_s, Letters((rng.choice(UNRELATED),)))
        at_s += rng.uniform(45, 110)
    if burst_s < length_s - 5:
        yield Step(begin_s + burst_s, Letters(("unrelated_care",) * 3))
