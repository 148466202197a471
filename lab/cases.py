"""Case folders out of recordings: what Seamline would have had before it a minute after the harm began.

A page is taken to be the series of an unasked service (a front end) that moved most by then, as somebody would see it on
a dashboard; in a calm recording it is the largest excursion there was. What had not arrived by the end of the
case is not in it.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from msgspec.structs import replace

from lab.recording import SUFFIX, truth_path
from seamline.analysis.facts import Facts
from seamline.analysis.inquiry.case import Alert, Case
from seamline.analysis.inquiry.cut import cut
from seamline.analysis.inquiry.kinds import kind_of
from seamline.analysis.opinion import base_of
from seamline.app import configure, recording, views
from seamline.app.home import Home
from seamline.app.ingest import take_line
from seamline.bench._case_folder import Truth, write
from seamline.bootstrap import open_home
from seamline.model.errors import Fix

MAP = Path(__file__).parent / "clinic" / "seamline.toml"
PAGED_S = 60.0  # after the harm began
LOOKED_S = 60.0  # after the page
_MOVES = ("latency", "failures")


def make(recordings: Sequence[Path], out: Path, declared: Path = MAP) -> list[Path]:
    """One folder per recording, named after it. Raises Fix for a recording without its truth, or with nothing in it."""
    made = []
    for one in recordings:
        truth_file = truth_path(one)
        if not truth_file.exists():
            raise Fix(f"{one}: its truth is missing", hint=f"put {truth_file.name} beside it")
        name = one.name.removesuffix(SUFFIX)
        truth = json.loads(truth_file.read_text(encoding="utf-8"))
        with TemporaryDirectory(prefix="lab-cases-") as folder, open_home(Path(folder), write=True) as home:
            configure.take_over(home, declared)
            home.log.append([take_line(home.inbox, line) for line in recording.read_file(one)])
            case = _case(home, name, truth)
        write(out / name, case, "clinic", truth_of(truth))
        made.append(out / name)
    return made


def truth_of(truth: dict[str, Any]) -> Truth:
    """A story's truth as a case's: all its causes are roots, the first guilty change is the guilty one."""
    causes = [incident["cause"] for incident in truth["incidents"]]
    guilty = [id_ for cause in causes if cause["kind"] != "latent" for id_ in cause["changes"]]
    joint = [id_ for cause in causes if cause["kind"] == "collision" for id_ in cause["changes"]]
    fault = "+".join(sorted({cause["kind"] for cause in causes})) or "none"
    roots = tuple(sorted({cause["entity"] for cause in causes}))
    return Truth(
        roots, f"{truth['story']}: {fault}" if causes else fault, guilty[0] if guilty else "", tuple(joint)
    )


def _case(home: Home, name: str, truth: dict[str, Any]) -> Case:
    whole = views.facts_of(home)
    first_ts = min((float(s.times[0]) for s in whole.series() if len(s.times)), default=None)
    if first_ts is None or whole.as_of is None:
        raise Fix(f"{name}: nothing was measured in it", hint="record it anew")
    harm_at = datetime.fromisoformat(truth["harm_from"]) if truth.get("incidents") else None
    if harm_at is None:
        return _calm(whole, name, first_ts)
    until = min(whole.as_of, harm_at + timedelta(seconds=PAGED_S + LOOKED_S))
    case = _cut(views.facts_of(home, as_of=until), name, first_ts, until)
    return replace(
        case, alert=_page(case, min(harm_at.timestamp() + PAGED_S, case.to_ts), harm_at.timestamp())
    )


def _calm(facts: Facts, name: str, first_ts: float) -> Case:
    """Of a recording in which nothing happened: somebody is paged for the largest excursion of its second half."""
    assert facts.as_of is not None
    case = _cut(facts, name, first_ts, facts.as_of)
    half_ts = (case.from_ts + case.to_ts) / 2
    far = _excursions(case, case.times < half_ts)
    late = (case.times >= half_ts) & (case.times <= case.to_ts - LOOKED_S)
    if not late.any() or not len(far):
        return replace(case, alert=None)
    row, cell = np.unravel_index(int(np.argmax(np.where(late, far, -1.0))), far.shape)
    watch = case.watches[int(row)]
    return replace(case, alert=Alert(watch.entity, watch.metric, float(case.times[int(cell)])))


def _cut(facts: Facts, name: str, first_ts: float, until: datetime) -> Case:
    base = base_of(facts)
    until_ts = until.astimezone(UTC).timestamp()
    environment = base.organisation.environment
    return cut(
        facts,
        base.stack,
        from_ts=first_ts,
        to_ts=until_ts,
        environment=environment,
        question="change",
        id=name,
    )


def _page(case: Case, at_ts: float, harm_ts: float) -> Alert | None:
    """The front end's series that moved most between the harm's beginning and the page."""
    far = _excursions(case, case.times < harm_ts)
    here = (case.times >= harm_ts) & (case.times <= at_ts)
    if not here.any() or not len(far):
        return None
    worst = np.where(here, far, 0.0).mean(axis=1)
    watch = case.watches[int(np.argmax(worst))]
    return Alert(watch.entity, watch.metric, at_ts)


def _excursions(
    case: Case, usual: np.ndarray[Any, np.dtype[np.bool_]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """By how many robust deviations each front end's series is above what it was: watches x times, others 0."""
    called = {link.target for link in case.links if link.kind == "calls"} | set(case.pods())
    far = np.zeros(case.values.shape)
    for row, (watch, values) in enumerate(zip(case.watches, case.values, strict=True)):
        if watch.caller or watch.entity in called or kind_of(watch.metric).role not in _MOVES:
            continue
        known = values[usual & np.isfinite(values)]
        if len(known) >= 5:
            middle = float(np.median(known))
            spread = max(
                1.48 * float(np.median(np.abs(known - middle))), 0.2 * abs(middle), 0.5 * (middle == 0.0)
            )
            far[row] = np.nan_to_num((values - middle) / spread)
    return far
