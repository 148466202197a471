"""A seam goes down to one person who accepts, and comes back by the rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis.opinion import base_of
from seamline.app import views
from seamline.app.acting import ENTERED_BY
from seamline.app.hand_down import accept, decline, hand_down
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.stack import Seam
from tests.app.world import SEAM, TREE, World, clinic, later, toml


def person(world: World) -> tuple[str, str]:
    """Who the seam is, and how named."""
    seam: Seam = world.seam()
    return seam.accountable, seam.named


def test_an_offer_counts_once_accepted() -> None:
    """Named and accepted are different: until the receiver accepts, the seam stays where it was."""
    world = clinic()
    assert person(world) == ("dario", "rule")
    said = hand_down(world.home, SEAM, "ben", later(10), by="dario")
    assert said == f"{' '.join(SEAM)}: dario hands it down to ben until 2026-11-30; theirs once they accept"
    assert person(world) == ("dario", "rule")
    accept(world.home, SEAM, by="ben")
    assert person(world) == ("ben", "hand-down")


def test_it_ends_on_its_date() -> None:
    """From the date on the rule counts again."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    accept(world.home, SEAM, by="ben")
    world.saw(later(9.9))
    assert person(world) == ("ben", "hand-down")
    world.saw(later(10))
    assert person(world) == ("dario", "rule")


@pytest.mark.parametrize("accepted", [False, True], ids=["declined", "given back"])
def test_a_receiver_may_say_no(accepted: bool) -> None:
    """Declined at once or given back later, the seam falls back, and can't be accepted any more."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    if accepted:
        accept(world.home, SEAM, by="ben")
    said = decline(world.home, SEAM, by="ben")
    assert ("given back" if accepted else "declined") in said
    assert person(world) == ("dario", "rule")
    with pytest.raises(Fix, match="nothing is offered to ben"):
        accept(world.home, SEAM, by="ben")


def test_accepting_the_next_ends_the_one_before() -> None:
    """The latest acceptance counts, however far the earlier date lies; afterwards neither does."""
    world = clinic()
    for to, days in (("ben", 30), ("petra", 10)):
        hand_down(world.home, SEAM, to, later(days), by="dario")
        accept(world.home, SEAM, by=to)
    assert person(world) == ("petra", "hand-down")
    world.saw(later(11))
    assert person(world) == ("dario", "rule")


def test_the_giver_takes_it_back_by_handing_it_to_themself() -> None:
    """A person is at or below themself."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    accept(world.home, SEAM, by="ben")
    hand_down(world.home, SEAM, "dario", later(10), by="dario")
    accept(world.home, SEAM, by="dario")
    assert person(world)[0] == "dario"


def test_acceptance_shows_in_a_log_that_lies_behind_the_clock() -> None:
    """What was accepted is in force as of the log's latest moment, and was not before it was said."""
    world = clinic()
    world.saw(later(-100))
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    accept(world.home, SEAM, by="ben")
    assert person(world) == ("ben", "hand-down")
    then = {s.key(): s.accountable for s in views.seams(world.home, later(-1))}
    assert then[SEAM] == "dario"


REFUSED = {
    "unknown": ("pertra", 10, "no person 'pertra'", "did you mean petra?"),
    "sideways": ("ilse", 10, "ilse is not at or below dario", "sideways"),
    "upward": ("mara", 10, "mara is not at or below dario", "upward"),
    "gone": ("sana", 10, "sana has left", "pick"),
    "past": ("ben", 0, "is past", "a time to come"),
}


@pytest.mark.parametrize(("to", "days", "what", "mend"), REFUSED.values(), ids=REFUSED)
def test_a_bad_hand_down_is_refused_whole(to: str, days: float, what: str, mend: str) -> None:
    """One line with the mend, and nothing on record."""
    world = clinic()
    world.declare(toml(TREE, left={"sana": "2026-11-01"}))
    before = world.home.log.position()
    with pytest.raises(Fix, match=what) as refused:
        hand_down(world.home, SEAM, to, later(days), by="dario")
    assert mend in refused.value.hint
    assert world.home.log.position() == before


@pytest.mark.parametrize("giver", ["ben", "ilse", "mara"])
def test_only_its_person_hands_a_seam_down(giver: str) -> None:
    """Neither who is below nor who is above may give what is Dario's."""
    world = clinic()
    with pytest.raises(Fix, match="belongs to dario"):
        hand_down(world.home, SEAM, "ben", later(10), by=giver)


