"""What every guard on disk keeps, and the golden cases of each."""

from itertools import product

import pytest

from seamline import guards
from seamline.analysis.capacity import Capacity
from seamline.guards import Guard
from seamline.model.verdict import Finding
from tests.analysis.says import blocks, change
from tests.guards.scenes import GOLDEN, asked, findings, in_words

GUARDS = {guard.ID: guard for guard in guards.found()}


CASES = [(guard, title) for guard in GUARDS for title, _, _ in blocks(GOLDEN / f"{guard}.txt")]


def _case(guard: str, title: str) -> tuple[str, list[str]]:
    return next((scene, lines) for name, scene, lines in blocks(GOLDEN / f"{guard}.txt") if name == title)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_has_golden_cases_of_every_outcome(guard: str) -> None:
    """At least one passes, one is held and one can't be told."""
    outcomes = {line.split()[0] for _, _, lines in blocks(GOLDEN / f"{guard}.txt") for line in lines}
    assert outcomes == {"pass", "hold", "unknown"}


@pytest.mark.parametrize(("guard", "title"), CASES)
def test_golden_cases(guard: str, title: str, accept: bool) -> None:
    """A guard says of each case what its text says."""
    scene, expected = _case(guard, title)
    said = in_words(findings(GUARDS[guard], scene))
    if accept:
        _rewrite(guard, title, said)
        _, expected = _case(guard, title)
    assert said == expected


def _rewrite(guard: str, title: str, said: list[str]) -> None:
    file = GOLDEN / f"{guard}.txt"
    parts = [
        "\n".join([f"# {name}", scene, *(f"=> {line}" for line in (said if name == title else lines))])
        for name, scene, lines in blocks(file)
    ]
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("guard", "title"), CASES)
def test_a_finding_can_be_acted_on(guard: str, title: str) -> None:
    """It names its guard, why, what to do, and either the deliveries it stands on or the facts it lacks."""
    for finding in findings(GUARDS[guard], _case(guard, title)[0]):
        _complete(finding, GUARDS[guard])


def _complete(finding: Finding, guard: Guard) -> None:
    assert finding.guard == guard.ID
    assert finding.reason
    assert finding.do
    assert 0 < finding.confidence <= 1
    assert "\n" not in finding.reason
    assert finding.evidence if finding.outcome == "hold" else finding.missing


@pytest.mark.parametrize(("guard", "title"), CASES)
def test_asking_twice_gives_the_same_answer(guard: str, title: str) -> None:
    """A guard is pure: it keeps nothing and changes nothing it was given."""
    question = asked(_case(guard, title)[0])
    assert GUARDS[guard].check(*question) == GUARDS[guard].check(*question)


@pytest.mark.parametrize(
    ("guard", "kind", "entity"),
    list(
        product(
            GUARDS,
            ("deploy", "config", "scale", "schema", "model", "flag", "data", "manual"),
            ("service:nobody", "database:x", "alert:y", "column:z#c", "x"),
        )
    ),
)
def test_a_change_off_the_map_is_none_of_a_guards_business(guard: str, kind: str, entity: str) -> None:
    """What the map does not know gives no finding and no failure, whatever the facts say."""
    _, stack, _ = asked("declared service:a ana\ndeploy service:a 1")
    nothing = Capacity({}, {}, {}, {}, {}, {}, {}, {})
    odd = change(entity, 1, kind, db_pool_size="?", replicas_to="8")  # type: ignore[arg-type]
    assert GUARDS[guard].check(odd, stack, nothing) == []
