"""Posterior, evidence for and against, and the look that would tell two causes apart."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.rank import FLOOR, SHOWN, _posterior
from seamline.model.incident import Cause
from tests.analysis.scene import look

FAILS = "stack callers\nfails service:api 300\nfails service:web 306\ndeploy service:api 290\n"
logs = st.dictionaries(st.text("abc", min_size=1, max_size=4), st.floats(-50, 80), max_size=30)


@given(logs, st.floats(-50, 80))
def test_probabilities_sum_to_one_and_keep_a_tenth_for_doubt(drawn: dict[str, float], unknown: float) -> None:
    """Over all candidates; *nothing* and *unknown* together never fall below the floor."""
    p = _posterior({**drawn, "unknown": unknown})
    assert sum(p.values()) == pytest.approx(1)
    assert p["nothing"] + p["unknown"] >= FLOOR - 1e-9
    assert all(0 <= x <= 1 for x in p.values())


@given(logs)
def test_more_evidence_is_never_less_probable(drawn: dict[str, float]) -> None:
    """The order of the candidates is the order of their evidence."""
    p = _posterior({**drawn, "unknown": 0.0})
    ordered = sorted(drawn, key=lambda k: drawn[k])
    assert all(p[a] <= p[b] + 1e-12 for a, b in pairwise(ordered))


def top(scene: str) -> Cause:
    """The leading cause of the only incident."""
    (incident,) = look(scene).incidents
    return incident.causes[0]


def test_each_line_for_a_cause_has_its_weight_way_and_delay() -> None:
    """Strongest first; the way leads from the cause to what it explains; the delay is as seen."""
    lines = top(FAILS).evidence_for
    assert [line.weight for line in lines] == sorted((line.weight for line in lines), reverse=True)
    by_entity = {line.observable.split(" ")[1]: line for line in lines}
    assert [(h.source, h.target) for h in by_entity["service:web"].path] == [("service:api", "service:web")]
    assert by_entity["service:api"].path == ()
    assert by_entity["service:api"].delay_s == 10
    assert all(line.seqs for line in lines)


def test_what_should_have_shown_and_did_not_speaks_against() -> None:
    """A watched caller without a symptom is named with what its silence costs."""
    scene = "stack callers\nfails service:api 300\nfires service:api 320\nwatch service:web\ndeploy service:api 290\n"
    lines = top(scene).evidence_against
    silent = [line for line in lines if line.text == "service:web shows nothing"]
    assert [line.weight < 0 for line in silent] == [True]


def test_a_cause_outside_the_map_asks_for_more_to_be_watched() -> None:
    """When nothing on the map explains it, that is what would change the answer."""
    rest = "".join(f"declared service:x{n} p{n}\nfails service:x{n} 300\n" for n in range(6))
    (incident,) = look(rest).incidents
    assert incident.causes[0].kind == "unknown"
    assert "watch more of the stack" in incident.ask


def test_few_causes_are_shown_best_first() -> None:
    """However many changes there were."""
    many = "".join(f"config service:api {100 + n}\n" for n in range(30))
    (incident,) = look(FAILS + many).incidents
    assert len(incident.causes) <= SHOWN
    assert all(a.probability >= b.probability - 1e-8 for a, b in pairwise(incident.causes))


def test_no_probability_is_called_calibrated() -> None:
    """Until a person confirmed causes, each says that it is not."""
    assert {i.calibrated for i in look(FAILS).incidents} == {"not calibrated"}