def test_a_receiver_can_not_hand_on() -> None:
    """Who holds a seam by a hand-down can't hand it further down: it is still Dario's to give."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    accept(world.home, SEAM, by="ben")
    with pytest.raises(Fix, match="belongs to dario"):
        hand_down(world.home, SEAM, "sana", later(5), by="ben")


def test_the_same_offer_is_not_made_twice() -> None:
    """A repeat would un-accept what was accepted."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    accept(world.home, SEAM, by="ben")
    with pytest.raises(Fix, match="already"):
        hand_down(world.home, SEAM, "ben", later(10), by="dario")


@pytest.mark.parametrize(
    ("seam", "meant"),
    [
        (("booking", "visits-db", "uses"), " ".join(SEAM)),
        (("visits-db", "booking", "uses"), " ".join(SEAM)),
        (("service:boking", "database:visits-db", "uses"), " ".join(SEAM)),
        ((*SEAM[:2], "calls"), " ".join(SEAM)),
    ],
)
def test_a_seam_that_is_not_there_names_the_nearest(seam: tuple[str, str, str], meant: str) -> None:
    """Short names, swapped ends, a slip, another kind: did you mean."""
    with pytest.raises(Fix, match="there is no seam") as refused:
        hand_down(clinic().home, seam, "ben", later(10), by="dario")
    assert refused.value.hint == f"did you mean {meant}?"


def test_an_offer_is_its_receivers_alone() -> None:
    """Somebody else can't accept; the line names who can."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    with pytest.raises(Fix, match="nothing is offered to petra") as refused:
        accept(world.home, SEAM, by="petra")
    assert "ben" in refused.value.hint


def test_an_offer_the_tree_outgrew_is_not_accepted() -> None:
    """When the receiver moved to another line meanwhile, accepting is refused: it would not count."""
    world = clinic()
    hand_down(world.home, SEAM, "sana", later(10), by="dario")
    world.declare(toml(TREE | {"sana": "ilse"}))
    with pytest.raises(Fix, match="no longer counts"):
        accept(world.home, SEAM, by="sana")


def test_a_word_entered_for_somebody_says_so() -> None:
    """The local command line is the whole-stack owner's: the record is Dario's word, its envelope names Mara."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), for_="dario")
    last = list(world.home.log.read())[-1]
    assert last.headers[ENTERED_BY] == "mara"
    record = world.records()[-1]
    assert isinstance(record, rec.SeamHandedDown)
    assert (record.by, record.hand_down.by) == ("dario", "dario")


def test_nobody_else_speaks_for_others() -> None:
    """A manager's credential can't accept in a report's name."""
    world = clinic()
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    with pytest.raises(Fix, match="dario can't speak for ben"):
        accept(world.home, SEAM, by="dario", for_="ben")


PEOPLE = ("p0", "p1", "p2", "p3", "p4")
ANYBODY = st.sampled_from(PEOPLE)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """Any tree of five: each reports to somebody before them."""
    return {p: draw(st.sampled_from(PEOPLE[:i])) if i else "" for i, p in enumerate(PEOPLE)}


def attempt(world: World, verb: str, one: str, other: str, days: int) -> None:
    """Try one act; a refusal is an answer."""
    try:
        if verb == "hand-down":
            hand_down(world.home, SEAM, other, later(days), by=one)
        else:
            {"accept": accept, "decline": decline}[verb](world.home, SEAM, by=one)
    except Fix:
        return


@settings(max_examples=60, deadline=None)
@given(
    trees(),
    st.tuples(ANYBODY, ANYBODY).filter(lambda pair: pair[0] != pair[1]),
    st.lists(
        st.tuples(st.sampled_from(["hand-down", "accept", "decline"]), ANYBODY, ANYBODY, st.integers(-1, 4)),
        max_size=6,
    ),
)
def test_a_seam_never_leaves_its_line(
    tree: dict[str, str], owners: tuple[str, str], acts: list[tuple[str, str, str, int]]
) -> None:
    """Whatever anybody tries, the seam is with somebody at or below who it belongs to by the rule."""
    world = World()
    world.declare(toml(tree, owners))
    rightful = base_of(views.facts_of(world.home)).tree
    by_rule = rightful.holder(owners, world.now).person
    for act in acts:
        attempt(world, *act)
        assert by_rule in rightful.chain(world.seam().accountable)
    offered = [r.hand_down for r in world.records() if isinstance(r, rec.SeamHandedDown)]
    assert all(h.by == by_rule and by_rule in rightful.chain(h.to) and h.until > world.now for h in offered)
