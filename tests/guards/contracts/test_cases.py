"""What the rules of API and event schemas say of two states of a contract, case by case."""

from pathlib import Path
from typing import Any

import pytest

from seamline import guards
from seamline.model.artefact import Document
from tests.guards.contracts.states import KINDS, findings, listed, state

HERE = Path(__file__).parent
CASES = [
    pytest.param(kind, case, id=f"{kind}: {case['case']}")
    for kind in KINDS
    for case in listed(HERE / f"{kind}.yaml")
]


def _states(kind: str, case: dict[str, Any]) -> tuple[Document | None, Document | None]:
    mode = case.get("mode", "BACKWARD")
    return state(kind, case["before"], mode), state(kind, case["after"], mode)


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_case(kind: str, case: dict[str, Any]) -> None:
    """The step from one state to the next is judged as its case says."""
    said = [f"{f.outcome} {f.guard.partition('/')[2]}" for f in findings(kind, *_states(kind, case))]
    assert sorted(said) == sorted(case["says"])


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_finding_can_be_acted_on(kind: str, case: dict[str, Any]) -> None:
    """It has an id that its family declares, one line of reason, the way to do it safely, and the version of the rules."""
    ids = {name for rule in guards.rules(kind) for name in rule.IDS}
    for finding in findings(kind, *_states(kind, case)):
        assert finding.guard in ids
        assert finding.reason
        assert "\n" not in finding.reason
        assert finding.do
        assert 0 < finding.confidence <= 1
        assert finding.place is not None
        assert any(line.startswith("rules: ") for line in finding.evidence)
        assert bool(finding.missing) == (finding.outcome == "unknown")


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_state_breaks_nothing_of_itself(kind: str, case: dict[str, Any]) -> None:
    """Two equal states give no finding, and so does a contract that is new."""
    before, after = _states(kind, case)
    assert findings(kind, before, before) == []
    assert findings(kind, None, after) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_cases_of_breaking_and_of_not_breaking(kind: str) -> None:
    """At least three that hold and two that say nothing."""
    says = [case["says"] for case in listed(HERE / f"{kind}.yaml")]
    assert sum(any(s.startswith("hold") for s in said) for said in says) >= 3
    assert sum(not said for said in says) >= 2
