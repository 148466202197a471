"""What new pods beside old ones, and a service before and after, say of each rollout."""

import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from seamline.analysis.inquiry.case import Alert, Case, Step, Watch
from seamline.analysis.inquiry.contrast import contrast

sys.path.insert(0, str(Path(__file__).parent))

from releases import ALERT_AT, PODS, STEP_S, case, nats, rollout

BAD, GOOD = rollout("bad", "stock", 44), rollout("good", "shop", 46)


def of_new(pod: str, value: float, usual: float) -> float:
    """A figure that the new pods of stock have, and the usual one of all others."""
    return value if pod.startswith("stock-new") else usual


def test_new_pods_that_fail_beside_old_ones_speak_for_the_release() -> None:
    """The failing version gets evidence for it, the one that is well evidence against it."""
    terms = contrast(case(BAD, GOOD, fails=lambda _, b: of_new(b, 0.3, 0.002)), None)
    assert nats(terms, "bad") > 3
    assert nats(terms, "good") < -1


def test_new_pods_that_are_slow_beside_old_ones_speak_for_the_release() -> None:
    """As with failures, so with latency."""
    terms = contrast(case(BAD, GOOD, slow=lambda _, b: of_new(b, 6.0, 1.0), metric="latency_s_p50"), None)
    assert nats(terms, "bad") > 3 > 0 > nats(terms, "good")


def test_a_trouble_of_both_versions_alike_speaks_against_the_release() -> None:
    """Old pods that fail as often as new ones in the same minutes are no work of the new version."""
    terms = contrast(case(BAD, fails=lambda _, b: 0.3 if b.startswith("stock") else 0.002), None)
    assert nats(terms, "bad") < 0


def test_the_later_of_two_releases_is_not_preferred() -> None:
    """That a release is recent says nothing: the well one came seconds before the alert."""
    late = rollout("late", "shop", ALERT_AT - 3)
    terms = contrast(case(BAD, late, fails=lambda _, b: of_new(b, 0.3, 0.002)), None)
    assert nats(terms, "bad") > nats(terms, "late") + 3


def test_a_change_after_the_fault_is_ruled_out() -> None:
    """Also when its new pods do badly: they came into a fault that was there."""
    terms = contrast(case(BAD, fails=lambda _, b: of_new(b, 0.3, 0.002)), 35 * STEP_S)
    assert nats(terms, "bad") < 0
    assert "order" in {term.name for term in terms["bad"]}


def test_clocks_may_differ_by_some_seconds() -> None:
    """A change announced ten seconds after the fault is hardly ruled out."""
    terms = contrast(case(BAD, fails=lambda _, b: of_new(b, 0.3, 0.002)), 44 * STEP_S - 10)
    assert nats(terms, "bad") > 3


def test_callers_of_bad_new_pods_are_not_blamed() -> None:
    """New shop pods that a balancer sends to the bad stock pod, more than the old ones, owe it their failures."""

    made = case(BAD, GOOD, fails=lambda _, b: of_new(b, 0.4, 0.002))
    values = made.values.copy()
    row = {watch: n for n, watch in enumerate(made.watches)}
    for pod in (*PODS["shop"], "shop-new-1"):
        liked = "stock-new-1" if pod == "shop-new-1" else "stock-1"
        for callee in (*PODS["stock"], "stock-new-1"):
            share = 1.0 if callee == liked else 0.05
            for metric in ("requests", "errors"):
                values[row[Watch(callee, metric, pod)]] *= share
        failing = sum(
            np.nan_to_num(values[row[Watch(c, "errors", pod)]]) for c in (*PODS["stock"], "stock-new-1")
        )
        values[row[Watch(pod, "errors", "web-1")]] = np.minimum(
            failing, values[row[Watch(pod, "requests", "web-1")]]
        )
    terms = contrast(replace(made, values=values), None)
    failed = next(term for term in terms["good"] if term.name == "failures answers")
    assert failed.nats < 1.5 < nats(terms, "bad") - nats(terms, "good")


def test_what_a_new_pod_does_to_its_own_calls_is_its_own() -> None:
    """A new shop pod that fails against callees that serve others well is the one to blame."""
    ill = lambda a, _b: 0.4 if a.startswith("shop-new") else 0.002  # noqa: E731
    terms = contrast(case(GOOD, fails=ill), None)
    assert nats(terms, "good") > 1
    assert any(term.name == "failures asks" and term.nats > 1 for term in terms["good"])


