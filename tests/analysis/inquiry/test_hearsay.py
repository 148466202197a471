"""What lines and spans tell against each service."""

import csv
import gzip
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from seamline.analysis.inquiry.case import Alert, Case, Lines, Link, Spans, Term
from seamline.analysis.inquiry.hearsay import hear, told
from tests.analysis.inquiry.telling import ALERT_TS, NOW_TS, Request, bought, case, with_line, without

CASES = (
    Path(os.environ.get("SEAMLINE_SHARED", Path(__file__).parents[3].parent / "shared")) / "rca/nezha-tt-0129"
)


def _sums(terms: Mapping[str, tuple[Term, ...]]) -> dict[str, float]:
    return {entity: sum(term.nats for term in of_one) for entity, of_one in terms.items()}


def _silent(n: int = 10) -> Case:
    """A stock that no longer finds its items, and doesn't say so."""
    return case([bought()] * 20, [without(bought(), "item found")] * n)


def test_the_service_whose_habit_broke_is_told_of() -> None:
    """In words that a person can check: what is missing, in how many visits, and in how many it was."""
    (term,) = told(_silent(), NOW_TS)["stock"]
    assert (term.name, term.nats > 4.0) == ("log lines", True)
    assert (
        term.text
        == "`[t0] INFO Stock#30 item found` is missing: 0 of 10 visits of `GET /take/{id}` have it, 20 of 20 had"
    )


def test_a_service_that_goes_on_as_before_is_spoken_for() -> None:
    """The more visits, the more; but a fault need not show in lines and spans at all."""
    few, many = (_sums(told(_silent(n), NOW_TS))["shop"] for n in (10, 40))
    assert -1.0 < many < few < 0.0


def test_nothing_new_is_quiet() -> None:
    """Where all is as before, nobody stands out."""
    heard = hear(case([bought()] * 20, [bought()] * 40), NOW_TS)
    assert heard.quiet
    assert all(nats < 0.0 for nats in _sums(heard.terms).values())


def test_the_start_is_found_when_nobody_knows_it() -> None:
    """Near the alert, where most is told of one service."""
    heard = hear(_silent(), None)
    assert heard.quiet is False
    assert heard.started_ts is not None
    assert ALERT_TS - 400.0 < heard.started_ts <= NOW_TS


def test_a_start_that_is_wrong_by_hours_is_given_up() -> None:
    """Where nothing lies before it, the alert serves instead."""
    assert _sums(told(_silent(), -90_000.0))["stock"] > 4.0


@pytest.mark.parametrize("start_ts", [NOW_TS - 200.0, NOW_TS - 60.0, NOW_TS, NOW_TS + 70.0])
def test_a_start_that_is_wrong_by_minutes_does_little_harm(start_ts: float) -> None:
    """Samples know the start to a step or two."""
    broken = [without(bought(), "item found")] * 60
    assert _sums(told(case([bought()] * 20, broken), start_ts))["stock"] > 3.0


def test_trouble_that_names_another_service_is_shared_with_it() -> None:
    """The one named may be the one that is down, and tell nothing itself."""
    down = without(bought(), "take", "SELECT", "Stock#", "order placed")
    now = with_line(down, 0.02, "shop", "ERROR Shop#33 connection to stock:8080 refused")
    sums = _sums(told(case([bought()] * 20, [now] * 10), NOW_TS))
    assert sums["stock"] > 3.0
    assert abs(sums["stock"] - sums["shop"]) < 0.01


def test_a_service_that_does_not_answer_is_told_of_by_its_caller() -> None:
    """A call that was begun, and of which the callee shows nothing, speaks against both."""
    now = without(bought(), "take", "SELECT", "Stock#")
    terms = told(case([bought()] * 20, [now] * 10), NOW_TS)
    assert [term.name for term in terms["stock"]] == ["told by others"]
    assert terms["stock"][0].nats > 3.0


def test_stalls_are_told_in_their_own_terms() -> None:
    """Some visits that take far longer count beside habits that hold."""
    now = [bought(stalls_s=0.3), bought(), bought()] * 8
    terms = told(case([bought()] * 20, now), NOW_TS)["stock"]
    assert [term.text for term in terms if term.name == "stalls"] == ["8 of 24 visits stall, 0 of 20 before"]


