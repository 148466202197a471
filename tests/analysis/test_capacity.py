"""Joint limits: figures with the delivery they were read from, and changes that met."""

from collections.abc import Iterable, Sequence

import pytest
from msgspec.structs import replace

from seamline.analysis import capacity, stackmap
from seamline.analysis.capacity import Meeting
from seamline.analysis.facts import Facts
from seamline.analysis.stackmap import StackMap
from seamline.model.event import ChangeState, Event
from tests.analysis.says import at, change, read_lines, samples, told

MAP = """
declared service:booking ben
declared service:billing ben
declared deployment:n/web ops
declared autoscaler:n/web ops
declared database:db omar
service:booking runs_on deployment:n/web
service:booking uses database:db
autoscaler:n/web scales deployment:n/web
service:billing runs_on deployment:n/inv
service:billing uses database:db
"""
LIMIT = samples("pg_settings_max_connections", "database:db", [(0, 60), (90, 60)], seq=11)
TWO = samples("kube_deployment_status_replicas", "deployment:n/web", [(0, 2), (30, 2)], seq=12)
OLD = change("service:booking", 1, seq=20, db_pool_size=4)
NEW = change("service:booking", 20, seq=21, db_pool_size=12)
UP = change("autoscaler:n/web", 40, "scale", seq=22, replicas_to=8)
BILLING = [
    samples("kube_deployment_status_replicas", "deployment:n/inv", [(0, 2)], seq=13),
    change("service:billing", 0, seq=23, pool_size=3),
]


def world(events: Iterable[Event]) -> tuple[Facts, StackMap]:
    said, declared = read_lines(MAP.splitlines())
    facts = told([*said, *events])
    return facts, stackmap.build(facts, declared)


def met(*events: Event, until: float = 100) -> list[Meeting]:
    facts, stack = world(events)
    return capacity.meetings(facts.sorted_changes(), facts, stack, at(until))


def pairs(found: Sequence[Meeting]) -> list[tuple[str, str]]:
    return [(m.first, m.second) for m in found]


def test_figures_carry_the_delivery_they_were_read_from() -> None:
    """Limit, replicas, bounds and pool, as of a time, by canonical ref."""
    bounds = [
        samples("kube_horizontalpodautoscaler_spec_max_replicas", "autoscaler:n/web", [(0, 8)], seq=14),
        samples("kube_horizontalpodautoscaler_spec_min_replicas", "autoscaler:n/web", [(0, 2)], seq=15),
    ]
    found = capacity.facts_of(*world([LIMIT, TWO, NEW, OLD, *bounds]), at(30))
    read = [found.limits["database:db"], found.replicas["deployment:n/web"], found.pools["service:booking"]]
    read += [found.most["autoscaler:n/web"], found.least["autoscaler:n/web"]]
    assert [(f.value, f.seq) for f in read] == [(60, 11), (2, 12), (12, 21), (8, 14), (2, 15)]
    assert (found.running("service:booking"), found.at_most("service:booking")) == (2, 8)


def test_demand_is_replicas_times_pool_beside_the_others() -> None:
    """What the other services of the database hold counts against the limit, too."""
    found = capacity.facts_of(*world([LIMIT, TWO, NEW, *BILLING]), at(30))
    assert found.demand("service:booking", 8) == 96
    assert found.others("service:booking", "database:db") == 6
    assert [found.crossed("service:booking", n) for n in (4, 5)] == [False, True]
    limit = found.limit("service:booking")
    assert limit is not None
    assert limit.value == 60


def test_what_no_delivery_gave_is_none() -> None:
    """No figure is guessed: no pool or no limit, no answer."""
    found = capacity.facts_of(*world([]), at(30))
    assert found.limit("service:booking") is None
    assert found.demand("service:booking", 8) is None
    assert found.crossed("service:booking", 8) is None
    assert (found.running("service:booking"), found.at_most("service:booking")) == (None, None)
    assert capacity.facts_of(*world([NEW]), at(30)).crossed("service:booking", 8) is None
    assert capacity.facts_of(*world([LIMIT]), at(30)).crossed("service:booking", 8) is None


def test_later_figures_don_t_count() -> None:
    """A figure is the latest at or before the time asked."""
    facts, stack = world([LIMIT, OLD, NEW])
    pools = [capacity.facts_of(facts, stack, at(s)).pools.get("service:booking") for s in (0, 5, 20)]
    assert [p and p.value for p in pools] == [None, 4, 12]


def test_another_environment_says_nothing() -> None:
    """A pool in staging is no pool in production."""
    staging = replace(NEW, dims={"environment": "staging"})
    assert capacity.facts_of(*world([staging]), at(30)).pools == {}


