"""Claims on owners: by id or handle, the heaviest first, inherited; and load templates as seamline.toml declares them."""

from datetime import UTC, datetime

import pytest

from seamline.analysis import organisation, stackmap
from seamline.analysis.facts import Facts
from seamline.analysis.stackmap import StackMap
from seamline.analysis.survey import body
from seamline.analysis.survey.told import SOURCE, Gone, Mapped, Statement, Told, Word, since
from seamline.model.errors import Fix, Unreadable
from seamline.model.event import Claim, MapFact
from seamline.model.organisation import TemplateDecl

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = """
[[person]]
id = "root"
[[person]]
id = "ann"
reports_to = "root"
handles = ["github:@Ann"]
[[person]]
id = "ben"
reports_to = "root"
"""


def mapped(*said: Claim | MapFact) -> StackMap:
    facts = Facts()
    facts.add(said)
    return stackmap.build(facts, organisation.read(PEOPLE))


def claim(entity: str, owner: str, weight: int = 0) -> Claim:
    return Claim(f"{entity}{owner}{weight}", SOURCE, 1, NOW, NOW, entity, owner, "somebody said", weight)


def fact(subject: str, predicate: str, object_: str = "", source: str = SOURCE) -> MapFact:
    return MapFact(f"{subject}{predicate}{object_}", source, 1, NOW, NOW, subject, predicate, object_)


def test_a_claim_may_name_a_person_by_a_handle() -> None:
    """As tools spell people."""
    assert mapped(claim("queue:q", "github:@Ann")).owner("queue:q") == "ann"


def test_the_heaviest_claim_counts_and_the_others_contest() -> None:
    """Two of one weight are nobody's."""
    stack = mapped(claim("queue:q", "ann", 1), claim("queue:q", "ben", 2))
    assert stack.owner("queue:q") == "ben"
    assert [end.ref for end in stack.loose_ends] == ["queue:q"]
    assert mapped(claim("queue:q", "ann", 2), claim("queue:q", "ben", 2)).owner("queue:q") == "root"


def test_a_claim_on_the_whole_is_one_on_its_parts() -> None:
    """The nearest claim counts."""
    part = fact("queue:q", "part_of", "database:d")
    assert mapped(part, claim("database:d", "ann", 40)).owner("queue:q") == "ann"
    assert mapped(part, claim("database:d", "ann", 40), claim("queue:q", "ben")).owner("queue:q") == "ben"


def test_what_an_artefact_defines_is_no_loose_end() -> None:
    """What a tool alone speaks of is one."""
    assert mapped(fact("queue:q", "exists")).loose_ends == ()
    assert [e.ref for e in mapped(fact("queue:q", "exists", source="github")).loose_ends] == ["queue:q"]


def test_an_applications_tables_are_developments() -> None:
    """Other datasets are data's."""
    stack = mapped(fact("dataset:app://shop/orders", "exists"), fact("dataset:dbt/wh.core.m", "exists"))
    assert (stack.domain("dataset:app://shop/orders"), stack.domain("dataset:dbt/wh.core.m")) == (
        "dev",
        "data",
    )


# -- seamline.toml --------------------------------------------------------------------------------
def test_templates_are_declared() -> None:
    """With the application and the job where they are known."""
    text = PEOPLE + '[[template]]\nmatch = "x_{table}"\napp = "shop"\njob = "job:el/x"\n'
    assert organisation.read(text).templates == (TemplateDecl("x_{table}", "shop", "job:el/x"),)


@pytest.mark.parametrize(
    "table",
    [
        'match = "x"',
        'match = "{table}"',
        "",
        'match = "{app}{table}"\njob = "x"',
        'match = "{app}{table}"\nmach = 1',
    ],
)
def test_a_template_that_cannot_be_meant_is_one_line(table: str) -> None:
    """It names the table."""
    with pytest.raises(Fix, match=r"\[\[template\]\]"):
        organisation.read(f"{PEOPLE}[[template]]\n{table}\n")


# -- deliveries -----------------------------------------------------------------------------------
def test_a_body_comes_back_as_it_was() -> None:
    """Small and large; the map's part can be had alone."""
    for n in (1, 30_000):
        facts = tuple(Statement(f"queue:{i}", "exists") for i in range(n))
        told = Told("shop", "abc", facts, (Word("queue:1", "github:@a", "x", 20, "ann"),))
        packed = body.to_body(told)
        assert body.from_body(packed) == told
        assert body.map_of(packed) == Mapped("shop", told.facts, told.claims)
    assert len(packed) < body.PACKED_FROM


@pytest.mark.parametrize(
    "damaged", [None, b"", b"{}", b"[]", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd" + b"\xff" * 99]
)
def test_a_damaged_body_is_unreadable(damaged: bytes | None) -> None:
    """Cut frames and foreign JSON."""
    with pytest.raises(Unreadable):
        body.map_of(damaged)


def test_what_is_taken_back_stays_taken_back() -> None:
    """Until it is said again."""
    first, second = (
        Mapped("r", (Statement("queue:a", "exists"),)),
        Mapped("r", (Statement("queue:b", "exists"),)),
    )
    gone = since(first, second)
    assert len(gone.facts) == 1
    third = since(Mapped("r", second.facts, gone=gone), second)
    assert third == gone
    assert since(Mapped("r", second.facts, gone=gone), first).facts != gone.facts
    assert since(None, first) == Gone()
