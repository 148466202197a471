"""What every log promises, whatever it stores in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seamline.model.delivery import Appended, Received
from seamline.model.errors import Stop
from seamline.model.ports import Log
from seamline.store.memory import MemoryLog
from seamline.store.sqlite import SqliteLog

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def received(body: bytes = b"{}", *, source: str = "github", key: str = "", after_s: float = 0) -> Received:
    return Received(source, key, {"x-github-event": "ping"}, body, NOON + timedelta(seconds=after_s))


def test_positions_are_gapless_in_order_of_the_batch(log: Log) -> None:
    """Positions start at 1 and grow by one in the order given, over several batches."""
    first = log.append([received(b"a"), received(b"b")])
    second = log.append([received(b"c")])
    assert [a.seq for a in first + second] == [1, 2, 3]
    assert [(d.seq, d.body) for d in log.read()] == [(1, b"a"), (2, b"b"), (3, b"c")]


def test_a_delivery_comes_back_as_it_went_in(log: Log) -> None:
    """Source, key, headers, body, digest and the microsecond of receipt survive the store."""
    odd = Received(
        "github",
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        {"x-a": "é\x00\"'", "b": ""},
        b"\x00\xff{",
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    )
    log.append([odd])
    (back,) = log.read()
    assert (back.source, back.key, dict(back.headers), back.body) == (
        odd.source,
        odd.key,
        dict(odd.headers),
        odd.body,
    )
    assert (back.sha256, back.received_at, back.received_at.tzinfo) == (odd.sha256(), odd.received_at, UTC)


def test_same_key_is_the_same_delivery(log: Log) -> None:
    """A second delivery with the sender's id of a first one is answered with the first one's position."""
    log.append([received(b"a", key="one")])
    assert log.append([received(b"other", key="one")]) == [Appended(1, True)]
    assert log.position() == 1


def test_same_body_without_key_is_the_same_delivery(log: Log) -> None:
    """Without a sender's id the body decides, also within one batch."""
    assert log.append([received(b"a"), received(b"a"), received(b"b")]) == [
        Appended(1, False),
        Appended(1, True),
        Appended(2, False),
    ]


def test_a_repeat_deep_in_a_large_batch(log: Log) -> None:
    """Where some of many were there before, the others get their positions in order and the repeats the first ones."""
    log.append([received(b"150"), received(b"3")])
    answers = log.append([received(b"%d" % n) for n in range(200)])
    assert [a.seq for a in answers if a.duplicate] == [2, 1]
    assert [a.seq for a in answers if not a.duplicate] == list(range(3, 201))
    assert len({d.body for d in log.read()}) == log.position() == 200


def test_sources_and_keys_do_not_mix(log: Log) -> None:
    """The same key or body from another source, or a key that looks like a digest, is a delivery of its own."""
    body = b"a"
    same = received(body)
    batch = [
        same,
        received(body, source="gitlab"),
        received(body, key="one"),
        received(body, key=same.sha256()),
    ]
    assert [a.duplicate for a in log.append(batch)] == [False] * 4


def test_reading_a_part(log: Log) -> None:
    """`after` is excluded, `until` is included, ends beyond the log are harmless."""
    log.append([received(bytes([n])) for n in range(5)])
    assert [d.seq for d in log.read(1, 3)] == [2, 3]
    assert [d.seq for d in log.read(4)] == [5]
    assert [d.seq for d in log.read(-3, 99)] == [1, 2, 3, 4, 5]
    assert [d.seq for d in log.read(3, 2)] == []
    assert [d.seq for d in log.read(0, 0)] == []


def test_reading_passes_chunk_ends(log: Log) -> None:
    """A read of more than one chunk gives every delivery once, in order."""
    for start in range(0, 1203, 100):
        log.append([received(b"%d" % n) for n in range(start, min(start + 100, 1203))])
    assert [d.seq for d in log.read()] == list(range(1, 1204))


def test_appending_while_reading(log: Log) -> None:
    """A read that is under way does not keep the writer from writing."""
    log.append([received(b"a"), received(b"b")])
    reading = log.read(until=2)
    assert next(reading).seq == 1
    assert log.append([received(b"c")]) == [Appended(3, False)]
    assert [d.seq for d in reading] == [2]


def test_empty_log(log: Log) -> None:
    """Nothing is there: position 0, no time, nothing to read, nothing to erase; an empty batch is no error."""
    assert log.append([]) == []
    assert (log.position(), log.as_of(), list(log.read())) == (0, None, [])
    assert (log.erase([1, 2]), log.prune(["github"], NOON)) == (0, 0)


def test_as_of_is_the_latest_receipt_up_to_a_position(log: Log) -> None:
    """Older deliveries that come later never turn `as_of` back."""
    log.append([received(b"a", after_s=5), received(b"b", after_s=1)])
    log.append([received(b"c", after_s=9)])
    ats = [log.as_of(n) for n in (0, 1, 2, 3, 99)]
    assert ats == [None, *(NOON + timedelta(seconds=s) for s in (5, 5, 9, 9))]
    assert log.as_of() == NOON + timedelta(seconds=9)


def test_erasing_keeps_the_envelope(log: Log) -> None:
    """An erased body is gone and stays gone: a repeat of it is still known. Erasing twice is harmless."""
    log.append([received(b"secret"), received(b"b")])
    assert log.erase([1, 1, 77]) == 1
    assert log.erase([1]) == 0
    erased, kept = log.read()
    assert (erased.body, erased.sha256, kept.body) == (None, received(b"secret").sha256(), b"b")
    assert log.append([received(b"secret")]) == [Appended(1, True)]
    assert next(log.read()).body is None


def test_erasing_many(log: Log) -> None:
    """An erasure counts every body it removed."""
    log.append([received(b"%d" % n) for n in range(300)])
    assert log.erase(range(1, 251)) == 250


def test_pruning_by_source_and_time(log: Log) -> None:
    """Retention ends for the named sources before the time, not at it, and for no others."""
    log.append([received(b"a", source="prometheus"), received(b"b", source="prometheus", after_s=60)])
    log.append([received(b"c", source="github")])
    assert log.prune(["prometheus"], NOON + timedelta(seconds=60)) == 1
    assert [d.body for d in log.read()] == [None, b"b", b"c"]
    assert log.prune([], NOON + timedelta(days=1)) == 0


def test_closing_twice(log: Log) -> None:
    """A closed log refuses to be used; closing again is harmless."""
    log.close()
    log.close()
    with pytest.raises(Stop):
        log.append([received()])
    with pytest.raises(Stop):
        log.position()


RECEIVED = st.builds(
    received,
    st.binary(max_size=2),
    source=st.sampled_from(["github", "zendesk"]),
    key=st.sampled_from(["", "", "one", "two", "ünï"]),
    after_s=st.integers(-100, 100),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(RECEIVED, max_size=70), max_size=4))
def test_sqlite_equals_memory(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Received]]
) -> None:
    """Whatever is appended, in whatever batches, both stores give the same answers and the same deliveries."""
    memory, sqlite = MemoryLog(), SqliteLog(tmp_path_factory.mktemp("log") / "log.sqlite")
    try:
        for batch in batches:
            assert memory.append(batch) == sqlite.append(batch)
        assert list(memory.read()) == list(sqlite.read())
        assert [memory.as_of(n) for n in range(9)] == [sqlite.as_of(n) for n in range(9)]
    finally:
        sqlite.close()
