"""Data jobs: failed runs, and datasets that are no longer written."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from seamline.analysis.detect.eps import STANDING, eps
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.series import MAX_STRENGTH, few
from seamline.analysis.environment import environment_of
from seamline.model.event import Run
from seamline.model.symptom import Observable, Symptom

HISTORY = timedelta(days=30)
FAILED = ("FAIL", "ABORT")
RETRY_S = 120.0  # a failure that a retry mends within that time is no symptom; a second one in a row is
_MIN_INTERVALS = 3  # completed runs minus one, from which on a schedule is believed
_LATE = 3.0  # usual intervals without a completed run
_REGULAR = 2.5  # the longest gap of a schedule, in usual intervals
_MIN_LATE_S = 60.0

_Key = tuple[str, str]


def known_runs(runs: Iterable[Run], as_of: datetime) -> list[Run]:
    """Runs of the history up to `as_of`, by (time, job, id)."""
    kept = [run for run in runs if as_of - HISTORY <= run.at <= as_of]
    return sorted(kept, key=lambda run: (run.at, run.job, run.id))


def failures(
    runs: Sequence[Run], canonical: Callable[[str], str], as_of: datetime, environment: str
) -> list[Observable]:
    """One observable per job: symptomatic from a failure that no retry mends until a run completes."""
    jobs: dict[_Key, list[Run]] = {}
    for run in runs:
        if run.state in (*FAILED, "COMPLETE"):
            jobs.setdefault((canonical(run.job), environment_of(dict(run.dims), environment)), []).append(run)
    return [_of_job(key, ended, as_of, environment) for key, ended in sorted(jobs.items())]


def _of_job(key: _Key, ended: list[Run], as_of: datetime, default: str) -> Observable:
    job, where = key
    failing: list[Run] = []
    healthy: Run | None = None
    n_before = 0  # failures that a later run mended
    for run in ended:
        if run.state == "COMPLETE":
            n_before += bool(failing)
            healthy, failing = run, []
        else:
            failing.append(run)
    watched_s = (as_of - ended[0].at).total_seconds()
    return Observable(
        id=observable_id("run_failure", job, "", where, default),
        entity=job,
        kind="run_failure",
        eps=eps(n_before, watched_s),
        watched_since=ended[0].at,
        seen_at=ended[-1].at,
        symptom=_failed(failing, healthy or ended[0]) if _lasts(failing, as_of) else None,
        environment=where,
    )


def _lasts(failing: Sequence[Run], as_of: datetime) -> bool:
    if not failing or as_of - failing[0].at > STANDING:
        return False
    return len(failing) > 1 or (as_of - failing[0].at).total_seconds() >= RETRY_S


def _failed(failing: Sequence[Run], healthy: Run) -> Symptom:
    first = failing[0]
    why = next((run.error.strip().splitlines()[0] for run in failing if run.error.strip()), first.state)
    return Symptom(
        onset_at=first.at,
        healthy_at=min(healthy.at, first.at - timedelta(seconds=1)),
        strength=min(MAX_STRENGTH, 4.0 * len(failing)),
        detail=f"{len(failing)} failed in a row: {why[:120]}",
        seqs=few({run.seq for run in failing}),
        confirmed_by=len(failing),
    )


def freshness(
    runs: Sequence[Run],
    canonical: Callable[[str], str],
    as_of: datetime,
    environment: str,
    deaf_s: Callable[[datetime, datetime], float] = lambda _since, _until: 0.0,
) -> list[Observable]:
    """One observable per dataset that is written on a schedule: symptomatic while a write is overdue.

    `deaf_s` says how long nothing at all was heard within a span: that time makes nothing late.
    """
    written: dict[_Key, dict[datetime, Run]] = {}
    for run in runs:
        if run.state != "COMPLETE":
            continue
        for state in run.outputs:
            key = (canonical(state.dataset), environment_of(dict(run.dims), environment))
            written.setdefault(key, {})[run.at] = run
    found = (
        _of_dataset(key, sorted(at.items()), as_of, environment, deaf_s)
        for key, at in sorted(written.items())
    )
    return [one for one in found if one is not None]


def _of_dataset(
    key: _Key,
    written: list[tuple[datetime, Run]],
    as_of: datetime,
    default: str,
    deaf_s: Callable[[datetime, datetime], float],
) -> Observable | None:
    """None where no schedule can be told from the history."""
    dataset, where = key
    times = [at for at, _ in written]
    gaps = [(b - a).total_seconds() - deaf_s(a, b) for a, b in pairwise(times)]
    if len(gaps) < _MIN_INTERVALS:
        return None
    usual_s = median(gaps)
    quiet_s = (as_of - times[-1]).total_seconds() - deaf_s(times[-1], as_of)
    longest_s = sorted(gaps)[-max(1, len(gaps) // 10)]  # one gap in ten may be a holiday
    if usual_s <= 0 or longest_s > _REGULAR * usual_s:
        return None
    late = max(_LATE * usual_s, usual_s + _MIN_LATE_S) < quiet_s <= STANDING.total_seconds() + usual_s
    n_late_before = sum(gap > max(_LATE * usual_s, usual_s + _MIN_LATE_S) for gap in gaps)
    return Observable(
        id=observable_id("freshness", dataset, "", where, default),
        entity=dataset,
        kind="freshness",
        eps=eps(n_late_before, (as_of - times[0]).total_seconds()),
        watched_since=times[0],
        seen_at=as_of,
        symptom=_late(written[-1][1], usual_s, quiet_s) if late else None,
        environment=where,
    )


def _late(last: Run, usual_s: float, quiet_s: float) -> Symptom:
    onset_at = last.at + timedelta(seconds=usual_s * 1.5)
    return Symptom(
        onset_at=onset_at,
        healthy_at=last.at,
        strength=round(min(MAX_STRENGTH, quiet_s / usual_s), 2),
        detail=f"not written for {_span(quiet_s)}, usually every {_span(usual_s)}",
        seqs=(last.seq,),
        confirmed_by=max(1, int(quiet_s / usual_s) - 1),
    )


def _span(seconds: float) -> str:
    """A duration as people say it: `45 s`, `12 min`, `3 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
