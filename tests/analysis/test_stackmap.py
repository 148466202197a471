"""The map: entities, owners, relations, loose ends, and where a fault can show."""

from itertools import permutations
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis import organisation, stackmap
from seamline.analysis.relations import KINDS, TABLE, arcs
from seamline.analysis.stackmap import StackMap
from seamline.model.stack import Relation
from tests.analysis.says import CLINIC_TOML, read_lines, told

CALLED = next(
    w.back.probability for w in TABLE if w.name == "calls" and w.back
)  # a callee's fault at its caller
SAID = """
scrape:appt same_as service:booking
service:booking runs_on deployment:clinic/appt-web
autoscaler:clinic/appt-web scales deployment:clinic/appt-web
service:notify calls peer:sms.textwave.example
commit repo:clinic/appointments-api a
built service:booking a
ticket desk:36000101
job:warehouse/load.appt.visits reads dataset:postgres://visits-db:5432/clinic.public.visits
dataset:duckdb://w/raw.visits derives dataset:postgres://visits-db:5432/clinic.public.visits
alert scrape:appt
"""


def clinic(*, without: str = "") -> StackMap:
    """The lab's clinic with a few deliveries; `without` is cut out of its file."""
    text = CLINIC_TOML.read_text(encoding="utf-8")
    assert without in text
    events, _ = read_lines(SAID.splitlines())
    return stackmap.build(told(events), organisation.read(text.replace(without, "")))


def of(text: str) -> StackMap:
    """The map of lines."""
    events, declared = read_lines(text.splitlines())
    return stackmap.build(told(events), declared)


def test_every_spelling_of_a_service_is_one_entity() -> None:
    """Scrape job and repository resolve to the service, which lists them."""
    booking = clinic().entity("repo:clinic/appointments-api")
    assert (booking.ref, booking.owner, booking.domain) == ("service:booking", "ben", "dev")
    assert booking.spellings == ("repo:clinic/appointments-api", "scrape:appt")


def test_the_clinic_has_no_loose_ends() -> None:
    """Whatever these deliveries speak of is declared or joined."""
    assert clinic().loose_ends == ()


def test_without_its_alias_a_desk_is_a_visible_loose_end() -> None:
    """What can't be joined is shown with who spoke of it, and stays on the map, owned by the root."""
    alias = '[[alias]]\nref = "desk:scheduling"\nsame_as = ["desk:36000101"]\n'
    stack = clinic(without=alias)
    (loose,) = stack.loose_ends
    assert loose.ref == "desk:36000101"
    assert (
        loose.why
        == "spoken of by 1 ticket; first in delivery 7; not declared, and nothing joins it to what is"
    )
    desk = stack.entity("desk:36000101")
    assert (desk.owner, desk.owned_how, desk.domain) == ("mara", "defaulted", "support")


@pytest.mark.parametrize(
    ("line", "ref"),
    [
        ("ticket desk:9", "desk:9"),
        ("alert alert:Odd", "alert:Odd"),
        ("scrape scrape:odd", "scrape:odd"),
        ("commit repo:odd/odd a", "repo:odd/odd"),
        ("service:odd exists x:y", "service:odd"),
        ("owns service:odd stranger", "service:odd"),
    ],
)
def test_nothing_that_is_spoken_of_is_dropped(line: str, ref: str) -> None:
    """Every kind of delivery puts its entity on the map, and among the loose ends when nothing covers it."""
    stack = of(line)
    assert ref in stack.entities
    assert ref in {e.ref for e in stack.loose_ends}


def test_a_commit_is_no_entity() -> None:
    """Revisions are evidence, nothing that can break."""
    assert not [r for r in of("built service:a a").entities if r.startswith("revision:")]


