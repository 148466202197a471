"""What a series of disturbed runs comes to."""

from typing import Any

from seamline.bench.migrate.faults import Disturbed, points_of
from seamline.bench.migrate.protocol import bars


def disturbed(**changed: Any) -> Disturbed:
    whole: dict[str, Any] = {
        "number": 1, "operation": "type-e1", "end": "contract", "fault": "kill -9", "n_times": 2, "not_met": (),
        "takeover_s": 1.0, "n_repeated": 0, "n_chunks": 9, "seconds": 5.0, "broken": {},
    }  # fmt: skip
    return Disturbed(**{**whole, **changed})


def test_one_broken_run_misses_the_bar_of_its_fault_alone() -> None:
    """The broken invariant is named; the other fault's bar is met."""
    runs = [disturbed(), disturbed(broken={"I2": "1 missing"}), disturbed(fault="stop")]
    kills, stops = bars(runs)[:2]
    assert (kills.met, stops.met) == (False, True)
    assert kills.what.startswith("4 x kill -9")
    assert "I2 broke in 1 runs" in kills.seen


def test_a_fault_that_never_struck_shows_nothing() -> None:
    """Its bar stays open: nothing is proved by luck."""
    assert bars([disturbed(n_times=0)])[0].met is None


def test_one_chunk_may_be_repeated_and_five_seconds_may_pass() -> None:
    """At the bounds they are met, beyond them missed."""
    assert [bar.met for bar in bars([disturbed(n_repeated=1, takeover_s=5.0)])[1:]] == [True, True]
    assert [bar.met for bar in bars([disturbed(n_repeated=2, takeover_s=5.1)])[1:]] == [False, False]


def test_points_that_were_not_come_by_are_named() -> None:
    """A point that no conductor reached is not a point that was passed."""
    bar = next(b for b in bars([disturbed(not_met=("expand-enc:mid",))]) if b.what == "named points")
    assert (bar.met, "expand-enc:mid" in bar.seen) == (None, True)


def test_points_follow_the_way_there_and_back() -> None:
    """Steps in order, a step that only reads has its end; going back undoes the last first and contracts nothing."""
    steps = [
        {"name": "expand-enc", "phase": "EXPAND", "kind": "transaction", "undo": [["x"]]},
        {"name": "verify-enc", "phase": "VERIFY", "kind": "verify"},
        {"name": "contract-enc", "phase": "CONTRACT", "kind": "contract"},
    ]
    there = ["expand-enc:before", "expand-enc:mid", "expand-enc:after", "verify-enc:after"]
    whole = ["contract-enc:before", "contract-enc:mid", "contract-enc:after"]
    undone = ["undo-expand-enc:before", "undo-expand-enc:mid", "undo-expand-enc:after"]
    assert points_of({"steps": steps}, "contract") == there + whole
    assert points_of({"steps": steps}, "revert") == there + undone
