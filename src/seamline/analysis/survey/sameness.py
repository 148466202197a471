"""Which spellings of a dataset mean one and the same: an application's own tables, and what others make.

A name that says nothing of its schema is a repository's own. A schema and table that only one repository makes is that one
wherever it is read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from seamline.analysis.owners import APPLICATION
from seamline.analysis.survey.services import SQL, tables_of
from seamline.analysis.survey.told import Repository, Statement
from seamline.model.artefact import Fact, Table
from seamline.model.refs import kind_of, name_of

PRODUCES = {"writes": "object", "derives": "subject"}  # at which end of a fact the dataset is that it makes
SOURCE = "unique_id/source."  # dbt's own id of a table that a project reads and doesn't make
_BY_ID = "dataset:unique_id/"
_DEFAULT = frozenset({"public", "main", "dbo"})  # schemas that say nothing


def own_tables(repositories: Sequence[Repository]) -> Iterator[Statement]:
    """What a repository's plain SQL calls by the name of one of its own tables is that table."""
    for repository in repositories:
        own = {key_of(ref): ref for ref in tables_of(repository) if ref.startswith(APPLICATION)}
        for ref in _spoken(repository) if own else ():
            table = own.get(key_of(ref)) if ref.startswith(SQL) and not _qualified(ref) else None
            if table is not None:
                yield Statement(ref, "same_as", table, f"{repository.name} has one table of this name")


def served(repositories: Sequence[Repository]) -> Iterator[Statement]:
    """The tables of a database are those of the application most of whose tables it has, where no other has as many.

    Schema by schema, since several applications may share a server.
    """
    own = {r.name: {key_of(ref): ref for ref in tables_of(r)} for r in repositories if not r.is_server}
    for schema, tables in sorted(_served_schemas(repositories).items()):
        n_common = {name: len(own[name].keys() & tables.keys()) for name in own}
        best = max(n_common, key=lambda name: (n_common[name], name), default="")
        n = n_common.get(best, 0)
        alone = sum(m == n for m in n_common.values()) == 1
        if n and alone and 2 * n > len(own[best]):
            why = f"{n} of {len(own[best])} tables of {best} are in {'.'.join(schema[1:])}"
            for name in sorted(own[best].keys() & tables.keys()):
                yield Statement(tables[name], "same_as", own[best][name], why)


def _served_schemas(repositories: Iterable[Repository]) -> dict[tuple[str, ...], dict[str, str]]:
    """Tables by name, by server, database and schema."""
    out: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for repository in repositories:
        for one in repository.found if repository.is_server else ():
            if isinstance(one, Table) and len(parts := parts_of(one.dataset)) >= 2:
                out[(repository.name, *parts[:-1])][parts[-1].lower()] = one.dataset
    return out


def key_of(ref: str) -> str:
    """A table's name without schema and case."""
    parts = parts_of(ref)
    return parts[-1].lower() if parts else ""


def _spoken(repository: Repository) -> list[str]:
    """The datasets that a repository's facts speak of, sorted."""
    facts = (f for f in repository.found if isinstance(f, Fact))
    return sorted({ref for f in facts for ref in (f.subject, f.object) if kind_of(ref) == "dataset"})


def same_name(repositories: Sequence[Repository]) -> Iterator[Statement]:
    """What one repository reads, or a server has, and another makes under the same schema and table is one thing, where
    no third makes it."""
    made: dict[tuple[str, ...], set[str]] = defaultdict(set)
    read: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for fact in (f for r in repositories for f in r.found if isinstance(f, Fact)):
        if fact.predicate in PRODUCES and (
            name := _qualified(ref := getattr(fact, PRODUCES[fact.predicate]))
        ):
            made[name].add(ref)
        if fact.predicate in ("reads", "derives") and (name := _qualified(fact.object)):
            read[name].add(fact.object)
    for tables in _served_schemas(repositories).values():
        for ref in tables.values():
            read[_qualified(ref)].add(ref)
    for name in sorted(made.keys() & read.keys() - {()}):
        for ref in sorted(read[name] - made[name]):
            makers = [maker for maker in made[name] if not _disagree(ref, maker)]
            if len(makers) == 1:
                why = f"both are {'.'.join(name)}, which nothing else makes"
                yield Statement(ref, "same_as", makers[0], why)


def _qualified(ref: str) -> tuple[str, ...]:
    """Schema and table, without case; () where the schema says nothing."""
    parts = parts_of(ref) if kind_of(ref) == "dataset" and not ref.startswith((APPLICATION, _BY_ID)) else ()
    named = len(parts) >= 2 and parts[-2].lower() not in _DEFAULT
    return tuple(part.lower() for part in parts[-2:]) if named else ()


def _disagree(one: str, other: str) -> bool:
    """Whether both name a database, and not the same."""
    a, b = parts_of(one), parts_of(other)
    return len(a) >= 3 and len(b) >= 3 and a[-3].lower() != b[-3].lower()


class Alike:
    """Spellings of one dataset that facts join, and the best one of each: with an address before dbt's own ids."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._group: dict[str, set[str]] = {}
        for one, other in pairs:
            if kind_of(one) == kind_of(other) == "dataset":
                both = self._group.get(one, {one}) | self._group.get(other, {other})
                self._group |= dict.fromkeys(both, both)

    def head(self, ref: str) -> str:
        """The spelling that stands for a dataset."""
        return min(self._group.get(ref, {ref}), key=lambda r: (name_of(r).startswith("unique_id/"), r))

    def refs(self) -> Iterable[str]:
        """All that is joined to another."""
        return self._group

    def source(self, ref: str) -> str:
        """What a dbt project calls the source that a table is of, "" for none."""
        ids = sorted(r for r in self._group.get(ref, ()) if SOURCE in name_of(r))
        return ids[0].rpartition(SOURCE)[2].split(".")[1] if ids and ids[0].count(".") >= 2 else ""


def parts_of(ref: str) -> tuple[str, ...]:
    """Database, schema and table, as far as a dataset's name has them."""
    return tuple(part.strip('"`[]') for part in name_of(ref).rpartition("/")[2].split(".") if part)
