"""What pgbench's log says of waits, and of which writes were acknowledged."""

import pytest

from seamline.bench.migrate.log import Line, acknowledged, read, waits
from seamline.model.errors import Stop

LOG = """\
0 0 1500 1 1700000000 500000 1000
1 0 2000000 0 1700000002 0 1999000
0 1 failed 2 1700000003 0 10
0 2 900 3 1700000003 250000 0
"""


def line(ended_ts: float, latency_s: float | None, script: int = 0, client: int = 0, run: int = 0) -> Line:
    return Line(run, client, script, ended_ts, latency_s)


def test_a_latency_counts_from_when_the_request_was_due() -> None:
    """The third column is kept as it is: pgbench counts it from the scheduled start."""
    assert list(read(LOG, 7))[:2] == [
        Line(7, 0, 1, 1700000000.5, 0.0015),
        Line(7, 1, 0, 1700000002.0, 2.0),
    ]


def test_a_failed_transaction_has_no_latency() -> None:
    """A word in the place of the time means that it was refused."""
    assert [each.latency_s for each in read(LOG, 0)][2] is None


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    """A killed pgbench loses its buffer's tail; what is whole still counts."""
    assert len(list(read(LOG + "1 5 77", 0))) == 4


def test_a_line_in_the_middle_that_is_none_is_told() -> None:
    """A log that can't be read must not pass for a short one."""
    with pytest.raises(Stop, match="line 2"):
        list(read("0 0 1 1 1 1\nfoo\n0 0 1 1 1 1\n", 0))


def test_a_stall_counts_in_the_window_in_which_it_was_due() -> None:
    """A request that was due inside and answered after the window is the window's; one due later is not."""
    lines = [line(9.0, 0.5), line(13.0, 2.5), line(14.0, 1.0)]
    found = waits(lines, [(10.0, 12.0)])
    assert (found.n, found.longest_s, found.share_over_1s) == (1, 2.5, 1.0)


def test_a_stall_that_began_before_the_window_counts_as_long_as_it_reaches_into_it() -> None:
    """Whoever waits for the lock when the window opens is waiting in it."""
    assert waits([line(10.1, 5.0)], [(10.0, 12.0)]).longest_s == 5.0


def test_failed_transactions_are_counted_and_have_no_wait() -> None:
    """They don't shorten the waits of the others."""
    found = waits([line(1.0, None), line(1.0, 0.2)], [(0.0, 2.0)])
    assert (found.n, found.n_failed, found.p50_s) == (1, 1, 0.2)


def test_a_request_in_two_spans_counts_once() -> None:
    """One stall over three windows of a kind is one request that waited."""
    assert waits([line(9.0, 8.0)], [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]).n == 1


def test_no_requests_are_no_waits() -> None:
    """An empty window gives zeroes, not an error."""
    assert waits([], [(0.0, 9.0)]).n == 0


def test_a_client_numbers_its_writes_failed_ones_too() -> None:
    """Reads don't count; a failed write takes its number; the next one is in doubt."""
    lines = [line(1, 0.1, 0), line(2, 0.1, 1), line(3, None, 2), line(4, 0.1, 3), line(5, 0.1, 1, client=4)]
    assert acknowledged(lines, {1, 2, 3}) == {(0, 0): ([1, 3], 4), (0, 4): ([1], 2)}
