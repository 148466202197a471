"""What a log that outlives its process promises beyond the rest."""

import threading
from datetime import UTC, datetime

import pytest

from seamline.model.delivery import Appended, Received
from seamline.model.errors import Stop
from seamline.model.ports import Log

from .conftest import OpenLog

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def received(n: int) -> Received:
    return Received("github", f"d-{n}", {}, b"%d" % n, NOON)


def test_a_log_that_was_closed_goes_on_where_it_was(open_log: OpenLog) -> None:
    """Positions, repeats and time continue after a restart."""
    first = open_log()
    first.append([received(1), received(2)])
    first.close()
    second = open_log()
    assert second.append([received(2), received(3)]) == [Appended(2, True), Appended(3, False)]
    assert [d.seq for d in second.read()] == [1, 2, 3]
    second.close()


def test_one_writer(open_log: OpenLog) -> None:
    """A second writer is refused in one line with the mend, and let in when the first has gone."""
    first = open_log()
    with pytest.raises(Stop, match="already writes") as refused:
        open_log()
    assert refused.value.hint
    first.close()
    open_log().close()


def test_readers_beside_the_writer(open_log: OpenLog) -> None:
    """A reader sees each batch once it was appended, and can't write."""
    writer = open_log()
    reader = open_log(write=False)
    assert reader.position() == 0
    writer.append([received(1), received(2)])
    assert [d.seq for d in reader.read()] == [1, 2]
    with pytest.raises(Stop):
        reader.append([received(3)])
    reader.close()
    writer.close()


def test_threads_share_a_log(open_log: OpenLog) -> None:
    """Batches of several threads get gapless positions, each batch together; readers see prefixes only."""
    log = open_log()
    seen: list[list[int]] = []
    answers: list[list[Appended]] = []

    def write(start: int) -> None:
        for n in range(start, start + 50, 5):
            answers.append(log.append([received(m) for m in range(n, n + 5)]))

    def read() -> None:
        for _ in range(10):
            seen.append([d.seq for d in log.read()])

    threads = [threading.Thread(target=write, args=(n,)) for n in (0, 100, 200)]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.seq for batch in answers for a in batch) == list(range(1, 151))
    assert all(batch[-1].seq - batch[0].seq == 4 for batch in answers)
    assert all(seqs == list(range(1, len(seqs) + 1)) and len(seqs) % 5 == 0 for seqs in seen)
    log.close()


def test_a_batch_is_all_or_nothing(open_log: OpenLog) -> None:
    """A batch that can't be stored leaves no trace, and the log goes on."""
    log: Log = open_log()
    bad = Received("github", "", {}, None, NOON)  # type: ignore[arg-type]
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the store says of it
        log.append([received(1), bad])
    assert (log.position(), list(log.read())) == (0, [])
    assert log.append([received(2)]) == [Appended(1, False)]
    log.close()
