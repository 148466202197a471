"""What no single repository shows: whose tables a warehouse's sources are, and where an application keeps its own.

    application table --read by a load job, which writes--> source of the warehouse --> models --> reports
    application table --part of--> the one database that its service uses

A load job that nothing else speaks of stands on the map as `job:load-{repository}`. What can't be joined is not dropped: its
load comes from a `peer` outside the map, with a seam of its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from seamline.analysis.owners import APPLICATION
from seamline.analysis.survey import templates
from seamline.analysis.survey.sameness import PRODUCES, SOURCE, Alike, own_tables, parts_of, same_name, served
from seamline.analysis.survey.scopes import is_compose
from seamline.analysis.survey.services import tables_of
from seamline.analysis.survey.templates import Application, Landed, Match
from seamline.analysis.survey.told import Repository, Statement
from seamline.model.artefact import Fact, Place
from seamline.model.organisation import Organisation
from seamline.model.refs import kind_of, name_of

_BEFORE = re.compile(r"^(?:raw|src|source|stg|staging|airbyte|_airbyte_raw|fivetran|stitch)(?:__?|$)")
_AFTER = re.compile(r"(?:_raw|_source|_src|_prod|_production)$")
_ANYWHERE = frozenset(
    {"", "public", "main", "dbo", "default", "raw", "landing", "analytics", "warehouse", "dev", "prod"}
)
# Stores that no migration's tables are in.
_NO_TABLES = re.compile(
    r"redis|valkey|memcache|cache|elastic|opensearch|solr|mongo|cassandra|etcd|minio|influx"
)
_UNKNOWN = "elsewhere"


class Lost(Struct, frozen=True, order=True):
    """Tables that are read, and that nothing read here makes."""

    origin: str  # ref of where they may come from: a service whose tables they are not, or a peer outside
    tables: tuple[str, ...]
    repository: str = ""  # whose service it is


class Joined(Struct, frozen=True):
    """Everything that was joined across repositories, and what was not."""

    matches: tuple[Match, ...] = ()
    lost: tuple[Lost, ...] = ()
    statements: tuple[Statement, ...] = ()


def join(
    repositories: Sequence[Repository], own: Mapping[str, Sequence[Statement]], organisation: Organisation
) -> Joined:
    """The joins of all repositories. `own` are the statements of `services`, by repository."""
    same = [*own_tables(repositories), *served(repositories), *same_name(repositories)]
    facts = [f for r in repositories for f in r.found if isinstance(f, Fact)]
    applications = [
        app for r in repositories if (app := _application(r, own[r.name], organisation)) is not None
    ]
    landed = _landed(facts, same)
    matches = templates.declared(landed, applications, organisation.templates)
    settled = {m.landed for m in matches}
    matches += templates.found([one for one in landed if one.ref not in settled], applications)
    by_landed = {m.landed: m for m in matches}
    known = {origin_of(one): by_landed[one.ref].repository for one in landed if one.ref in by_landed}
    lost = _lost([one for one in landed if one.ref not in by_landed], applications, own, known)
    jobs = {t.match: t.job for t in organisation.templates if t.job}
    statements = [
        *same,
        *(s for m in matches for s in _load(m, jobs)),
        *(s for one in lost for s in _from_elsewhere(one)),
        *_kept(facts, own),
    ]
    return Joined(tuple(sorted(matches)), tuple(sorted(lost)), tuple(statements))


def _application(
    repository: Repository, own: Sequence[Statement], organisation: Organisation
) -> Application | None:
    tables = {
        ref.removeprefix(APPLICATION).rpartition("/")[2].rpartition(".")[2]: ref
        for ref in tables_of(repository)
    }
    if not tables:
        return None
    refs = {f"repo:{repository.name}", *(s.subject for s in own)}
    refs |= {
        other for a in organisation.aliases if refs & {a.ref, *a.same_as} for other in (a.ref, *a.same_as)
    }
    return Application(
        repository.name, tables, templates.spellings(repository.name, sorted(name_of(ref) for ref in refs))
    )


def _landed(facts: Sequence[Fact], same: Iterable[Statement]) -> list[Landed]:
    """Datasets that something reads, or a project declares as sources, and that nothing makes, sorted."""
    alike = Alike(
        [
            *((f.subject, f.object) for f in facts if f.predicate == "same_as"),
            *((s.subject, s.object) for s in same),
        ]
    )
    read: set[str] = {
        alike.head(f.subject) for f in facts if SOURCE in name_of(f.object) and f.predicate == "same_as"
    }
    made: set[str] = set()
    for fact in facts:
        if fact.predicate in ("reads", "derives"):
            read.add(alike.head(fact.object))
        if fact.predicate in PRODUCES:
            made.add(alike.head(getattr(fact, PRODUCES[fact.predicate])))
    made |= {alike.head(ref) for ref in alike.refs() if ref.startswith(APPLICATION)}
    left = sorted(ref for ref in read - made if kind_of(ref) == "dataset" and not ref.startswith(APPLICATION))
    return [Landed(ref, parts, alike.source(ref)) for ref in left if (parts := parts_of(ref))]


def _load(match: Match, jobs: Mapping[str, str]) -> Iterator[Statement]:
    declared = next((job for said, job in jobs.items() if match.evidence == f"template {said}, declared"), "")
    job = declared or _job(match.repository)
    yield Statement(job, "exists", evidence=f"something loads {match.repository}: {match.evidence}")
    yield Statement(job, "reads", match.table, match.evidence)
    yield Statement(job, "writes", match.landed, match.evidence)
    yield Statement(match.landed, "derives", match.table, match.evidence)


def _job(origin: str) -> str:
    """The load of what comes from one place, where no job is known that does it."""
    return f"job:load-{origin.replace('/', '-')}"


def _lost(
    landed: Sequence[Landed],
    applications: Sequence[Application],
    own: Mapping[str, Sequence[Statement]],
    known: Mapping[str, str],
) -> list[Lost]:
    """What is left, by origin: an application that the name says, though it has no such table, else a peer outside.

    `known` are origins whose other tables were joined, with the repository.
    """
    by_word = {
        templates.key(word): app.repository
        for app in reversed(applications)
        for word in reversed(app.spellings)
    }
    by_origin: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in landed:
        origin = origin_of(one)
        if origin == _UNKNOWN:
            continue  # it stays on the map with its readers, and is a loose end by itself
        repository = by_word.get(templates.key(origin)) or known.get(origin, "")
        service = next((s.subject for s in own.get(repository, ()) if s.predicate == "built_from"), "")
        by_origin[(service or f"peer:{origin}", repository if service else "")].append(one.ref)
    return [Lost(origin, tuple(refs), repository) for (origin, repository), refs in sorted(by_origin.items())]


def origin_of(one: Landed) -> str:
    """Where a load brings a table from, as its name has it: the system that its name or its schema begins with.

    >>> origin_of(Landed("", ("dwh", "raw", "raw__zendesk__ticket")))
    'zendesk'
    >>> origin_of(Landed("", ("dwh", "fivetran_salesforce", "account")))
    'salesforce'
    """
    table = _BEFORE.sub("", one.table.lower())
    if "__" in table:
        return table.partition("__")[0] or _UNKNOWN
    for part in reversed(one.group):
        word = _AFTER.sub("", _BEFORE.sub("", part.lower()))
        if word not in _ANYWHERE:
            return word
    return _UNKNOWN


def _from_elsewhere(lost: Lost) -> Iterator[Statement]:
    """The load of what nothing here makes: from an application that is known, else from outside."""
    job = _job(lost.repository or name_of(lost.origin))
    why = f"{len(lost.tables)} tables come from it, and nothing that was read makes them"
    yield Statement(job, "exists", evidence=why)
    yield Statement(job, "calls", lost.origin, why)
    for ref in lost.tables:
        yield Statement(job, "writes", ref, "it is read, and nothing that was read makes it")


def _kept(facts: Sequence[Fact], own: Mapping[str, Sequence[Statement]]) -> Iterator[Statement]:
    """An application's tables are kept in the one database that its service, or what it runs on, uses.

    What a compose file names is for trying out; it counts where nothing else names a database. A cache is none.
    """
    runs_on: dict[str, set[str]] = defaultdict(set)
    uses: dict[str, dict[str, Place]] = defaultdict(dict)
    for fact in facts:
        if fact.predicate == "runs_on":
            runs_on[fact.subject].add(fact.object)
        if (
            fact.predicate == "uses"
            and kind_of(fact.object) == "database"
            and not _NO_TABLES.search(fact.object)
        ):
            known = uses[fact.subject].get(fact.object)
            uses[fact.subject][fact.object] = fact.place if known is None or is_compose(known.path) else known
    for statements in own.values():
        tables = [s for s in statements if s.predicate == "writes"]
        for service in sorted({s.subject for s in tables}):
            found = {db: at for ref in sorted({service, *runs_on[service]}) for db, at in uses[ref].items()}
            real = {db: at for db, at in found.items() if not is_compose(at.path)} or found
            if len(real) == 1:
                ((database, place),) = real.items()
                why = f"the one database that {service} uses: {place}"
                yield from (
                    Statement(s.object, "part_of", database, why) for s in tables if s.subject == service
                )