def test_a_dataset_is_part_of_the_database_its_host_names() -> None:
    """By the host in its name, with that as evidence; an unknown host joins nothing."""
    stack = of(
        "declared database:db omar\nservice:a writes dataset:postgres://db:5432/x.y\nservice:a writes dataset:s3://b/x"
    )
    kept = [(r.source, r.target, r.evidence) for r in stack.relations if r.kind == "part_of"]
    assert kept == [("dataset:postgres://db:5432/x.y", "database:db", "its host is db")]
    dataset = stack.entity("dataset:postgres://db:5432/x.y")
    assert (dataset.owner, dataset.owned_how, dataset.unit) == ("omar", "inherited", dataset.ref)


@pytest.mark.parametrize(
    ("text", "ref", "expected"),
    [
        ("declared service:a ben", "service:a", ("ben", "declared")),
        ("match service:* ops\ndeclared service:a ben", "service:a", ("ben", "declared")),
        ("match service:* ops\nmatch service:a* ben\nalert service:ab", "service:ab", ("ben", "declared")),
        ("match scrape:x* ben\nscrape:x same_as service:a", "service:a", ("ben", "declared")),
        ("declared dataset:d://h/t ben\nalert column:d://h/t#c", "column:d://h/t#c", ("ben", "inherited")),
        ("declared service:a ben\nalert endpoint:a /book", "service:a", ("ben", "declared")),
        ("declared deployment:n/w ops\nautoscaler:n/w scales deployment:n/w", "autoscaler:n/w", ("ops", "inherited")),
        ("declared deployment:n/w ops\nalert pod:n/w-6d4cf56db6-x7k2p", "pod:n/w-6d4cf56db6-x7k2p", ("ops", "inherited")),
        ("declared service:a ben\nservice:a built_from repo:m", "repo:m", ("ben", "inherited")),
        ("declared repo:m ben\nservice:a built_from repo:m", "service:a", ("ben", "inherited")),
        ("declared service:b ben\nowns service:a ben", "service:a", ("ben", "inherited")),
        ("declared service:b ben\nowns service:a stranger", "service:a", ("root", "defaulted")),
        ("service:a calls service:b", "service:a", ("root", "defaulted")),
    ],
)  # fmt: skip
def test_an_entity_has_one_owner(text: str, ref: str, expected: tuple[str, str]) -> None:
    """Declared (a ref before a pattern, the longest pattern first), else inherited, else the root's."""
    entity = of(text).entity(ref)
    assert (entity.owner, entity.owned_how) == expected


def test_a_claim_against_the_owner_is_shown() -> None:
    """A tool that names another person than the declared owner makes it contested, and changes nothing."""
    stack = of("declared service:a ben\ndeclared service:b yuki\nowns service:a yuki")
    assert stack.owner("service:a") == "ben"
    assert [(e.ref, e.why, e.contested) for e in stack.loose_ends] == [
        ("service:a", "test says yuki owns it; ben is declared", True)
    ]


def test_parts_belong_to_their_unit() -> None:
    """Columns, endpoints and pods are parts; a question about one nobody spoke of is answered alike."""
    stack = of("declared dataset:d://h/t ben\nalert pod:n/web-6d4cf56db6-x7k2p")
    assert stack.unit("column:d://h/t#c") == "dataset:d://h/t"
    assert stack.owner("column:d://h/t#c") == "ben"
    assert stack.unit("pod:n/web-6d4cf56db6-x7k2p") == "deployment:n/web"
    assert stack.unit("service:never-heard-of") == "service:never-heard-of"
    assert stack.owner("service:never-heard-of") == "root"


def test_a_loose_end_of_the_same_name_is_suggested() -> None:
    """One entity of that name that is known: a suggestion with its evidence; two: none."""
    one = of("declared service:notify ben\ncommit repo:clinic/notify a")
    assert [(e.ref, e.suggestion, e.evidence) for e in one.loose_ends] == [
        ("repo:clinic/notify", "service:notify", 'both are called "notify"')
    ]
    two = of("declared service:notify ben\ndeclared database:notify ben\ncommit repo:clinic/notify a")
    assert [e.suggestion for e in two.loose_ends] == [""]


