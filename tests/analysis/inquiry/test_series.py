"""From raw series to how far they moved: kinds, pods, scales, floors, the episode."""

import numpy as np
import pytest
from msgspec.structs import replace

from seamline.analysis.inquiry.case import Alert, Case, Watch
from seamline.analysis.inquiry.episode import episode
from seamline.analysis.inquiry.fold import fold
from seamline.analysis.inquiry.kinds import kind_of
from seamline.analysis.inquiry.panel import moved, panel
from seamline.analysis.inquiry.quantiles import quantiles
from tests.analysis.inquiry.towns import STEP_S, town

FIRST, LAST = 50, 60


def z(case: Case) -> list[float]:
    """How far each series moved in the last ten samples, in spreads."""
    return [round(float(x), 3) for x in moved(panel(case), FIRST, LAST).z]


@pytest.mark.parametrize(
    ("metric", "role", "noun"),
    [
        ("latency_s_p95", "latency", "latency"),
        ("http_request_duration_seconds", "latency", "latency"),
        ("availability", "failures", "availability"),
        ("error_rate", "failures", "failure ratio"),
        ("errors", "failures", "failures"),
        ("requests", "requests", "requests"),
        ("memory", "resource", "memory"),
        ("worst_cpu", "resource", "cpu"),
        ("queue_depth", "resource", "saturation"),
        ("orders_open", "other", "orders_open"),
    ],
)
def test_a_metric_is_known_by_its_word(metric: str, role: str, noun: str) -> None:
    """Whoever named it."""
    assert (kind_of(metric).role, kind_of(metric).noun) == (role, noun)


@pytest.mark.parametrize(
    ("metric", "quantile"),
    [
        ("latency_s", None),
        ("latency_s_p50", 0.5),
        ("latency_p999", 0.999),
        ("latency_p100", 1.0),
        ("latency_90th", 0.9),
    ],
)
def test_a_quantile_is_known_by_its_digits(metric: str, quantile: float | None) -> None:
    """Two digits or three; the whole is the most."""
    assert kind_of(metric).quantile == quantile


def test_quantiles_are_numpys() -> None:
    """Gaps left out, linear between samples."""
    rows = np.random.default_rng(1).standard_normal((20, 30))
    rows[:, ::4] = np.nan
    for share, found in zip((0.0, 0.3, 1.0), quantiles(rows, (0.0, 0.3, 1.0)), strict=True):
        assert found == pytest.approx(np.nanquantile(rows, share, axis=1))


def test_quantiles_of_nothing_are_gaps() -> None:
    """No columns, or no sample in a row."""
    assert np.isnan(quantiles(np.empty((2, 0)), (0.5,))[0]).all()
    assert np.isnan(quantiles(np.full((1, 3), np.nan), (0.5,))[0]).all()


def test_pods_fold_into_all_of_them_and_the_worst() -> None:
    """Requests add up, the rest is averaged; a gap of one pod is no gap of the service."""
    case = town(
        "web = web-1 web-2\nweb-1:requests 10\nweb-2:requests 30\nweb-1:cpu 1\nweb-2:cpu 3, gone from 30",
        strays=0,
    )
    whole = fold(case)
    last = dict(zip(whole.watches, whole.values[:, -1].tolist(), strict=True))
    first = dict(zip(whole.watches, whole.values[:, 0].tolist(), strict=True))
    assert first == {Watch("web", "requests"): 40, Watch("web", "cpu"): 2, Watch("web", "worst_cpu"): 3}
    assert last[Watch("web", "cpu")] == last[Watch("web", "worst_cpu")] == 1


def test_the_worst_of_what_is_good_is_the_least() -> None:
    """Of two availabilities the lower one."""
    whole = fold(town("web = web-1 web-2\nweb-1:availability 0.9\nweb-2:availability 1", strays=0))
    assert whole.values[list(whole.watches).index(Watch("web", "worst_availability")), 0] == 0.9


def test_a_case_without_pods_is_not_touched() -> None:
    """Nothing to fold."""
    case = town("web:cpu 1")
    assert fold(case) is case


def test_a_fall_of_what_is_good_is_harm() -> None:
    """Availability as a share, and as a percentage, alike."""
    assert z(town("web:availability 0.999, 0.9 from 50", strays=0)) == z(
        town("web:availability 99.9, 90 from 50", strays=0)
    )
    assert z(town("web:availability 0.999, 0.9 from 50", strays=0))[0] > 10


def test_one_failed_request_of_a_few_is_nothing() -> None:
    """Counting noise has a floor of its own: the same share of many requests is far from usual."""
    few = town("web:errors 0, 1 from 50\nweb:requests 2", strays=0)
    many = town("web:errors 0, 500 from 50\nweb:requests 1000", strays=0)
    assert z(few)[0] < z(many)[0] / 10


def test_failures_are_a_share_of_the_requests_of_who_counted_them() -> None:
    """A user's errors of a user's requests."""
    text = "web:user_errors 1, 5 from 50\nweb:requests 1000\nweb:user_requests 10"
    assert panel(town(text, strays=0)).values[0, [0, 59]].tolist() == pytest.approx([0.1, 0.5])


def test_a_counter_that_was_zero_is_not_infinitely_far() -> None:
    """Ratios to nothing are bounded."""
    assert np.isfinite(z(town("web:requests 0, 900 from 50", strays=0))).all()


def test_what_moved_before_did_not_move_now() -> None:
    """A step long before the episode is its usual state by now."""
    assert abs(z(town("web:cpu 1, 3 from 28"))[0]) < 2


def test_a_series_that_ends_is_gone() -> None:
    """One that was seldom there is not missed."""
    case = town("web:cpu 1, gone from 50\nweb:memory 1, gone from 50")
    values = case.values.copy()
    values[1, 1:45] = np.nan
    assert moved(panel(replace(case, values=values)), FIRST, LAST).gone.tolist() == [True, False]


def test_the_episode_begins_with_the_harm() -> None:
    """Not with the alert, which comes later, nor at the end of the data."""
    case = town("web:latency_s 0.2, 0.8 from 47\ncart:latency_s 0.1, 0.5 from 47")
    assert episode(case, panel(case)).first == 47


def test_an_episode_may_be_over() -> None:
    """What came back to the usual before the data end is found."""
    case = town("web:latency_s 0.2\ncart:latency_s 0.1")
    values = case.values.copy()
    values[:, 30:36] *= 5
    over = replace(case, values=values, alert=Alert("web", "latency_s", 33 * STEP_S))
    when = episode(over, panel(over))
    assert (when.first, when.last <= 45) == (30, True)


def test_an_older_excursion_is_not_the_alerts() -> None:
    """The alert is about what was there when it came."""
    case = town("web:latency_s 0.2, 0.8 from 50\ncart:cpu 0.1")
    values = case.values.copy()
    values[1, 20:24] *= 9
    older = replace(case, values=values)
    assert episode(older, panel(older)).first == 50