def test_wrong_answers_show_at_the_caller() -> None:
    """A release whose calls look well while its callers' users fail since its step has something to answer for."""
    swapped = Step("swap", "deploy", "shop", 44 * STEP_S, ("shop-new-1",), (), PODS["shop"])
    broken = contrast(case(swapped, answers_fail=lambda minute: 0.25 if minute > 45 else 0.002), None)
    well = contrast(case(swapped), None)
    assert nats(broken, "swap") > nats(well, "swap") + 0.5


@pytest.mark.parametrize("minutes_early", [0, 25])
def test_before_and_after_looks_at_when_it_began(minutes_early: int) -> None:
    """Harm that comes with a setting speaks for it; harm that comes long after it hardly does."""
    began = 44 - minutes_early
    setting = Step("set", "config", "web", began * STEP_S)
    terms = contrast(case(setting, answers_fail=lambda minute: 0.3 if minute > 45 else 0.002), None)
    assert (nats(terms, "set") > 0.8) == (minutes_early == 0)


def test_few_requests_say_little() -> None:
    """A few requests are neither an acquittal nor a proof."""
    ill = contrast(case(BAD, asked=0.4, fails=lambda _, b: of_new(b, 0.3, 0.002)), None)
    well = contrast(case(BAD, asked=0.4), None)
    assert -1.5 < nats(well, "bad") < nats(ill, "bad") < 4


def test_a_new_version_that_nobody_measures_gets_no_verdict() -> None:
    """Pods that no series names leave what the service shows, here nothing against it."""
    unseen = Step("unseen", "deploy", "elsewhere", 44 * STEP_S, ("elsewhere-new-1",), ("elsewhere-1",))
    assert contrast(case(unseen), None) == {"unseen": ()}


def test_all_is_told_in_words() -> None:
    """Every term has a text with the figures it stands on."""
    terms = contrast(case(BAD, fails=lambda _, b: of_new(b, 0.3, 0.002)), None)
    assert all(term.text for term in terms["bad"])
    assert "requests to new pods failed" in next(t.text for t in terms["bad"] if t.name == "failures answers")


def _broken(how: str) -> Case:
    made = case(BAD, GOOD)
    nothing = np.full_like(made.values, np.nan)
    match how:
        case "nothing sampled":
            return replace(made, values=nothing)
        case "one sample":
            return replace(made, times=made.times[-1:], values=made.values[:, -1:])
        case "no series":
            return replace(made, watches=(), values=np.empty((0, len(made.times))))
        case "no links":
            return replace(made, links=())
        case "no alert":
            return replace(made, alert=None)
        case "alert of a series that is not there":
            return replace(made, alert=Alert("nobody", "latency_s", made.to_ts))
        case "no old pods":
            return replace(made, steps=tuple(replace(s, old=()) for s in made.steps))
        case "constant":
            return replace(made, values=np.ones_like(made.values))
        case _:
            return replace(made, values=np.where(np.isfinite(made.values), -made.values, np.nan))


@pytest.mark.parametrize(
    "how",
    [
        "nothing sampled", "one sample", "no series", "no links", "no alert", "alert of a series that is not there",
        "no old pods", "constant", "negative",
    ],
)  # fmt: skip
def test_odd_cases_give_finite_terms(how: str) -> None:
    """Whatever is missing or strange, each rollout gets an answer, and every figure in it is a number."""
    terms = contrast(_broken(how), None)
    assert sorted(terms) == ["bad", "good"]
    assert all(np.isfinite(term.nats) for of_one in terms.values() for term in of_one)


def test_the_order_of_series_changes_nothing() -> None:
    """Columns in any order, the same terms."""
    made = case(BAD, GOOD, fails=lambda _, b: of_new(b, 0.3, 0.002))
    turned = replace(made, watches=made.watches[::-1], values=made.values[::-1])
    assert contrast(made, None) == contrast(turned, None)


def test_pods_measured_as_a_whole_are_compared_as_well() -> None:
    """Where no series names the caller, a pod's own figures do."""
    made = case(BAD, fails=lambda _, b: of_new(b, 0.3, 0.002))
    kept = [i for i, w in enumerate(made.watches) if w.caller in ("shop-1", "")]
    watches = tuple(Watch(made.watches[i].entity, made.watches[i].metric) for i in kept)
    terms = contrast(replace(made, watches=watches, values=made.values[kept]), None)
    assert nats(terms, "bad") > 3
