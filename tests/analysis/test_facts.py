"""Facts are a set: order of arrival and repeats leave no trace."""

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seamline.analysis.facts import KEPT_FOR, MOST_WORDINGS, Facts
from seamline.analysis.stackmap import build
from seamline.model.event import Event
from seamline.model.organisation import Organisation, Person
from tests.analysis.says import at, change, map_fact, samples

EVENTS: list[Event] = [
    change("service:a", 10, seq=1),
    replace(change("service:a", 10, seq=2), state="failed", version_at=at(20)),
    replace(change("service:a", 10, seq=3), title="said again, the same second"),
    change("service:b", 5, seq=4),
    replace(
        change("service:b", 9, seq=4), version_at=at(30)
    ),  # told again once it was over, by its end alone
    map_fact("service:a", "calls", "service:b", 5),
    samples("up", "service:a", [(1, 1), (2, 1)], 6),
    samples("up", "service:a", [(2, 0), (3, float("nan")), (4, 1)], 7),
    samples("up", "service:a", [(2, 1), (3, 0.5)], 8),
]


def read(facts: Facts) -> tuple[object, ...]:
    """All that facts say, without log positions."""
    series = [(s.series, s.times.tolist(), np.nan_to_num(s.values, nan=-1).tolist()) for s in facts.series()]
    changes = [replace(c, seq=0) for c in facts.sorted_changes()]
    return series, changes, sorted(facts.map_facts), sorted(facts.claims)


@settings(deadline=None)
@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=6), st.integers(0, 14))
def test_equal_sets_of_events_give_equal_facts(order: list[Event], again: list[Event], split: int) -> None:
    """In any order, any number of times, read in between or not."""
    expected, mixed = Facts(), Facts()
    expected.add(EVENTS)
    every = [*order, *again]
    mixed.add(every[:split])
    read(mixed)
    mixed.add(every[split:])
    assert read(mixed) == read(expected)


def test_the_latest_version_counts_whatever_came_last() -> None:
    """By the sender's time, not by arrival."""
    for events in (EVENTS[:2], EVENTS[1::-1]):
        facts = Facts()
        facts.add(events)
        (found,) = facts.changes.values()
        assert found.state == "failed"


def test_of_two_values_for_one_time_the_larger_counts() -> None:
    """A known value beats a vanished one."""
    facts = Facts()
    facts.add(EVENTS)
    (one,) = facts.series()
    assert one.times.tolist() == [at(t).timestamp() for t in (1, 2, 3, 4)]
    assert one.values.tolist() == [1, 1, 0.5, 1]


def test_a_repeat_makes_no_new_map() -> None:
    """The map is built anew only when something it reads was added."""
    facts = Facts()
    facts.add(EVENTS)
    before = facts.map_version
    facts.add(EVENTS)
    assert facts.map_version == before
    facts.add([change("service:c", 1)])
    assert facts.map_version == before + 1


def test_position_and_time_never_go_back() -> None:
    """The latest of both, in any order."""
    facts = Facts()
    facts.saw(5, at(50))
    facts.saw(3, at(60))
    facts.saw(7, None)
    assert (facts.position, facts.as_of) == (7, at(60))


def test_nothing_added_says_nothing() -> None:
    """Empty facts are readable."""
    assert read(Facts()) == ([], [], [], [])


@given(st.permutations([3, 5, 9]))
def test_what_is_repeated_is_known_from_who_said_it_first(order: list[int]) -> None:
    """However often and late a relation is told again, the map's evidence stays the first delivery."""
    facts = Facts()
    facts.add(map_fact("service:a", "calls", "service:b", seq) for seq in order)
    (found,) = facts.map_facts.values()
    assert found.seq == 3


def test_a_later_version_of_an_event_makes_a_new_map() -> None:
    """A map kept from before may only be used while nothing that it reads was replaced."""
    facts = Facts()
    facts.add(EVENTS[:1])
    before = facts.map_version
    facts.add(EVENTS[1:2])
    assert facts.map_version > before


@settings(deadline=None)
@given(st.permutations([change(f"service:s{n}", n) for n in range(9)]))
def test_of_very_many_events_the_newest_stay(order: list[Event]) -> None:
    """Whatever order they came in, and an old one that comes again does not come back."""
    facts = Facts()
    with patch("seamline.analysis.facts.MOST_EVENTS", 4):
        facts.add([*order, *order])
    assert [c.entity for c in facts.sorted_changes()] == [
        "service:s5",
        "service:s6",
        "service:s7",
        "service:s8",
    ]


