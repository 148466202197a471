"""Visits that stall, and calls that wait."""

from collections.abc import Sequence

from seamline.analysis.inquiry.case import Case
from seamline.analysis.inquiry.traces import Stall, stalls
from seamline.analysis.inquiry.visits import visits
from tests.analysis.inquiry.telling import NOW_TS, Did, Request, bought, case


def _stalls(told: Case) -> Sequence[Stall]:
    seen = visits(told).visits
    return stalls(seen, [int(visit.start_ts >= NOW_TS) for visit in seen])


def _loud(told: Case) -> list[tuple[str, str]]:
    return [(s.entity, s.what) for s in sorted(_stalls(told), key=lambda s: -s.nats) if s.nats > 1.0]


def test_requests_that_take_as_long_as_before_stall_nowhere() -> None:
    """Nothing is said of them."""
    assert _loud(case([bought()] * 20, [bought()] * 40)) == []


def test_a_service_that_stalls_in_some_visits_stands_out() -> None:
    """It needs no more than a third of them, and its caller waits without being guilty."""
    now = [bought(stalls_s=0.3), bought(), bought()] * 8
    assert _loud(case([bought()] * 20, now)) == [("stock", "own")]


def _sold(waits_s: float, *callers: str) -> Request:
    """Three services that each call the stock and the ledger; the calls of some to the stock wait."""
    spans = []
    for k, caller in enumerate(("web", "till", "phone")):
        wait_s = waits_s if caller in callers else 0.0
        spans += [
            Did(k, 0.9, f"{caller}0", "", caller, "POST /sell"),
            Did(k + 0.01, 0.05 + wait_s, f"{caller}1", f"{caller}0", caller, "HTTP GET"),
            Did(k + 0.02, 0.03, f"{caller}2", f"{caller}1", "stock", "GET /take"),
            Did(k + 0.5, 0.05, f"{caller}3", f"{caller}0", caller, "HTTP PUT"),
            Did(k + 0.51, 0.03, f"{caller}4", f"{caller}3", "ledger", "PUT /book"),
        ]
    return Request(spans, [])


def test_calls_that_wait_speak_against_both_ends() -> None:
    """Of one edge alone, nobody can tell whose fault the wait is; the others are clear."""
    told = case([_sold(0.0)] * 20, [_sold(0.3, "till")] * 20)
    assert sorted(_loud(told)) == [("stock", "wait"), ("till", "wait")]


def test_the_end_whose_calls_all_wait_stands_out() -> None:
    """A service whose callers all wait is likelier than any of its callers."""
    found = _stalls(case([_sold(0.0)] * 20, [_sold(0.3, "web", "till", "phone")] * 20))
    (first, second, *_) = sorted((s for s in found if s.what == "wait"), key=lambda s: -s.nats)
    assert first.entity == "stock"
    assert first.nats > second.nats + 0.5


def test_a_system_that_stalls_everywhere_accuses_nobody() -> None:
    """A node under load, or a clock that jumped, is no service's own."""
    slow = bought(stalls_s=0.3)
    slow.spans[0].took_s += 0.3
    assert _loud(case([bought()] * 20, [bought(), slow, bought()] * 8)) == []


def test_longer_is_by_times_and_by_time() -> None:
    """Ten milliseconds that were one are no stall; nor is a tenth more of a minute."""

    def took(seconds: float) -> Request:
        return Request([Did(0.0, seconds, "a", "", "shop", "POST /buy")], [])

    assert _loud(case([took(0.001)] * 20, [took(0.01)] * 20)) == []
    assert _loud(case([took(60.0)] * 20, [took(66.0)] * 20)) == []


def test_nothing_is_said_of_what_was_hardly_seen() -> None:
    """Two visits don't tell what is usual."""
    assert _stalls(case([bought()] * 2, [bought(stalls_s=9.0)] * 9)) == ()
