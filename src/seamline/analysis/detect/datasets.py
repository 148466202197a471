"""What runs say of datasets: lost columns, columns that went NULL, rows that stayed away, tests that fail.

A dataset is compared with its own earlier states as told by the same job from the same side (a reader and
a writer count differently); a run that failed says nothing of its data. One silent observable per dataset and
kind; a symptom names its column or its test.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import hypot, sqrt
from statistics import median

from msgspec import Struct

from seamline.analysis.detect.eps import STANDING, eps
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.runs import FAILED
from seamline.analysis.detect.series import MAX_STRENGTH, few, percent
from seamline.analysis.environment import environment_of
from seamline.model.event import DatasetState, Run
from seamline.model.symptom import Observable, ObservableKind, Symptom

JUMP = 0.2  # a rise of the null share that counts however little is known of before ...
_SMALL_JUMP, _MANY = 0.05, 5  # ... and one that counts after so many healthy runs
_Z, _Z_SMALL = 2.5, 4.0  # scales that each of them has to be above usual
_NULL_RESOLUTION = 0.01
_DROP = 0.5  # share of the fewest rows so far below which a count is a drop
_ROWS_RESOLUTION = 0.1  # share of the usual rows by which a count may always move
_ENOUGH = 3  # healthy runs before a drop counts
_FEW_ROWS = 5  # a table of fewer rows may well be empty at times
_N_BACK = 20  # earlier states that make up the baseline
_PLAIN = 20.0  # strength of what needs no measure: a column is there or not, a test passes or not


class _State(Struct, frozen=True):
    """What one run said of a dataset."""

    at: datetime
    seq: int
    said: DatasetState


class _Finding(Struct, frozen=True):
    """A deviation that lasts up to the newest state, and how often there was one before."""

    symptom: Symptom | None
    n_before: int


_Key = tuple[str, str]
_Check = Callable[[Sequence[_State]], dict[str, _Finding]]


def observe(
    runs: Sequence[Run], canonical: Callable[[str], str], as_of: datetime, environment: str
) -> list[Observable]:
    """Per dataset and kind one observable per symptomatic column, else one silent one."""
    told: dict[_Key, dict[tuple[str, str], dict[str, _State]]] = {}
    failed = {run.run_id for run in runs if run.state in FAILED}
    for run in (run for run in runs if run.run_id not in failed):
        where = environment_of(dict(run.dims), environment)
        for side, states in (("in", run.inputs), ("out", run.outputs)):
            for said in states:
                by_teller = told.setdefault((canonical(said.dataset), where), {})
                by_run = by_teller.setdefault((canonical(run.job), side), {})
                by_run[run.run_id] = _State(run.at, run.seq, _merged(by_run.get(run.run_id), said))
    found: list[Observable] = []
    for (dataset, where), tellers in sorted(told.items()):
        histories = [
            sorted(states.values(), key=lambda s: (s.at, s.seq)) for _, states in sorted(tellers.items())
        ]
        for kind, check in _CHECKS.items():
            found += _observables(kind, check, dataset, where, histories, as_of, environment)
    return found


def _merged(before: _State | None, said: DatasetState) -> DatasetState:
    """What a run said in all its states so far; the later word wins."""
    if before is None:
        return said
    old = before.said
    return DatasetState(
        said.dataset,
        said.columns if said.columns is not None else old.columns,
        said.n_rows if said.n_rows is not None else old.n_rows,
        said.null_counts if said.null_counts is not None else old.null_counts,
        said.failed_assertions or old.failed_assertions,
    )


def _observables(
    kind: ObservableKind,
    check: _Check,
    dataset: str,
    where: str,
    histories: Sequence[Sequence[_State]],
    as_of: datetime,
    default: str,
) -> list[Observable]:
    findings: dict[str, _Finding] = {}
    for history in histories:
        for slice_, finding in check(history).items():
            findings[slice_] = _stronger(findings.get(slice_), finding)
    if not findings:
        return []
    states = [state.at for history in histories for state in history]
    since, seen = min(states), max(states)

    def watch(slice_: str, finding: _Finding) -> Observable:
        id_ = observable_id(kind, dataset, slice_, where, default)
        chance = eps(finding.n_before, (as_of - since).total_seconds())
        return Observable(id_, dataset, kind, chance, since, seen, finding.symptom, slice_, where)

    told = {slice_: one for slice_, one in findings.items() if _is_told(one.symptom, as_of)}
    broken = [watch(slice_, one) for slice_, one in sorted(told.items())]
    return broken or [watch("", _Finding(None, max(one.n_before for one in findings.values())))]


def _is_told(symptom: Symptom | None, as_of: datetime) -> bool:
    return symptom is not None and as_of - symptom.onset_at <= STANDING


def _stronger(one: _Finding | None, other: _Finding) -> _Finding:
    """Two tellers' findings of one thing: the earlier symptom, else the stronger, and the noisier history."""
    if one is None:
        return other
    symptoms = [s for s in (one.symptom, other.symptom) if s is not None]
    symptoms.sort(key=lambda s: (s.onset_at, -s.strength, s.detail))
    return _Finding(symptoms[0] if symptoms else None, max(one.n_before, other.n_before))


