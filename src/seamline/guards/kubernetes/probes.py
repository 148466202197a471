"""Probes that go, or lose patience."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seamline.analysis.manifests.objects import Manifest
from seamline.analysis.manifests.plain import number, rows, table, text
from seamline.guards.kubernetes._states import State, called, changed, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/readiness-removed", "kubernetes/probe-removed", "kubernetes/probe-tightened")
WHOLE = True
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_DEFAULTS = {
    "initialDelaySeconds": 0.0,
    "periodSeconds": 10.0,
    "failureThreshold": 3.0,
    "timeoutSeconds": 1.0,
}


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, refs, containers and probes."""
    return [f for was, now in states(before, after) for f in _of(was, now)]


def _of(was: State, now: State) -> Iterator[Finding]:
    for a, b in changed(was, now, *sorted({w.kind for w in now.workloads})):
        had = {text(c, "name"): c for c in rows(a.template, "spec", "containers")}
        for container in rows(b.template, "spec", "containers"):
            old = had.get(text(container, "name"))
            for probe in _PROBES if old else ():
                yield from _step(b, container, probe, table(old, probe), table(container, probe))


def _step(
    one: Manifest, container: Mapping[str, Any], probe: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Finding]:
    where = f"container {text(container, 'name')} of {called(one)}"
    if old and not new:
        yield _removed(one, where, probe)
    elif old and new and probe != "readinessProbe":
        before, now = _patience_s(old, probe), _patience_s(new, probe)
        shorter = number(new, "timeoutSeconds") or 1.0, number(old, "timeoutSeconds") or 1.0
        if now < before or shorter[0] < shorter[1]:
            yield say(
                "probe-tightened", ("note", "medium" if now * 2 <= before else "low", 0.8), one,
                f"{where} is restarted after {now:g} s without an answer instead of {before:g} s, each within "
                f"{shorter[0]:g} s (before {shorter[1]:g} s): a slow start or a busy minute becomes a restart",
                "measure its slowest start and answer first; give slow starts a startupProbe",
            )  # fmt: skip


def _removed(one: Manifest, where: str, probe: str) -> Finding:
    if probe == "readinessProbe":
        return say(
            "readiness-removed", ("hold", "medium", 0.85), one,
            f"{where} loses its readinessProbe: its pods get requests before they can answer, at every release and scaling",
            "keep it; when it is wrong, mend what it asks",
        )  # fmt: skip
    what = (
        "what hangs is no longer restarted"
        if probe == "livenessProbe"
        else "the livenessProbe counts from the start"
    )
    return say(
        "probe-removed", ("note", "medium", 0.9), one, f"{where} loses its {probe}: {what}",
        "say in the change why it is no longer needed",
    )  # fmt: skip


def _patience_s(probe: Mapping[str, Any], kind: str) -> float:
    """Seconds from the start, or from the last answer, until a restart."""
    values = {
        field: default if (v := number(probe, field)) is None else v for field, default in _DEFAULTS.items()
    }
    delay = values["initialDelaySeconds"] if kind == "startupProbe" else 0.0
    return delay + values["periodSeconds"] * values["failureThreshold"]