def test_a_joined_pair_has_no_relation_to_itself() -> None:
    """A relation between two spellings of one entity goes; equal ones are there once."""
    stack = of(
        "scrape:a same_as service:a\nscrape:a calls service:a\nscrape:a calls service:b\nservice:a calls service:b"
    )
    assert [(r.source, r.kind, r.target) for r in stack.relations] == [("service:a", "calls", "service:b")]


@given(st.permutations([row for row in SAID.splitlines() if row]))
@settings(deadline=None, max_examples=25)
def test_order_of_arrival_leaves_no_trace(rows: list[str]) -> None:
    """Shuffled and doubled deliveries give the same entities, relations and reach."""
    one, other = of(SAID), of("\n".join([*rows, *rows]))
    assert one.entities == other.entities
    assert [(r.source, r.kind, r.target) for r in one.relations] == [
        (r.source, r.kind, r.target) for r in other.relations
    ]
    assert [e.ref for e in one.loose_ends] == [e.ref for e in other.loose_ends]
    assert one.reach("scrape:appt") == other.reach("service:booking")


def test_the_table_of_relations_is_sound() -> None:
    """Probabilities are in (0, 1), delays positive, and every kind lets a fault through somewhere."""
    for row in TABLE:
        ways = [w for w in (row.onward, row.back) if w is not None]
        assert ways
        assert all(0 < w.probability < 1 and w.median_s > 0 and w.sigma > 0 and 0 < w.tail < 1 for w in ways)
        assert row.name in KINDS


def test_a_kind_nobody_knows_lets_nothing_through() -> None:
    """A relation the table lacks stays on the map and carries no fault."""
    assert arcs(Relation("service:a", "admires", "service:b")) == ()


def test_a_fault_shows_at_callers_more_than_at_callees() -> None:
    """The stored direction is caller to callee; the fault travels mostly the other way."""
    stack = of("service:a calls service:b")
    assert (
        stack.reach("service:b")["service:a"].probability > stack.reach("service:a")["service:b"].probability
    )


def test_reach_begins_at_home() -> None:
    """The origin itself is reached surely, at once, by no hop, in any spelling and even when unknown."""
    stack = of("scrape:a same_as service:a\nservice:a calls service:b")
    home = stack.reach("scrape:a")["service:a"]
    assert (home.probability, home.median_s, home.hops) == (1.0, 0.0, ())
    assert list(stack.reach("service:nowhere")) == ["service:nowhere"]


def test_independent_ways_add_up_and_shared_ones_do_not() -> None:
    """Two callees that share nothing make a symptom likelier; two ways over one bottleneck count once."""
    apart = of(
        "service:a calls service:b\nservice:a calls service:c\nservice:b calls service:d\nservice:c calls service:d"
    )
    one = CALLED**2
    assert apart.reach("service:d")["service:a"].probability == pytest.approx(1 - (1 - one) ** 2)
    shared = of(
        "service:x calls service:a\nservice:a calls service:b\nservice:a calls service:c\n"
        "service:b calls service:d\nservice:c calls service:d"
    )
    assert shared.reach("service:d")["service:x"].probability == pytest.approx(CALLED**3)


def test_a_path_s_delay_is_the_sum_of_its_hops() -> None:
    """Mean and variance of the parts add up; the whole is a lognormal of those."""
    stack = of("service:a calls service:b\nservice:b calls service:c")
    one, two = stack.reach("service:c")["service:b"], stack.reach("service:c")["service:a"]
    assert (one.median_s, one.sigma) == (pytest.approx(5), pytest.approx(1))
    assert 2 * one.median_s < two.median_s < 2 * one.median_s * 2.72**0.5
    assert two.sigma < one.sigma
    assert [(h.source, h.target, h.relation) for h in two.hops] == [
        ("service:c", "service:b", "calls"),
        ("service:b", "service:a", "calls"),
    ]


