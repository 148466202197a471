"""The server's parts on their own: where a real server would have to be slow, large or broken on purpose."""

import asyncio
import gzip
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.http.body import Disconnected, Intake, Message, unpacked
from seamline.http.committer import Committer
from seamline.http.counters import Counters
from seamline.http.live import Live
from seamline.model.delivery import Appended, Delivery, Received
from seamline.model.errors import BrokenTransfer, Retry, TooLarge
from seamline.store.memory import MemoryLog

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def received(n: int) -> Received:
    return Received("github", f"d-{n}", {}, b"%d" % n, NOON)


def says(*messages: Message) -> Callable[[], Coroutine[Any, Any, Message]]:
    """What a sender sends, piece by piece; nothing more after the last."""
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def piece(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def read(intake: Intake, *messages: Message, headers: dict[str, str] | None = None) -> bytes:
    return asyncio.run(intake.read(headers or {}, says(*messages)))


def test_a_body_in_pieces() -> None:
    """Pieces are joined in order."""
    assert read(Intake(100, 100, 9), piece(b"a"), piece(b""), piece(b"b", more=False)) == b"ab"


def test_a_body_that_stalls_is_a_broken_transfer() -> None:
    """A sender that stops in the middle is not waited for."""
    with pytest.raises(BrokenTransfer, match="stalled after 1 bytes"):
        read(Intake(100, 100, 0.01), piece(b"a"))


def test_reading_ends_at_the_limit() -> None:
    """No more than the limit is taken in, declared or not."""
    with pytest.raises(TooLarge):
        read(Intake(3, 100, 9), piece(b"ab"), piece(b"cd"))
    with pytest.raises(TooLarge):
        read(Intake(3, 100, 9), headers={"content-length": "4"})


def test_all_bodies_together_have_a_budget() -> None:
    """What is held for requests that are not answered counts, and is given back whatever happened."""
    intake = Intake(10, 10, 9)
    first = read(intake, piece(b"12345678", more=False))
    with pytest.raises(Retry):
        read(intake, piece(b"123", more=False))
    with pytest.raises(Disconnected):
        read(intake, piece(b"1"), {"type": "http.disconnect"})
    intake.release(len(first))
    assert read(intake, piece(b"1234567890", more=False))


@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=3), st.integers(0, 4000))
def test_gzip_unpacks_within_the_limit_or_not_at_all(members: list[bytes], limit: int) -> None:
    """Any number of members gives their bytes in order when they fit, else the refusal."""
    packed = b"".join(gzip.compress(member) for member in members)
    plain = b"".join(members)
    headers = {"content-encoding": "gzip", "x": "y"}
    if len(plain) > limit:
        with pytest.raises(TooLarge):
            unpacked(headers, packed, limit)
    else:
        assert unpacked(headers, packed, limit) == ({"x": "y"}, plain)


@given(st.binary(max_size=300), st.data())
def test_damaged_gzip_is_never_taken(plain: bytes, data: st.DataObject) -> None:
    """Cut anywhere, a packed body is refused; nothing but the transfer's own errors comes out of noise."""
    packed = gzip.compress(plain)
    cut = data.draw(st.integers(0, len(packed) - 1))
    for body in (packed[:cut], packed[cut:] + packed[:cut]):
        try:
            assert unpacked({"content-encoding": "gzip"}, body, 10_000)[1] == plain
            assert body == packed
        except (BrokenTransfer, TooLarge):
            pass


