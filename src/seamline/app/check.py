"""A repository's step from one state to another: what it breaks, in whatever was read, and whose that is.

Both states go through the same readers; rules hold them against each other; what they touch is followed through all
that was read. Tables are taken as they were before the step and statements as they are after it: who dropped its reading
together with the column breaks nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from shlex import quote

from msgspec import Struct
from msgspec.structs import replace

from seamline import guards
from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.node import Declared
from seamline.analysis.opinion import Base, base_of
from seamline.analysis.override import HOLD_FOR, how_to_pass, settle
from seamline.analysis.survey import consequence, recorded, world
from seamline.analysis.survey.told import Repository
from seamline.app import overlay, survey, views
from seamline.app.acting import LOCAL, actor, known
from seamline.app.compare import compare
from seamline.app.home import Home
from seamline.model.artefact import Found, Query, Table, Unread
from seamline.model.errors import Fix
from seamline.model.record import SELF, VerdictGiven, to_received
from seamline.model.refs import event_id
from seamline.model.verdict import Checked, Finding, Outcome, Verdict

KINDS = (
    "openapi", "protobuf", "avro", "json_schema", "kubernetes", "capacity", "terraform", "dbt", "migration",
)  # fmt: skip

UNREADABLE = "check/made-unreadable"
_CODE = (".py", ".sql", ".rb")

Opener = Callable[[Declared], Asked]  # reads a declared project's statements, so that it can be asked


class Step(Struct, frozen=True):
    """Two states of one repository, and the others that may read what it makes."""

    before: Repository
    after: Repository
    others: tuple[Repository, ...]


def check_alone(home: Home, step: Step, opener: Opener, *, owner: str, org: Path | None = None) -> Checked:
    """The verdict on a step by nothing but what was read; `home` is a new one in memory, and gets the map.

    `owner` answers for everything unless `org`, a `seamline.toml`, says who is there.
    """
    read = (overlay.both_states(step.before, step.after), *step.others)
    survey.survey(home, survey.Surveyed(read, 0, 0, 0.0), owner=owner, name="", org=org)
    return check(step, base_of(views.facts_of(home)), home.clock(), opener)


def check_in(home: Home, step: Step, opener: Opener) -> Checked:
    """The verdict on a step with all that a home knows: other repositories, people, what they decided. Keeps nothing."""
    beside = overlay.kept(home, {step.after.name, *(r.name for r in step.others)})
    facts = overlay.mapped(home, [overlay.both_states(step.before, step.after), *step.others])
    sent = recorded.sent(facts.map_facts.values())
    whole = replace(step, others=(*step.others, *beside, *([sent] if sent.found else ())))
    base, at = base_of(facts), home.clock()
    checked = check(whole, base, at, opener)
    verdict = settle(checked.verdict, facts.records, base.tree)
    return replace(checked, verdict=replace(verdict, override=_way_past(verdict, home, base.tree.root)))


def keep(home: Home, verdict: Verdict, *, by: str = LOCAL) -> str:
    """Put a verdict on record, so that it can be decided on; one line for people. The home is open for writing.

    Raises Fix, and records nothing, for anybody but the whole-stack owner: who decides is part of it, and it counts as
    Seamline's own word.
    """
    people = views.organisation(home)
    person = actor(people, by)
    if person != actor(people, LOCAL):
        raise Fix(f"{person} can't put a verdict on record", hint="only the whole-stack owner does")
    known(people, verdict.accountable)
    record = VerdictGiven(SELF, home.clock(), verdict)
    home.log.append([to_received(record, record.at)])
    return f"{verdict.change}: {verdict.outcome}, on record"


def check(step: Step, base: Base, at: datetime, opener: Opener) -> Checked:
    """What the rules say of a step, with the person who decides. `base` is the map of all of it. Pure but for `opener`."""
    findings = [*compare(step.before.found, step.after.found), *_made_unreadable(step)]
    if any(f.touches for f in findings):
        around = _world(step, findings, base, at, opener)
        findings = [one for f in findings for one in _settled(f, around)]
    else:
        findings = [_under_owner(f, base, at) for f in findings]
    unread = dict.fromkeys(u for u in step.after.found if isinstance(u, Unread))
    return Checked(
        step.after.name, step.before.revision, step.after.revision, _verdict(step, findings, base, at), rule_set(),
        {p.id: p.name for p in base.organisation.people},
        tuple(sorted(r.name for r in step.others)), tuple(unread),
    )  # fmt: skip


def _made_unreadable(step: Step) -> list[Finding]:
    """What the step itself made unreadable: rules could not look at it, so that nobody knows.

    A new file has no earlier state that it could break, unless it is code: that may be a migration.
    """
    was = {(u.place.path, u.why) for u in step.before.found if isinstance(u, Unread)}
    known = {*step.before.paths}
    fresh = dict.fromkeys(
        u for u in step.after.found if isinstance(u, Unread) and (u.place.path, u.why) not in was
    )
    return [
        Finding(
            UNREADABLE, "unknown", "medium", 1.0, None, f"{u.place.path} can't be read any more: {u.why}"
            if u.place.path in known else f"{u.place.path} can't be read: {u.why}", u.mend,
            missing=("what the change does there",), entity=f"repo:{step.after.name}", place=u.place,
        )
        for u in fresh
        if u.place.path in known or u.place.path.endswith(_CODE)
    ]  # fmt: skip


def rule_set() -> str:
    """Which rules look, by version, number and digest of their ids."""
    ids = sorted({UNREADABLE, *(id_ for kind in KINDS for rule in guards.rules(kind) for id_ in rule.IDS)})
    return f"{version('seamline')}, {len(ids)} rules, {sha256(chr(10).join(ids).encode()).hexdigest()[:8]}"


def _settled(finding: Finding, around: consequence.World) -> list[Finding]:
    """What a finding comes to. A repository that was read alone can't say that nobody reads what it drops."""
    settled = consequence.settle(finding, around)
    stops = any(f.outcome != "note" for f in settled)
    if around.others or stops or not finding.touches or finding.outcome == "note":
        return settled
    missing = "the repositories that read it: name them with --with, or --home"
    return [replace(f, outcome="unknown", missing=(*f.missing, missing)) for f in settled]


