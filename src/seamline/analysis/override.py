"""What people decided about a change, laid over what the guards say of it.

State of a hold:  held by its decider --their word--> decided --review date--> over: the guards' word counts again
                     |  clock runs out
                     +--> held by the next person above, with a new clock; the whole-stack owner's stays theirs

A hold asked for again keeps its clock, else asking often enough would put it off for ever. Passing a change answers
the findings it was decided on: what a guard finds later is not passed with it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from seamline.analysis.ownership import Tree
from seamline.model.record import AnyRecord, Decided, VerdictGiven
from seamline.model.verdict import Finding, Verdict

HOLD_FOR = timedelta(hours=24)  # then it goes up the tree, as silence does
ROLLBACK = "a rollback always passes"

_Past = Sequence[Decided | VerdictGiven]


def settle(verdict: Verdict, records: Iterable[tuple[int, AnyRecord]], tree: Tree) -> Verdict:
    """The guards' verdict as people have it: its clock carried on, and the latest decision honoured by name.

    `records` are (log position, record) of everything up to the verdict's time, in any order.
    """
    if verdict.why_person == ROLLBACK:
        return verdict
    past = about(verdict.change, records)
    held = _clocked(verdict, _undecided(past, verdict.at), tree)
    made = [i for i, r in enumerate(past) if isinstance(r, Decided)]
    if not made:
        return held
    decision = past[made[-1]]
    assert isinstance(decision, Decided)
    return _decided(held, decision, past[: made[-1]])


def about(change: str, records: Iterable[tuple[int, AnyRecord]]) -> list[Decided | VerdictGiven]:
    """Verdicts and decisions on one change, in log order."""
    ordered = [r for _, r in sorted(records, key=lambda pair: pair[0])]
    spoken = [r for r in ordered if isinstance(r, Decided | VerdictGiven)]
    return [r for r in spoken if (r.subject if isinstance(r, Decided) else r.verdict.change) == change]


def ends_at(decision: Decided) -> datetime | None:
    """When a decision is over: its review date; a hold without one after a day, a pass without one never."""
    if decision.review_at is None and decision.choice == "hold":
        return decision.at + HOLD_FOR
    return decision.review_at


def how_to_pass(change: str, person: str) -> str:
    """The override of a hold, in words."""
    return f"{person} may pass it: seamline decide {change} --pass --why TEXT"


def _undecided(past: _Past, at: datetime) -> list[Verdict]:
    """Holds that nobody's word has answered, oldest first; those a decision kept up are not among them."""
    out: list[Verdict] = []
    over: datetime | None = None
    for r in past:
        if isinstance(r, Decided):
            end = ends_at(r)
            over = end if end is not None and end <= at else None
            out.clear()
        elif r.verdict.outcome == "hold" and (over is None or r.verdict.at >= over):
            out.append(r.verdict)
    return out


def _clocked(verdict: Verdict, undecided: Sequence[Verdict], tree: Tree) -> Verdict:
    """A hold under the clock that runs for it already; one that ran out is the next person's above."""
    last = _asked(verdict.accountable, undecided) if verdict.outcome == "hold" else None
    if last is None or last.expires_at is None:
        return verdict
    if verdict.at < last.expires_at:
        why = verdict.why_person if last.accountable == verdict.accountable else last.why_person
        return _held_by(verdict, last.accountable, why, last.expires_at)
    above = tree.chain(last.accountable)[1:2] or (tree.root,)
    up = tree.accountable(above, verdict.at).person
    ran_out = f"{last.accountable} left the hold undecided until {_minute(last.expires_at)}"
    whose = f"it is {up}'s now" if up != last.accountable else "nobody above is there to ask"
    return _held_by(verdict, up, f"{ran_out}: {whose}; {verdict.why_person}", verdict.at + HOLD_FOR)


def _asked(decider: str, undecided: Sequence[Verdict]) -> Verdict | None:
    """The hold whose clock runs: this decider's, or where it went when theirs ran out; None when they are new to it."""
    own = [i for i, v in enumerate(undecided) if v.accountable == decider]
    if not own:
        return None
    asked = undecided[own[-1]]
    went_up = [
        v for v in undecided[own[-1] + 1 :] if asked.expires_at is not None and v.at >= asked.expires_at
    ]
    return went_up[-1] if went_up else asked


def _held_by(verdict: Verdict, person: str, why: str, until: datetime | None) -> Verdict:
    return replace(
        verdict, outcome="hold", accountable=person, why_person=why, expires_at=until,
        override=how_to_pass(verdict.change, person),
    )  # fmt: skip


def _decided(verdict: Verdict, decision: Decided, before: _Past) -> Verdict:
    """The verdict under the latest decision, which is named whether or not it still counts."""
    end = ends_at(decision)
    word = f"{decision.by} decided to {decision.choice} it on {_minute(decision.at)}"
    if end is not None and end <= verdict.at:
        return replace(verdict, why_person=f"{verdict.why_person}; {word}, which was over on {_minute(end)}")
    why = f"{word}: {decision.note}"
    if decision.choice == "hold":
        return _held_by(verdict, verdict.accountable, why, end)
    later = _not_decided_on(verdict.findings, before)
    if later:
        guards = ", ".join(dict.fromkeys(f.guard for f in later))
        return replace(verdict, why_person=f"{verdict.why_person}; {word}, but {guards} spoke up since")
    return replace(verdict, outcome="pass", why_person=why, expires_at=None, override="")


def _not_decided_on(findings: Sequence[Finding], before: _Past) -> list[Finding]:
    """Findings that were not there, or were only an open question, when the decision was made."""
    known = next((r.verdict.findings for r in reversed(before) if isinstance(r, VerdictGiven)), ())
    hard = {(f.guard, f.seam) for f in known if f.outcome == "hold"}
    soft = hard | {(f.guard, f.seam) for f in known}
    return [f for f in findings if (f.guard, f.seam) not in (hard if f.outcome == "hold" else soft)]


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
