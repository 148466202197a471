"""Bursts of alike tickets."""

from tests.analysis.detect.world import at, look, symptoms, ticket

QUIET = [ticket(20, "Invoice of March shows the wrong address", "q1"), ticket(150, "Where do I park?", "q2")]
HURT = (
    "I can't book a visit, the page says try again",
    "booking page broken, says try again later",
    "Cannot book my visit, the page is broken!",
    "the booking page shows an error when I book a visit",
)


def test_alike_tickets_of_several_people_are_a_burst() -> None:
    """Four people who write of booking within a minute are a symptom of the desk, since the second of them at the latest."""
    events = QUIET + [ticket(300 + 10 * i, text, f"r{i}") for i, text in enumerate(HURT)]
    (found,) = symptoms(events, 345).values()
    assert found.entity == "desk:1"
    assert found.symptom is not None
    assert found.symptom.onset_at == at(310)
    assert found.symptom.healthy_at == at(240)
    assert found.symptom.confirmed_by == 4
    assert found.slice == " ".join(sorted(found.slice.split()))


def test_unrelated_tickets_at_once_are_no_burst() -> None:
    """Three people with three different concerns in one minute are no symptom."""
    texts = (
        "Please send my vaccination certificate",
        "Typo in the opening hours",
        "How do I change my password?",
    )
    assert not symptoms(QUIET + [ticket(300 + i, text, f"r{i}") for i, text in enumerate(texts)], 345)


def test_one_person_is_no_burst() -> None:
    """One requester who writes four times is no symptom."""
    assert not symptoms(QUIET + [ticket(300 + 10 * i, text, "r") for i, text in enumerate(HURT)], 345)


def test_an_import_is_no_burst() -> None:
    """Alike tickets of many people that are all dated the same second come from a machine."""
    assert not symptoms(QUIET + [ticket(300, text, f"r{i}") for i, text in enumerate(HURT)], 345)


def test_what_is_usual_is_no_burst() -> None:
    """Tickets of one sort that come all the time are no symptom when three come in a minute."""
    usual = [ticket(20 * i, f"Cannot book visit {i} online", f"u{i}") for i in range(60)]
    assert not symptoms(usual, 1200)


def test_a_burst_keeps_its_name() -> None:
    """More tickets of the burst make it stronger and leave its id."""
    events = QUIET + [ticket(300 + 10 * i, HURT[i % 4], f"r{i}") for i in range(20)]
    (young,) = symptoms(events, 325).values()
    (old,) = symptoms(events, 500).values()
    assert young.id == old.id
    assert young.symptom is not None
    assert old.symptom is not None
    assert old.symptom.strength > young.symptom.strength


def test_a_quiet_desk_is_watched() -> None:
    """A desk without a burst is one silent observable."""
    assert [one.symptom for one in look(QUIET, 345).values()] == [None]
