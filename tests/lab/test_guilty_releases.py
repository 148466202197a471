"""The stories in which something that was shipped is bad: `canary` and `model`."""

from lab.clinic.triage.service import FETCH_S
from lab.plan import DEPLOYMENTS, Change, Plan
from lab.stories import plan
from lab.stories.model import MODEL_8

SEEDS = range(1, 40)


def changes(told: Plan) -> list[tuple[float, Change]]:
    """The changes of a plan with their times."""
    return [(step.at_s, step.act) for step in told.steps if isinstance(step.act, Change)]


def guilty(told: Plan) -> tuple[float, Change]:
    """The one guilty change, and its time."""
    [found] = [(at_s, change) for at_s, change in changes(told) if change.guilty]
    return found


def test_canary_accuses_the_service_that_released() -> None:
    """The answer's entity is what the bad release belongs to, and booking is its caller; both services get a turn."""
    services = {"triage": "service:triage", "invoicing": "service:billing"}
    told = [plan("canary", seed) for seed in SEEDS]
    for one in told:
        [answer] = one.answers
        assert answer.entity == services[guilty(one)[1].repository]
        assert answer.seam == ("service:booking", answer.entity, "calls")
    assert {one.answers[0].entity for one in told} == set(services.values())


def test_canary_has_three_releases_in_steps_at_once() -> None:
    """Of three releases in steps the bad one is neither first nor last to begin, and the quickest to end."""
    for seed in SEEDS:
        in_steps = [change for _, change in changes(plan("canary", seed)) if change.pause_s is not None]
        assert [change.guilty for change in in_steps] == [False, True, False]
        pauses = [change.pause_s or 0.0 for change in in_steps]
        assert min(pauses) == pauses[1]
        assert len({DEPLOYMENTS[change.repository] for change in in_steps}) == 3


def test_model_has_harmless_changes_before_the_pods_have_it() -> None:
    """Billing and booking change after the bad version was announced and before any pod can answer with it."""
    for seed in SEEDS:
        told = plan("model", seed)
        at_s, bad = guilty(told)
        assert bad is MODEL_8
        between = [change.repository for t, change in changes(told) if at_s < t < at_s + FETCH_S[0]]
        assert between == ["invoicing", "appointments-api"]


def test_model_has_a_good_version_before_the_bad_one() -> None:
    """One more version is harmless, on the same path."""
    for seed in SEEDS:
        told = plan("model", seed)
        at_s, _ = guilty(told)
        versions = [
            change.version for t, change in changes(told) if change.task == "deploy:model" and t < at_s
        ]
        assert versions == ["7.1"]
