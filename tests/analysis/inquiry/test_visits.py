"""Spans and lines to visits."""

from msgspec.structs import replace

from seamline.analysis.inquiry.case import Case, Link
from seamline.analysis.inquiry.visits import Visit, Visits, visits
from tests.analysis.inquiry.telling import Did, Request, Said, bought, case


def _texts(seen: Visits, visit: Visit) -> list[str]:
    return [seen.marks[mark].text for _, mark in visit.events]


def _of(seen: Visits, entity: str) -> Visit:
    (found,) = (visit for visit in seen.visits if visit.entity == entity)
    return found


def _one(request: Request, **more: object) -> Visits:
    return visits(case([request], [], **more))  # type: ignore[arg-type]


def test_a_visit_is_what_one_service_did_for_a_request() -> None:
    """Own spans, calls and lines stand in order of time; the caller's are not the callee's."""
    seen = _one(bought())
    assert _texts(seen, _of(seen, "shop")) == [
        "[*] INFO Shop#10 order received: *",
        "HTTP GET",
        "GET /take/{id}",
        "[*] INFO Shop#40 order placed",
    ]
    assert _texts(seen, _of(seen, "stock")) == [
        "[*] INFO Stock#20 looking for item *",
        "SELECT items",
        "[*] INFO Stock#30 item found",
    ]


def test_own_time_is_without_waiting_for_calls() -> None:
    """The span that a call went out from doesn't count as the caller's work."""
    assert round(_of(_one(bought(stalls_s=3.0, waits_s=2.0)), "shop").own_s, 3) == 0.04


def test_a_gap_is_what_the_caller_waited_longer() -> None:
    """What isn't in the callee's visit was on the way."""
    assert round(_of(_one(bought(waits_s=2.0)), "stock").gap_s, 3) == 2.004


def test_pods_count_as_their_service() -> None:
    """A span of a pod is the service's."""
    told = case([bought()], [], links=(Link("store", "stock", "has_pod"),))
    assert {visit.entity for visit in visits(told).visits} == {"shop", "store"}


def test_lines_that_are_late_by_hours_are_put_back() -> None:
    """Where lines and spans of the same traces lie apart, those outside the window are moved, and it is said."""
    seen = visits(case([bought()] * 5, [bought()] * 5, lines_late_s=36_000.0))
    assert all(abs(at - visit.start_ts) < 1.0 for visit in seen.visits for at, _ in visit.events)
    assert seen.notes == ("the log lines' clock is +36000 s off that of the spans: corrected",)


def test_spans_that_are_late_by_hours_are_put_back() -> None:
    """The same the other way round."""
    told = case([bought()] * 5, [bought()] * 5)
    assert told.spans is not None
    seen = visits(replace(told, spans=replace(told.spans, times=told.spans.times - 36_000.0)))
    assert abs(min(visit.start_ts for visit in seen.visits)) < 0.01
    assert seen.notes == ("the spans' clock is -36000 s off that of the log lines: corrected",)


def test_lines_without_spans_are_visits_by_trace() -> None:
    """A word that opens lines of two services is a trace's name; the first line stands for the operation."""
    seen = visits(replace(case([bought()] * 2, []), spans=None))
    assert [(v.entity, v.trace, len(v.events)) for v in seen.visits] == [
        ("shop", "t0", 2), ("stock", "t0", 2), ("shop", "t1", 2), ("stock", "t1", 2)
    ]  # fmt: skip
    assert seen.visits[0].operation == "[*] INFO Shop#10 order received: *"


def test_lines_without_traces_are_taken_ten_seconds_together() -> None:
    """Lines that name no trace belong to what their service did in that time."""
    seen = visits(replace(case([bought()] * 6, [], named=False), spans=None))
    assert [(v.entity, v.start_ts, len(v.events)) for v in seen.visits] == [
        ("shop", 0.0, 10), ("stock", 0.0, 10), ("shop", 10.0, 2), ("stock", 10.0, 2)
    ]  # fmt: skip


def test_a_line_belongs_to_the_visit_that_was_going_on() -> None:
    """Of two visits to one service in a trace, the line lies in the one whose time it falls in."""
    twice = Request(
        [
            Did(0.0, 1.0, "a", "", "shop", "POST /buy"),
            Did(0.1, 0.1, "b", "a", "stock", "GET /first"),
            Did(0.5, 0.1, "c", "a", "stock", "GET /second"),
        ],
        [Said(0.55, "stock", "here")],
    )
    seen = _one(twice)
    assert [v.operation for v in seen.visits if v.entity == "stock" and v.events] == ["GET /second"]


def test_failed_spans_are_marked_when_they_end() -> None:
    """Words for errors, HTTP 5xx and OpenTelemetry's code 2 are errors; others aren't."""
    spans = [
        Did(0.0, 1.0, f"a{k}", "", "shop", "x", s)
        for k, s in enumerate(("ERROR", "503", "2", "OK", "404", ""))
    ]
    seen = _one(Request(spans, []))
    assert [mark.text for mark in seen.marks] == ["error ERROR of x", "error 503 of x", "error 2 of x"]
    assert all(at == 1.0 for visit in seen.visits for at, _ in visit.events)


def test_circles_of_spans_are_cut_open() -> None:
    """Spans that are each other's parents make visits all the same."""
    circle = [
        Did(0.0, 1.0, "a", "b", "shop", "x"),
        Did(0.0, 1.0, "b", "a", "shop", "y"),
        Did(0.0, 1.0, "c", "c", "z", "z"),
    ]
    assert len(_one(Request(circle, [])).visits) == 2


def test_a_case_that_tells_nothing_has_no_visits() -> None:
    """No lines and no spans are no error."""
    told: Case = replace(case([], []), lines=None, spans=None)
    assert visits(told) == Visits((), (), ())
