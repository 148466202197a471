"""One change, one verdict, one person; asked by id, in words, or with the tool's own delivery."""

import json
from pathlib import Path

import pytest

from seamline.app import views
from seamline.app.gate import gate
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.errors import Fix
from tests.app.scene_home import NAME, at, played, recording

LIMITS = """
stack pool
sample pg_settings_max_connections database:db 0 60
sample kube_horizontalpodautoscaler_spec_max_replicas autoscaler:n/web 0 8
"""
SEAM = ("autoscaler:n/web", "service:booking", "capacity")
TOO_MANY = '{"entity": "service:booking", "facts": {"db_pool_size": 12}}'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A service whose figures are known. Not to be written to."""
    return played(
        tmp_path_factory.mktemp("gate"), LIMITS + "deploy service:booking 280 db_pool_size=12\nnow 300"
    )


def test_a_described_change_is_judged_with_the_facts_of_now(home: Home) -> None:
    """Held, with the figures, the seam, the one who decides, an expiry and the way past it."""
    verdict = gate(home, TOO_MANY)
    assert verdict.outcome == "hold"
    assert [f.seam for f in verdict.findings] == [SEAM]
    assert "8 replicas x 12 connections = 96" in verdict.findings[0].reason
    assert (verdict.accountable, bool(verdict.override)) == ("root", True)
    assert verdict.expires_at is not None
    assert verdict.expires_at > verdict.at


def test_a_change_in_the_log_is_judged_by_its_id_as_of_then(home: Home) -> None:
    """The release that is in the log is held at the moment it was announced."""
    release = next(c for c in views.facts_of(home).changes.values() if c.facts.get("db_pool_size") == 12)
    verdict = gate(home, release.id, at(280))
    assert (verdict.outcome, verdict.change, verdict.at) == ("hold", release.id, at(280))


def test_a_recorded_delivery_is_judged_as_its_source_reads_it(home: Home, tmp_path: Path) -> None:
    """The line of a recording that announces the change gives the verdict of that change."""
    lines = (
        recording(LIMITS + "deploy service:booking 280 db_pool_size=12", tmp_path / "x.jsonl")
        .read_text()
        .splitlines()
    )
    line = next(
        row for row in lines if "12" in json.loads(row)["body"] and '"change"' in json.loads(row)["body"]
    )
    assert gate(home, line).outcome == "hold"


def test_a_small_enough_change_passes_and_its_units_owner_is_named(home: Home) -> None:
    """No finding, no expiry, nothing to override."""
    verdict = gate(home, TOO_MANY.replace("12", "6"))
    assert (verdict.outcome, verdict.findings, verdict.accountable) == ("pass", (), "ben")
    assert (verdict.expires_at, verdict.override) == (None, "")


@pytest.mark.parametrize("flag", ['"rollback": true', '"facts": {"db_pool_size": 99, "rollback": "true"}'])
def test_a_rollback_always_passes(home: Home, flag: str) -> None:
    """Whatever the guards would say."""
    verdict = gate(home, '{"entity": "service:booking", ' + flag + "}")
    assert (verdict.outcome, verdict.findings) == ("pass", ())


def test_what_is_joined_to_nothing_is_unknown_and_says_how_to_join_it(home: Home) -> None:
    """Off the map no guard can have looked: never a pass, and the line to write is given."""
    verdict = gate(home, '{"entity": "repo:clinic/other"}')
    (finding,) = verdict.findings
    assert verdict.outcome == "unknown"
    assert 'same_as = ["repo:clinic/other"]' in finding.do
    assert verdict.accountable == "root"


def test_without_facts_the_answer_is_unknown(tmp_path: Path) -> None:
    """Each missing fact is named; none is guessed."""
    home = played(tmp_path, "stack pool\nnow 20")
    verdict = gate(home, TOO_MANY)
    assert verdict.outcome == "unknown"
    assert any("max_connections" in missing for f in verdict.findings for missing in f.missing)


@pytest.mark.parametrize(
    "text",
    ["no such id", "{", "[]", "7", '{"entity": "a:b", "colour": 1}', '{"entity": "a:b", "kind": "x"}', "{}",
     '{"source": "scene", "body": "[]"}', '{"source": "nobody", "body": "{}"}', '{"source": "scene", "body": "{"}'],
)  # fmt: skip
def test_what_is_no_change_is_refused_with_the_mend(home: Home, text: str) -> None:
    """One line that says what is wrong, and one that says what to do."""
    with pytest.raises(Fix) as refused:
        gate(home, text)
    assert refused.value.hint


def test_only_an_answer_about_now_goes_on_record(tmp_path: Path) -> None:
    """A question about the past, or one that is not to be kept, leaves no trace."""
    home = played(tmp_path, LIMITS + "now 20")
    gate(home, TOO_MANY)
    gate(home, TOO_MANY, at(20), keep=True)
    assert views.decisions(home) == []
    kept = gate(home, TOO_MANY, keep=True)
    (record,) = views.decisions(home)
    assert isinstance(record, rec.VerdictGiven)
    assert record.verdict == kept


def test_the_delivery_of_another_source_is_not_guessed(home: Home) -> None:
    """A source that is not installed is named."""
    with pytest.raises(Fix, match="nobody"):
        gate(home, '{"source": "nobody", "body": "{}"}')
    assert NAME in home.sources