@pytest.mark.parametrize("key", ["db_pool_size", "pool_size", "max_pool_size", "db.pool.max"])
@pytest.mark.parametrize("value", [12, 12.0, "12"])
def test_teams_spell_a_pool_in_many_ways(key: str, value: float | str) -> None:
    """One table of keys; numbers may come as text."""
    said = change("service:booking", 1, **{key: value})
    assert capacity.facts_of(*world([said]), at(30)).pools["service:booking"].value == 12


@pytest.mark.parametrize("value", ["a dozen", -1, float("nan"), 1e12])
def test_a_pool_that_is_no_count_is_not_known(value: float | str) -> None:
    """Words, negatives, NaN and absurd figures are left out."""
    assert capacity.facts_of(*world([change("service:booking", 1, pool_size=value)]), at(30)).pools == {}


def test_a_seen_pool_stands_in_for_a_said_one() -> None:
    """Without a word from a release, the largest pool seen among the pods."""
    seen = [
        samples("db_pool_connections", "service:booking", [(1, v)], seq=30, pod=p)
        for p, v in (("x", 4), ("y", 3))
    ]
    assert capacity.facts_of(*world(seen), at(30)).pools["service:booking"].value == 4


def test_a_release_and_a_scaling_met() -> None:
    """Together past the limit, neither alone: one meeting, sure, with its figures in words."""
    (meeting,) = met(LIMIT, TWO, OLD, NEW, UP, *BILLING)
    assert (meeting.first, meeting.second, meeting.entity, meeting.sure) == (
        NEW.id,
        UP.id,
        "database:db",
        True,
    )
    assert meeting.text == "8 replicas x 12 connections + 6 of others = 102, the database takes 60"
    assert meeting.seqs == (11, 12, 20, 21, 22)


def test_they_met_whichever_came_first() -> None:
    """A release after the scaling meets it as well; the earlier is named first."""
    late = change("service:booking", 60, seq=24, db_pool_size=12)
    assert pairs(met(LIMIT, TWO, OLD, UP, late)) == [(UP.id, late.id)]


@pytest.mark.parametrize(
    "events",
    [
        (LIMIT, TWO, OLD, NEW, change("autoscaler:n/web", 40, "scale", replicas_to=3)),
        (LIMIT, TWO, OLD, UP),
        (LIMIT, TWO, OLD, NEW),
        (LIMIT, TWO, change("service:booking", 1, db_pool_size=31), UP),
        (LIMIT, TWO, OLD, change("service:booking", 20, db_pool_size=31), UP),
        (LIMIT, TWO, change("service:booking", 1, db_pool_size=8), change("service:booking", 20, db_pool_size=12), UP),
        (TWO, NEW, UP),
    ],
    ids=[
        "within the limit", "no release", "no scaling", "nothing changed", "the release alone crosses",
        "the scaling alone crosses", "no limit and no earlier pool",
    ],
)  # fmt: skip
def test_no_meeting_where_one_alone_explains_or_nothing_crosses(events: tuple[Event, ...]) -> None:
    """A pair has to be needed."""
    assert not [m for m in met(*events) if m.sure]
    assert not [m for m in met(*events) if m.first == NEW.id]


def test_a_meeting_with_a_missing_figure_is_not_sure() -> None:
    """Nobody knows the pool before the release: a meeting still, but not shown."""
    assert [m.sure for m in met(LIMIT, TWO, NEW, UP)] == [False]
    assert [m.sure for m in met(TWO, OLD, NEW, UP)] == [False]


def test_a_release_that_changes_no_pool_is_not_the_one() -> None:
    """Later releases that repeat the figure don't take the blame from the one that set it."""
    again = change("service:booking", 30, seq=25, db_pool_size=12)
    assert pairs(met(LIMIT, TWO, OLD, NEW, again, UP)) == [(NEW.id, UP.id)]


def test_replica_sets_in_a_rollout_are_no_scaling() -> None:
    """A rollout moves replicas between replica sets: their counts are parts."""
    rollout = [
        change("deployment:n/web", 21, "scale", replica_set="a", replicas_to=7),
        change("deployment:n/web", 25, "scale", replica_set="b", replicas_to=9),
    ]
    assert met(LIMIT, TWO, OLD, NEW, *rollout) == []


def test_a_scaling_by_hand_counts() -> None:
    """A Deployment that keeps its replica set and changes its count was scaled."""
    by_hand = change("deployment:n/web", 50, "scale", replica_set="a", replicas_to=8)
    assert pairs(met(LIMIT, TWO, OLD, NEW, by_hand)) == [(NEW.id, by_hand.id)]


def test_what_comes_after_the_time_asked_has_not_met() -> None:
    """Meetings are as of a time."""
    assert met(LIMIT, TWO, OLD, NEW, UP, until=39) == []


@pytest.mark.parametrize("state", ["failed", "reverted"])
def test_failed_changes_met_nothing(state: ChangeState) -> None:
    """A release that failed or was taken back set no pool."""
    assert met(LIMIT, TWO, OLD, replace(NEW, state=state), UP) == []
