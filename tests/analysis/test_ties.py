"""Which tickets belong to an incident: what its burst's tickets say, whenever they come, and nothing else at that desk."""

from seamline.analysis.ties import tied
from seamline.model.event import Ticket
from tests.analysis.says import at
from tests.analysis.scene import opinion, read_scene

BROKEN = """
stack callers
fails service:api 300
fails service:web 306
fires service:api 320
idle desk:help 10
tickets desk:help 330 6
{more}
now {now}
"""
OTHER = (
    "parking near the entrance",
    "wheelchair access at the back door",
    "please send me an invoice by post",
)


def subjects(more: str = "", now: int = 400, *also: Ticket) -> list[tuple[float, str]]:
    """Second and subject of the tickets of the one incident there is."""
    events, organisation, until = read_scene(BROKEN.format(more=more, now=now))
    found = opinion([*events, *also], organisation, until)
    (incident,) = found.incidents
    tickets = {e.id: e for e in (*events, *also) if isinstance(e, Ticket)}
    return [((tickets[t].at - at(0)).total_seconds(), tickets[t].subject) for t in incident.tickets]


def ticket(second: float, text: str, desk: str = "desk:help") -> Ticket:
    """One ticket in its writer's own words."""
    return Ticket(
        f"{second:g}", "test", 99, at(second), at(second), f"{second:g}", desk, text, text, f"p_{second:g}"
    )


def test_the_bursts_tickets_are_tied() -> None:
    """All six, and not the one about something else from before."""
    assert [second for second, _ in subjects()] == [330 + 9 * n for n in range(6)]


def test_a_ticket_that_comes_later_and_says_the_same_is_tied() -> None:
    """Ten minutes after the last one, when the burst has long fallen silent, while the incident goes on."""
    assert subjects("tickets desk:help 980 1", 1000)[-1][0] == 980


def test_in_other_words_of_the_burst() -> None:
    """Two words that many of the burst's tickets say are enough."""
    assert (390.0, "an ERROR when booking!") in subjects("", 400, ticket(390, "an ERROR when booking!"))


def test_others_at_the_same_desk_are_not_tied() -> None:
    """What speaks of something else comes to a desk all day; one shared word is not enough."""
    others = [ticket(350 + n, text) for n, text in enumerate((*OTHER, "a page is missing in my letter"))]
    assert len(subjects("", 400, *others)) == 6


def test_another_desks_tickets_are_not_tied() -> None:
    """A desk that answers for nothing that is sick, though it says the same words."""
    assert len(subjects("", 400, ticket(390, "booking page shows an error again", "desk:other"))) == 6


def test_words_of_every_day_in_what_is_sick_tie_nothing() -> None:
    """A symptom's slice may read "from web": a ticket that says "from" is not about it."""
    assert len(subjects("", 400, ticket(390, "I come from the village, is there a bus?"))) == 6


def test_no_symptom_ties_nothing() -> None:
    """Empty in, empty out."""
    events, organisation, now = read_scene(BROKEN.format(more="", now=400))
    stack = opinion(events, organisation, now).base.stack
    assert tied([ticket(390, "booking error")], [], [], stack, at(now)) == []
