"""The promises: which figures meet them, and which don't."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from seamline.bench.migrate.bars import bars, rows
from seamline.bench.migrate.ledger import Account, Differences
from seamline.bench.migrate.log import Waits
from seamline.bench.migrate.measure import Costs, Measured, Result, Size
from seamline.bench.migrate.operations import ALL
from seamline.bench.migrate.report import Bar
from seamline.bench.migrate.trial import Trial
from seamline.bench.migrate.watch import Held

FINE: Mapping[str, Any] = {"ready_s": 100.0, "end_s": 0.5, "eta_p50_s": 95.0, "differing": {"v1": 0}}


def waits(longest_s: float = 0.01, p95_s: float = 0.005) -> Waits:
    return Waits(1000, 0.001, p95_s, 0.008, longest_s, 0.0, 0)


def trial(longest_s: float = 0.01, **changed: Any) -> Trial:
    whole = Trial(
        seconds=5.0,
        waits=waits(longest_s),
        phases={"start": waits(longest_s), "revert": waits(longest_s)},
        behind_it_s=0.03,
        any_lock_s=0.03,
        held=Held(),
        failed={},
        account=Account(1000, 0, 0, 0, 0),
        differing={"new": Differences(3000, 0, 0, 0, 0, {})},
        wal_mb=1.0,
        grown_mb=1.0,
        figures=FINE,
    )
    return msgspec.structs.replace(whole, **changed)


def measured(*results: Result, **costs: Costs) -> Measured:
    return Measured(Size(3000), "15.18", 5000.0, 700.0, trial(), results, dict(costs), None)


def one(operation: str = "type-e1", **changed: Any) -> Measured:
    return measured(Result(ALL[operation], trial(12.0), trial(**changed)))


def said(found: Measured, part: str) -> Bar:
    return next(bar for bar in bars(found) if part in bar.what)


@pytest.mark.parametrize(
    ("found", "part", "met"),
    [
        (one(behind_it_s=0.1), "by a lock", True),
        (one(behind_it_s=0.101), "by a lock", False),
        (one(behind_it_s=0.3), "naive statement's stall", True),
        (one(behind_it_s=0.31), "naive statement's stall", False),
        (one("reader", longest_s=0.3), "behind a reader", True),
        (one("reader", longest_s=0.31), "behind a reader", False),
        (one(), "failed", True),
        (one(failed={"42703": 1}), "failed", False),
        (one(failed={"22012": 1}), "failed", True),
        (one(), "exact account", True),
        (one(account=Account(1000, 1, 0, 0, 0)), "exact account", False),
        (one(figures={**FINE, "differing": {"v1": 1}}), "exact account", False),
        (one(figures={**FINE, "ready_s": 150.0, "eta_p50_s": 150.0}), "time with verification", True),
        (one(figures={**FINE, "ready_s": 151.0}), "time with verification", False),
        (one(figures={**FINE, "eta_p50_s": 80.0}), "estimate", True),
        (one(figures={**FINE, "eta_p50_s": 79.0}), "estimate", False),
        (one(figures={**FINE, "eta_p50_s": None}), "estimate", False),
    ],
)
def test_a_promise_is_met_up_to_its_bound(found: Measured, part: str, met: bool) -> None:
    """Each bar at its bound, and just beyond it."""
    assert said(found, part).met is met


@pytest.mark.parametrize(("on", "off", "met"), [(0.013, 0.010, True), (0.0131, 0.010, False)])
def test_on_and_off_windows_are_compared_by_their_95th_percentile(on: float, off: float, met: bool) -> None:
    """1.3 times and no more."""
    windows = trial(phases={"on": waits(p95_s=on), "off": waits(p95_s=off)}, figures={"n_pairs": 5})
    found = measured(**{"type-e1": Costs(windows, None, None)})
    assert said(found, "on/off").met is met


def test_a_backfill_that_ends_before_a_window_does_leaves_its_bar_open() -> None:
    """What could not be measured is neither met nor missed."""
    found = measured(**{"type-e1": Costs(trial(phases={}, figures={"n_pairs": 0}), None, None)})
    assert said(found, "on/off").met is None


def test_a_way_back_that_loses_writes_is_missed_however_quick() -> None:
    """A flip of 0.5 s is met; the same flip with a lost row is not."""
    lossy = trial(differing={"old": Differences(3000, 1, 0, 0, 0, {"lost": (7,)})})
    kept, lost = (said(measured(**{"type-e1": Costs(None, 1.2, t)}), "back") for t in (trial(), lossy))
    assert (kept.met, lost.met) == (True, False)


def test_what_was_not_run_has_no_bar() -> None:
    """Nothing is met by not being measured."""
    assert bars(measured()) == []


def test_short_naive_stalls_make_no_ratio() -> None:
    """A fortieth of 0.2 s is below what can be told apart."""
    found = measured(Result(ALL["check"], trial(0.2), trial()))
    assert [bar for bar in bars(found) if "naive statement's stall" in bar.what] == []


def test_a_row_has_both_sides_of_an_operation() -> None:
    """Naive and conducted, with the conductor's time from its start to its end."""
    row = rows(one())[0]
    assert (row.operation, row.naive_stall_s, row.ours_s, row.exact) == ("type-e1", 12.0, 100.5, True)
