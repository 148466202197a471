"""Data jobs and datasets."""

from collections.abc import Mapping

from seamline.model.event import DatasetState, Run
from tests.analysis.detect.world import at, look, run, symptoms

VISITS = "dataset:duckdb://w/raw.visits"


def state(
    n_rows: int | None = 100,
    nulls: Mapping[str, int] | None = None,
    columns: tuple[str, ...] | None = ("id", "code"),
) -> DatasetState:
    """What one run says of the visits."""
    return DatasetState(VISITS, columns, n_rows, nulls if nulls is not None else {"id": 0, "code": 2})


def wrote(second: float, said: DatasetState) -> Run:
    """A completed load."""
    return run(second, "COMPLETE", outputs=(said,))


def test_a_failing_job_is_a_symptom_until_it_completes() -> None:
    """A failure that lasts shows since it happened, and is over with the run that completes."""
    runs = [run(100, "COMPLETE"), run(200, "FAIL", error="no such table\nline 2")]
    symptom = look(runs, 330)["run_failure job:w/load"].symptom
    assert symptom is not None
    assert (symptom.healthy_at, symptom.onset_at) == (at(100), at(200))
    assert "no such table" in symptom.detail
    assert "line 2" not in symptom.detail
    mended = look([*runs, run(340, "COMPLETE")], 350)["run_failure job:w/load"]
    assert mended.symptom is None
    assert mended.eps > 0.05


def test_a_failure_that_a_retry_mends_is_none() -> None:
    """A single failure says nothing for two minutes: most are mended by a retry."""
    runs = [run(100, "COMPLETE"), run(200, "FAIL")]
    assert not symptoms(runs, 310)
    assert symptoms(runs, 321)


def test_failures_in_a_row_weigh_more() -> None:
    """The second failure in a row doubles the strength."""
    runs = [run(100, "COMPLETE"), run(200, "FAIL"), run(230, "ABORT")]
    one, two = (look(runs[:n], 330)["run_failure job:w/load"].symptom for n in (2, 3))
    assert one is not None
    assert two is not None
    assert two.strength == 2 * one.strength


def test_a_column_that_goes_null_is_a_symptom_after_one_healthy_run() -> None:
    """A null share of 2 % that becomes 100 % shows at the column, since the run that wrote it."""
    found = symptoms([wrote(100, state()), wrote(200, state(nulls={"id": 0, "code": 100}))], 300)
    assert list(found) == [f"null_share {VISITS} code"]
    symptom = found[f"null_share {VISITS} code"].symptom
    assert symptom is not None
    assert (symptom.healthy_at, symptom.onset_at) == (at(100), at(200))
    assert symptom.detail.startswith("100 % of code is NULL")


def test_a_column_that_was_always_null_is_usual() -> None:
    """A column that is NULL from the first run on, and one that fills, are no symptoms."""
    runs = [wrote(100 * i, state(nulls={"id": 100, "code": 90 if i < 3 else 5})) for i in range(1, 6)]
    assert not symptoms(runs, 600)


def test_binomial_noise_is_usual() -> None:
    """Seven NULLs of a hundred after two is chance, not a symptom."""
    runs = [wrote(100 * i, state(nulls={"code": n})) for i, n in enumerate((2, 4, 1, 3, 2, 7))]
    assert not symptoms(runs, 600)


def test_a_lost_column_is_a_symptom_and_its_return_ends_it() -> None:
    """A schema without a column it had shows the loss at that column until it is back."""
    runs = [wrote(100, state()), wrote(200, state(columns=("id",)))]
    assert f"column_gone {VISITS} code" in symptoms(runs, 300)
    assert not symptoms([*runs, wrote(300, state())], 400)


def test_runs_that_say_nothing_of_columns_are_no_loss() -> None:
    """A run without a schema doesn't lose columns."""
    assert not symptoms([wrote(100, state()), wrote(200, state(columns=None))], 300)


def test_an_empty_table_is_a_symptom() -> None:
    """No rows after a hundred is a symptom; a fifth fewer is none."""
    before = [wrote(100 * i, state()) for i in range(1, 7)]
    assert f"row_count {VISITS}" in symptoms([*before, wrote(700, state(n_rows=0, nulls={}))], 800)
    assert not symptoms([*before, wrote(700, state(n_rows=80))], 800)


def test_an_overdue_write_is_a_symptom() -> None:
    """A table written every 100 s is late after 300 s of nothing; without a schedule nothing is late."""
    runs = [wrote(100 * i, state()) for i in range(1, 7)]
    assert not symptoms(runs, 850)
    found = symptoms(runs, 950)
    assert list(found) == [f"freshness {VISITS}"]
    irregular = [wrote(t, state()) for t in (10, 20, 400, 410, 900)]
    assert not symptoms(irregular, 3000)


def test_a_test_that_passed_before_and_fails_is_a_symptom() -> None:
    """A data test that fails after it passed shows at its dataset; one that always failed doesn't."""
    broken = DatasetState(VISITS, failed_assertions=("not_null(code)",))
    assert list(symptoms([wrote(100, state()), wrote(200, broken)], 300)) == [
        f"run_failure {VISITS} not_null(code)"
    ]
    assert not symptoms([wrote(100, broken), wrote(200, broken)], 300)


def test_a_failed_run_says_nothing_of_its_data() -> None:
    """Rows and columns that a run told before it failed are not compared."""
    runs = [wrote(100 * i, state()) for i in range(1, 6)]
    partial = run(600, "FAIL", outputs=(state(n_rows=0, nulls={}, columns=("id",)),))
    assert not symptoms([*runs, partial], 610)


def test_what_has_been_so_for_a_week_is_usual() -> None:
    """A column that was lost eight days ago is no symptom any more."""
    day = 86400
    runs = [wrote(0, state()), *(wrote(day * i, state(columns=("id",))) for i in range(1, 10))]
    assert symptoms(runs, 3 * day + 60)
    assert not symptoms(runs, 9 * day + 60)


def test_silent_datasets_are_watched_once_per_kind() -> None:
    """A healthy dataset is one silent observable per kind of check, not one per column."""
    ids = sorted(look([wrote(100, state()), wrote(200, state())], 300))
    assert ids == [f"{kind} {VISITS}" for kind in ("column_gone", "null_share", "row_count")] + [
        "run_failure job:w/load"
    ]