def test_what_lines_and_spans_cover_says_nothing() -> None:
    """A part that is longer, or busier, than the other is no evidence."""
    heard = hear(case([bought()] * 300, [bought()] * 5, every_s=0.5), NOW_TS)
    assert heard.quiet


def test_a_case_that_tells_nothing_is_answered_with_nothing() -> None:
    """Neither lines nor spans, or none before the alert: no terms, and it isn't called quiet."""
    for empty in (
        replace(_silent(), lines=None, spans=None),
        case([], [bought()] * 10),
        case([bought()] * 10, []),
        case([], []),
    ):
        heard = hear(empty, None)
        assert (heard.terms, heard.quiet) == ({}, None)


def test_one_kind_without_the_other_is_enough() -> None:
    """Lines alone tell of the broken habit, with traces and without."""
    assert _sums(told(replace(_silent(), spans=None), NOW_TS))["stock"] > 3.0
    loose = case([bought()] * 60, [without(bought(), "item found")] * 60, named=False)
    assert _sums(told(replace(loose, spans=None), NOW_TS))["stock"] > 2.0


def test_a_clock_that_is_off_by_hours_is_mended_and_said() -> None:
    """The answer is the same, with a note."""
    late = case([bought()] * 20, [without(bought(), "item found")] * 10, lines_late_s=36_000.0)
    heard = hear(late, NOW_TS)
    assert _sums(heard.terms)["stock"] > 4.0
    assert len(heard.notes) == 1


def test_requests_that_never_were_seen_before_say_nothing() -> None:
    """A new operation has no habits to break."""

    def renamed(request: Request) -> Request:
        for span in request.spans:
            span.operation = span.operation.replace("buy", "sell").replace("take", "give")
        return request

    now = [renamed(without(bought(), "item found")) for _ in range(10)]
    assert hear(case([bought()] * 20, now), NOW_TS).quiet


def _read(folder: Path) -> tuple[Case, list[str]]:
    """A case folder's lines and spans, and its root entities."""

    def rows(name: str) -> list[list[str]]:
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            return sorted(list(csv.reader(file))[1:], key=lambda row: float(row[0]))

    def column(table: list[list[str]], k: int) -> tuple[str, ...]:
        return tuple(row[k] for row in table)

    def numbers(table: list[list[str]], k: int, unit: float = 1.0) -> np.ndarray:
        return np.array([float(row[k]) for row in table]) * unit

    about = json.loads((folder / "case.json").read_text())
    lines, spans = rows("logs.csv.gz"), rows("spans.csv.gz")
    at_ts = {key: datetime.fromisoformat(value).timestamp() for key, value in about["window"].items()}
    alert = about["alert"]
    read = Case(
        id=about["id"],
        question="entity",
        step_s=about["step_s"],
        from_ts=at_ts["from"],
        to_ts=at_ts["to"],
        alert=Alert(alert["entity"], alert["metric"], datetime.fromisoformat(alert["at"]).timestamp()),
        times=np.array([at_ts["from"], at_ts["to"]]),
        watches=(),
        values=np.empty((0, 2)),
        links=(Link("", "", "calls"),),
        lines=Lines(numbers(lines, 0), column(lines, 1), column(lines, 2)),
        spans=Spans(
            numbers(spans, 0),
            *(column(spans, k) for k in range(1, 6)),
            numbers(spans, 6, 1e-3),
            column(spans, 7),
        ),
    )
    return read, json.loads((folder / "truth.json").read_text())["root_entities"]


@pytest.mark.skipif(not CASES.is_dir(), reason=f"no recorded cases at {CASES}: set SEAMLINE_SHARED")
def test_recorded_faults_are_told_of() -> None:
    """Of a public system's recorded faults, at least 24 of 28 roots come first by lines and spans alone."""
    n_first = n_faulty = n_quiet = 0
    for folder in sorted(path.parent for path in CASES.glob("*/case.json")):
        read, roots = _read(folder)
        heard = hear(read, None)
        sums = _sums(heard.terms)
        if roots:
            n_faulty += 1
            n_first += max(sums, key=sums.__getitem__) in roots
        else:
            n_quiet += heard.quiet is True
    assert n_first >= 24 * n_faulty / 28
    assert n_quiet >= 3
