"""Observables as tests need them: something seen sick, or seen healthy, at a second."""

from seamline.model.symptom import Observable, ObservableKind, Symptom
from tests.analysis.says import at


def sick(
    entity: str,
    kind: ObservableKind = "error_ratio",
    second: float = 300,
    width_s: float = 5,
    strength: float = 10,
    slice_: str = "",
    eps: float = 0.02,
) -> Observable:
    """Symptomatic since a second; last seen healthy `width_s` before."""
    symptom = Symptom(at(second), at(second - width_s), strength, "made up", (1,))
    return _observable(entity, kind, slice_, eps, symptom)


def silent(entity: str, kind: ObservableKind = "error_ratio", eps: float = 0.02) -> Observable:
    """Watched to the end, and healthy."""
    return _observable(entity, kind, "", eps, None)


def _observable(
    entity: str, kind: ObservableKind, slice_: str, eps: float, symptom: Symptom | None
) -> Observable:
    id_ = " ".join(filter(None, (kind, entity, slice_)))
    return Observable(id_, entity, kind, eps, at(0), at(400), symptom, slice_)
