"""Exactly one person, always, and by which rule."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis.ownership import Tree, accountable_for
from seamline.model.organisation import Absence, HandDown, Organisation, Person
from tests.analysis.says import START

SEAM = ("service:a", "service:b", "calls")


def day(n: int) -> datetime:
    return START + timedelta(days=n)


def person(
    id_: str, above: str = "", left: int | None = None, away: tuple[int, int, str] | None = None
) -> Person:
    absences = (Absence(day(away[0]), day(away[1]), away[2]),) if away else ()
    return Person(id_, id_, above, left_at=None if left is None else day(left), absences=absences)


def org(*people: Person, given: tuple[HandDown, ...] = ()) -> Organisation:
    return Organisation("test", people, hand_downs=given)


def down(
    to: str, by: str, accepted: int | None = 0, until: int = 10, declined: int | None = None
) -> HandDown:
    return HandDown(
        SEAM, to, by, None if accepted is None else day(accepted), day(until),
        None if declined is None else day(declined),
    )  # fmt: skip


FIVE = (
    person("root"),
    person("dev", "root"),
    person("ben", "dev"),
    person("yuki", "dev"),
    person("ops", "root"),
)


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        (("ben",), "ben"),
        (("ben", "ben"), "ben"),
        (("ben", "yuki"), "dev"),
        (("ben", "dev"), "dev"),
        (("ben", "ops"), "root"),
        (("ben", "yuki", "ops"), "root"),
        ((), "root"),
        (("stranger",), "root"),
    ],
)
def test_a_seam_is_the_lowest_common_persons(owners: tuple[str, ...], expected: str) -> None:
    """It belongs to the lowest person at or above the owners; a person counts as above themself."""
    found = accountable_for(org(*FIVE), owners, day(1))
    assert (found.person, found.named) == (expected, "rule")


def test_who_left_counts_as_their_manager() -> None:
    """From the day they leave, an owner counts as the next person above who is still there."""
    people = (
        person("root"),
        person("dev", "root", left=2),
        person("ben", "dev", left=1),
        person("yuki", "dev"),
    )
    days = [accountable_for(org(*people), ("ben",), day(n)).person for n in (0, 1, 2)]
    assert days == ["ben", "dev", "root"]
    assert accountable_for(org(*people), ("ben", "yuki"), day(3)).person == "root"


@pytest.mark.parametrize(
    ("given", "at", "expected"),
    [
        (down("ben", "dev"), 1, "ben"),
        (down("ben", "root"), 1, "ben"),
        (down("dev", "dev"), 1, "dev"),
        (down("ben", "dev", accepted=None), 1, "dev"),
        (down("ben", "dev", accepted=3), 1, "dev"),
        (down("ben", "dev", declined=1), 1, "dev"),
        (down("ben", "dev", declined=2), 1, "ben"),
        (down("ben", "dev", until=1), 1, "dev"),
        (down("ops", "dev"), 1, "dev"),
        (down("root", "dev"), 1, "dev"),
        (down("ben", "ben"), 1, "dev"),
        (down("ben", "ops"), 1, "dev"),
        (down("stranger", "dev"), 1, "dev"),
    ],
    ids=[
        "in force", "given from above", "to themself", "not accepted", "accepted later", "declined",
        "declined later", "over", "sideways", "upward", "taken by themself", "given by somebody else", "to nobody known",
    ],
)  # fmt: skip
def test_a_hand_down_counts_only_by_the_rule(given: HandDown, at: int, expected: str) -> None:
    """Given by who it belongs to, or above, to somebody at or below them, who accepted, until its date."""
    found = accountable_for(org(*FIVE, given=(given,)), ("ben", "yuki"), day(at), SEAM)
    assert found.person == expected
    assert found.named == (
        "hand-down" if (expected, given.to) in {("ben", "ben"), ("dev", "dev")} else "rule"
    )


def test_a_hand_down_is_of_one_seam() -> None:
    """It says nothing of another seam between the same owners."""
    given = (down("ben", "dev"),)
    assert (
        accountable_for(org(*FIVE, given=given), ("ben", "yuki"), day(1), ("x", "y", "calls")).person == "dev"
    )


def test_a_hand_down_to_somebody_who_left_falls_back() -> None:
    """When the receiver leaves, it is the rule's again."""
    people = (person("root"), person("dev", "root"), person("ben", "dev", left=5), person("yuki", "dev"))
    tree = Tree(org(*people, given=(down("ben", "dev"),)))
    assert [tree.accountable(("yuki", "dev"), day(n), SEAM).person for n in (4, 5)] == ["ben", "dev"]


