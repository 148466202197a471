"""Habits that break, and trouble that is new."""

from collections.abc import Sequence

from msgspec.structs import replace

from seamline.analysis.inquiry.case import Case
from seamline.analysis.inquiry.novelty import Break, breaks, one_of
from seamline.analysis.inquiry.visits import Visits, visits
from tests.analysis.inquiry.telling import NOW_TS, Did, Request, Said, bought, case, with_line, without

ERROR = "ERROR Stock#25 failed to read the shelf"


def _breaks(told: Case) -> tuple[Visits, Sequence[Break]]:
    seen = visits(told)
    sides = [int(visit.start_ts >= NOW_TS) for visit in seen.visits]
    return seen, breaks(seen, sides, one_of(told.services()))


def _loud(told: Case, least: float = 1.0) -> list[tuple[str, str, bool]]:
    """What broke, the loudest first."""
    seen, found = _breaks(told)
    loud = sorted((b for b in found if b.nats >= least), key=lambda b: -b.nats)
    return [(b.entity, seen.marks[b.mark].text, b.missing) for b in loud]


def _nats(told: Case) -> float:
    return max(b.nats for b in _breaks(told)[1])


def test_requests_that_go_on_as_before_break_nothing() -> None:
    """Twice as many of the same say nothing."""
    assert _loud(case([bought()] * 20, [bought()] * 40), least=0.0) == []


def test_a_line_that_always_came_and_no_longer_does_is_a_broken_habit() -> None:
    """The service that stopped to write it broke."""
    assert _loud(case([bought()] * 10, [without(bought(), "item found")] * 10)) == [
        ("stock", "[*] INFO Stock#30 item found", True)
    ]


def test_a_span_that_always_came_counts_as_a_line_does() -> None:
    """What is missing may be any mark."""
    assert _loud(case([bought()] * 10, [without(bought(), "SELECT")] * 10)) == [
        ("stock", "SELECT items", True)
    ]


def test_more_deviations_weigh_more_up_to_what_happens_by_itself() -> None:
    """Some in many weigh less than all; nothing weighs more than the odds that a habit breaks by itself."""
    some = [bought()] * 16 + [without(bought(), "item found")] * 4
    every = [without(bought(), "item found")] * 20
    assert 1.0 < _nats(case([bought()] * 20, some)) < _nats(case([bought()] * 20, every)) < 6.0


def test_what_came_and_went_with_the_traffic_is_no_habit() -> None:
    """A line that half of the visits had may be gone."""
    before = [bought(), without(bought(), "item found")] * 10
    assert _loud(case(before, [without(bought(), "item found")] * 10)) == []


def test_a_habit_follows_what_it_depends_on() -> None:
    """A line that came in one visit of three, but always after another one, is missed after that one."""
    asks, finds = "INFO Stock#27 asking the shelf", "INFO Stock#28 the shelf has it"
    other = bought()
    full = with_line(with_line(bought(), 0.02, "stock", asks), 0.021, "stock", finds)
    half = with_line(bought(), 0.02, "stock", asks)
    assert _loud(case([other, other, full] * 10, [other, other, half] * 10)) == [
        ("stock", f"[*] {finds}", True)
    ]


def test_a_second_time_that_is_missing_counts() -> None:
    """A service that looked twice and now looks once does something else."""
    twice = with_line(bought(), 0.02, "stock", "INFO Stock#20 looking for item 9")
    ((b),) = [b for b in _breaks(case([twice] * 10, [bought()] * 10))[1] if b.nats > 1.0]
    assert (b.entity, b.nth, b.missing) == ("stock", 1, True)


def test_another_turn_weighs_little() -> None:
    """Where another line stands in for the missing one, requests may just differ."""
    turned = with_line(without(bought(), "item found"), 0.03, "stock", "INFO Stock#31 item ordered from afar")
    silent = without(bought(), "item found")
    assert _nats(case([bought()] * 10, [turned] * 10)) < 2.5 < _nats(case([bought()] * 10, [silent] * 10))


def test_trouble_that_nobody_told_of_before_is_new() -> None:
    """Untroubled lines that are new are not."""
    now = with_line(with_line(bought(), 0.02, "stock", ERROR), 0.021, "stock", "INFO Stock#26 shelves dusted")
    assert _loud(case([bought()] * 10, [now] * 10)) == [("stock", f"[*] {ERROR}", False)]


def test_trouble_explains_what_it_cut_short() -> None:
    """A visit that tells of new trouble is judged by that, not by what it then left undone."""
    now = with_line(without(bought(), "item found"), 0.02, "stock", ERROR)
    assert _loud(case([bought()] * 10, [now] * 10)) == [("stock", f"[*] {ERROR}", False)]