class Gate:
    """A memory log whose appends wait until they are let through, or fail."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.sizes: list[int] = []
        self.let = threading.Event()
        self.error: Exception | None = None

    def append(self, batch: Sequence[Received]) -> list[Appended]:
        self.let.wait(10)
        self.sizes.append(len(batch))
        if self.error is not None:
            raise self.error
        return self.log.append(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def test_what_comes_together_is_committed_together() -> None:
    """Deliveries of one round of the loop make one batch, and those that came during a commit the next."""
    gate = Gate()

    async def run() -> list[int]:
        committer = Committer(gate)
        first = [committer.append(received(n)) for n in range(3)]
        await asyncio.sleep(0)
        second = [committer.append(received(n)) for n in range(3, 8)]
        gate.let.set()
        answers = await asyncio.gather(*first, *second)
        await committer.drain()
        return [answer.seq for answer in answers]

    assert asyncio.run(run()) == list(range(1, 9))
    assert gate.sizes == [3, 5]


def test_a_failed_commit_is_everybodys_answer_and_the_next_goes_on() -> None:
    """An error reaches each sender of its batch, is shown as trouble, and is over with the next success."""
    gate = Gate()
    gate.let.set()

    async def run() -> None:
        committer = Committer(gate)
        gate.error = Retry("full")
        failed = await asyncio.gather(
            *(committer.append(received(n)) for n in range(2)), return_exceptions=True
        )
        assert [str(each) for each in failed] == ["full", "full"]
        assert committer.trouble == "full"
        gate.error = None
        assert await committer.append(received(1)) == Appended(1, False)
        assert committer.trouble == ""
        await committer.drain()

    asyncio.run(run())


def test_a_full_inbox_says_so_at_once() -> None:
    """Beyond the limit a delivery is refused before anything is done with it; those that wait are stored."""
    gate = Gate()

    async def run() -> None:
        committer = Committer(gate, max_waiting=2)
        waiting = [committer.append(received(n)) for n in range(2)]
        with pytest.raises(Retry, match="full"):
            committer.append(received(9))
        gate.let.set()
        assert [(await each).seq for each in waiting] == [1, 2]
        await committer.drain()

    asyncio.run(run())


def test_a_sender_that_left_before_the_commit_is_left_out() -> None:
    """A cancelled request's delivery is not stored; one whose commit was under way is, for the repeat."""
    gate = Gate()

    async def run() -> None:
        committer = Committer(gate)
        under_way = committer.append(received(1))
        await asyncio.sleep(0)
        waiting = committer.append(received(2))
        under_way.cancel()
        waiting.cancel()
        gate.let.set()
        await committer.drain()

    asyncio.run(run())
    assert [d.key for d in gate.log.read()] == ["d-1"]


class Triage:
    """Notes what it is handed; fails once where told to."""

    def __init__(self, *, fail_at: int = 0, n_calls: int = 1) -> None:
        self.seen: list[int] = []
        self.n_idle = 0
        self.done = threading.Event()
        self._fail_at = fail_at
        self._left = n_calls

    def __call__(self, batch: Sequence[Delivery]) -> None:
        self.seen += [d.seq for d in batch]
        self.n_idle += not batch
        self._left -= 1
        if self._left == 0:
            self.done.set()
        if self._fail_at in self.seen:
            self._fail_at = -1
            raise RuntimeError("s3cret")


def test_live_triage_starts_where_it_stood() -> None:
    """Deliveries up to `after` are not handed over again; later ones are, once, in order."""
    log = MemoryLog()
    log.append([received(n) for n in range(5)])
    triage = Triage()
    live = Live(log, triage, after=2)
    live.start()
    live.ring()
    assert triage.done.wait(10)
    live.stop()
    assert (triage.seen, live.position) == ([3, 4, 5], 5)


def test_live_triage_that_fails_is_not_fed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure it is called again with nothing new, the trouble is known without its text, and it ends."""
    monkeypatch.setattr("seamline.http.live.RETRY_S", 0.01)
    log = MemoryLog()
    log.append([received(n) for n in range(3)])
    triage = Triage(fail_at=2, n_calls=2)
    live = Live(log, triage)
    live.start()
    live.ring()
    assert triage.done.wait(10)
    live.stop()
    assert (triage.seen, triage.n_idle >= 1, live.trouble) == ([1, 2, 3], True, "")


def test_live_triage_hears_the_silence() -> None:
    """Without news it is called with nothing, so that time can pass."""
    triage = Triage(n_calls=3)
    live = Live(MemoryLog(), triage, idle_s=0.001)
    live.start()
    assert triage.done.wait(10)
    live.stop()
    assert (triage.seen, triage.n_idle >= 3) == ([], True)


def test_metrics_escape_what_senders_chose() -> None:
    """A label can't break out of its line."""
    counters = Counters()
    counters.deliveries['a"b\nc\\', "accepted"] += 2
    text = counters.text({})
    assert r'{source="a\"b\nc\\",outcome="accepted"} 2' in text