def _world(
    step: Step, findings: Sequence[Finding], base: Base, at: datetime, opener: Opener
) -> consequence.World:
    """Tables as they were, statements as they are; of what a finding touches itself, the statement as it was."""
    touched = {f.entity for f in findings if f.touches}
    found: list[Found] = [one for one in step.after.found if not _is_of_the_past(one, touched)]
    found += [one for one in step.before.found if _is_of_the_past(one, touched)]
    found += [one for other in step.others for one in other.found]
    is_read_by = any(other.found for other in step.others)
    asked = opener(world.declared(found, step.after.name))
    refs = world.refs_by_id(found, step.after.name)
    return consequence.World(base.stack, base.tree, asked, refs, is_read_by, at)


def _is_of_the_past(found: Found, touched: set[str]) -> bool:
    return isinstance(found, Table) or (isinstance(found, Query) and found.writes in touched)


def _under_owner(finding: Finding, base: Base, at: datetime) -> Finding:
    owner = base.stack.owner(base.stack.unit(finding.entity or "repo:"))
    return replace(finding, person=base.tree.accountable([owner], at).person)


def _verdict(step: Step, findings: Sequence[Finding], base: Base, at: datetime) -> Verdict:
    outcome = _outcome(findings)
    stops = [f for f in findings if f.outcome == outcome]
    ends = {end for f in stops for end in (f.seam[:2] if f.seam else (f.entity,)) if end}
    owners = {base.stack.owner(base.stack.unit(end)) for end in ends} or {base.tree.root}
    who = base.tree.accountable(owners, at)
    expires = at + HOLD_FOR if outcome == "hold" else None
    return Verdict(
        _change(step, findings), outcome, tuple(findings), who.person, who.why, at, expires, override=""
    )


def _change(step: Step, findings: Sequence[Finding]) -> str:
    """The step's id: equal for equal commits. Edits are of no commit: there it is what was found that makes it another."""
    after = step.after.revision or "\n".join(sorted(f"{f.guard} {f.entity} {f.reason}" for f in findings))
    return event_id("check", f"{step.after.name}\n{step.before.revision}\n{after}")


def _way_past(verdict: Verdict, home: Home, root: str) -> str:
    """The override in words; the command line speaks for the whole-stack owner, and for others by their name."""
    if verdict.outcome == "pass":
        return ""
    for_ = f" --as {verdict.accountable}" if verdict.accountable != root else ""
    return f"{how_to_pass(verdict.change, verdict.accountable)}{for_} --home {quote(str(home.path))}"


def _outcome(findings: Sequence[Finding]) -> Outcome:
    found = {f.outcome for f in findings}
    return "hold" if "hold" in found else "unknown" if "unknown" in found else "pass"
