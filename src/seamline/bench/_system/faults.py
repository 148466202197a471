"""What can be wrong with a pod, and how: one small function per kind, strength 1 being a usual one of its kind.

`when` is pods x samples, from 0 (nothing yet) to 1 (in full).
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from seamline.bench._system.flow import Effects, Floats

Fault = Callable[[Effects, list[int], Floats, float, Generator], None]


def cpu_hog(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """Something burns its cores."""
    e.cpu[rows] += when * rng.uniform(1.0, 4.0) * strength
    e.slow[rows] += when * rng.uniform(1.0, 4.0) * strength
    e.room[rows] /= 1 + when * rng.uniform(0.3, 1.0) * strength


def memory_leak(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """Memory grows, and collecting it takes longer and longer."""
    grown = np.cumsum(when, axis=1) / max(1.0, 0.1 * when.shape[1])
    e.memory[rows] += np.minimum(grown, 1.0) * rng.uniform(0.5, 2.0) * min(strength, 3.0)
    e.slow[rows] += when * (0.5 + grown) * rng.uniform(0.8, 3.0) * strength
    e.cpu[rows] += when * rng.uniform(0.1, 0.6)


def network_delay(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """All its calls, in and out, take longer than either end thinks."""
    e.net_s[rows] += when * float(np.exp(rng.uniform(np.log(0.03), np.log(0.4)))) * strength


def network_loss(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """Packets go: some calls fail, the rest wait for what is sent again."""
    e.loss[rows] += when * np.minimum(rng.uniform(0.03, 0.2) * strength, 0.9)
    e.net_s[rows] += when * rng.uniform(0.01, 0.15) * strength


def error_returns(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """A share of requests is answered with a failure, late in their way."""
    e.fails[rows] += when * np.minimum(rng.uniform(0.05, 0.5) * strength, 0.95)


def exceptions(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """A share of requests fails at once, and what they would have called is not called."""
    share = when * np.minimum(rng.uniform(0.05, 0.6) * strength, 0.95)
    e.fails[rows] += share
    e.asks[rows] *= 1 - 0.5 * share


def wrong_answers(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """Answers look well and make their reader fail."""
    e.wrong[rows] += when * np.minimum(rng.uniform(0.08, 0.6) * strength, 0.95)


def crashes(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """It falls over and comes back, again and again; the failing is done meanwhile."""
    down = rng.random(when.shape) < np.minimum(0.3 * strength, 0.9)
    e.loss[rows] += when * down * rng.uniform(0.3, 0.9)
    e.memory[rows] *= 1 - 0.6 * when * down
    e.cpu[rows] *= 1 + when * down * rng.uniform(0, 2)


def pool_exhausted(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """Requests wait for a connection; some give up."""
    e.delay_s[rows] += when * rng.uniform(0.05, 0.8) * strength
    e.fails[rows] += when * np.minimum(rng.uniform(0.0, 0.25) * strength, 0.9)


def slow_code(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """It does more for each request than it did, or waits for somebody outside."""
    e.delay_s[rows] += when * float(np.exp(rng.uniform(np.log(0.03), np.log(0.6)))) * strength


def disk_full(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """Writing takes long and fails at times."""
    e.disk[rows] += when * rng.uniform(1.0, 5.0)
    e.delay_s[rows] += when * rng.uniform(0.02, 0.3) * strength
    e.fails[rows] += when * np.minimum(rng.uniform(0.0, 0.1) * strength, 0.9)


def chatty(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """It calls others many times for what one call gave."""
    e.asks[rows] *= 1 + when * rng.uniform(1.0, 4.0) * min(strength, 3.0)


def bad_setting(e: Effects, rows: list[int], when: Floats, strength: float, rng: Generator) -> None:
    """A setting that some requests cannot be served with, or that makes all slow."""
    (error_returns if rng.random() < 0.5 else slow_code)(e, rows, when, strength, rng)


FAULTS: dict[str, Fault] = {
    one.__name__: one
    for one in (
        cpu_hog, memory_leak, network_delay, network_loss, error_returns, exceptions, wrong_answers, crashes,
        pool_exhausted, slow_code, disk_full, chatty, bad_setting,
    )
}  # fmt: skip
