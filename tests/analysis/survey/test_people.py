"""Whom an owner's spelling means, what is wrong with it, and the tree of a stack that has none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis import organisation
from seamline.analysis.ownership import Tree
from seamline.analysis.survey.hierarchy import people_below
from seamline.analysis.survey.people import Meaning, People, troubles
from seamline.model.artefact import Found, Ownership, Party, PathRule, PathRules, Place
from seamline.model.organisation import Organisation, Person

AT = datetime(2026, 11, 23, tzinfo=UTC)
PLACE = Place("r", "catalog-info.yaml", 3)


def user(id_: str, *groups: str, **more: Any) -> Party:
    """A user of the catalogue."""
    return Party(f"backstage:user:default/{id_}", "user", PLACE, parents=tuple(map(team, groups)), **more)


def group(name: str, *members: str, parent: str = "", lead: str = "", **more: Any) -> Party:
    """A group of the catalogue."""
    parents = (team(parent),) if parent else ()
    whole = tuple(f"backstage:user:default/{m}" for m in members)
    return Party(team(name), "group", PLACE, members=whole, parents=parents, lead=lead, **more)


def team(name: str) -> str:
    """How the catalogue spells a group."""
    return f"backstage:group:default/{name}"


TREE = Organisation(
    "Clinic",
    (
        Person("rosa", "Rosa Lindt", handles=("github:@rosa",)),
        Person("ana", "Ana Diaz", "rosa", handles=("github:ana-d", "email:ana@clinic.example")),
        Person("ben", "Ben Okoro", "ana"),
        Person("cleo", "Cleo Park", "ana"),
        Person("dirk", "Dirk Vos", "rosa", left_at=datetime(2026, 1, 1, tzinfo=UTC)),
        Person("eva", "Eva Lang", "rosa", handles=("github:@clinic/data",)),
        Person("sam1", "Sam Roe", "rosa"),
        Person("sam2", "Sam Roe", "rosa"),
    ),
)
CATALOGUE: tuple[Found, ...] = (
    user("ben"), user("ana.diaz", name="Ana Diaz"), user("cleo", "pay", email="cleo@clinic.example"),
    user("gus", name="Gus Gone", left=True), user("zoe"), Party("backstage:user:default/ci", "bot", PLACE),
    group("pay", "ben", handles=("github:@clinic/payments",)), group("solo", "ben"), group("led", "cleo", "eva", lead="backstage:user:default/ben"),
    group("wide", "ben", "eva"), group("none"), group("gone", "gus", "ci"), group("strangers", "zoe"),
    group("umbrella"), group("under", "ben", parent="umbrella"),
    group("a", parent="b"), group("b", parent="a"), group("self", lead=team("self")), group("rooted", "rosa", "ben"),
)  # fmt: skip
PEOPLE = People(TREE, CATALOGUE, AT)


@pytest.mark.parametrize(
    ("spelling", "person"),
    [
        ("github:@ana-d", "ana"), ("github:ANA-D", "ana"), ("email:Ana@Clinic.example", "ana"), ("ana", "ana"),
        ("github:@ben", "ben"), ("dbt:Ben Okoro", "ben"), ("backstage:user:default/ana.diaz", "ana"), ("meta:eva lang", "eva"),
        ("github:@clinic/data", "eva"), ("email:cleo@clinic.example", "cleo"), ("backstage:group:default/solo", "ben"),
        (team("led"), "ben"), (team("pay"), "ana"), ("github:@clinic/payments", "ana"), ("github:@clinic/solo", "ben"),
        (team("umbrella"), "ben"), (team("rooted"), "rosa"),
    ],
)  # fmt: skip
def test_a_spelling_means_one_person(spelling: str, person: str) -> None:
    """By handle, id, name or address; a group by its lead, its only member, or who is above all members."""
    assert PEOPLE.meaning(spelling) == Meaning(person)


@pytest.mark.parametrize(
    ("spelling", "person", "kind"),
    [
        ("github:@nobody", "", "unknown"), ("github:@clinic/nobody", "", "unknown"), ("dirk", "dirk", "left"),
        ("backstage:user:default/gus", "", "left"), ("github:@renovate[bot]", "", "bot"), ("backstage:user:default/ci", "", "bot"),
        ("email:svc-deploy@clinic.example", "", "bot"), ("gitlab:@@maintainer", "", "unknown"), (team("none"), "", "empty group"),
        (team("gone"), "", "empty group"), (team("strangers"), "", "unknown"), (team("wide"), "", "leaderless"),
        (team("a"), "", "empty group"), (team("self"), "", "empty group"), ("meta:Sam Roe", "", "unknown"), ("", "", "unknown"),
        ("backstage:group:default/ben", "", "unknown"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_owner_is_said(spelling: str, person: str, kind: str) -> None:
    """Who left, an empty group, one that nobody leads, a program, a name that nobody or two people have."""
    found = PEOPLE.meaning(spelling)
    assert (found.person, found.kind) == (person, kind)
    assert found.why
    assert found.mend


def test_who_leaves_later_has_not_left() -> None:
    """A date in the future is none yet."""
    before = People(TREE, (), datetime(2025, 1, 1, tzinfo=UTC))
    assert before.meaning("dirk") == Meaning("dirk")


def test_troubles_are_told_once_with_their_place() -> None:
    """Each owner who can't answer, each thing two people own, and each rule that names two."""
    found: list[Found] = [
        *CATALOGUE,
        Ownership("service:pay", team("none"), PLACE, "spec.owner"),
        Ownership("service:pay", team("none"), Place("r", "z.yaml"), "label team"),
        Ownership("service:visit", "github:@ben", PLACE, "spec.owner"),
        Ownership("service:visit", "email:cleo@clinic.example", Place("s", "x.yml", 9), "meta.owner"),
        Ownership("service:fine", "github:@ben", PLACE, "spec.owner"),
        PathRules(Place("r", "CODEOWNERS"), "github", (PathRule("*", ("github:@ghost",), 1), PathRule("/a", ("github:@ghost", "github:@ben"), 2),
            PathRule("/b", ("github:@rosa", "github:@ben"), 4), PathRule("/c", ("github:@rosa", "github:@ben"), 5))),
    ]  # fmt: skip
    assert [(t.kind, t.entity, t.owner, str(t.place), t.why) for t in troubles(found, PEOPLE)] == [
        ("contested", "", "github:@rosa github:@ben", "r/CODEOWNERS:4", "ben and rosa own /b"),
        ("contested", "service:visit", "email:cleo@clinic.example", "s/x.yml:9", "ben by spec.owner and cleo by meta.owner"),
        ("empty group", "service:pay", team("none"), "r/catalog-info.yaml:3", f"{team('none')} has no members"),
        ("unknown", "", "github:@ghost", "r/CODEOWNERS:1", "nobody is known as github:@ghost"),
    ]  # fmt: skip


