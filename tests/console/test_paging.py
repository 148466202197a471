"""The pages of deliveries, as they are read from the log."""

from datetime import UTC, datetime, timedelta

from seamline.console.pages import MAX_PASSED, N_DELIVERIES, latest
from seamline.model.delivery import Received
from seamline.model.record import SELF, Tick, to_received
from seamline.store.memory import MemoryLog

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _ticks(n: int, since: datetime = AT) -> list[Received]:
    """Quiet minutes, as a server that waits notes them."""
    times = [since + timedelta(seconds=10 * i) for i in range(n)]
    return [to_received(Tick(SELF, at), at) for at in times]


def _said(n: int) -> list[Received]:
    return [Received("json", str(i), {}, b"{}", AT) for i in range(n)]


def test_ticks_hide_nothing() -> None:
    """What tools sent before a long quiet stands on the first page, and nothing is older."""
    log = MemoryLog()
    log.append([*_said(3), *_ticks(4 * N_DELIVERIES)])
    found, older = latest(log, log.position())
    assert ([d.seq for d in found], older) == ([3, 2, 1], 0)


def test_pages_follow_each_other_without_a_gap() -> None:
    """Each delivery stands on one page, the latest first; a page looks back only so far."""
    log = MemoryLog()
    log.append([*_said(120), *_ticks(MAX_PASSED), Received("json", "last", {}, b"{}", AT)])
    seen: list[int] = []
    end = log.position()
    while end:
        found, older = latest(log, end)
        seen += [d.seq for d in found]
        end = max(0, older - 1)
    assert seen == [log.position(), *range(120, 0, -1)]
