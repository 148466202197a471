"""A survey goes through the log: once per state, taken back when it no longer holds, and told as the map is then."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from seamline import bootstrap
from seamline.app import survey as verb
from seamline.app import views
from seamline.app.home import Home
from seamline.app.survey import Page, Surveyed
from seamline.bench import survey as bench
from seamline.model.artefact import Artefact, Fact, Found, Place, Unread
from seamline.model.errors import Fix
from seamline.model.ports import Reader
from tests.analysis.survey.found import codeowners, fact, owner, repository, table


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with bootstrap.open_home(tmp_path / "home", write=True) as opened:
        yield opened


def surveyed(*repositories: object) -> Surveyed:
    return Surveyed(cast(tuple[verb.Repository, ...], repositories), 0, 0, 0.0)


def told(home: Home, *repositories: object, owner: str = "Mara Vogel", org: Path | None = None) -> Page:
    return verb.survey(home, surveyed(*repositories), owner=owner, name="Clinic", org=org)


SHOP = repository(
    "shop", table("shop", "orders"), "service:shop calls service:mail", codeowners("shop", "* @ann")
)


# -- the log --------------------------------------------------------------------------------------
def test_what_was_found_is_on_the_map_of_the_home(home: Home) -> None:
    """`entities` and `seams` know it, and a replay needs no checkout."""
    page = told(home, SHOP)
    assert {e.ref: e.owner for e in views.entities(home)}["dataset:app://shop/orders"] == "ann"
    assert [s.key() for s in views.seams(home)] == [s.key() for _, s in page.seams]
    assert [(s.source, s.target, s.accountable) for s in views.seams(home)] == [
        ("service:shop", "service:mail", "mara-vogel")
    ]


def test_the_same_state_twice_is_one_delivery(home: Home) -> None:
    """Nothing new is stored, and the page is the same."""
    first = told(home, SHOP)
    position = home.log.position()
    assert told(home, SHOP) == first
    assert home.log.position() == position


def test_what_a_later_state_no_longer_says_is_gone(home: Home) -> None:
    """Facts and claims are taken back; said again, they are there again."""
    told(home, SHOP)
    told(home, repository("shop", "queue:new exists"))
    refs = {e.ref for e in views.entities(home)}
    assert "queue:new" in refs
    assert not refs & {"dataset:app://shop/orders", "service:mail"}
    told(home, SHOP)
    entities = {e.ref: e.owner for e in views.entities(home)}
    assert entities["dataset:app://shop/orders"] == "ann"
    assert "queue:new" not in entities


def test_a_join_that_no_longer_holds_is_gone(home: Home) -> None:
    """Though no single repository said it."""
    tables = ("orders", "customers", "coupons")
    shop = repository("shop", *(table("shop", t) for t in tables))
    copies = repository(
        "wh", *(f"dataset:dbt/wh.core.m_{t} derives dataset:dbt/wh.raw.shop__{t}" for t in tables)
    )
    told(home, shop, copies)
    assert "job:load-shop" in {e.ref for e in views.entities(home)}
    told(home, shop, repository("wh"))
    assert "job:load-shop" not in {e.ref for e in views.entities(home)}


def test_addresses_stay_out_of_the_log(home: Home) -> None:
    """Whose a thing is was worked out before; who is unknown is a pseudonym."""
    shop = repository("shop", "job:x exists", owner("shop", "job:x", "email:eve@else.where"))
    page = told(home, shop)
    assert {e.ref: e.owner for e in page.entities}["job:x"] == "eve@else.where"  # the person's id
    bodies = b"".join(d.body or b"" for d in home.log.read() if d.source == "checkout")
    assert b"job:x" in bodies
    again = told(home, shop)
    assert again.entities == page.entities


def test_a_replay_gives_the_same_map(home: Home) -> None:
    """From the log alone, at any position."""
    told(home, SHOP)
    told(home, repository("shop", "queue:new exists"))
    assert [e.ref for e in views.opinion(home).base.stack.entities.values()] == [
        e.ref for e in views.entities(home)
    ]


# -- people ---------------------------------------------------------------------------------------
def test_a_first_organisation_is_made_of_who_owns_what(home: Home) -> None:
    """The root is who was named; below are the owners; all of it stands in seamline.toml, to be edited."""
    page = told(home, SHOP)
    assert [(p.id, p.reports_to, p.handles) for p in page.organisation.people] == [
        ("mara-vogel", "", ()),
        ("ann", "mara-vogel", ("github:@ann",)),
    ]
    assert 'handles = ["github:@ann"]' in home.config.read_text()


def test_what_was_declared_stays_in_force(home: Home) -> None:
    """A second survey reads seamline.toml and doesn't write it."""
    told(home, SHOP)
    home.config.write_text('[[person]]\nid = "mara"\nhandles = ["github:@ann"]\n')
    page = told(home, SHOP, owner="")
    assert [p.id for p in page.organisation.people] == ["mara"]
    assert home.config.read_text().startswith("[[person]]")
    with pytest.raises(Fix, match="another whole-stack owner"):
        told(home, SHOP, owner="Somebody Else")


def test_an_organisation_can_be_handed_in(tmp_path: Path) -> None:
    """Without a home as well; a broken one is refused with its place."""
    org = tmp_path / "org.toml"
    org.write_text('[[person]]\nid = "mara"\n\n[[entity]]\nref = "service:mail"\nowner = "mara"\n')
    with bootstrap.home_in_memory() as memory:
        page = told(memory, SHOP, owner="", org=org)
    assert [p.id for p in page.organisation.people] == ["mara"]
    org.write_text("[[person]]\n")
    with bootstrap.home_in_memory() as memory, pytest.raises(Fix, match="id is missing"):
        told(memory, SHOP, owner="", org=org)