def test_a_stand_in_is_named_for_its_dates_only() -> None:
    """From the first day away until the first day back."""
    people = (person("root"), person("dev", "root", away=(2, 4, "ops")), person("ops", "root"))
    found = [accountable_for(org(*people), ("dev",), day(n)) for n in (1, 2, 3, 4)]
    assert [f.person for f in found] == ["dev", "ops", "ops", "dev"]
    assert [f.named for f in found] == ["rule", "stand-in", "stand-in", "rule"]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (
            (
                person("root"),
                person("dev", "root", away=(0, 9, "ops")),
                person("ops", "root", away=(0, 9, "dev")),
            ),
            "root",
        ),
        ((person("root"), person("dev", "root", away=(0, 9, "ops")), person("ops", "root", left=0)), "root"),
        (
            (
                person("root", away=(0, 9, "ops")),
                person("dev", "root", away=(0, 9, "root")),
                person("ops", "root"),
            ),
            "ops",
        ),
        ((person("root", away=(0, 9, "dev")), person("dev", "root", away=(0, 9, "root"))), "dev"),
    ],
    ids=[
        "two who stand in for each other",
        "a stand-in who left",
        "the manager's stand-in",
        "nobody is there",
    ],
)
def test_an_unusable_stand_in_leads_upward_and_ends(people: tuple[Person, ...], expected: str) -> None:
    """Up to who is there, or has a stand-in who is; with nobody there it stays where it belongs."""
    assert accountable_for(org(*people), ("dev",), day(1)).person == expected


def test_altitude_counts_levels_to_the_lower_owner() -> None:
    """0 for one person; a hand-down lowers it; a stand-in changes nothing."""
    tree = Tree(org(*FIVE, given=(down("ben", "root"),)))
    at = day(1)
    assert [
        tree.altitude(o, at) for o in (("ben", "ben"), ("ben", "dev"), ("ben", "yuki"), ("ben", "ops"))
    ] == [0, 1, 1, 2]
    assert tree.altitude(("ben", "ops"), at, SEAM) == 0


ids = st.integers(0, 7).map(lambda n: f"p{n}")
days = st.integers(0, 12)


@st.composite
def organisations(draw: st.DrawFn, *, away: bool = True, valid: bool = True) -> Organisation:
    """A random tree (or, when not `valid`, any graph at all) with departures, absences and hand-downs."""
    n = draw(st.integers(1, 7))
    people = []
    for i in range(n):
        above = (f"p{draw(st.integers(0, i - 1))}" if i else "") if valid else draw(ids | st.just(""))
        left = draw(st.none() | days) if i else None
        gone = draw(st.none() | st.tuples(days, days, ids)) if away else None
        people.append(person(f"p{i}", above, left, gone))
    given = draw(st.lists(st.builds(down, ids, ids, st.none() | days, days, st.none() | days), max_size=4))
    return org(*people, given=tuple(given))


owners = st.lists(ids, max_size=3)


@given(organisations() | organisations(valid=False), owners, days)
@settings(deadline=None)
def test_there_is_always_exactly_one_person_with_a_reason(o: Organisation, owned: list[str], n: int) -> None:
    """For any tree, broken ones too, any owners, hand-downs and absences, at any time."""
    found = accountable_for(o, owned, day(n), SEAM)
    assert found.person in {p.id for p in o.people}
    assert found.why
    assert found.named in ("rule", "hand-down", "stand-in")
    assert Tree(o).altitude(owned, day(n), SEAM) >= 0


@given(organisations(away=False), owners, days)
@settings(deadline=None)
def test_nobody_takes_a_seam_sideways_or_upward(o: Organisation, owned: list[str], n: int) -> None:
    """With everybody at work it is the rule's person, or somebody below whom it was really handed."""
    tree = Tree(o)
    rule = accountable_for(o, owned, day(n)).person
    found = accountable_for(o, owned, day(n), SEAM)
    assert rule in tree.chain(found.person)
    if found.person != rule:
        assert any(
            h.to == found.person and h.accepted_at and h.accepted_at <= day(n) < h.until for h in o.hand_downs
        )


@given(organisations(away=False), st.lists(ids, min_size=1, max_size=3), days)
@settings(deadline=None)
def test_the_rules_person_is_the_lowest_above_all(o: Organisation, owned: list[str], n: int) -> None:
    """They stand above all owners who are there, and nobody below them who is there does."""
    tree = Tree(o)
    rule = accountable_for(o, owned, day(n)).person
    there = [tree.present(p, day(n)) for p in owned]
    assert all(rule in tree.chain(p) for p in there)
    lower = [
        p.id
        for p in o.people
        if p.id != rule and rule in tree.chain(p.id) and tree.present(p.id, day(n)) == p.id
    ]
    assert not any(all(p in tree.chain(t) for t in there) for p in lower)


@given(organisations(), owners, days)
@settings(deadline=None)
def test_order_says_nothing(o: Organisation, owned: list[str], n: int) -> None:
    """People, owners and hand-downs in another order give the same person."""
    mixed = Organisation("test", tuple(reversed(o.people)), hand_downs=tuple(reversed(o.hand_downs)))
    one = accountable_for(o, owned, day(n), SEAM)
    assert accountable_for(mixed, list(reversed(owned)), day(n), SEAM) == one
