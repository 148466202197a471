"""Lasting deviations, from text: a new case is two lines."""

from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from seamline.analysis.detect.baseline import judge
from seamline.analysis.detect.grid import Grid
from seamline.analysis.detect.indicators import Key, Panel
from seamline.analysis.detect.onset import Episode, episodes
from seamline.analysis.detect.rules import RULES

GOLDEN = Path(__file__).parent / "golden" / "episodes.txt"


def cases() -> list[tuple[str, str]]:
    """Input and expected line of every case."""
    lines = [line for line in GOLDEN.read_text().splitlines() if line and not line.startswith("#")]
    return list(zip(lines[::2], lines[1::2], strict=True))


def panel(text: str) -> Panel:
    """One row with realistic noise: binomial, gamma or Poisson by kind, seeded by the text itself."""
    head, _, runs = text.partition(":")
    kind, step, count = head.split()
    levels = [np.nan if level == "_" else float(level) for n, level in _runs(runs) for _ in range(n)]
    rng = np.random.default_rng(crc32(text.encode()))
    n = np.full((1, len(levels)), np.nan if count == "-" else float(count))
    values = np.array([[_noisy(kind, level, n[0, 0], rng) for level in levels]])
    grid = Grid(float(step[:-1]), 1000, len(levels))
    return Panel(kind, grid, RULES[kind], (Key("service:a", "", "production"),), values, n, ((),))  # type: ignore[arg-type]


def _runs(text: str) -> list[tuple[int, str]]:
    pairs = (run.split("x") for run in text.split())
    return [(int(n), level) for n, level in pairs]


def _noisy(kind: str, level: float, n: float, rng: np.random.Generator) -> float:
    if np.isnan(level):
        return level
    if kind == "error_ratio":
        return float(rng.binomial(int(n), level) / n)
    if kind == "latency":
        return float(rng.gamma(n, level / n))
    return float(rng.poisson(level)) if kind == "backlog" else float(rng.normal(level, 0.01))


def told(found: list[Episode]) -> str:
    """Episodes as the golden file says them."""
    said = [f"from {e.onset} on" if e.ended < 0 else f"from {e.onset} until {e.ended}" for e in found]
    return "; ".join(said) or "silent"


@pytest.mark.parametrize(("given", "expected"), cases())
def test_episodes(given: str, expected: str) -> None:
    """Each case's deviations are those of its second line."""
    one = panel(given)
    (found,) = episodes(judge(one).distance, one.values, one.grid.step_s, RULES[one.kind])
    assert told(found) == expected
