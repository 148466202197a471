"""One change, every guard, one verdict, one person who decides. A rollback always passes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from seamline import guards
from seamline.analysis import capacity
from seamline.analysis.facts import Facts
from seamline.analysis.identity import SPELLINGS
from seamline.analysis.opinion import Base, base_of
from seamline.analysis.override import HOLD_FOR, ROLLBACK, how_to_pass, settle
from seamline.app import views
from seamline.app.home import Home
from seamline.app.ingest import read_delivery
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.errors import Fix
from seamline.model.event import Change, ChangeKind
from seamline.model.refs import event_id, kind_of
from seamline.model.stack import Accountable
from seamline.model.verdict import Finding, Outcome, Verdict


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change as a caller may describe it."""

    entity: str
    kind: ChangeKind = "deploy"
    title: str = ""
    version: str = ""
    revision: str = ""
    facts: Mapping[str, float | str] = {}
    rollback: bool = False


def gate(home: Home, change: str, as_of: datetime | None = None, *, keep: bool = False) -> Verdict:
    """The verdict on a change: an event id in the log, a described change as JSON, or a recorded delivery.

    `keep` puts the verdict on record (the home must be open for writing); never for a question about the past.
    Raises Fix when `change` is none of the three.
    """
    facts = views.facts_of(home, as_of)
    at = facts.as_of or home.clock()
    meant = _meant(home, change, facts, at)
    base = base_of(facts)
    verdict = settle(judge(meant, facts, base, at), facts.records, base.tree)
    if keep and as_of is None:
        record = rec.VerdictGiven(rec.SELF, home.clock(), verdict)
        home.log.append([rec.to_received(record, record.at)])
    return verdict


def judge(change: Change, facts: Facts, base: Base, at: datetime) -> Verdict:
    """What the guards say of a change with the facts of a time. Pure."""
    if change.state == "reverted" or change.facts.get("rollback") in (True, 1, "true"):
        who = _decider(change, (), base, at)
        return Verdict(change.id, "pass", (), who.person, ROLLBACK, at, None, "")
    state = capacity.facts_of(facts, base.stack, at)
    found = tuple(f for guard in guards.found() for f in guard.check(change, base.stack, state))
    found = found or _off_the_map(change, base)
    outcome = _outcome(found)
    who = _decider(change, found, base, at)
    expires = at + HOLD_FOR if outcome == "hold" else None
    override = how_to_pass(change.id, who.person) if outcome == "hold" else ""
    return Verdict(change.id, outcome, found, who.person, who.why, at, expires, override)


def _off_the_map(change: Change, base: Base) -> tuple[Finding, ...]:
    """A change of something that nothing joins to the map: no guard can have looked at what it breaks."""
    ref = base.stack.canonical(change.entity)
    if kind_of(ref) not in SPELLINGS and ref in base.stack.entities:
        return ()
    reason = f"{ref} is joined to nothing on the map, so no guard knows what it changes"
    do = f'say what it is: [[alias]] in seamline.toml with same_as = ["{ref}"]'
    return (Finding("map", "unknown", "low", 1.0, None, reason, do, (f"what {ref} is",)),)


def _outcome(found: Sequence[Finding]) -> Outcome:
    if any(f.outcome == "hold" for f in found):
        return "hold"
    return "unknown" if any(f.outcome == "unknown" for f in found) else "pass"


def _decider(change: Change, found: Sequence[Finding], base: Base, at: datetime) -> Accountable:
    """Who stands above every seam that a finding names; without one the changed unit's owner."""
    stack = base.stack
    ends = {end for f in found if f.seam for end in f.seam[:2]} or {
        stack.unit(stack.canonical(change.entity))
    }
    seam = next((f.seam for f in found if f.seam), None) if len({f.seam for f in found}) == 1 else None
    return base.tree.accountable({stack.owner(e) for e in ends}, at, seam)


def _meant(home: Home, text: str, facts: Facts, at: datetime) -> Change:
    if text in facts.changes:
        return facts.changes[text]
    try:
        document: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Fix(
            f"{text[:40]!r} is neither an event id of a change in the log nor JSON",
            hint='describe it: {"entity": "service:booking", "facts": {"db_pool_size": 12}}',
        ) from None
    if isinstance(document, dict) and "source" in document:
        return _delivered(home, document, at)
    return _described(text, at)


def _described(text: str, at: datetime) -> Change:
    try:
        d = msgspec.json.decode(text, type=Described)
    except msgspec.ValidationError as error:
        raise Fix(
            f"the change can't be read: {error}", hint="fields: entity, kind, title, version, facts"
        ) from None
    facts = {**d.facts, "rollback": "true"} if d.rollback else d.facts
    return Change(
        event_id("gate", text), "gate", 0, at, at, d.entity, d.kind, "announced", d.title or f"change of {d.entity}",
        version=d.version, revision=d.revision, facts=facts,
    )  # fmt: skip


def _delivered(home: Home, document: Mapping[str, Any], at: datetime) -> Change:
    body = document.get("body")
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    headers = {str(k).lower(): str(v) for k, v in dict(document.get("headers") or {}).items()}
    delivery = Delivery(0, str(document["source"]), "", "", headers, at, raw)
    reading = read_delivery(home.sources, delivery)
    changes = [e for e in reading.events if isinstance(e, Change)]
    if len(changes) != 1:
        why = reading.unreadable or f"it holds {len(changes)} changes"
        raise Fix(f"the delivery is no change: {why}", hint="give one that announces exactly one")
    return changes[0]