@settings(deadline=None)
@given(st.permutations([change(f"service:s{n}", n) for n in range(4)]), st.integers(0, 4))
def test_what_no_opinion_looks_at_any_more_is_forgotten(order: list[Event], split: int) -> None:
    """Whether it came before or after the time at which it is too old."""
    facts = Facts()
    facts.add(order[:split])
    facts.saw(1, at(2) + KEPT_FOR)
    facts.add(order[split:])
    facts.saw(2, at(1))
    assert [c.entity for c in facts.sorted_changes()] == ["service:s2", "service:s3"]


def test_equal_texts_of_events_are_kept_once() -> None:
    """However deep they lie, and whoever said them; the events themselves stay as they were said."""
    said = [replace(change("service:a", n), dims={"cluster": f"east-{n}"[:4]}) for n in range(2)]
    facts = Facts()
    facts.add(said)
    one, other = facts.sorted_changes()
    assert [one, other] == said
    assert one.entity is other.entity
    assert one.dims["cluster"] is other.dims["cluster"]


@given(st.permutations(range(12)))
def test_what_is_dated_anew_all_the_time_takes_no_more_memory(order: list[int]) -> None:
    """Of one event all dates but one are forgotten, and the newest events stay all the same."""
    facts = Facts()
    dated = [replace(change("service:a", 100 - n, seq=1), id="one", version_at=at(n)) for n in order]
    with patch("seamline.analysis.facts.MOST_EVENTS", 4):
        facts.add([*dated, *(change(f"service:s{n}", n) for n in range(9))])
    assert all(len(heap) <= 8 for heap in facts._oldest.values())
    assert [c.entity for c in facts.sorted_changes()] == [
        "service:s6",
        "service:s7",
        "service:s8",
        "service:a",
    ]


ORGANISATION = Organisation("Clinic", (Person("mara", "Mara"),))
NAMES = [map_fact(f"service:{name}", "calls", "service:b", second) for second, name in enumerate("uvwxyz")]


@settings(deadline=None)
@given(st.permutations([*NAMES, *(samples("up", f"service:{n}", [(n, 1)], n) for n in range(5))]))
def test_of_endless_names_those_spoken_of_last_stay(order: list[Event]) -> None:
    """Whatever order they came in; how many a source had too many is counted, and stands among the loose ends."""
    facts = Facts()
    with patch("seamline.analysis.facts.MOST_STATEMENTS", 4), patch("seamline.analysis.facts.MOST_SERIES", 2):
        facts.add(order)
        stack = build(facts, ORGANISATION)
    assert sorted(fact.subject for fact in facts.map_facts.values()) == [f"service:{c}" for c in "wxyz"]
    assert [s.entity for s in facts.series()] == ["service:3", "service:4"]
    assert [s.entity for s in facts.latest("up")] == ["service:3", "service:4"]
    assert facts.left_out == {("map fact", "test"): 2, ("series", "test"): 3}
    told = {end.ref: end.why for end in stack.loose_ends if end.ref == "source:test"}
    assert "times an older one went" in told["source:test"]


def test_a_source_crowds_out_no_other() -> None:
    """Each has room of its own; what repositories say has more."""
    facts = Facts()
    quiet = replace(NAMES[0], id="quiet", source="github")
    read = [replace(fact, id=f"read-{fact.id}", source="checkout") for fact in NAMES]
    with patch("seamline.analysis.facts.MOST_STATEMENTS", 2):
        facts.add([quiet, *read, *NAMES])
    assert len(facts.map_facts) == 1 + len(NAMES) + 2
    assert "quiet" in facts.map_facts


def test_what_was_said_again_last_stays() -> None:
    """A name's place is that of the last time it was spoken of."""
    facts = Facts()
    again = replace(NAMES[0], seq=9, version_at=at(90))
    with patch("seamline.analysis.facts.MOST_STATEMENTS", 2):
        facts.add([*NAMES[:2], again, NAMES[5]])
    assert sorted(fact.subject for fact in facts.map_facts.values()) == ["service:u", "service:z"]


def test_endless_wordings_of_one_statement_are_bounded() -> None:
    """The last one counts, known from who said it first."""
    facts = Facts()
    said = [replace(NAMES[0], object=f"service:o{n}", version_at=at(n), seq=n) for n in range(100)]
    facts.add([*said, replace(said[99], version_at=at(200), seq=200)])
    (found,) = facts.map_facts.values()
    assert (found.object, found.seq) == ("service:o99", 99)
    assert len(facts._heard[found.id].first) == MOST_WORDINGS
