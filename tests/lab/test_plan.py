"""The stories' plans."""

import hashlib

import pytest

from lab.changes import BOOKING_INDEX, BOOKING_LOG_LEVEL, NOTIFY_PATCH
from lab.plan import Act, Change, Letters, Onslaught, Pipeline, Plan, Session, Step, Traffic, Vendor, Wedge
from lab.stories import names, plan
from lab.stories.friday import BOOKING_24
from lab.stories.two import BILLING_RENAME

STORIES = names()
SEEDS = range(1, 40)


def changes(told: Plan) -> list[tuple[float, Change]]:
    """The changes of a plan with their times; the one that follows the onslaught counts at its start."""
    found = []
    for step in told.steps:
        if isinstance(step.act, Change):
            found.append((step.at_s, step.act))
        if isinstance(step.act, Onslaught):
            found.append((step.at_s, step.act.then))
    return found


# Of `spelled`, for seeds 1 to 3: recordings that exist stay what their seed would give.
TOLD = {
    "friday": ("1fef5422a152", "bb31099de94e", "3d213b88a2ec"),
    "two": ("6eaeb9fa33aa", "5d0283acb11a", "6d378fb42788"),
    "calm": ("a97c37144719", "b11350f6ad43", "143d72f58d9e"),
}


def spelled(told: Plan) -> str:
    """A plan as text: lengths, then times, acts and what tells one act from another."""
    lines = [f"{told.length_s} {told.pipeline_after_harm_s}"]
    lines += [f"{step.at_s:.4f} {type(step.act).__name__} {_words(step.act)}" for step in told.steps]
    return "\n".join(lines)


def _words(act: Act) -> object:
    match act:
        case Onslaught():
            return act.then.description
        case Change():
            return act.description
        case Letters():
            return act.kinds
        case Pipeline():
            return act.fail_job or None
        case Traffic():
            return act.patient
        case _:
            return None


@pytest.mark.parametrize("story", sorted(TOLD))
def test_a_seed_goes_on_telling_the_same(story: str) -> None:
    """The plans of the first seeds are those that were recorded."""
    found = [hashlib.sha256(spelled(plan(story, seed)).encode()).hexdigest()[:12] for seed in (1, 2, 3)]
    assert tuple(found) == TOLD[story]


def test_a_story_nobody_wrote_is_unknown() -> None:
    """Only the files of the folder are stories."""
    with pytest.raises(KeyError):
        plan("tuesday", 1)


@pytest.mark.parametrize("story", STORIES)
def test_same_seed_same_plan(story: str) -> None:
    """A plan is a function of story and seed."""
    assert plan(story, 7) == plan(story, 7)
    assert plan(story, 7) != plan(story, 8)


@pytest.mark.parametrize("story", STORIES)
def test_six_harmless_changes_at_least(story: str) -> None:
    """Whatever the seed, six changes or more are harmless, and none is made twice."""
    for seed in SEEDS:
        made = [change for _, change in changes(plan(story, seed))]
        assert sum(not change.guilty for change in made) >= 6
        statements = [change.statement for change in made if change.statement]
        assert len(statements) == len(set(statements))


@pytest.mark.parametrize("story", STORIES)
def test_noise_is_in_every_story(story: str) -> None:
    """Three unrelated tickets at once, and a job that fails at first, belong to every story."""
    for seed in SEEDS:
        acts = [step.act for step in plan(story, seed).steps]
        assert any(isinstance(act, Letters) and len(act.kinds) == 3 for act in acts)
        assert sum(isinstance(act, Pipeline) and bool(act.fail_job) for act in acts) == 1


def test_friday_has_a_harmless_change_nearer_to_the_harm() -> None:
    """The guilty release comes before the onslaught, and a change of the same service follows it."""
    for seed in SEEDS:
        told = changes(plan("friday", seed))
        [guilty_s] = [at_s for at_s, change in told if change is BOOKING_24]
        last_s, last = max(
            ((at_s, change) for at_s, change in told if at_s < 300), key=lambda found: found[0]
        )
        assert guilty_s < last_s
        assert (last.repository, last.guilty) == ("appointments-api", False)