def _null_shares(history: Sequence[_State]) -> dict[str, _Finding]:
    columns: dict[str, list[tuple[_State, float, int]]] = {}
    for state in history:
        n_rows = state.said.n_rows or 0
        if n_rows > 0:
            for column, n_null in (state.said.null_counts or {}).items():
                columns.setdefault(column, []).append((state, min(1.0, n_null / n_rows), n_rows))
    return {column: _null_share(column, shares) for column, shares in columns.items()}


def _null_share(column: str, shares: Sequence[tuple[_State, float, int]]) -> _Finding:
    healthy: list[float] = []

    def strength(share: float, n: int) -> float:
        usual = median(healthy)
        by_chance = max(usual * (1 - usual), 0.25 / n) / n
        z = (share - usual) / hypot(_spread(healthy, usual, by_chance), _NULL_RESOLUTION)
        jump = share - usual
        small = len(healthy) >= _MANY and jump >= _SMALL_JUMP and z >= _Z_SMALL
        return z if small or (jump >= JUMP and z >= _Z) else 0.0

    def detail(share: float, n: int) -> str:
        return f"{percent(share)} of {column} is NULL ({n} rows) against {percent(median(healthy))}"

    return _walk(shares, healthy, strength, detail)


def _row_counts(history: Sequence[_State]) -> dict[str, _Finding]:
    counts = [(s, float(s.said.n_rows), 0) for s in history if s.said.n_rows is not None]
    if not counts:
        return {}
    healthy: list[float] = []

    def strength(n_rows: float, _: int) -> float:
        usual, least = median(healthy), min(healthy)
        z = (usual - n_rows) / hypot(_spread(healthy, usual, usual + 1), _ROWS_RESOLUTION * usual)
        dropped = n_rows < _DROP * least and len(healthy) >= _ENOUGH
        emptied = n_rows == 0 and least >= _FEW_ROWS
        return z if (dropped or emptied) and z >= _Z else 0.0

    def detail(n_rows: float, _: int) -> str:
        return f"{n_rows:.0f} rows against {median(healthy):.0f}"

    return {"": _walk(counts, healthy, strength, detail)}


def _spread(healthy: Sequence[float], usual: float, by_chance: float) -> float:
    """Standard deviation, believed to be that of chance (a variance) until the history says otherwise.

    The belief weighs as much as one run: tables that hold sums of others don't vary as a sample would.
    """
    seen = sum((value - usual) ** 2 for value in healthy)
    return sqrt((by_chance + seen) / (1 + len(healthy)))


def _walk(
    states: Sequence[tuple[_State, float, int]],
    healthy: list[float],
    strength: Callable[[float, int], float],
    detail: Callable[[float, int], str],
) -> _Finding:
    """Judge each state by the healthy ones before it; what deviates does not join them."""
    last_healthy: _State | None = None
    bad: list[tuple[_State, float]] = []
    words, n_before = "", 0
    for state, value, n in states:
        far = strength(value, n) if healthy else 0.0
        if far:
            bad.append((state, far))
            words = detail(value, n)
            continue
        n_before += bool(bad)
        bad, last_healthy = [], state
        healthy.append(value)
        del healthy[:-_N_BACK]
    return _Finding(_lasting(bad, last_healthy, words) if bad else None, n_before)


def _lasting(bad: Sequence[tuple[_State, float]], healthy: _State | None, words: str) -> Symptom:
    onset_at = bad[0][0].at
    return Symptom(
        onset_at=onset_at,
        healthy_at=healthy.at if healthy else onset_at,
        strength=round(min(MAX_STRENGTH, max(far for _, far in bad)), 2),
        detail=f"{words}",
        seqs=few({state.seq for state, _ in bad}),
        confirmed_by=len(bad),
    )


def _columns_gone(history: Sequence[_State]) -> dict[str, _Finding]:
    """Columns of an earlier state that the later ones lack; a column that came back is forgiven."""
    known: dict[str, _State] = {}  # column -> last state that had it
    gone: dict[str, list[_State]] = {}
    n_before: dict[str, int] = {}
    for state in history:
        if not state.said.columns:
            continue
        for column in state.said.columns:
            n_before[column] = n_before.get(column, 0) + bool(gone.pop(column, None))
            known[column] = state
        for column in known.keys() - set(state.said.columns):
            gone.setdefault(column, []).append(state)
    return {
        column: _Finding(_gone(column, known[column], gone.get(column)), n_before[column]) for column in known
    }


def _gone(column: str, last_with: _State, without: list[_State] | None) -> Symptom | None:
    if not without:
        return None
    return _lasting([(state, _PLAIN) for state in without], last_with, f"column {column} is gone")


def _failing_tests(history: Sequence[_State]) -> dict[str, _Finding]:
    """Tests of the data that passed before; one that never passed is usual."""
    tests = sorted({test for state in history for test in state.said.failed_assertions})
    return {test: _failing_test(test, history) for test in tests}


def _failing_test(test: str, history: Sequence[_State]) -> _Finding:
    healthy: list[float] = []

    def strength(failed: float, _: int) -> float:
        return _PLAIN if failed > median(healthy) else 0.0

    def detail(_: float, __: int) -> str:
        return f"test {test} fails"

    return _walk(
        [(s, float(test in s.said.failed_assertions), 0) for s in history], healthy, strength, detail
    )


_CHECKS: dict[ObservableKind, _Check] = {
    "column_gone": _columns_gone,
    "null_share": _null_shares,
    "row_count": _row_counts,
    "run_failure": _failing_tests,
}
