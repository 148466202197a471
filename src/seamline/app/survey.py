"""Repositories on disk become the map: read, joined, put into the log, and told.

All that a survey finds goes through the log, one delivery a repository and state, so that every other verb knows it and a
replay needs no checkout. A home in memory gives a page that leaves nothing behind.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis import organisation
from seamline.analysis import seams as seams_of
from seamline.analysis.facts import Facts
from seamline.analysis.opinion import Opinion, opine
from seamline.analysis.survey import assemble, body, page, recorded
from seamline.analysis.survey.hierarchy import people_below
from seamline.analysis.survey.joining import Joined
from seamline.analysis.survey.page import Border, Standing
from seamline.analysis.survey.people import People, Trouble, troubles
from seamline.analysis.survey.told import SOURCE, Mapped, Repository, Told, since
from seamline.app import configure, views
from seamline.app.home import Home
from seamline.model.artefact import Artefact, Found, Place, Unread
from seamline.model.delivery import Received
from seamline.model.errors import Fix, Unreadable
from seamline.model.organisation import Organisation, Person
from seamline.model.ports import Checkout, Reader
from seamline.model.stack import Entity, LooseEnd, Seam

T = TypeVar("T", Mapped, Told)
Progress = Callable[[int, int], None]  # repositories done, in all


class Surveyed(Struct, frozen=True):
    """What was read, and how much there was to read."""

    repositories: tuple[Repository, ...]
    n_files: int
    n_bytes: int
    seconds: float

    def beside(self, servers: Sequence[Repository]) -> "Surveyed":
        """The same with what databases' catalogues say."""
        return replace(self, repositories=(*self.repositories, *servers))


class Page(Struct, frozen=True):
    """All that `seamline init` tells. Seams in the order in which they need somebody, each with its standing."""

    organisation: Organisation
    repositories: tuple[tuple[str, str], ...]  # name, revision ("" where the files are of no commit)
    n_files: int
    seconds: float
    domains: Mapping[str, Mapping[str, int]]
    entities: tuple[Entity, ...]
    seams: tuple[tuple[Standing, Seam], ...]
    borders: tuple[Border, ...]
    troubles: tuple[Trouble, ...]
    joined: Joined
    loose_ends: tuple[LooseEnd, ...]
    unread: tuple[Unread, ...]


def read(
    checkouts: Sequence[Checkout], readers: Mapping[str, Reader], on_progress: Progress | None = None
) -> Surveyed:
    """Every reader over every checkout, in their order. One repository's files are held at a time."""
    began, n_files, n_bytes = perf_counter(), 0, 0
    repositories: list[Repository] = []
    for n_done, checkout in enumerate(checkouts):
        if on_progress is not None:
            on_progress(n_done, len(checkouts))
        files = _files(checkout, readers)
        found = [one for name in sorted(readers) for one in _said(readers[name], checkout, files)]
        found += checkout.unread()
        repositories.append(
            Repository(checkout.repository, checkout.revision, tuple(found), tuple(checkout.paths()))
        )
        n_files += len(files)
        n_bytes += sum(len(file.data) for file in files.values())
    return Surveyed(tuple(repositories), n_files, n_bytes, perf_counter() - began)


def _files(checkout: Checkout, readers: Mapping[str, Reader]) -> dict[str, Artefact]:
    """The files that some reader takes, by path; each is read once."""
    wanted = [path for path in checkout.paths() if any(reader.takes(path) for reader in readers.values())]
    return {file.path: file for file in checkout.read(wanted)}


def _said(reader: Reader, checkout: Checkout, files: Mapping[str, Artefact]) -> list[Found]:
    """What one reader finds; where it fails, what it found until then and a line that says so."""
    found: list[Found] = []
    try:
        found.extend(reader.read([file for path, file in sorted(files.items()) if reader.takes(path)]))
    except Exception as error:  # noqa: BLE001  a reader may come from elsewhere; the others go on
        why = " ".join(f"the {reader.name} reader failed: {type(error).__name__}: {error}".split())[:200]
        found.append(Unread(Place(checkout.repository, ""), why, "a defect: please report it"))
    return found