# -- a tree where none is declared ----------------------------------------------------------------
ROOT = Person("rosa", "Rosa Lindt")


def test_groups_become_a_tree() -> None:
    """Leads stand above members and above the leads of groups below; the rest stands right below the root."""
    found: list[Found] = [
        group("eng", "rosa", "ana", lead="backstage:user:default/ana"), group("pay", "ben", "cleo", parent="eng", lead="backstage:user:default/ben"),
        group("flat", "dan", "eli"), user("rosa"), user("ana", "eng"), user("ben"), user("cleo", email="cleo@x.example"), user("dan"),
        user("eli"), user("gus", left=True), user("ci-bot"),
        PathRules(PLACE, "github", (PathRule("*", ("github:@ben", "github:@new", "github:@acme/team", "github:@dependabot"), 1),)),
    ]  # fmt: skip
    people = people_below(ROOT, found)
    assert {p.id: p.reports_to for p in people} == {
        "rosa": "", "ana": "rosa", "ben": "ana", "cleo": "ben", "dan": "rosa", "eli": "rosa", "new": "rosa",
    }  # fmt: skip
    assert people[0].handles == ("backstage:user:default/rosa",)
    again = People(Organisation("", people), found, AT)
    assert [again.whose(s) for s in ("github:@ben", team("pay"), "email:cleo@x.example", team("flat"))] == [
        "ben", "ben", "cleo", "",
    ]  # fmt: skip


