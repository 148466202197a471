"""What the series say of each service, and the sentences that say it."""

import pytest

from seamline.analysis.inquiry.case import Alert
from tests.analysis.inquiry.towns import STEP_S, said, town

CALLS = """
web > cart > stock
web > mail
"""
SLOW = f"""{CALLS}
web:latency_s 0.2, 0.8 from 50
cart:latency_s 0.1, 0.7 from 50
stock:latency_s 0.05, 0.65 from 50
mail:latency_s 0.03
web:requests 100
cart:requests 100
stock:requests 100
mail:requests 100
"""
FAILS = f"""{CALLS}
web:error_rate 0.001, 0.4 from 50
cart:error_rate 0.001, 0.4 from 50
stock:error_rate 0.001
"""


def test_a_caller_that_waits_is_slow_by_none_of_its_own() -> None:
    """Of the waiting that its callee gave it nothing is a caller's."""
    assert said(town(SLOW), "cart")["slow"][0] == pytest.approx(0.0, abs=0.2)
    assert said(town(SLOW), "stock")["slow"][0] > 3


def test_a_slow_series_is_told_with_its_unit_and_both_its_values() -> None:
    """What it is, what it usually is, how far that is, and how much of it is the service's own."""
    text = said(town(SLOW), "stock")["slow"][1]
    assert text == "latency_s of stock is 0.655 s, usually 0.0502 s (51 spreads), all of it its own"


def test_waiting_begins_where_no_callee_is_slow() -> None:
    """All of it at the deepest slow service, nearly none above."""
    number, text = said(town(SLOW), "stock")["slowness begins"]
    assert number > 0.9
    assert text == "100 % of the waiting beyond the usual began here"
    assert said(town(SLOW), "web")["slowness begins"][0] < 0.1


def test_failed_requests_are_counted_where_requests_are() -> None:
    """A rate of requests stands for its samples' seconds."""
    requests = "web:requests 100\ncart:requests 100\nstock:requests 100"
    text = said(town(FAILS + requests), "cart")["failures begin"][1]
    n, own = (int(word.replace(",", "")) for word in text.split() if word[0].isdigit())
    assert 23_000 < own <= n < 26_000  # 40 % of 100 requests a second in 10 minutes
    assert text.startswith("of ")


def test_requests_that_two_count_are_counted_once() -> None:
    """The service and its users speak of the same ones: neither doubles what was lost."""
    requests = "web:requests 100\ncart:requests 100\nstock:requests 100\n"
    once, twice = (town(FAILS + requests + more) for more in ("", "web:user_requests 100"))
    number = said(once, "cart")["failures begin"][0]
    assert said(twice, "cart")["failures begin"][0] == pytest.approx(number, rel=0.02)


def test_failures_are_shares_where_nobody_counts_requests() -> None:
    """Without requests no number of them is made up."""
    assert said(town(FAILS), "cart")["failures begin"][1] == "100 % of the failures began here"


def test_a_fault_explains_those_who_call() -> None:
    """From the deepest harmed service all harm is reached, from the top its own only."""
    assert said(town(SLOW), "stock")["explains slowness"][1] == "explains all 3 services that are slow"
    assert said(town(SLOW), "web")["explains slowness"][1] == "explains 1 of the 3 services that are slow"


def test_calls_in_a_circle_explain_each_other() -> None:
    """Whoever is in the circle is reached by all in it."""
    round_ = SLOW + "\nstock > web\n"
    values = {said(town(round_), s)["explains slowness"][0] for s in ("web", "cart", "stock")}
    assert len(values) == 1


def test_who_is_well_between_the_alert_and_a_service_is_named() -> None:
    """Harm does not jump over those who are well."""
    text = """
        web > cart > stock
        web:latency_s 0.2, 0.8 from 50
        cart:latency_s 0.1
        stock:cpu 0.1, 0.9 from 50
    """
    number, words = said(town(text), "stock")["silence between"]
    assert number == pytest.approx(-1.0)
    assert words == "cart, on the way to it, is well"


def test_what_no_call_leads_to_is_as_far_as_can_be() -> None:
    """And it is said."""
    number, words = said(town(SLOW + "\nlonely:latency_s 1"), "lonely")["silence between"]
    assert number == -2.0
    assert words == "no call leads to it from web"


