"""What a stored delivery says."""

from datetime import timedelta

from seamline.analysis.facts import Facts
from seamline.app.ingest import Inbox, Reading, read_delivery, take_in
from seamline.model import record as rec
from seamline.model.delivery import Delivery, Received
from seamline.model.ports import Source
from seamline.store.memory import MemoryLog

from .conftest import NOON


def stored(*batch: Received) -> list[Delivery]:
    log = MemoryLog()
    log.append(batch)
    return list(log.read())


def test_events_carry_the_position(inbox: Inbox, sources: dict[str, Source]) -> None:
    """Each event knows the delivery it was read from."""
    (_, second) = stored(*(inbox.take("bell", {}, b'{"what": "%d"}' % n, NOON) for n in (1, 2)))
    reading = read_delivery(sources, second)
    assert reading.parsed
    assert [e.seq for e in reading.events] == [2]


def test_a_failing_parser_is_a_reason(inbox: Inbox, sources: dict[str, Source]) -> None:
    """A parser's own bug becomes the delivery's reason, never an error of the reader."""
    (broken,) = stored(inbox.take("bell", {}, b'{"break": true}', NOON))
    assert read_delivery(sources, broken).unreadable == "the bell parser failed: KeyError: 'oh'"


def test_a_source_that_is_not_installed(inbox: Inbox) -> None:
    """A delivery outlives its source's code and says what is missing."""
    (one,) = stored(inbox.take("bell", {}, b"{}", NOON))
    assert read_delivery({}, one).unreadable == "no source named 'bell' is installed"


def test_an_erased_delivery_says_nothing(inbox: Inbox, sources: dict[str, Source]) -> None:
    """A body that is gone is no fault of anybody."""
    log = MemoryLog()
    log.append([inbox.take("bell", {}, b"{}", NOON)])
    log.erase([1])
    assert read_delivery(sources, next(log.read())) == Reading()


def test_records_and_events_go_into_the_facts(inbox: Inbox, sources: dict[str, Source]) -> None:
    """Facts take events, our own records by position, and the time of deliveries that say nothing."""
    tick = rec.Tick(rec.SELF, NOON)
    later = NOON + timedelta(seconds=9)
    facts = Facts()
    for delivery in stored(
        inbox.take("bell", {}, b'{"what": "a"}', NOON),
        rec.to_received(tick, NOON),
        inbox.take("bell", {}, b"what?", later),
    ):
        take_in(facts, sources, delivery)
    assert [c.title for c in facts.changes.values()] == ["a"]
    assert facts.records == [(2, tick)]
    assert (facts.position, facts.as_of) == (3, later)


def test_an_unknown_record_has_a_reason() -> None:
    """A record of a later version is listed, not lost."""
    (odd,) = stored(Received(rec.SOURCE, "", {}, b'{"schema": "seamline/future/v9"}', NOON))
    assert "doesn't know" in read_delivery({}, odd).unreadable
