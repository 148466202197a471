"""The one decider of a verdict says whether the change goes, on record; the gate honours it from then on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from seamline.analysis.opinion import base_of
from seamline.analysis.override import ROLLBACK, about, ends_at
from seamline.app import views
from seamline.app.acting import LOCAL, acting, did_you_mean, put_on_record, said_at
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.verdict import Verdict

Choice = Literal["pass", "hold"]
QUESTION = "may it go?"
MOST_NAMED = 3  # changes in one line


def decide(
    home: Home,
    change: str,
    choice: Choice,
    why: str,
    *,
    review_at: datetime | None = None,
    by: str = LOCAL,
    for_: str = "",
) -> str:
    """Pass or hold a change the gate has given a verdict on. Returns one line; the latest decision counts.

    In force until `review_at`; without one a hold for a day, a pass for as long as guards find nothing else.
    Raises Fix, and records nothing, for anybody but the verdict's decider (their stand-in while they are away, who
    is above when they left), a change without a verdict, a hold that ran out, or the hold of a rollback.
    """
    facts = views.facts_of(home)
    base = base_of(facts)
    now = said_at(home, facts.as_of)
    known_at = facts.as_of or now
    verdict = _verdict(change, facts.records)
    _check(verdict, choice, why, known_at)
    if review_at is not None and review_at <= now:
        raise Fix(f"the review date {review_at:%Y-%m-%d %H:%M} UTC is past", hint="pick one to come")
    who = acting(base.organisation, by, for_)
    decider = base.tree.accountable((verdict.accountable,), now).person
    if who.person != decider:
        raise Fix(
            f"{decider} decides about {change}, not {who.person}",
            hint=f"the whole-stack owner enters {decider}'s word with --as {decider}",
        )
    note = f"{why.strip()} ({who.note})" if who.note else why.strip()
    decision = rec.Decided(who.person, now, QUESTION, choice, change, note, review_at)
    put_on_record(home, who, decision)
    end = ends_at(decision)
    return f"{change}: {choice}, decided by {who.person}" + (
        f" until {end:%Y-%m-%d %H:%M} UTC" if end else ""
    )


def _verdict(change: str, records: Sequence[tuple[int, rec.AnyRecord]]) -> Verdict:
    given = [r.verdict for r in about(change, records) if isinstance(r, rec.VerdictGiven)]
    if given:
        return given[-1]
    in_order = [r for _, r in sorted(records, key=lambda pair: pair[0])]
    verdicts = {r.verdict.change: r.verdict for r in in_order if isinstance(r, rec.VerdictGiven)}
    hint = did_you_mean(change, verdicts) or _decidable([*verdicts.values()])
    raise Fix(f"there is no verdict on {change!r}", hint=hint)


def _decidable(verdicts: Sequence[Verdict]) -> str:
    """What waits for somebody's word, the newest first; where nothing does, how a verdict comes about."""
    waits = [f"{v.change} ({v.outcome}, {v.accountable} decides)" for v in verdicts if v.outcome != "pass"][
        ::-1
    ]
    if not waits:
        return "a decision answers a verdict: `seamline gate` or `seamline check --home` comes first"
    more = f" and {len(waits) - MOST_NAMED} more" if len(waits) > MOST_NAMED else ""
    return f"there is one on {', '.join(waits[:MOST_NAMED])}{more}; `seamline decisions` lists them"


def _check(verdict: Verdict, choice: Choice, why: str, known_at: datetime) -> None:
    if not why.strip():
        raise Fix("the decision has no reason", hint="--why, one line, kept on record")
    if choice == "hold" and verdict.why_person == ROLLBACK:
        raise Fix(f"{verdict.change} is a rollback, which always passes", hint="hold the next change instead")
    if verdict.expires_at is not None and verdict.expires_at <= known_at:
        raise Fix(
            f"the hold of {verdict.change} ran out on {verdict.expires_at:%Y-%m-%d %H:%M} UTC",
            hint="`seamline gate` says whose it is now",
        )