def test_the_loudest_resource_stands_out_by_what_it_is_ahead() -> None:
    """Two that are as loud lead by nothing."""
    one = SLOW + "\nstock:cpu 0.3, 0.9 from 50\nmail:cpu 0.3"
    two = SLOW + "\nstock:cpu 0.3, 0.9 from 50\nmail:cpu 0.3, 0.9 from 50"
    assert said(town(one), "stock")["loudest resource"][0] > 1
    assert said(town(two), "stock")["loudest resource"][0] < 0.3
    assert said(town(one), "stock")["loudest resource"][1].startswith("cpu of stock is 0.9")


def test_a_resource_that_falls_harms_nobody() -> None:
    """A processor that has less to do is no trouble."""
    assert said(town(SLOW + "\nmail:cpu 0.9, 0.1 from 50"), "mail")["resource"][0] == 0.0


def test_what_waits_at_a_service_is_its_own_where_nothing_beneath_is_ill() -> None:
    """A queue above a slow service says less than the same one at a service whose callees are well."""
    text = SLOW + "\ncart:queue_depth 20, 90 from 50\nmail:queue_depth 20, 90 from 50"
    assert said(town(text), "cart")["filled up"][0] < said(town(text), "mail")["filled up"][0] / 2


def test_time_lost_between_two_is_the_networks() -> None:
    """The callee answers as ever, and its caller waits: more likely the callee's end than the caller's."""
    text = """
        web > cart
        web:latency_s 0.2, 0.7 from 50
        web>cart:client_latency_s 0.1, 0.6 from 50
        web>cart:latency_s 0.09
    """
    number, words = said(town(text), "cart")["network"]
    assert number == pytest.approx(2 * said(town(text), "web")["network"][0])
    assert words.startswith("the time lost between web and cart is 0.5")


def test_who_ceases_to_call_stands_out() -> None:
    """Asked as ever, and asking less: that service gave up before."""
    text = CALLS + "web:requests 100\ncart:requests 100\nstock:requests 100, 10 from 50\nmail:requests 100"
    number, words = said(town(text), "cart")["stopped calling"]
    assert number > 1
    assert words.startswith("requests to stock, which it calls, fell by 90 %; those to itself")
    assert said(town(text), "web")["stopped calling"][0] < 0.5


def test_calls_that_end_are_missed_at_the_caller() -> None:
    """No more samples of the calls between two."""
    number, words = said(town(SLOW + "\ncart>stock:requests 100, gone from 50"), "cart")["stopped calling"]
    assert number >= 1.5
    assert words == "calls stock no more"


def test_who_asks_for_more_than_it_is_asked_for_stands_out() -> None:
    """Retries, or a loop: the callee's requests double, the caller's don't."""
    text = CALLS + "web:requests 100\ncart:requests 100\nstock:requests 100, 200 from 50\nmail:requests 100"
    number, words = said(town(text), "cart")["calls more"]
    assert number > 1
    assert "rose by" in words


def test_series_that_end_are_named() -> None:
    """A service of which nothing is measured any more."""
    number, words = said(town(SLOW + "\nmail:cpu 0.2, gone from 50\nmail:memory 5, gone from 50"), "mail")[
        "gone"
    ]
    assert number == pytest.approx(1.0986, abs=1e-3)
    assert words == "no more samples of cpu and memory"


def test_a_watched_service_of_which_nothing_moves_is_silent() -> None:
    """One that nobody watches is not."""
    assert said(town(SLOW), "mail")["silent"][0] < -0.5
    assert said(town(SLOW + "\nmail > unseen"), "unseen")["silent"][0] == 0.0


def test_harm_in_step_with_the_alert_is_told_with_its_correlation() -> None:
    """What comes and goes as the alerted series does."""
    number, words = said(town(SLOW), "stock")["in step"]
    assert number > 0.9
    assert words == "latency_s of stock moves with what was alerted (correlation 1.00)"


def test_who_moved_first_is_told_with_how_late_the_others_were() -> None:
    """Minutes apart, in seconds."""
    text = """
        web > cart
        web:latency_s 0.2, 0.8 from 50
        cart:latency_s 0.1, 0.7 from 46
    """
    case = town(text, alert=Alert("web", "latency_s", 54 * STEP_S))
    assert said(case, "cart")["moved first"] == (1.0, "began to move first")
    number, words = said(case, "web")["moved first"]
    assert 0 < number < 0.5
    assert words == "began to move 240 s after cart"


def test_a_single_hiccup_dates_nobody() -> None:
    """One sample away, and back, is no start."""
    text = "web:latency_s 0.2, 0.8 from 50\ncart:cpu 0.3, 0.9 from 59"
    assert said(town(text, alert=Alert("web", "latency_s", 55 * STEP_S)), "cart")["moved first"][0] == 0.0
