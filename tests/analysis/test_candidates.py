"""Who could be guilty: one candidate per physical act, none that can't have done it."""

from datetime import timedelta

from msgspec.structs import replace

from seamline.analysis import capacity, stackmap
from seamline.analysis.candidates import GUILT, LOOK_BACK, MOST_GUILT, Candidate, find, group
from seamline.analysis.facts import Facts
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.symptom import Observable
from tests.analysis.says import at, change, read_lines, told
from tests.analysis.scene import STACKS, read_scene
from tests.analysis.seen import sick

POOL = [row for row in STACKS["pool"].splitlines() if "sample" not in row and "deploy service" not in row]
RELEASE = replace(change("service:booking", 100), done_at=at(150))
SCALING = change("deployment:n/web", 120, "scale", replicas_to=3)


def pool_map(*changes: Change) -> tuple[Facts, StackMap]:
    """The pool's stack with these changes."""
    said, declared = read_lines(POOL)
    facts = told([*said, *changes])
    return facts, stackmap.build(facts, declared)


def found(
    *changes: Change, seen: tuple[Observable, ...] = (sick("service:booking"),)
) -> dict[str, Candidate]:
    """Candidates by key."""
    _, stack = pool_map(*changes)
    return {c.key: c for c in find(group(changes, stack), [], stack, seen, at(400))}


def grouped(*changes: Change) -> list[str]:
    """Ids of the changes that stand for a physical act."""
    _, stack = pool_map(*changes)
    return [g.change.id for g in group(changes, stack)]


def test_replica_sets_that_move_with_a_release_are_part_of_it() -> None:
    """The platform announces both; it is one act."""
    assert grouped(SCALING, RELEASE) == [RELEASE.id]


def test_replica_sets_that_move_by_themselves_are_an_act() -> None:
    """Long after the release it is somebody's own scaling."""
    alone = change("deployment:n/web", 300, "scale", replicas_to=3)
    assert grouped(alone, RELEASE) == [RELEASE.id, alone.id]


def test_an_autoscalers_decision_and_its_carrying_out_are_one() -> None:
    """The decision stands for both."""
    decision = change("autoscaler:n/web", 118, "scale", replicas_to=3)
    assert grouped(SCALING, decision) == [decision.id]


def test_a_change_that_failed_or_lies_ahead_or_too_far_back_is_no_candidate() -> None:
    """Only what was made, up to now, within the laws' tail."""
    failed = replace(change("service:booking", 10), state="failed")
    ahead = change("service:booking", 401)
    old = replace(change("service:booking", 20), at=at(400) - LOOK_BACK - timedelta(seconds=1))
    assert [k for k in found(failed, ahead, old) if k.startswith("change:")] == []


def test_what_reaches_no_symptom_is_no_candidate() -> None:
    """A release of something that nothing joins to what is sick."""
    keys = found(change("service:elsewhere", 290))
    assert not [k for k in keys if k.startswith("change:")]
    assert "latent:service:booking" in keys


def test_what_was_only_announced_weighs_half() -> None:
    """Some tools never report that a change was made."""
    planned = replace(RELEASE, state="announced")
    made, said = (found(c)[f"change:{c.id}"].weight for c in (RELEASE, planned))
    assert said == made / 2 == GUILT["deploy"] / 2


def test_a_change_that_names_the_broken_column_is_far_likelier() -> None:
    """Its own words are evidence, up to a bound; a column of another name is none."""
    rename = replace(change("service:booking", 290, "schema"), title="rename referral_code")
    gone = sick("service:booking", "column_gone", slice_="referral_code")
    other = sick("service:booking", "column_gone", slice_="amount")
    key = f"change:{rename.id}"
    assert found(rename, seen=(gone,))[key].weight == min(MOST_GUILT, 15 * GUILT["schema"])
    assert found(rename, seen=(other,))[key].weight == GUILT["schema"]


def test_parts_and_desks_are_never_guilty_of_themselves() -> None:
    """A column, a ticket desk, a repository has no latent fault of its own."""
    _, stack = pool_map()
    said, declared = read_lines([*POOL, "declared desk:help sam", "desk:help answers_for service:booking"])
    stack = stackmap.build(told(said), declared)
    keys = {c.key for c in find([], [], stack, (sick("desk:help", "ticket_burst"),), at(400))}
    assert "latent:service:booking" in keys
    assert "latent:desk:help" not in keys


def test_candidates_are_the_same_for_any_order_of_changes() -> None:
    """Sorted by key, whatever came first."""
    changes = [RELEASE, SCALING, change("autoscaler:n/web", 200, "scale", replicas_to=8)]
    assert list(found(*changes)) == list(found(*changes[::-1])) == sorted(found(*changes))


def test_two_changes_are_a_candidate_only_where_their_figures_meet() -> None:
    """No pair without a mechanism: neither of unrelated changes, nor of a pool and a size that fit."""
    for limit, pairs in ((60, 1), (100, 0)):
        text = f"stack pool\nsample pg_settings_max_connections database:db 0 {limit}\n"
        events, declared, _ = read_scene(
            text + "deploy service:booking 280 db_pool_size=12\nscale autoscaler:n/web 300 replicas_to=8\n"
        )
        facts = told(events)
        stack = stackmap.build(facts, declared)
        groups = group(facts.sorted_changes(), stack)
        met = capacity.meetings([g.change for g in groups], facts, stack, at(400))
        candidates = find(groups, met, stack, (sick("database:db"),), at(400))
        assert sum(c.kind == "collision" for c in candidates) == pairs