def deliver(home: Home, told: Sequence[Told], before_it: Sequence[Received] = ()) -> int:
    """Put what repositories say into the log; what an earlier state of them said and this one doesn't is taken back.

    All of it in one batch, behind the records `before_it`: a log never holds the half of a survey.
    Returns how many deliveries are new: a repository that says the same as before is none. O(log).
    """
    before = latest(home, body.map_of)
    if "" in before and all(t.repository for t in told):
        told = [*told, Told("")]  # what was joined before is not any more
    now = home.clock()
    batch = [*before_it]
    for one in told:
        # ids are those of what is stored: redaction comes first, and needs no more than the map's part
        clean = body.map_of(home.inbox.take(SOURCE, {}, body.to_body(replace(one, carried=())), now).body)
        whole = replace(one, gone=since(before.get(one.repository), clean))
        batch.append(home.inbox.take(SOURCE, {}, body.to_body(whole), now))
    return sum(not answer.duplicate for answer in home.log.append(batch))


def latest(home: Home, read: Callable[[bytes], T]) -> dict[str, T]:
    """The last delivery of each repository, by name, as `read` has it; one that can't be read counts for nothing. O(log)."""
    out: dict[str, T] = {}
    for delivery in home.log.read():
        if delivery.source == SOURCE and delivery.body is not None:
            with suppress(Unreadable):
                told = read(delivery.body)
                out[told.repository] = told
    return out


def survey(home: Home, surveyed: Surveyed, *, owner: str, name: str, org: Path | None = None) -> Page:
    """Join what was read, put it into the home's log, and tell the map as it is then.

    `owner` begins an organisation where the home has none yet; `org` is a `seamline.toml` to take over first.
    """
    declared, in_force = _declared(home, surveyed, owner, name, org)
    found = [one for r in surveyed.repositories for one in r.found]
    people = People(declared, found, home.clock())
    sent = recorded.sent(views.facts_of(home).map_facts.values())  # joined like the rest, and told by itself
    assembled = assemble.assemble([*surveyed.repositories, sent], declared, people.whose)
    kept = home.path.is_dir()  # nobody asks a home in memory what contracts said
    told = [t if kept else replace(t, carried=()) for t in assembled.told if t.repository != sent.name]
    deliver(home, told, [in_force])
    facts = views.facts_of(home)
    opinion = opine(facts)
    views.publish(home, opinion)
    return _page(surveyed, assembled.joined, troubles(found, people), opinion, facts)


def _declared(home: Home, surveyed: Surveyed, owner: str, name: str, org: Path | None) -> configure.Declared:
    """The organisation to put into force: the one given, the home's own, or a first one made of who owns what."""
    if org is not None:
        return _taken(home, configure.read_text(org))
    known = configure.declared_by(home) if home.config.is_file() else None
    if known is None:
        root = Person(configure.person_id(owner), owner)
        found = [one for r in surveyed.repositories for one in r.found]
        return _taken(home, configure.starter(owner=owner, name=name, people=people_below(root, found)))
    roots = {n for p in known.organisation.people if not p.reports_to for n in (p.id, p.name)}
    if owner and owner not in roots:
        raise Fix(
            f"{home.config}: names another whole-stack owner than {owner!r}",
            hint="edit it, or leave --owner out",
        )
    return known


def _taken(home: Home, text: str) -> configure.Declared:
    """What a text declares, kept where the home has a folder."""
    if not home.path.is_dir():
        return configure.declared(home, text, key="survey")
    organisation.read(text)  # nothing is written that is not valid
    configure.write(home, text)
    declared = configure.declared_by(home)
    assert declared is not None
    return declared


def _page(
    surveyed: Surveyed, joined: Joined, wrong: Sequence[Trouble], opinion: Opinion, facts: Facts
) -> Page:
    base = opinion.base
    stack = base.stack
    seams = seams_of.find(stack, base.organisation, opinion.as_of)
    disputed = page.contested(facts.claims.values(), stack, base.organisation)
    stands = page.standings(seams, stack, disputed)
    return Page(
        base.organisation,
        tuple((r.name, r.revision) for r in surveyed.repositories),
        surveyed.n_files,
        surveyed.seconds,
        page.domains(stack),
        tuple(stack.entities.values()),
        tuple(sorted(((stands.of(s), s) for s in seams), key=lambda pair: page.order(*pair))),
        tuple(page.borders(seams, stack, stands)),
        tuple(wrong),
        joined,
        tuple(end for end in stack.loose_ends if not end.contested),
        tuple({u: None for r in surveyed.repositories for u in r.found if isinstance(u, Unread)}),
    )