NAME = st.sampled_from(["ana", "ben", "Ana", "rosa", "x-bot", "ö", "a b"])
GROUP = st.sampled_from(["g1", "g2", "g3"])
USERS = st.builds(
    lambda name, groups, left, email: user(name, *groups, left=left, email=email),
    NAME, st.lists(GROUP, max_size=2), st.booleans(), st.sampled_from(["", "a@x.example", "rosa@x.example"]),
)  # fmt: skip
GROUPS = st.builds(
    lambda name, members, parent, lead: group(name, *members, parent=parent, lead=lead and f"backstage:user:default/{lead}"),
    GROUP, st.lists(NAME, max_size=3), st.sampled_from(["", "g1", "g2", "g3"]), st.one_of(st.just(""), NAME),
)  # fmt: skip
SPELLING = st.one_of(
    NAME.map("github:@{}".format), NAME.map("email:{}@x.example".format), GROUP.map(team), GROUP.map("github:@acme/{}".format),
    NAME, st.text(max_size=6), st.sampled_from([":", "a:", ":b", "github:@", "email:@", "backstage:", "gitlab:@@x"]),
)  # fmt: skip
FOUND = st.lists(
    st.one_of(
        USERS, GROUPS, st.builds(lambda o: Ownership("service:x", o, PLACE, "spec.owner"), SPELLING),
        st.builds(lambda o: PathRules(PLACE, "github", (PathRule("*", tuple(o), 1),)), st.lists(SPELLING, max_size=3)),
    ),
    max_size=12,
)  # fmt: skip


def toml(people: tuple[Person, ...]) -> str:
    """The people as a seamline.toml declares them."""

    def text(value: str) -> str:
        return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'

    return "\n".join(
        f"[[person]]\nid = {text(p.id)}\nname = {text(p.name)}\nreports_to = {text(p.reports_to)}\n"
        f"handles = [{', '.join(map(text, p.handles))}]"
        for p in people
    )


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(FOUND, SPELLING)
def test_there_is_always_exactly_one_person(found: list[Found], spelling: str) -> None:
    """Whatever catalogues say, the tree is valid, and who answers for any owner is one person of it."""
    people = people_below(ROOT, found)
    read = organisation.read(toml(people))
    assert [p.id for p in read.people if not p.reports_to] == ["rosa"]
    meant = People(Organisation("", people), found, AT)
    person = meant.whose(spelling)
    assert person == "" or person in {p.id for p in people}
    assert Tree(read).accountable([person] if person else [], AT).person in {p.id for p in people}
    troubles(found, meant)


def test_the_order_of_what_was_found_does_not_matter() -> None:
    """Backwards, the same tree and the same troubles come out."""
    found = [*CATALOGUE, Ownership("service:x", team("wide"), PLACE, "spec.owner")]
    assert people_below(ROOT, found) == people_below(ROOT, found[::-1])
    assert troubles(found, People(TREE, found, AT)) == troubles(found, People(TREE, found[::-1], AT))


def test_a_ladder_of_groups_is_cut() -> None:
    """A catalogue deeper than any organisation still gives a tree that is taken."""
    found: list[Found] = []
    for i in range(300):
        found += [user(f"u{i:03}"), group(f"g{i:03}", f"u{i:03}", parent=f"g{i - 1:03}" if i else "")]
    assert len(organisation.read(toml(people_below(ROOT, found))).people) == 301
