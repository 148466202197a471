"""What a method answers to a case, in the form that is printed and scored: one JSON object a line."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from seamline.analysis.inquiry.case import Finding
from seamline.bench.rca.files import json_lines


class RankedEntity(Struct, frozen=True):
    """An entity that may be the root. Without probability the order of the list counts."""

    entity: str
    probability: float | None = None


class RankedChange(Struct, frozen=True):
    """A change, or a step of it, that may be guilty."""

    id: str
    probability: float | None = None


class Prediction(Struct, frozen=True):
    """The answer to one case. `accuse` is what it would put a name to; None where the method can't say."""

    case: str
    ranking: tuple[RankedEntity, ...] | None = None
    changes: tuple[RankedChange, ...] | None = None
    accuse: tuple[str, ...] | None = None
    verdict: str | None = None  # entity, change, none, unknown
    seconds: float | None = None


def of(case: str, finding: Finding, seconds: float) -> Prediction:
    """An inquiry's finding as a prediction."""
    return Prediction(
        case,
        tuple(RankedEntity(s.key, s.probability) for s in finding.entities),
        tuple(RankedChange(s.key, s.probability) for s in finding.changes),
        finding.accuse,
        finding.verdict,
        round(seconds, 3),
    )


def empty(case: str, seconds: float) -> Prediction:
    """No answer: what a crash leaves."""
    return Prediction(case, (), (), (), "unknown", round(seconds, 3))


def read(files: Sequence[Path]) -> dict[str, Prediction]:
    """Predictions by case, of several the last. Raises Fix that names file and line."""
    return {p.case: p for file in files for _, p in json_lines(file, Prediction)}