def test_friday_runs_no_pipeline_between_release_and_harm() -> None:
    """The renamed column is loaded only after the first errors."""
    for seed in SEEDS:
        told = plan("friday", seed)
        assert all(step.at_s < 140 for step in told.steps if isinstance(step.act, Pipeline))
        assert told.pipeline_after_harm_s is not None


def test_two_has_its_causes_apart() -> None:
    """The migration precedes the vendor's outage, harmless changes lie between them, the vendor is mended."""
    for seed in SEEDS:
        told = plan("two", seed)
        [guilty_s] = [at_s for at_s, change in changes(told) if change is BILLING_RENAME]
        breaks_s, mended_s = _vendor_times(told.steps)
        assert guilty_s < breaks_s < mended_s < told.length_s
        between = [change for at_s, change in changes(told) if guilty_s < at_s < breaks_s]
        assert {change.repository for change in between} == {"invoicing", "messaging"}


def _vendor_times(steps: tuple[Step, ...]) -> tuple[float, float]:
    times = {bool(step.act.how): step.at_s for step in steps if isinstance(step.act, Vendor)}
    return times[True], times[False]


def test_calm_has_nothing_guilty_at_any_length() -> None:
    """An hour of calm has changes all along, and none is guilty."""
    told = plan("calm", 31, minutes=60)
    made = changes(told)
    assert not any(change.guilty for _, change in made)
    assert {int(at_s // 600) for at_s, _ in made} == set(range(6))


def test_vendor_fails_soon_after_an_innocent_release() -> None:
    """The release of notify precedes the outage by 40 s or so; two harmless changes come between, one of notify."""
    ways = set()
    for seed in SEEDS:
        told = plan("vendor", seed)
        assert not any(change.guilty for _, change in changes(told))
        [outage] = [step for step in told.steps if isinstance(step.act, Vendor) and step.act.how]
        [released_s] = [at_s for at_s, change in changes(told) if change is NOTIFY_PATCH]
        assert 35 <= outage.at_s - released_s <= 45
        between = {change.repository for at_s, change in changes(told) if released_s < at_s < outage.at_s}
        assert between == {"messaging", "appointments-api"}
        ways.add(outage.act)
    assert len(ways) == 3


def test_column_has_harmless_changes_of_the_same_table_around_the_migration() -> None:
    """One of release and index of the guilty repository comes before the migration, the other between it and the load."""
    guilty_ones = set()
    for seed in SEEDS:
        told = plan("column", seed)
        [(guilty_s, guilty)] = [(at_s, change) for at_s, change in changes(told) if change.guilty]
        load_s = min(
            step.at_s for step in told.steps if isinstance(step.act, Pipeline) and step.at_s > guilty_s
        )
        alike = [
            (at_s, change.task)
            for at_s, change in changes(told)
            if change.repository == guilty.repository and change.task != "deploy:config" and not change.guilty
        ]
        assert {task for at_s, task in alike if at_s < load_s} == {"deploy", "deploy:migrations"}
        assert min(at_s for at_s, _ in alike) < guilty_s < max(at_s for at_s, _ in alike) < load_s
        guilty_ones.add(guilty.description)
    assert len(guilty_ones) == 4


def test_many_announces_everything_but_the_fault() -> None:
    """Eight harmless changes on all three services; a migration and a setting of booking come just before the fault."""
    faults = set()
    for seed in SEEDS:
        told = plan("many", seed)
        made = changes(told)
        assert len(made) == 8
        assert not any(change.guilty for _, change in made)
        assert {change.repository for _, change in made} == {"appointments-api", "invoicing", "messaging"}
        [(fault_s, fault)] = [
            (step.at_s, step.act) for step in told.steps if isinstance(step.act, Session | Wedge)
        ]
        near = [change for at_s, change in made if 0 < fault_s - at_s < 30]
        assert [change for change in near if change.repository == "appointments-api"] == [
            BOOKING_INDEX,
            BOOKING_LOG_LEVEL,
        ]
        faults.add(fault.statement if isinstance(fault, Session) else fault.deployment)
    assert len(faults) == 3