def test_trouble_that_wanders_through_the_system_weighs_little() -> None:
    """What another service told before, but for the names in it, is less news than what none did."""
    flaky = "ERROR Client#9 no instance of {} available"
    before = [with_line(bought(), 0.02, "shop", flaky.format("stock"))] * 3 + [bought()] * 17
    known = with_line(bought(), 0.02, "stock", flaky.format("shop"))
    new = with_line(bought(), 0.02, "stock", ERROR)
    assert _nats(case(before, [known] * 10)) < 1.5 < _nats(case(before, [new] * 10))


def test_trouble_that_was_there_before_may_come_more_often() -> None:
    """How often a service meets the trouble it knows depends on what is asked of it."""
    before = [with_line(bought(), 0.02, "stock", ERROR)] + [bought()] * 9
    assert _nats(case(before, [with_line(bought(), 0.02, "stock", ERROR)] * 10)) < 0.8


def test_what_follows_in_a_trace_is_a_consequence() -> None:
    """A caller that fails after its callee did is not guilty of it."""
    callee = with_line(without(bought(), "item found"), 0.02, "stock", ERROR)
    now = with_line(without(callee, "order placed"), 0.09, "shop", "ERROR Shop#44 could not buy: failure")
    assert _loud(case([bought()] * 10, [now] * 10)) == [("stock", f"[*] {ERROR}", False)]


def test_what_is_missing_is_missing_after_all_calls() -> None:
    """A caller that stops after its callee failed silently comes after it."""
    now = without(bought(), "item found", "order placed")
    assert _loud(case([bought()] * 10, [now] * 10)) == [("stock", "[*] INFO Stock#30 item found", True)]


def test_a_failed_span_fails_its_callers_later() -> None:
    """Where all of a trace ends in errors, the innermost is the first."""
    now = bought()
    for span in now.spans:
        span.status = "ERROR"
    assert {entity for entity, _, _ in _loud(case([bought()] * 10, [now] * 10))} == {"stock"}


def test_what_is_too_much_to_look_at_is_looked_at_in_the_same_traces() -> None:
    """Thousands of visits are sampled so that what came first in a trace is still seen."""
    callee = with_line(without(bought(), "item found"), 0.02, "stock", ERROR)
    now = with_line(without(callee, "order placed"), 0.09, "shop", "ERROR Shop#44 could not buy: failure")
    assert {entity for entity, _, _ in _loud(case([bought()] * 500, [now] * 2500, every_s=0.1))} == {"stock"}


def test_a_service_that_is_no_longer_called_is_not_guilty() -> None:
    """The caller that stopped calling is."""
    now = without(bought(), "HTTP GET", "take", "SELECT", "Stock#")
    loud = _loud(case([bought()] * 10, [now] * 10))
    assert {entity for entity, _, _ in loud} == {"shop"}


def test_clocks_of_services_need_not_agree() -> None:
    """What came first follows from who called whom, also where the callee's clock is a minute behind."""

    def behind(request: Request) -> Request:
        return Request(
            [Did(s.at_s - 55.0 * (s.entity == "stock"), *s_rest(s)) for s in request.spans],
            [Said(x.at_s - 55.0 * (x.entity == "stock"), x.entity, x.message) for x in request.lines],
        )

    def s_rest(s: Did) -> tuple[float, str, str, str, str]:
        return s.took_s, s.id, s.parent, s.entity, s.operation

    shop_first = with_line(bought(), 0.005, "shop", "ERROR Shop#11 could not price: failure")
    now = behind(with_line(shop_first, 0.02, "stock", ERROR))
    told = case([behind(bought())] * 10, [now] * 10)
    seen = visits(told)
    sides = [int(visit.start_ts >= NOW_TS - 60.0) for visit in seen.visits]
    found = breaks(seen, sides, one_of(told.services()))
    assert {b.entity for b in found if b.nats > 1.0} == {"shop"}


def test_lines_without_traces_break_habits_too() -> None:
    """Ten seconds of a service that always had a line, and no longer do."""
    told = case([bought()] * 60, [without(bought(), "item found")] * 60, named=False)
    assert _loud(replace(told, spans=None)) == [("stock", "INFO Stock#30 item found", True)] * 3


def test_a_name_is_found_as_a_whole() -> None:
    """`shop` isn't in `shop-floor`, nor in `workshop`; the longest of several names is taken."""
    assert one_of(["shop", "shop-api", ""]).findall("shop-floor workshop shop-api shop.") == [
        "shop-api",
        "shop",
    ]
    assert one_of([]).findall("shop") == []