edges = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from(["calls", "runs_on", "publishes", "part_of"]), st.integers(0, 4)
    ),
    max_size=9,
)


@given(edges)
@settings(deadline=None)
def test_the_first_path_is_the_best_there_is(found: list[tuple[int, str, int]]) -> None:
    """Against every simple path of small maps; the probability is never below the best path's, never above 1."""
    stack = of("\n".join(f"service:{a} {kind} service:{b}" for a, kind, b in found))
    steps: dict[tuple[str, str], float] = {}
    for relation in stack.relations:
        for arc in arcs(relation):
            steps[arc.source, arc.target] = max(steps.get((arc.source, arc.target), 0.0), arc.probability)
    names = [f"service:{n}" for n in range(5)]
    best: dict[str, float] = {}
    for n in range(5):
        for between in permutations(names[1:], n):
            p = 1.0
            for a, b in zip(("service:0", *between), between, strict=False):
                p *= steps.get((a, b), 0.0)
            end = between[-1] if between else "service:0"
            best[end] = max(best.get(end, 0.0), p)
    reached = stack.reach("service:0")
    for name in names:
        if best.get(name, 0.0) >= 1e-3:
            product = 1.0
            for hop in reached[name].hops:
                product *= hop.probability
            assert product == pytest.approx(best[name])
            assert product <= reached[name].probability + 1e-12 <= 1 + 1e-9
        else:
            assert name not in reached


def test_depth_and_probability_bound_the_search() -> None:
    """Nothing farther than the depth, nothing less likely than the floor."""
    chain = "\n".join(f"service:{n + 1} calls service:{n}" for n in range(12))
    reached = of(chain).reach("service:0")
    assert max(len(r.hops) for r in reached.values()) == 8
    floor = CALLED**3 * 0.99
    assert set(of(chain).reach("service:0", min_probability=floor)) == {f"service:{n}" for n in range(4)}


def test_what_is_forgotten_of_reaches_is_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub's map answers each question alike, however little of the answers it may remember."""
    stack = clinic()
    expected = {ref: stack.reach(ref) for ref in stack.entities}
    monkeypatch.setattr(stackmap, "MOST_REACHED", 5)
    small = clinic()
    for _ in range(2):
        assert {ref: small.reach(ref) for ref in small.entities} == expected
    assert len(small._reached) < len(small.entities)


@settings(deadline=None)
@given(
    st.sets(
        st.tuples(
            st.integers(0, 11), st.sampled_from(["calls", "uses", "reads", "runs_on"]), st.integers(0, 11)
        ),
        max_size=16,
    ),
    st.integers(1, 4),
)
def test_what_hangs_on_the_rest_is_reached_as_if_it_were_searched(
    related: set[tuple[int, str, int]], depth: int
) -> None:
    """Leaving it out of the search changes no path, no probability and no order."""
    lines = "\n".join(f"service:{a} {kind} service:{b}" for a, kind, b in sorted(related) if a != b)
    stack = of(lines)
    with patch("seamline.analysis.reach._stems", lambda n, _: [-1] * n):
        searched = of(lines)
    for ref in stack.entities:
        expected = searched.reach(ref, depth, 0.01)
        found = stack.reach(ref, depth, 0.01)
        assert list(found.items()) == list(expected.items())
        assert len(found) == len(expected)
        assert [r for r in stack.entities if r in found] == list(expected)


def test_a_hub_costs_no_square() -> None:
    """A search from each of its neighbours holds what lies beyond them, not all of them."""
    stack = of("\n".join(f"service:s{n} calls service:hub" for n in range(300)))
    for ref in stack.entities:
        assert "service:s7" in stack.reach(ref)
    assert sum(reached.n_held for reached in stack._reached.values()) <= 3 * 301
    assert len(stack.reach("service:s0")) > 300
