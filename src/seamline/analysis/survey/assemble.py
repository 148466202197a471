"""What readers found in all repositories, as what the log is told: facts, owners, joins.

Found --places, services--> facts and claims of one repository
all of them --joining--> facts that no single repository shows
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from seamline.analysis.survey import joining, places, scopes, services
from seamline.analysis.survey.joining import Joined
from seamline.analysis.survey.told import CARRIED, Repository, Statement, Told, Word
from seamline.model.artefact import Fact, Found, Ownership, Table
from seamline.model.organisation import Organisation
from seamline.model.refs import kind_of

Whose = Callable[[str], str]  # an owner's spelling -> the id of the one person it means, "" for nobody

# Of two words on one owner the heavier counts, and the other is shown as contesting it.
CATALOGUE, EXPLICIT, PLACE, GROUP = 40, 30, 20, 10
_PARTS = frozenset({"column", "endpoint", "pod"})


class Assembled(Struct, frozen=True):
    """All deliveries of one survey, the joins' last, and what could and could not be joined."""

    told: tuple[Told, ...]
    joined: Joined


def assemble(repositories: Sequence[Repository], organisation: Organisation, whose: Whose) -> Assembled:
    """The deliveries, one a repository in their order, then one for what was joined across them. Pure."""
    repositories = scopes.apart(repositories)
    own = services.statements(repositories)
    homes = services.homes(repositories, own)
    joined = joining.join(repositories, own, organisation)
    told = [_told(repository, own[repository.name], whose, homes) for repository in repositories]
    claims = set(_of_tables(repositories, own, told, whose))
    across = Told("", facts=tuple(sorted(set(joined.statements))), claims=tuple(sorted(claims)))
    return Assembled((*told, across) if across.facts or across.claims else tuple(told), joined)


def _of_tables(
    repositories: Sequence[Repository],
    own: Mapping[str, Sequence[Statement]],
    told: Sequence[Told],
    whose: Whose,
) -> Iterator[Word]:
    """A table that nothing is said of but what is said of its service is that one's, whichever repository says it.

    Catalogues often stand in a repository of their own.
    """
    spoken: dict[str, list[tuple[str, Word]]] = {}
    for repository in repositories:
        for word in _words(repository, whose):
            spoken.setdefault(word.entity, []).append((repository.name, word))
    for one in told:
        said = _said(one.claims)
        for made in own.get(one.repository, ()):
            if made.predicate == "writes" and said.get(made.object, set()) <= said.get(made.subject, set()):
                for name, word in spoken.get(made.subject, ()):
                    if name != one.repository:
                        evidence = f"as {made.subject}: {word.evidence}"
                        yield Word(made.object, word.owner, evidence, word.weight, word.person)


def _said(claims: Iterable[Word]) -> dict[str, set[tuple[str, int]]]:
    """Whom claims name with which weight, by entity."""
    out: dict[str, set[tuple[str, int]]] = {}
    for claim in claims:
        out.setdefault(claim.entity, set()).add((claim.whose(), claim.weight))
    return out


def _told(repository: Repository, own: Sequence[Statement], whose: Whose, homes: Mapping[str, str]) -> Told:
    facts = {**_stated(repository.found), **{(s.subject, s.predicate, s.object): s for s in own}}
    here = {ref for ref, home in homes.items() if home == repository.name}
    by_place = places.words(repository, here, homes.keys() - here, whose, PLACE)
    claims = [*_words(repository, whose), *by_place]
    return Told(
        repository.name,
        repository.revision,
        tuple(sorted(facts.values())),
        tuple(sorted(set(_with_tables(claims, own)))),
        tuple(found for found in repository.found if isinstance(found, CARRIED)),
    )


def _stated(found: Iterable[Found]) -> dict[tuple[str, str, str], Statement]:
    """The facts, and that tables exist; of several places that say one thing the first."""
    out: dict[tuple[str, str, str], Statement] = {}
    for one in found:
        if isinstance(one, Fact):
            key = (one.subject, one.predicate, one.object)
            out.setdefault(key, Statement(*key, evidence=str(one.place)))
        elif isinstance(one, Table):
            out.setdefault(
                (one.dataset, "exists", ""), Statement(one.dataset, "exists", evidence=str(one.place))
            )
    return out


def _words(repository: Repository, whose: Whose) -> Iterator[Word]:
    for one in repository.found:
        if isinstance(one, Ownership) and kind_of(one.entity) not in _PARTS:
            evidence = f"{one.owner} by {one.how}: {one.place}"
            yield Word(one.entity, one.owner, evidence, weight_of(one), whose(one.owner))


def weight_of(word: Ownership) -> int:
    """How much a word on an owner counts: a catalogue before what stands at the thing itself, groups last."""
    if word.owner.startswith("backstage:") or "spec.owner" in word.how:
        return CATALOGUE
    return GROUP if "group" in word.how else PLACE if "CODEOWNERS" in word.how else EXPLICIT


def _with_tables(claims: Sequence[Word], own: Sequence[Statement]) -> Iterator[Word]:
    """The claims, where a table's are its service's unless somebody else is named for the place of the table itself."""
    by_entity: dict[str, list[Word]] = {}
    for claim in claims:
        by_entity.setdefault(claim.entity, []).append(claim)
    maker = {s.object: s.subject for s in own if s.predicate == "writes"}
    for entity, words in by_entity.items():
        of_service = by_entity.get(maker.get(entity, ""), ())
        named = {(word.whose(), word.weight) for word in of_service}
        if not (of_service and all((word.whose(), word.weight) in named for word in words)):
            yield from words
            maker.pop(entity, None)
    for table, service in maker.items():
        for word in by_entity.get(service, ()):
            yield Word(table, word.owner, f"as {service}: {word.evidence}", word.weight, word.person)
