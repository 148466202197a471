"""Rules over Kubernetes, capacity and Terraform: their cases, and what holds for all of them."""

from pathlib import Path

import pytest

from seamline import guards
from tests.guards.manifests import FOLDERS, Case, cases, findings, found, in_words

PAGES = Path(__file__).parents[2] / "docs" / "guards"
FILES = sorted(path for folder in FOLDERS for path in (Path(__file__).parent / folder).glob("*.txt"))
CASES = [pytest.param(case, id=f"{f.parent.name}-{f.stem}-{case.title}") for f in FILES for case in cases(f)]
IDS = {folder: sorted(id_ for rule in guards.rules(folder) for id_ in rule.IDS) for folder in FOLDERS}


@pytest.mark.parametrize("case", CASES)
def test_cases(case: Case) -> None:
    """A step gives exactly the findings that its text lists."""
    said = findings(found(case.before), found(case.after))
    assert in_words(said) == case.expected, [f.reason for f in said]


@pytest.mark.parametrize("case", CASES)
def test_no_step_gives_no_finding(case: Case) -> None:
    """Whatever a state holds, staying there is fine."""
    for text in (case.before, case.after):
        assert findings(found(text), found(text)) == []


@pytest.mark.parametrize("case", CASES)
def test_a_finding_can_be_acted_on(case: Case) -> None:
    """It says why in one line, what to do, where it stands, and what is missing where it can't tell."""
    for finding in findings(found(case.before), found(case.after)):
        assert finding.reason
        assert "\n" not in finding.reason
        assert finding.do
        assert finding.place is not None
        assert 0 < finding.confidence <= 1
        assert bool(finding.missing) == (finding.outcome == "unknown")


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_rule_has_a_case(folder: str) -> None:
    """Every id is expected by a case of its folder, and each file has steps that pass."""
    files = [f for f in FILES if f.parent.name == folder]
    expected = {
        line.split()[2] for f in files for case in cases(f) for line in case.expected if line != "pass"
    }
    assert [id_ for id_ in IDS[folder] if id_ not in expected] == []
    assert all(any(case.expected == ("pass",) for case in cases(f)) for f in files)


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_rule_is_on_its_page(folder: str) -> None:
    """Every id stands on the page of its kind."""
    page = (PAGES / f"{folder}.md").read_text(encoding="utf-8")
    assert [id_ for id_ in IDS[folder] if f"`{id_}`" not in page] == []