# -- the page -------------------------------------------------------------------------------------
def test_seams_stand_in_the_order_in_which_they_need_somebody() -> None:
    """Out of reach, unclaimed, contested, then the rest."""
    found = repository(
        "all",
        "service:a calls peer:stripe", "service:a calls service:nobody", "service:a calls service:two", "service:a calls service:b",
        *(fact("all", f"service:{s} exists") for s in ("a", "b", "nobody", "two")),
        owner("all", "service:a", "github:@ann"), owner("all", "service:b", "github:@ben"),
        owner("all", "service:two", "github:@ann", "spec.owner"), owner("all", "service:two", "github:@ben"),
    )  # fmt: skip
    with bootstrap.home_in_memory() as memory:
        page = told(memory, found)
    got = [(standing, s.target) for standing, s in page.seams if s.source == "service:a"]
    assert got == [("out_of_reach", "peer:stripe"), ("unclaimed", "service:nobody"), ("held", "service:b")]
    # nobody else's: Ann has both ends
    assert "service:two" in {t.entity for t in page.troubles if t.kind == "contested"}


def test_what_artefacts_define_is_no_loose_end() -> None:
    """What they only speak of is one."""
    with bootstrap.home_in_memory() as memory:
        page = told(memory, SHOP)
    assert [end.ref for end in page.loose_ends] == ["service:mail"]


def test_loose_ends_are_those_that_the_home_lists(home: Home) -> None:
    """What has an owner, and is another's by somebody's word, is contested and no loose end."""
    org = home.path / "org.toml"
    org.write_text('[[person]]\nid = "mara"\n[[person]]\nid = "ann"\nreports_to = "mara"\nhandles = ["github:@ann"]\n'
                   '[[entity]]\nref = "service:shop"\nowner = "mara"\n')  # fmt: skip
    page = told(home, repository("shop", *SHOP.found, owner("shop", "service:shop", "github:@ann")), org=org)
    listed = views.loose_ends(home)
    assert [end.ref for end in page.loose_ends] == ["service:mail"]
    assert [end.ref for end in listed if not end.contested] == ["service:mail"]
    assert "service:shop" in {end.ref for end in listed if end.contested}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_company_is_found_as_it_is(tmp_path: Path, seed: int) -> None:
    """Every seam has exactly one person of the tree; owners, joins and troubles are those of the truth."""
    company = bench.write(tmp_path, seed, git=False)
    figures = bench.figures(bench.surveyed(tmp_path), company)
    assert figures["n_repositories"] == 50
    assert figures["n_seams_without_one_person"] == 0
    for name in ("owners", "joins", "troubles"):
        found = cast(Mapping[str, object], figures[name])
        assert found["right"] == found["of"], found


# -- reading --------------------------------------------------------------------------------------
class Checkout:
    """Files in memory."""

    revision = ""

    def __init__(self, repository: str, **files: bytes) -> None:
        self.repository = repository
        self._files = files

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def read(self, paths: Sequence[str]) -> Iterator[Artefact]:
        return (Artefact(self.repository, path, self._files[path]) for path in paths)

    def unread(self) -> Sequence[Unread]:
        return [Unread(Place(self.repository, "gone"), "it is not there", "bring it")]


def reader(name: str, *, fails: bool = False) -> Reader:
    def read(files: Sequence[Artefact]) -> Iterator[Found]:
        for file in files:
            yield Fact(f"queue:{name}-{file.path}", "exists", Place(file.repository, file.path))
            if fails:
                raise ValueError("no\nway")

    return cast(Reader, SimpleNamespace(name=name, takes=lambda path: path != "c", read=read))


def test_a_reader_that_fails_costs_itself_only() -> None:
    """What it found before stays, a line says so, and the others go on."""
    readers = {"bad": reader("bad", fails=True), "good": reader("good")}
    (read,) = verb.read([Checkout("shop", a=b"", b=b"", c=b"")], readers).repositories
    assert [f.subject for f in read.found if isinstance(f, Fact)] == [
        "queue:bad-a",
        "queue:good-a",
        "queue:good-b",
    ]
    whys = [f.why for f in read.found if isinstance(f, Unread)]
    assert whys == ["the bad reader failed: ValueError: no way", "it is not there"]


def test_progress_is_told_by_repository() -> None:
    """Before each, with how many there are."""
    seen: list[tuple[int, int]] = []
    verb.read([Checkout("a"), Checkout("b")], {}, lambda done, all_: seen.append((done, all_)))
    assert seen == [(0, 2), (1, 2)]


def test_what_events_speak_of_is_joined_to_what_is_read(home: Home) -> None:
    """Their tables are an application's by the same rules; what they say is told by them alone."""
    events = b'{"job": {"namespace": "spark", "name": "daily"}, "run": {}, "inputs": [{"namespace": "dbt", "name": "wh.raw.shop__orders"}]}'
    home.log.append([home.inbox.take("openlineage", {}, events, home.clock())])
    home.config.write_text('[[person]]\nid = "mara"\n[[template]]\nmatch = "{app}__{table}"\n')
    told(home, SHOP, owner="")
    relations = {(r.source, r.kind, r.target) for r in views.opinion(home).base.stack.relations}
    assert ("dataset:dbt/wh.raw.shop__orders", "derives", "dataset:app://shop/orders") in relations
    assert "repo:OpenLineage events" not in {e.ref for e in views.entities(home)}
