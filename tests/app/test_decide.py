"""One person decides about a change; the gate honours it by name, and no longer than it holds."""

from collections.abc import Sequence
from types import SimpleNamespace

import msgspec
import pytest

from seamline import guards
from seamline.analysis.override import ROLLBACK
from seamline.app import views
from seamline.app.decide import decide
from seamline.app.gate import gate
from seamline.app.hand_down import accept, hand_down
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.verdict import Finding, Outcome, Verdict
from tests.app.world import SEAM, TREE, World, clinic, later, toml

CHANGE = '{"entity": "service:booking", "kind": "deploy", "title": "deploy 2.4.0"}'
FULL = Finding("made-up", "hold", "high", 0.9, SEAM, "96 connections, 60 taken", "pool 6 a worker")
SLOW = Finding("other", "hold", "low", 0.6, SEAM, "no index", "add one first")


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the one guard there is finds in every change; tests may alter it."""
    findings = [FULL]
    guard = SimpleNamespace(ID="made-up", check=lambda *_: list(findings))
    monkeypatch.setattr(guards, "found", lambda: (guard,))
    return findings


def ask(world: World, change: str = CHANGE) -> Verdict:
    """Ask the gate, on record."""
    return gate(world.home, change, keep=True)


def outcomes(world: World, days: Sequence[float]) -> list[tuple[Outcome, str]]:
    """What the gate says at these times, and who decides."""
    out: list[tuple[Outcome, str]] = []
    for day in days:
        world.now = later(day)
        verdict = ask(world)
        out.append((verdict.outcome, verdict.accountable))
    return out


@pytest.mark.usefixtures("says")
def test_a_pass_by_its_decider_is_honoured_by_name() -> None:
    """From then on the gate passes the change, names who decided and why, and still shows what was found."""
    world = clinic()
    held = ask(world)
    assert (held.outcome, held.accountable) == ("hold", "dario")
    decide(world.home, held.change, "pass", "pool is capped by hand", by="dario")
    verdict = ask(world)
    assert verdict.outcome == "pass"
    assert verdict.why_person == "dario decided to pass it on 2026-11-20 09:00 UTC: pool is capped by hand"
    assert (verdict.findings, verdict.expires_at, verdict.override) == ((FULL,), None, "")


@pytest.mark.usefixtures("says")
@pytest.mark.parametrize("somebody", ["mara", "ben", "ilse"])
def test_nobody_else_decides(somebody: str) -> None:
    """Above, below or beside: refused in one line that names who does; nothing on record."""
    world = clinic()
    held = ask(world)
    before = world.home.log.position()
    with pytest.raises(Fix, match=f"dario decides about {held.change}, not {somebody}") as refused:
        decide(world.home, held.change, "pass", "x", by=somebody)
    assert "--as dario" in refused.value.hint
    assert world.home.log.position() == before


@pytest.mark.usefixtures("says")
def test_who_names_no_change_is_told_what_can_be_decided() -> None:
    """The newest that wait for a word, or how a verdict comes about."""
    world = clinic()
    with pytest.raises(Fix, match="no verdict on 'nosuch'") as nothing:
        decide(world.home, "nosuch", "pass", "x")
    assert "`seamline check --home` comes first" in nothing.value.hint
    held = [ask(world, CHANGE.replace("2.4.0", f"2.4.{n}")).change for n in range(5)]
    with pytest.raises(Fix) as refused:
        decide(world.home, "nosuch", "pass", "x")
    told = refused.value.hint
    assert told.startswith(f"there is one on {held[4]} (hold, dario decides), {held[3]} ")
    assert "and 2 more; `seamline decisions` lists them" in told


@pytest.mark.usefixtures("says")
def test_a_word_entered_for_the_decider_says_so() -> None:
    """The record is Dario's word, and readers see that Mara entered it."""
    world = clinic()
    held = ask(world)
    decide(world.home, held.change, "pass", "capped", for_="dario")
    (decision,) = [d for d in views.decisions(world.home) if isinstance(d, rec.Decided)]
    assert (decision.by, decision.note) == ("dario", "capped (entered by mara)")


@pytest.mark.usefixtures("says")
def test_who_left_is_decided_for_by_the_person_above() -> None:
    """A verdict named Dario, who is gone by now: his manager decides."""
    world = clinic()
    held = ask(world)
    world.declare(toml(TREE, left={"dario": "2026-11-19"}))
    with pytest.raises(Fix, match="mara decides"):
        decide(world.home, held.change, "pass", "x", by="dario")
    decide(world.home, held.change, "pass", "x", by="mara")
    assert ask(world).outcome == "pass"


def test_a_pass_answers_only_what_it_was_decided_on(says: list[Finding]) -> None:
    """What another guard finds later holds again, and says that it came after the decision."""
    world = clinic()
    held = ask(world)
    decide(world.home, held.change, "pass", "capped", by="dario")
    says.append(SLOW)
    verdict = ask(world)
    assert verdict.outcome == "hold"
    assert verdict.why_person.endswith("but other spoke up since")


def test_an_open_question_that_hardens_is_not_passed_with_it(says: list[Finding]) -> None:
    """Passing an unknown is no word on the hold that the same guard comes to later."""
    world = clinic()
    says[:] = [msgspec.structs.replace(FULL, outcome="unknown")]
    asked = ask(world)
    assert asked.outcome == "unknown"
    decide(world.home, asked.change, "pass", "we looked", by="dario")
    assert ask(world).outcome == "pass"
    says[:] = [FULL]
    assert ask(world).outcome == "hold"


