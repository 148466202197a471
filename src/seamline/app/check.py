"""A repository's step from one state to another: what it breaks, in whatever was read, and whose that is.

Both states go through the same readers; rules hold them against each other; what they touch is followed through all
that was read. Tables are taken as they were before the step and statements as they are after it: who dropped its reading
together with the column breaks nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version

from msgspec import Struct
from msgspec.structs import replace

from seamline import guards
from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.node import Declared
from seamline.analysis.opinion import Base
from seamline.analysis.override import HOLD_FOR, how_to_pass, settle
from seamline.analysis.survey import body, consequence, world
from seamline.analysis.survey.told import SOURCE, Repository, Told
from seamline.app import views
from seamline.app.compare import compare
from seamline.app.home import Home
from seamline.model.artefact import Fact, Found, Place, Query, Table, Unread
from seamline.model.errors import Unreadable
from seamline.model.record import AnyRecord
from seamline.model.refs import event_id
from seamline.model.verdict import Checked, Finding, Outcome, Verdict

KINDS = (
    "openapi", "protobuf", "avro", "json_schema", "kubernetes", "capacity", "terraform", "dbt", "migration",
)  # fmt: skip


Opener = Callable[[Declared], Asked]  # reads a declared project's statements, so that it can be asked


class Step(Struct, frozen=True):
    """Two states of one repository, and the others that may read what it makes."""

    before: Repository
    after: Repository
    others: tuple[Repository, ...]


def check(
    step: Step, base: Base, at: datetime, opener: Opener, records: Iterable[tuple[int, AnyRecord]] = ()
) -> Checked:
    """The verdict on a step, with the person who decides. `base` is the map of all of it."""
    findings = compare(step.before.found, step.after.found)
    if any(f.touches for f in findings):
        around = _world(step, findings, base, at, opener)
        findings = [one for f in findings for one in consequence.settle(f, around)]
    else:
        findings = [_under_owner(f, base, at) for f in findings]
    verdict = settle(_verdict(step, findings, base, at), records, base.tree)
    unread = [u for u in step.after.found if isinstance(u, Unread)]
    return Checked(
        step.after.name, step.before.revision, step.after.revision, verdict, rule_set(),
        {p.id: p.name for p in base.organisation.people},
        tuple(sorted(r.name for r in step.others)), tuple(unread),
    )  # fmt: skip


def rule_set() -> str:
    """Which rules look, by version, number and digest of their ids."""
    ids = sorted({id_ for kind in KINDS for rule in guards.rules(kind) for id_ in rule.IDS})
    return f"{version('seamline')}, {len(ids)} rules, {sha256(chr(10).join(ids).encode()).hexdigest()[:8]}"


def _world(
    step: Step, findings: Sequence[Finding], base: Base, at: datetime, opener: Opener
) -> consequence.World:
    """Tables as they were, statements as they are; of what a finding touches itself, the statement as it was."""
    touched = {f.entity for f in findings if f.touches}
    found: list[Found] = [one for one in step.after.found if not _is_of_the_past(one, touched)]
    found += [one for one in step.before.found if _is_of_the_past(one, touched)]
    found += [one for other in step.others for one in other.found]
    asked = opener(world.declared(found))
    return consequence.World(base.stack, base.tree, asked, world.refs_by_id(found), bool(step.others), at)


def _is_of_the_past(found: Found, touched: set[str]) -> bool:
    return isinstance(found, Table) or (isinstance(found, Query) and found.writes in touched)


def _under_owner(finding: Finding, base: Base, at: datetime) -> Finding:
    owner = base.stack.owner(base.stack.unit(finding.entity or "repo:"))
    return replace(finding, person=base.tree.accountable([owner], at).person)


def _verdict(step: Step, findings: Sequence[Finding], base: Base, at: datetime) -> Verdict:
    change = event_id("check", f"{step.after.name}\n{step.before.revision}\n{step.after.revision}")
    outcome = _outcome(findings)
    stops = [f for f in findings if f.outcome == outcome]
    ends = {end for f in stops for end in (f.seam[:2] if f.seam else (f.entity,)) if end}
    owners = {base.stack.owner(base.stack.unit(end)) for end in ends} or {base.tree.root}
    who = base.tree.accountable(owners, at)
    hold = outcome == "hold"
    return Verdict(
        change, outcome, tuple(findings), who.person, who.why, at, at + HOLD_FOR if hold else None,
        how_to_pass(change, who.person) if hold else "",
    )  # fmt: skip


def _outcome(findings: Sequence[Finding]) -> Outcome:
    found = {f.outcome for f in findings}
    return "hold" if "hold" in found else "unknown" if "unknown" in found else "pass"


def kept(home: Home) -> list[Repository]:
    """The repositories that a home's log holds, each as it was read last."""
    out: dict[str, Repository] = {}
    for delivery in home.log.read():
        if delivery.source == SOURCE and delivery.body is not None:
            with suppress(Unreadable):
                told = body.from_body(delivery.body)
                out[told.repository] = _repository(told)
    return [one for name, one in sorted(out.items()) if name]


def _repository(told: Told) -> Repository:
    place = Place(told.repository, "")
    facts = [Fact(f.subject, f.predicate, place, f.object) for f in told.facts]
    return Repository(told.repository, told.revision, (*facts, *told.carried))


def records(home: Home) -> list[tuple[int, AnyRecord]]:
    """What people said and were told, by log position: a decision on this step may be among it."""
    return views.facts_of(home).records
