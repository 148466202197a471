"""The map of a home as it would be with what was just read laid over it. Nothing of that is kept.

A home may have been made before the repository that is checked, or know an earlier state of it: what was read now counts,
and what other repositories said when they were read last is joined to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from seamline.analysis.facts import Facts
from seamline.analysis.opinion import base_of
from seamline.analysis.survey import body, recorded
from seamline.analysis.survey.assemble import assemble
from seamline.analysis.survey.people import People
from seamline.analysis.survey.told import SOURCE, Mapped, Repository, Told, since
from seamline.app import views
from seamline.app.home import Home
from seamline.app.ingest import take_in
from seamline.app.survey import latest
from seamline.model.artefact import Fact, Found, Ownership, Place, Table
from seamline.model.delivery import Delivery


def kept(home: Home, apart_from: Iterable[str] = ()) -> list[Repository]:
    """The repositories that a home's log holds, by name, each as it was read last. O(log)."""
    beside = {"", *apart_from}
    return [
        _repository(told) for name, told in sorted(latest(home, body.from_body).items()) if name not in beside
    ]


def both_states(before: Repository, after: Repository) -> Repository:
    """A repository as the map of a step has it: as it is, and what is only gone with the step.

    Without what goes nobody could tell under which names others read it. Owners are those of now, of what is gone
    those that it had.
    """
    owned = {f.entity for f in after.found if isinstance(f, Ownership)}
    now = {_said(f) for f in after.found if isinstance(f, Fact | Table)}
    gone = [
        f
        for f in before.found
        if (isinstance(f, Fact | Table) and _said(f) not in now)
        or (isinstance(f, Ownership) and f.entity not in owned)
    ]
    paths = tuple(sorted({*before.paths, *after.paths}))
    return replace(after, found=(*after.found, *gone), paths=paths)


def mapped(home: Home, read: Sequence[Repository]) -> Facts:
    """All that a home knows, with what these repositories say in the place of what they said before.

    What events speak of is joined to it as well: it may have come in since repositories were read last.
    """
    facts, now = views.facts_of(home), home.clock()
    sent = recorded.sent(facts.map_facts.values())
    if not read and not sent.found:
        return facts
    stands = latest(home, body.from_body)
    known = [_repository(told) for told in stands.values() if told.repository]
    names = {r.name for r in read}
    all_ = [*read, *(r for r in known if r.name not in names)]
    declared = base_of(facts).organisation
    people = People(declared, [f for r in all_ for f in r.found], now)
    for told in assemble([*all_, sent], declared, people.whose).told:
        if told.repository in names:
            take_in(facts, home.sources, _delivery(facts, _instead(stands, told), now))
        elif (
            not told.repository
        ):  # joins of what was kept without its files may be missing here, and still hold
            take_in(facts, home.sources, _delivery(facts, told, now))
    return facts


def _said(found: Fact | Table) -> tuple[str, ...]:
    return (found.dataset,) if isinstance(found, Table) else (found.subject, found.predicate, found.object)


def _repository(told: Told) -> Repository:
    place = Place(told.repository, "")
    facts: list[Found] = [Fact(f.subject, f.predicate, place, f.object) for f in told.facts]
    return Repository(told.repository, told.revision, (*facts, *told.carried))


def _instead(latest: Mapping[str, Told], told: Told) -> Told:
    """What a repository says now, and takes back."""
    before = latest.get(told.repository)
    return replace(told, carried=(), gone=since(_map_of(before) if before else None, _map_of(told)))


def _map_of(told: Told) -> Mapped:
    return Mapped(told.repository, told.facts, told.claims, told.gone)


def _delivery(facts: Facts, told: Told, at: datetime) -> Delivery:
    """As it would be received now; its position is where the log ends."""
    return Delivery(facts.position, SOURCE, "", "", {}, at, body.to_body(told))
