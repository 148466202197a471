"""What the records say of each incident: a fold in log order."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.register import Entry, fold
from seamline.model import record as rec
from seamline.model.record import AnyRecord
from tests.analysis.says import at


def opened(name: str = "I-1", *symptoms: str) -> rec.Opened:
    """An incident with these symptoms, told to dario."""
    return rec.Opened(
        rec.SELF, at(0), name, "dario", "the rule", "change", "change:a", "service:api", ("a",), None, 0.9,
        symptoms or ("s1", "s2"), 60.0,
    )  # fmt: skip


def said(verdict: str, incident: str = "I-1", **more: object) -> rec.Corrected:
    """A person's word."""
    return rec.Corrected("mara", at(50), incident, verdict, **more)  # type: ignore[arg-type]


def after(*records: AnyRecord) -> dict[str, Entry]:
    """The entries after these records, in this order."""
    return fold(enumerate(records, start=1))


def told(second: float, person: str) -> rec.Told:
    return rec.Told(rec.SELF, at(second), "I-1", person, "digest")


def amended(key: str, *symptoms: str, proposed: str = "") -> rec.Amended:
    return rec.Amended(
        rec.SELF,
        at(10),
        "I-1",
        "latent",
        key,
        "service:web",
        (),
        ("a", "b", "calls"),
        0.8,
        symptoms,
        proposed,
    )


def test_an_amendment_moves_the_cause_and_never_the_person() -> None:
    """Symptoms only grow, a proposal is kept, and who was told stays accountable."""
    entry = after(opened(), amended("latent:service:web", "s3", proposed="mara"))["I-1"]
    assert (entry.accountable, entry.proposed, entry.cause_key) == ("dario", "mara", "latent:service:web")
    assert entry.symptoms == {"s1", "s2", "s3"}
    assert entry.opened == opened()


def test_only_a_hand_over_moves_the_person() -> None:
    """And it settles what was proposed."""
    over = rec.HandedOver("mara", at(20), "I-1", "ben", "his library")
    entry = after(opened(), amended("k", "s1", proposed="mara"), over)["I-1"]
    assert (entry.accountable, entry.proposed, entry.why_person) == ("ben", "", "handed over: his library")


def test_everybody_told_is_kept_in_order() -> None:
    """With the time each was told."""
    assert after(opened(), told(1, "dario"), told(2, "ben"))["I-1"].told == (("dario", at(1)), ("ben", at(2)))


def test_the_first_acknowledgement_and_the_first_closing_count() -> None:
    """Saying it twice changes nothing."""
    twice = [rec.Acknowledged("dario", at(s), "I-1") for s in (5, 9)]
    closed = [rec.Closed(rec.SELF, at(s), "I-1", "over") for s in (20, 30)]
    entry = after(opened(), *twice, *closed)["I-1"]
    assert (entry.acknowledged_at, entry.closed_at, entry.is_open) == (at(5), at(20), False)


@pytest.mark.parametrize(
    ("word", "is_open", "closed_at"),
    [
        ("confirmed", True, None),
        ("split", True, None),
        ("not_an_incident", False, at(50)),
        ("merge", False, None),
    ],
)
def test_each_word_of_a_person(word: str, is_open: bool, closed_at: datetime | None) -> None:
    """Some end an incident, others don't; all are kept."""
    entry = after(opened("I-2"), opened(), said(word, into="I-2", symptoms=("s1",)))["I-1"]
    assert (entry.is_open, entry.closed_at) == (is_open, closed_at)
    assert [c.verdict for c in entry.corrections] == [word]


def test_a_merge_hands_the_symptoms_on() -> None:
    """The other incident explains them from then on."""
    entries = after(opened("I-2", "t1"), opened(), said("merge", into="I-2"))
    assert entries["I-2"].symptoms == {"t1", "s1", "s2"}
    assert entries["I-1"].merged_into == "I-2"


def test_a_split_takes_symptoms_away() -> None:
    """Only those named."""
    assert after(opened(), said("split", symptoms=("s1",)))["I-1"].symptoms == {"s2"}


def test_records_about_what_nobody_opened_change_nothing() -> None:
    """Neither fails nor appears; a tick is about no incident at all."""
    assert after(told(1, "dario"), said("merge", into="I-9"), rec.Tick(rec.SELF, at(1))) == {}
    assert after(opened(), said("merge", into="I-9")).keys() == {"I-1"}


@given(
    st.permutations(
        list(enumerate([opened(), told(1, "dario"), amended("k", "s3"), said("confirmed")], start=1))
    )
)
def test_the_fold_is_in_log_order_however_records_come(pairs: list[tuple[int, AnyRecord]]) -> None:
    """Positions decide, not the order of reading."""
    assert fold(pairs) == after(opened(), told(1, "dario"), amended("k", "s3"), said("confirmed"))


def linked(incident: str, ticket: str, outcome: str) -> rec.Linked:
    """What became of telling a ticket."""
    return rec.Linked(rec.SELF, at(20), incident, ticket, "zendesk", "41", "open", outcome)  # type: ignore[arg-type]


def test_the_latest_word_on_a_ticket_counts() -> None:
    """Held, then done: it carries the number. A link of an incident that nobody minted changes nothing."""
    entries = after(
        opened(), linked("I-1", "t1", "held"), linked("I-9", "t1", "done"), linked("I-1", "t1", "done")
    )
    assert {key: link.outcome for key, link in entries["I-1"].links.items()} == {("t1", "open"): "done"}
    assert list(entries) == ["I-1"]