@pytest.mark.usefixtures("says")
def test_a_pass_ends_on_its_review_date() -> None:
    """From then on the guards' word counts again, and the gate says that the decision is over."""
    world = clinic()
    held = ask(world)
    decide(world.home, held.change, "pass", "for the weekend", by="dario", review_at=later(3))
    assert outcomes(world, [2.9]) == [("pass", "dario")]
    world.now = later(3)
    verdict = ask(world)
    assert verdict.outcome == "hold"
    assert verdict.why_person.endswith("which was over on 2026-11-23 09:00 UTC")
    assert verdict.expires_at == later(4)


def test_a_passing_change_may_be_held(says: list[Finding]) -> None:
    """A decided hold lasts a day unless it says else; then the gate says it is over."""
    says.clear()
    world = clinic()
    passed = ask(world)
    assert (passed.outcome, passed.accountable) == ("pass", "ben")
    decide(world.home, passed.change, "hold", "not on a Friday", by="ben")
    verdict = ask(world)
    assert (verdict.outcome, verdict.expires_at) == ("hold", later(1))
    assert "not on a Friday" in verdict.why_person
    assert outcomes(world, [0.9, 1]) == [("hold", "ben"), ("pass", "ben")]
    assert "was over on" in ask(world).why_person


@pytest.mark.usefixtures("says")
def test_the_latest_decision_counts() -> None:
    """A decider may think again."""
    world = clinic()
    held = ask(world)
    decide(world.home, held.change, "pass", "fine", by="dario")
    decide(world.home, held.change, "hold", "not fine", by="dario")
    assert ask(world).outcome == "hold"


@pytest.mark.usefixtures("says")
def test_an_undecided_hold_goes_up_when_its_clock_runs_out() -> None:
    """Asking again does not wind the clock back; each day of silence moves it one person up, to the root at most."""
    world = clinic()
    assert outcomes(world, [0, 0.5, 0.9, 1, 1.5, 2, 3]) == [
        ("hold", "dario"), ("hold", "dario"), ("hold", "dario"), ("hold", "mara"), ("hold", "mara"),
        ("hold", "mara"), ("hold", "mara"),
    ]  # fmt: skip


@pytest.mark.usefixtures("says")
def test_who_it_went_up_to_decides() -> None:
    """The gate says why it is theirs; the one who kept silent can't decide any more."""
    world = clinic()
    held = ask(world)
    world.now = later(1)
    with pytest.raises(Fix, match="ran out"):
        decide(world.home, held.change, "pass", "late", by="dario")
    verdict = ask(world)
    assert verdict.why_person.startswith(
        "dario left the hold undecided until 2026-11-21 09:00 UTC: it is mara's now"
    )
    with pytest.raises(Fix, match="mara decides"):
        decide(world.home, held.change, "pass", "late", by="dario")
    decide(world.home, held.change, "pass", "go", by="mara")
    assert ask(world).outcome == "pass"


@pytest.mark.usefixtures("says")
def test_a_new_decider_gets_a_clock_of_their_own() -> None:
    """The seam is handed down while a hold runs: the receiver decides from then on, with a whole day."""
    world = clinic()
    ask(world)
    world.now = later(0.9)
    hand_down(world.home, SEAM, "ben", later(10), by="dario")
    accept(world.home, SEAM, by="ben")
    verdict = ask(world)
    assert (verdict.accountable, verdict.expires_at) == ("ben", later(1.9))
    assert outcomes(world, [1.1, 1.9, 2.5, 2.9]) == [
        ("hold", "ben"), ("hold", "dario"), ("hold", "dario"), ("hold", "mara"),
    ]  # fmt: skip


@pytest.mark.usefixtures("says")
def test_the_past_is_not_overridden() -> None:
    """As of a time before the decision the gate still holds."""
    world = clinic()
    held = ask(world)
    world.now = later(0.5)
    decide(world.home, held.change, "pass", "capped", by="dario")
    assert gate(world.home, CHANGE, as_of=later(0.4)).outcome == "hold"
    assert gate(world.home, CHANGE, as_of=later(0.6)).outcome == "pass"


@pytest.mark.usefixtures("says")
def test_another_change_is_not_passed_with_it() -> None:
    """A decision is about one change."""
    world = clinic()
    decide(world.home, ask(world).change, "pass", "capped", by="dario")
    assert ask(world, CHANGE.replace("2.4.0", "2.5.0")).outcome == "hold"


@pytest.mark.usefixtures("says")
def test_a_rollback_is_never_held() -> None:
    """Holding a rollback is refused."""
    world = clinic()
    verdict = ask(world, '{"entity": "service:booking", "rollback": true}')
    assert (verdict.outcome, verdict.why_person) == ("pass", ROLLBACK)
    with pytest.raises(Fix, match="rollback"):
        decide(world.home, verdict.change, "hold", "no", by="ben")


@pytest.mark.usefixtures("says")
def test_a_decision_answers_a_verdict() -> None:
    """Without one, or without a reason, or with a review date that is past, there is no decision."""
    world = clinic()
    held = ask(world)
    with pytest.raises(Fix, match="there is no verdict") as refused:
        decide(world.home, held.change[:-1] + "x", "pass", "why", by="dario")
    assert refused.value.hint == f"did you mean {held.change}?"
    with pytest.raises(Fix, match="no reason"):
        decide(world.home, held.change, "pass", "  ", by="dario")
    with pytest.raises(Fix, match="is past"):
        decide(world.home, held.change, "pass", "why", by="dario", review_at=later(0))
