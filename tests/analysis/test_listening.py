"""Silence of everything is no symptom of anything."""

from datetime import UTC, datetime, timedelta

from seamline.analysis.listening import SLOT_S, Listening, slot_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SLOT = timedelta(seconds=SLOT_S)
FIRST = slot_of(START)


def test_a_gap_in_everything_is_an_outage() -> None:
    """Half an hour of nothing in a busy home counts for nothing; the time before and after does."""
    heard = [*range(FIRST, FIRST + 12), *range(FIRST + 18, FIRST + 24)]
    listening = Listening(heard, START + 24 * SLOT)
    assert listening.deaf_s(START, START + 24 * SLOT) == 6 * SLOT_S
    assert listening.deaf_s(START, START + 12 * SLOT) == 0
    assert listening.until() == START + 24 * SLOT


def test_while_nothing_is_heard_time_stands_still() -> None:
    """What is judged is judged as of when something was heard last."""
    listening = Listening(range(FIRST, FIRST + 12), START + 40 * SLOT)
    assert listening.until() == START + 12 * SLOT


def test_a_home_that_hears_seldom_has_no_outages() -> None:
    """Where an hour of silence is usual, silence goes on counting."""
    listening = Listening(range(FIRST, FIRST + 240, 12), START + 300 * SLOT)
    assert listening.until() == START + 300 * SLOT
    assert listening.deaf_s(START, START + 300 * SLOT) == 0


def test_a_busy_home_is_deaf_after_a_minute() -> None:
    """Two minutes after the last of many deliveries nothing more is late than one minute after it."""
    last_at = START + 12 * SLOT
    listening = Listening(range(FIRST, FIRST + 13), last_at + timedelta(minutes=2), last_at)
    assert listening.until() == last_at + timedelta(minutes=1)


def test_nothing_heard_yet() -> None:
    """No slots, no outages."""
    assert Listening((), START).until() == START
